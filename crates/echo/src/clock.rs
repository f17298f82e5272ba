//! `/time/...`: small questions about dates.

use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::answer::pairs;
use crate::as_json;

/// `GET /time/{what}`
pub(crate) async fn time(Path(what): Path<String>, uri: Uri) -> Response {
    let arguments = pairs(uri.query().unwrap_or_default());
    let argument = |name: &str| arguments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if what == "now" {
        return written(OffsetDateTime::now_utc()).into_response();
    }
    let at = argument("timestamp").map_or_else(|| Some(OffsetDateTime::now_utc()), read);
    if what == "valid" {
        return as_json(StatusCode::OK, &json!({ "valid": at.is_some() }));
    }
    let answer = at.and_then(|at| answered(&what, at, &arguments, &argument));
    match answer {
        Some(answer) => as_json(StatusCode::OK, &answer),
        None => {
            as_json(StatusCode::BAD_REQUEST, &json!({ "error": "there is no such question, or a date in it is none" }))
        }
    }
}

fn answered<'a>(
    what: &str,
    at: OffsetDateTime,
    arguments: &[(String, String)],
    argument: &impl Fn(&str) -> Option<&'a str>,
) -> Option<Value> {
    let date = |name: &str| argument(name).and_then(read);
    Some(match what {
        "format" => json!({ "format": formatted(at, argument("format").unwrap_or("YYYY-MM-DDTHH:mm:ssZ")) }),
        "unit" => json!({ "unit": unit(at, argument("unit")?)? }),
        "add" => json!({ "sum": long(moved(at, arguments, 1)?) }),
        "subtract" => json!({ "difference": long(moved(at, arguments, -1)?) }),
        "start" => json!({ "start": long(start(at, argument("unit")?)?) }),
        "object" => json!({ "object": {
            "years": at.year(), "months": u8::from(at.month()) - 1, "date": at.day(), "hours": at.hour(),
            "minutes": at.minute(), "seconds": at.second(), "milliseconds": at.millisecond(),
        }}),
        "before" => json!({ "before": at < date("target")? }),
        "after" => json!({ "after": at > date("target")? }),
        "between" => json!({ "between": date("start")? < at && at < date("end")? }),
        "leap" => json!({ "leap": time::util::is_leap_year(at.year()) }),
        _ => return None,
    })
}

/// A day, a day with a time, or milliseconds since the epoch.
fn read(text: &str) -> Option<OffsetDateTime> {
    if text.len() >= 10 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return OffsetDateTime::from_unix_timestamp(text.parse::<i64>().ok()? / 1000).ok();
    }
    if let Ok(whole) = OffsetDateTime::parse(&text.replacen(' ', "T", 1), &Rfc3339) {
        return Some(whole);
    }
    let (day, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = day.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let mut parts = clock.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().flatten().unwrap_or(0);
    Some(date.with_time(Time::from_hms(hour, minute, second).ok()?).assume_utc())
}

fn unit(at: OffsetDateTime, unit: &str) -> Option<i64> {
    Some(match unit.trim_end_matches('s') {
        "year" => at.year().into(),
        "month" => i64::from(u8::from(at.month())) - 1,
        "day" => at.weekday().number_days_from_sunday().into(),
        "date" => at.day().into(),
        "hour" => at.hour().into(),
        "minute" => at.minute().into(),
        "second" => at.second().into(),
        "millisecond" => at.millisecond().into(),
        _ => return None,
    })
}

fn moved(at: OffsetDateTime, arguments: &[(String, String)], sign: i64) -> Option<OffsetDateTime> {
    let mut at = at;
    for (name, value) in arguments.iter().filter(|(name, _)| name != "timestamp") {
        let count = value.parse::<i64>().ok()?.checked_mul(sign)?;
        let span = |seconds: i64| count.checked_mul(seconds).map(Duration::seconds);
        at = match name.trim_end_matches('s') {
            "year" => months_later(at, count.checked_mul(12)?)?,
            "quarter" => months_later(at, count.checked_mul(3)?)?,
            "month" => months_later(at, count)?,
            "week" => at.checked_add(span(604_800)?)?,
            "day" => at.checked_add(span(86_400)?)?,
            "hour" => at.checked_add(span(3600)?)?,
            "minute" => at.checked_add(span(60)?)?,
            "second" => at.checked_add(span(1)?)?,
            "millisecond" => at.checked_add(Duration::milliseconds(count))?,
            _ => return None,
        };
    }
    Some(at)
}

/// The same day of another month, or its last if it has no such day.
fn months_later(at: OffsetDateTime, months: i64) -> Option<OffsetDateTime> {
    let all = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1 + months;
    let year = i32::try_from(all.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(all.rem_euclid(12) + 1).ok()?).ok()?;
    let day = at.day().min(month.length(year));
    Some(Date::from_calendar_date(year, month, day).ok()?.with_time(at.time()).assume_utc())
}

