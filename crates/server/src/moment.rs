//! A point in time: milliseconds UTC in the database, ISO 8601 with milliseconds and `Z` on the wire.

use std::path::PathBuf;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(pub i64);

/// The clock that requests go by.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// This machine's.
    #[default]
    Machine,
    /// This machine's, moved on by as many seconds as stand in a file; for tests, which cannot wait for a key to expire.
    Moved(PathBuf),
}

impl Clock {
    /// Milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        match self {
            Self::Machine => now(),
            Self::Moved(file) => {
                let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok());
                now().saturating_add(seconds.unwrap_or_default().saturating_mul(1000))
            }
        }
    }
}

/// Milliseconds since the epoch by this machine's clock.
pub fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// The milliseconds of a time that somebody wrote: a date, or a date and a time with or without a zone. Without one it is
/// UTC. A blank stands for the `T`, and for the `+` of a zone that came through a query without being encoded.
pub fn parsed(text: &str) -> Option<i64> {
    let (date, rest) = text.trim().split_at_checked(10)?;
    let clock = rest.strip_prefix(['T', 't', ' ']).or_else(|| rest.is_empty().then_some("00:00:00"))?;
    let (clock, zone) = match clock.find(['Z', 'z', '+', '-', ' ']) {
        Some(at) => clock.split_at(at),
        None => (clock, "Z"),
    };
    let zone = zone.replace(' ', "+").to_uppercase();
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let moment = OffsetDateTime::parse(&format!("{date}T{clock}{seconds}{zone}"), &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|moment| moment.format(&format).ok());
        f.write_str(text.as_deref().unwrap_or("1970-01-01T00:00:00.000Z"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, parsed};

    #[test]
    fn a_time_is_read_as_clients_write_it() {
        for text in [
            "2026-06-15T10:00:00.000Z",
            "2026-06-15T10:00:00",
            "2026-06-15 10:00:00+00:00",
            "2026-06-15 10:00:00 00:00", // a plus that was not encoded
            "2026-06-15T12:00:00+02:00",
            "2026-06-15T10:00",
        ] {
            assert_eq!(parsed(text), Some(1_781_517_600_000), "{text}");
        }
        assert_eq!(parsed("2026-06-15"), Some(1_781_481_600_000));
        for text in ["", "yesterday", "2026-13-01", "2026-06-15T25:00:00Z", "2026-06-15X10:00:00Z", "2026-06-15é"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_iso_8601_with_milliseconds() {
        assert_eq!(Moment(1_706_702_400_007).to_string(), "2024-01-31T12:00:00.007Z");
        assert_eq!(Moment(i64::MAX).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