fn start(at: OffsetDateTime, unit: &str) -> Option<OffsetDateTime> {
    let midnight = at.replace_time(Time::MIDNIGHT);
    Some(match unit.trim_end_matches('s') {
        "year" => midnight.replace_day(1).ok()?.replace_month(Month::January).ok()?,
        "month" => midnight.replace_day(1).ok()?,
        "week" => midnight - Duration::days(at.weekday().number_days_from_sunday().into()),
        "day" => midnight,
        "hour" => midnight.replace_hour(at.hour()).ok()?,
        "minute" => midnight.replace_hour(at.hour()).ok()?.replace_minute(at.minute()).ok()?,
        "second" => at.replace_millisecond(0).ok()?,
        _ => return None,
    })
}

/// `Sat, 01 Oct 2016 00:00:00 GMT`
fn written(at: OffsetDateTime) -> String {
    formatted(at, "ddd, DD MMM YYYY HH:mm:ss [GMT]")
}

/// `Sat Oct 01 2016 00:00:00 GMT+0000`
fn long(at: OffsetDateTime) -> String {
    formatted(at, "ddd MMM DD YYYY HH:mm:ss [GMT]ZZ")
}

/// The commoner tokens of moment.js.
fn formatted(at: OffsetDateTime, pattern: &str) -> String {
    const TOKENS: &[&str] = &[
        "YYYY", "MMMM", "dddd", "SSS", "MMM", "ddd", "YY", "MM", "DD", "HH", "hh", "mm", "ss", "ZZ", "M", "D", "H",
        "h", "m", "s", "A", "a", "X", "x", "Z",
    ];
    let (mut text, mut rest) = (String::new(), pattern);
    while let Some(letter) = rest.chars().next() {
        if let Some((plain, more)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            text.push_str(plain);
            rest = more;
            continue;
        }
        let Some(token) = TOKENS.iter().find(|token| rest.starts_with(**token)) else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        };
        let twelve = match at.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let (month, weekday) = (at.month().to_string(), at.weekday().to_string());
        text.push_str(&match *token {
            "YYYY" => format!("{:04}", at.year()),
            "YY" => format!("{:02}", at.year() % 100),
            "MMMM" => month,
            "MMM" => month.chars().take(3).collect(),
            "MM" => format!("{:02}", u8::from(at.month())),
            "M" => u8::from(at.month()).to_string(),
            "dddd" => weekday,
            "ddd" => weekday.chars().take(3).collect(),
            "DD" => format!("{:02}", at.day()),
            "D" => at.day().to_string(),
            "HH" => format!("{:02}", at.hour()),
            "H" => at.hour().to_string(),
            "hh" => format!("{twelve:02}"),
            "h" => twelve.to_string(),
            "mm" => format!("{:02}", at.minute()),
            "m" => at.minute().to_string(),
            "ss" => format!("{:02}", at.second()),
            "s" => at.second().to_string(),
            "SSS" => format!("{:03}", at.millisecond()),
            "A" => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
            "a" => if at.hour() < 12 { "am" } else { "pm" }.to_owned(),
            "X" => at.unix_timestamp().to_string(),
            "x" => (at.unix_timestamp_nanos() / 1_000_000).to_string(),
            "ZZ" => "+0000".to_owned(),
            _ => "+00:00".to_owned(),
        });
        rest = &rest[token.len()..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_have_postman_echos_answers() {
        for (question, expected) in [
            ("format?timestamp=2016-10-10&format=mm", json!({ "format": "00" })),
            ("unit?timestamp=2016-10-10&unit=day", json!({ "unit": 1 })),
            ("add?timestamp=2016-10-10&years=100", json!({ "sum": "Sat Oct 10 2116 00:00:00 GMT+0000" })),
            ("subtract?timestamp=2016-10-10&years=50", json!({ "difference": "Mon Oct 10 1966 00:00:00 GMT+0000" })),
            ("add?timestamp=2016-01-31&months=1", json!({ "sum": "Mon Feb 29 2016 00:00:00 GMT+0000" })),
            ("start?timestamp=2016-10-10&unit=month", json!({ "start": "Sat Oct 01 2016 00:00:00 GMT+0000" })),
            ("before?timestamp=2016-10-10&target=2017-10-10", json!({ "before": true })),
            ("after?timestamp=2016-10-10&target=2017-10-10", json!({ "after": false })),
            ("between?timestamp=2016-10-10&start=2017-10-10&end=2019-10-10", json!({ "between": false })),
            ("leap?timestamp=2016-10-10", json!({ "leap": true })),
            (
                "object?timestamp=2016-10-10T01:02:03Z",
                json!({ "object": { "years": 2016, "months": 9, "date": 10, "hours": 1, "minutes": 2, "seconds": 3,
                    "milliseconds": 0 } }),
            ),
        ] {
            let (what, query) = question.split_once('?').unwrap();
            let arguments = pairs(query);
            let argument = |name: &str| arguments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let found = answered(what, read(argument("timestamp").unwrap()).unwrap(), &arguments, &argument);
            assert_eq!(found, Some(expected), "{question}");
        }
        for wrong in ["2016-13-01", "2016-02-30", "x", "", "2016-10-10T25:00:00", "2016-10"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
