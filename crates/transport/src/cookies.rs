//! Cookies as browsers keep them (RFC 6265), with the public suffix list against cookies for whole registries.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::address::Address;
use crate::error::SendError;

/// Longest name and value together that are kept.
const LONGEST: usize = 4096;
/// Most cookies of one domain; the oldest goes.
const PER_DOMAIN: usize = 180;
/// Most cookies of a jar; the oldest goes.
const IN_ALL: usize = 3000;

/// One cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host it came from, or the domain it names: lower case, without a leading dot.
    pub domain: String,
    /// It is sent for this path and what is below.
    pub path: String,
    /// When it ends, in ISO 8601; `None` for one that lasts as long as the jar.
    pub expires: Option<String>,
    /// Not for scripts of a page.
    pub http_only: bool,
    /// Only over TLS.
    pub secure: bool,
    /// Only for `domain` itself, not for hosts below.
    pub host_only: bool,
    /// `strict`, `lax` or `none`, if it was said. It is kept, but nothing is held back: there is no other site here.
    pub same_site: Option<String>,
}

// A value may be a session.
impl std::fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Cookie({} for {}{})", self.name, self.domain, self.path)
    }
}

/// Why a cookie is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieRefused {
    /// The URL cannot be asked for.
    #[error("{0}")]
    Url(String),
    /// It has neither a name nor a value, or a character that no cookie may have.
    #[error("this is no cookie")]
    NoCookie,
    /// Its name and value are too long.
    #[error("a cookie has at most {LONGEST} bytes")]
    TooLong,
    /// It is for a domain that the host does not belong to.
    #[error("{host} may not set a cookie for {domain}")]
    ForeignDomain {
        /// Who tried.
        host: String,
        /// For whom.
        domain: String,
    },
    /// It is for all hosts of a registry.
    #[error("{domain} is a public suffix, for which there are no cookies")]
    PublicSuffix {
        /// The suffix.
        domain: String,
    },
    /// It is secure, or says so by its name, and what it needs for that is not given.
    #[error("a cookie whose name begins with {0} must be secure, and for __Host- have the path / and no domain")]
    Prefix(&'static str),
    /// A jar in JSON is not one.
    #[error("this is no cookie jar: {0}")]
    NotAJar(String),
}

/// The cookies of a run. A clone is the same jar.
#[derive(Clone, Default)]
pub struct CookieJar {
    store: Arc<Mutex<Vec<Kept>>>,
}

impl std::fmt::Debug for CookieJar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "CookieJar({} cookies)", self.store().len())
    }
}

#[derive(Clone)]
struct Kept {
    cookie: Cookie,
    ends: Option<OffsetDateTime>,
    created: OffsetDateTime,
}

impl Kept {
    fn is_over(&self, now: OffsetDateTime) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    fn fits(&self, place: &Place) -> bool {
        let host = place.host.as_str();
        let domain = self.cookie.domain.as_str();
        let host_fits = host == domain || (!self.cookie.host_only && is_below(host, domain) && !place.is_ip);
        host_fits && path_fits(&place.path, &self.cookie.path) && (!self.cookie.secure || place.secure)
    }
}

/// What of a URL matters to cookies.
struct Place {
    host: String,
    is_ip: bool,
    path: String,
    secure: bool,
}

impl Place {
    fn of(address: &Address) -> Self {
        Self {
            host: address.host.trim_end_matches('.').to_owned(),
            is_ip: address.ip.is_some(),
            path: address.target.split('?').next().unwrap_or("/").to_owned(),
            // This machine is as safe as TLS is, for browsers and for newman.
            secure: address.tls || address.host == "localhost" || address.host.ends_with(".localhost"),
        }
    }

    fn parse(url: &str) -> Result<Self, CookieRefused> {
        // A blank in the path is no reason to have no cookies.
        let head = url.split(['?', '#']).next().unwrap_or_default().replace(' ', "%20");
        match Address::parse(&head) {
            Ok(address) => Ok(Self::of(&address)),
            Err(SendError::BadUrl { why }) => Err(CookieRefused::Url(why)),
            Err(error) => Err(CookieRefused::Url(error.to_string())),
        }
    }
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the cookie of a `Set-Cookie` header that came from `url`; it is given back as it is kept.
    ///
    /// # Errors
    ///
    /// If it is no cookie, or one that `url` may not set.
    pub fn store_header(&self, url: &str, header: &str) -> Result<Cookie, CookieRefused> {
        self.receive(&Place::parse(url)?, header, now())
    }

    pub(crate) fn receive_from(&self, address: &Address, header: &str) {
        // A cookie that is refused is ignored, as by every browser; the header itself is shown with the answer.
        let _ = self.receive(&Place::of(address), header, now());
    }

    fn receive(&self, place: &Place, header: &str, now: OffsetDateTime) -> Result<Cookie, CookieRefused> {
        let parsed = parse(header, now).ok_or(CookieRefused::NoCookie)?;
        self.keep(place, parsed, now)
    }

    /// Puts `cookie` in as if `url` had set it, and gives it back as it is kept. An empty domain or path is taken from
    /// `url`.
    ///
    /// # Errors
    ///
    /// If `url` may not set it, or `expires` is no ISO 8601 time.
    pub fn set(&self, url: &str, cookie: Cookie) -> Result<Cookie, CookieRefused> {
        let ends = match &cookie.expires {
            None => None,
            Some(text) => Some(OffsetDateTime::parse(text, &Rfc3339).map_err(|_| CookieRefused::NoCookie)?),
        };
        let forbidden = |letter: char| letter == ';' || letter.is_control();
        if cookie.name.contains(forbidden) || cookie.value.contains(forbidden) {
            return Err(CookieRefused::NoCookie);
        }
        let domain = Some(cookie.domain.clone()).filter(|domain| !domain.is_empty() && !cookie.host_only);
        let parsed = Parsed {
            path: Some(cookie.path.clone()).filter(|path| path.starts_with('/')),
            domain,
            ends,
            name: cookie.name,
            value: cookie.value,
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: cookie.same_site,
        };
        self.keep(&Place::parse(url)?, parsed, now())
    }

    fn keep(&self, place: &Place, parsed: Parsed, now: OffsetDateTime) -> Result<Cookie, CookieRefused> {
        if parsed.name.is_empty() && parsed.value.is_empty() {
            return Err(CookieRefused::NoCookie);
        }
        if parsed.name.len() + parsed.value.len() > LONGEST {
            return Err(CookieRefused::TooLong);
        }
        let (domain, host_only) = allowed_domain(place, parsed.domain.as_deref())?;
        let path = parsed.path.unwrap_or_else(|| default_path(&place.path));
        for (prefix, whole) in [("__Secure-", false), ("__Host-", true)] {
            let named = parsed.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
            if named && (!parsed.secure || !place.secure || (whole && (!host_only || path != "/"))) {
                return Err(CookieRefused::Prefix(prefix));
            }
        }
        let cookie = Cookie {
            name: parsed.name,
            value: parsed.value,
            domain,
            path,
            expires: parsed.ends.map(iso),
            http_only: parsed.http_only,
            secure: parsed.secure,
            host_only,
            same_site: parsed.same_site,
        };
        insert(&mut self.store(), Kept { cookie: cookie.clone(), ends: parsed.ends, created: now }, now);
        Ok(cookie)
    }

    /// The `Cookie` header for a request to `url`; `None` if there is no cookie for it.
    pub fn header(&self, url: &str) -> Option<String> {
        self.header_at(&Place::parse(url).ok()?, now())
    }

    pub(crate) fn header_for(&self, address: &Address) -> Option<String> {
        if self.store().is_empty() {
            return None;
        }
        self.header_at(&Place::of(address), now())
    }

    fn header_at(&self, place: &Place, now: OffsetDateTime) -> Option<String> {
        let pairs: Vec<String> = self
            .fitting(place, now)
            .into_iter()
            .map(|cookie| match cookie.name.as_str() {
                "" => cookie.value,
                name => format!("{name}={}", cookie.value),
            })
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The cookies that a request to `url` would carry: longer paths first, older ones first (RFC 6265, 5.4).
    pub fn list(&self, url: &str) -> Vec<Cookie> {
        Place::parse(url).map(|place| self.fitting(&place, now())).unwrap_or_default()
    }

    /// The cookie that a request to `url` would carry under this name.
    pub fn get(&self, url: &str, name: &str) -> Option<Cookie> {
        self.list(url).into_iter().find(|cookie| cookie.name == name)
    }

    /// Takes out the cookies that a request to `url` would carry under this name. Returns whether there was one.
    pub fn unset(&self, url: &str, name: &str) -> bool {
        self.remove(url, |cookie| cookie.name == name)
    }

    /// Takes out the cookies that a request to `url` would carry.
    pub fn clear(&self, url: &str) {
        self.remove(url, |_| true);
    }

    /// Takes out every cookie.
    pub fn clear_all(&self) {
        self.store().clear();
    }

    /// Every cookie that has not ended.
    pub fn all(&self) -> Vec<Cookie> {
        let now = now();
        self.store().iter().filter(|kept| !kept.is_over(now)).map(|kept| kept.cookie.clone()).collect()
    }

    /// The jar in the JSON of tough-cookie, which newman reads and writes.
    pub fn to_json(&self) -> Value {
        let now = now();
        let text = |time: OffsetDateTime| json!(iso(time));
        let cookies: Vec<Value> = self
            .store()
            .iter()
            .filter(|kept| !kept.is_over(now))
            .map(|kept| {
                let cookie = &kept.cookie;
                let mut entry = Map::new();
                entry.insert("key".to_owned(), json!(cookie.name));
                entry.insert("value".to_owned(), json!(cookie.value));
                entry.insert("expires".to_owned(), kept.ends.map_or_else(|| json!("Infinity"), text));
                entry.insert("domain".to_owned(), json!(cookie.domain));
                entry.insert("path".to_owned(), json!(cookie.path));
                for (key, flag) in
                    [("secure", cookie.secure), ("httpOnly", cookie.http_only), ("hostOnly", cookie.host_only)]
                {
                    entry.insert(key.to_owned(), json!(flag));
                }
                if let Some(same_site) = &cookie.same_site {
                    entry.insert("sameSite".to_owned(), json!(same_site));
                }
                entry.insert("creation".to_owned(), text(kept.created));
                entry.insert("lastAccessed".to_owned(), text(kept.created));
                Value::Object(entry)
            })
            .collect();
        json!({
            "version": "tough-cookie@4.1.4",
            "storeType": "MemoryCookieStore",
            "rejectPublicSuffixes": true,
            "cookies": cookies,
        })
    }

    /// Reads a jar in the JSON of tough-cookie.
    ///
    /// # Errors
    ///
    /// If it has no list of cookies, or one of them has no name or domain.
    pub fn from_json(document: &Value) -> Result<Self, CookieRefused> {
        let not = |what: String| CookieRefused::NotAJar(what);
        let list =
            document.get("cookies").and_then(Value::as_array).ok_or_else(|| not("it has no list cookies".into()))?;
        let now = now();
        let jar = Self::new();
        for (position, entry) in list.iter().enumerate() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str);
            let flag = |key: &str| entry.get(key).and_then(Value::as_bool).unwrap_or(false);
            let place = |what: &str| not(format!("cookie {} has no {what}", position + 1));
            let time = |key: &str| text(key).and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
            let created = time("creation").unwrap_or(now);
            let max_age =
                entry.get("maxAge").and_then(Value::as_i64).map(|age| created.saturating_add(Duration::seconds(age)));
            let ends = max_age.or_else(|| time("expires"));
            let cookie = Cookie {
                name: text("key").ok_or_else(|| place("key"))?.to_owned(),
                value: text("value").unwrap_or_default().to_owned(),
                domain: text("domain").ok_or_else(|| place("domain"))?.trim_start_matches('.').to_ascii_lowercase(),
                path: text("path").filter(|path| path.starts_with('/')).unwrap_or("/").to_owned(),
                expires: ends.map(iso),
                http_only: flag("httpOnly"),
                secure: flag("secure"),
                host_only: flag("hostOnly"),
                same_site: text("sameSite").map(str::to_owned),
            };
            insert(&mut jar.store(), Kept { cookie, ends, created }, now);
        }
        Ok(jar)
    }

    fn remove(&self, url: &str, matches: impl Fn(&Cookie) -> bool) -> bool {
        let Ok(place) = Place::parse(url) else { return false };
        let mut store = self.store();
        let before = store.len();
        store.retain(|kept| !(kept.fits(&place) && matches(&kept.cookie)));
        store.len() < before
    }

    fn fitting(&self, place: &Place, now: OffsetDateTime) -> Vec<Cookie> {
        let mut store = self.store();
        store.retain(|kept| !kept.is_over(now));
        let mut found: Vec<&Kept> = store.iter().filter(|kept| kept.fits(place)).collect();
        found.sort_by(|left, right| {
            right.cookie.path.len().cmp(&left.cookie.path.len()).then(left.created.cmp(&right.created))
        });
        found.into_iter().map(|kept| kept.cookie.clone()).collect()
    }

    fn store(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Nothing is done under the lock that could leave the list half changed.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert(store: &mut Vec<Kept>, mut kept: Kept, now: OffsetDateTime) {
    let same = |other: &Kept| {
        let (left, right) = (&other.cookie, &kept.cookie);
        left.name == right.name && left.domain == right.domain && left.path == right.path
    };
    let place = store.iter().position(same);
    if kept.is_over(now) {
        // How a server deletes a cookie.
        if let Some(place) = place {
            store.remove(place);
        }
        return;
    }
    if let Some(place) = place {
        kept.created = store[place].created;
        store[place] = kept;
        return;
    }
    let of_domain = store.iter().filter(|other| other.cookie.domain == kept.cookie.domain).count();
    if of_domain >= PER_DOMAIN
        && let Some(oldest) = store.iter().position(|other| other.cookie.domain == kept.cookie.domain)
    {
        store.remove(oldest);
    } else if store.len() >= IN_ALL {
        store.remove(0);
    }
    store.push(kept);
}

/// The domain that a cookie gets, and whether it is for that host alone.
fn allowed_domain(place: &Place, asked: Option<&str>) -> Result<(String, bool), CookieRefused> {
    let Some(asked) = asked.map(|asked| asked.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase())
    else {
        return Ok((place.host.clone(), true));
    };
    if asked.is_empty() || asked == place.host {
        let host_only = place.is_ip || asked.is_empty() || is_public_suffix(&asked);
        return Ok((place.host.clone(), host_only));
    }
    if is_public_suffix(&asked) {
        return Err(CookieRefused::PublicSuffix { domain: asked });
    }
    if place.is_ip || !is_below(&place.host, &asked) {
        return Err(CookieRefused::ForeignDomain { host: place.host.clone(), domain: asked });
    }
    Ok((asked, false))
}

fn is_public_suffix(domain: &str) -> bool {
    psl::suffix_str(domain).is_some_and(|suffix| suffix == domain)
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// RFC 6265, 5.1.4.
fn path_fits(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

/// RFC 6265, 5.1.4.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(at) if at > 0 && path.starts_with('/') => path[..at].to_owned(),
        _ => "/".to_owned(),
    }
}

/// A `Set-Cookie` header, read.
struct Parsed {
    name: String,
    value: String,
    domain: Option<String>,
    path: Option<String>,
    ends: Option<OffsetDateTime>,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
}

/// Reads a `Set-Cookie` header (RFC 6265, 5.2).
fn parse(header: &str, now: OffsetDateTime) -> Option<Parsed> {
    if header.chars().any(|letter| letter.is_control() && letter != '\t') {
        return None;
    }
    let mut parts = header.split(';');
    let pair = parts.next()?;
    // A name without a value is a value without a name (RFC 6265bis), as browsers have it.
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let mut parsed = Parsed {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        domain: None,
        path: None,
        ends: None,
        secure: false,
        http_only: false,
        same_site: None,
    };
    let mut max_age = None;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "expires" => parsed.ends = date(value).or(parsed.ends),
            "max-age" => max_age = age(value).or(max_age),
            "domain" if !value.is_empty() => parsed.domain = Some(value.to_owned()),
            "path" => parsed.path = value.starts_with('/').then(|| value.to_owned()),
            "secure" => parsed.secure = true,
            "httponly" => parsed.http_only = true,
            "samesite" => {
                let value = value.to_ascii_lowercase();
                parsed.same_site = matches!(value.as_str(), "strict" | "lax" | "none").then_some(value);
            }
            _ => {}
        }
    }
    if let Some(age) = max_age {
        parsed.ends = Some(match age {
            ..=0 => OffsetDateTime::UNIX_EPOCH,
            age => now.checked_add(Duration::seconds(age)).unwrap_or_else(end_of_time),
        });
    }
    Some(parsed)
}

/// Seconds; those too many for a number are as many as there are.
fn age(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(value.parse().unwrap_or(if value.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// Reads a date as leniently as browsers do (RFC 6265, 5.1.1).
fn date(text: &str) -> Option<OffsetDateTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let delimiter = |letter: char| !(letter.is_ascii_alphanumeric() || letter == ':' || !letter.is_ascii());
    for token in text.split(delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = clock(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2, 4)
        {
            year = Some(match found {
                70..=99 => found + 1900,
                0..=69 => found + 2000,
                found => found,
            });
        }
    }
    let year = i32::try_from(year.filter(|year| *year >= 1601)?).ok()?;
    let date = Date::from_calendar_date(year, month?, u8::try_from(day?).ok()?).ok()?;
    Some(date.with_time(time?).assume_utc())
}

/// The digits that `token` begins with, if there are `least` to `most`.
fn number(token: &str, least: usize, most: usize) -> Option<u32> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if (least..=most).contains(&digits) { token[..digits].parse().ok() } else { None }
}

fn clock(token: &str) -> Option<Time> {
    let mut parts = token.splitn(3, ':');
    let mut field = || number(parts.next()?, 1, 2).and_then(|field| u8::try_from(field).ok());
    let (hour, minute, second) = (field()?, field()?, field()?);
    Time::from_hms(hour, minute, second).ok()
}

fn month_of(token: &str) -> Option<Month> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    let position = NAMES.iter().position(|name| *name == start)?;
    Month::try_from(u8::try_from(position + 1).ok()?).ok()
}

fn end_of_time() -> OffsetDateTime {
    time::macros::datetime!(9999-12-31 23:59:59 UTC)
}

/// As JavaScript writes a time.
fn iso(time: OffsetDateTime) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(&format).unwrap_or_default()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 00:00 UTC);

    fn received(url: &str, headers: &[&str]) -> CookieJar {
        let jar = CookieJar::new();
        for header in headers {
            let _ = jar.receive(&Place::parse(url).unwrap(), header, NOW);
        }
        jar
    }

    fn sent(jar: &CookieJar, url: &str) -> String {
        jar.header_at(&Place::parse(url).unwrap(), NOW).unwrap_or_default()
    }

    #[test]
    fn a_cookie_goes_where_it_may() {
        for (from, header, to, expected) in [
            ("http://a.example/", "x=1", "http://a.example/any", "x=1"),
            ("http://a.example/", "x=1", "http://b.a.example/", ""),
            ("http://a.example/", "x=1; Domain=a.example", "http://b.a.example/", "x=1"),
            ("http://a.example/", "x=1; Domain=.a.example", "http://ba.example/", ""),
            ("http://b.a.example/", "x=1; Domain=a.example", "http://a.example/", "x=1"),
            ("http://a.example/", "x=1; Domain=b.a.example", "http://b.a.example/", ""),
            ("http://a.example/", "x=1; Domain=other.example", "http://other.example/", ""),
            ("http://a.co.uk/", "x=1; Domain=co.uk", "http://a.co.uk/", ""),
            ("http://a.co.uk/", "x=1; Domain=uk", "http://a.co.uk/", ""),
            ("http://localhost/", "x=1; Domain=localhost", "http://localhost/", "x=1"),
            ("http://127.0.0.1/", "x=1; Domain=127.0.0.1", "http://127.0.0.1:81/", "x=1"),
            ("http://127.0.0.1/", "x=1; Domain=0.0.1", "http://127.0.0.1/", ""),
            ("http://a.example/one/two", "x=1", "http://a.example/one/three", "x=1"),
            ("http://a.example/one/two", "x=1", "http://a.example/oneandmore", ""),
            ("http://a.example/", "x=1; Path=/p", "http://a.example/p", "x=1"),
            ("http://a.example/", "x=1; Path=/p", "http://a.example/pq", ""),
            ("http://a.example/", "x=1; Path=p", "http://a.example/", "x=1"),
            ("https://a.example/", "x=1; Secure", "http://a.example/", ""),
            ("https://a.example/", "x=1; Secure", "https://a.example/", "x=1"),
            ("http://a.example/", "__Secure-x=1; Secure", "https://a.example/", ""),
            ("https://a.example/", "__Host-x=1; Secure; Path=/", "https://a.example/", "__Host-x=1"),
            ("https://a.example/", "__Host-x=1; Secure; Path=/; Domain=a.example", "https://b.a.example/", ""),
            ("http://a.example/", "=1", "http://a.example/", "1"),
            ("http://a.example/", "alone", "http://a.example/", "alone"),
            ("http://a.example/", " x = \"1 2\" ;", "http://a.example/", "x=\"1 2\""),
            ("http://a.example/", "x=1; Max-Age=0", "http://a.example/", ""),
            ("http://a.example/", "x=1; Max-Age=99999999999999999999", "http://a.example/", "x=1"),
            ("http://a.example/", "x=1; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "http://a.example/", ""),
            ("http://a.example/", "x=1; Expires=Wed, 09 Jun 2021 10:18:14 GMT; Max-Age=9", "http://a.example/", "x=1"),
            ("http://a.example/", "x=1; Expires=nonsense", "http://a.example/", "x=1"),
        ] {
            assert_eq!(sent(&received(from, &[header]), to), expected, "{from} {header} -> {to}");
        }
    }

    #[test]
    fn a_later_cookie_takes_the_place_of_the_same_one() {
        let jar = received("http://a.example/p/q", &["x=1", "y=1; Path=/", "x=2", "z=1", "y=; Path=/; Max-Age=0"]);
        assert_eq!(sent(&jar, "http://a.example/p/q"), "x=2; z=1");
        assert!(jar.unset("http://a.example/p/q", "x"));
        assert!(!jar.unset("http://a.example/p/q", "x"));
        jar.clear("http://a.example/p/q");
        assert!(jar.all().is_empty());
    }

    #[test]
    fn dates_are_read_as_browsers_read_them() {
        let at = time::macros::datetime!(2021-06-09 10:18:14 UTC);
        for text in [
            "Wed, 09 Jun 2021 10:18:14 GMT",
            "Wednesday, 09-Jun-21 10:18:14 GMT",
            "Wed Jun  9 10:18:14 2021",
            "9 june 2021 10:18:14",
            "2021 9 Jun 10:18:14",
        ] {
            assert_eq!(date(text), Some(at), "{text}");
        }
        for text in ["", "Jun 2021", "31 Feb 2021 10:00:00", "1 Jan 1600 00:00:00", "1 Jan 2021 24:00:00"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_jar_comes_back_from_its_file() {
        let jar = received("https://a.example/p/", &["x=1; Secure; HttpOnly; SameSite=Lax", "y=2; Max-Age=9999999999"]);
        let read = CookieJar::from_json(&jar.to_json()).unwrap();
        assert_eq!(read.all().len(), 2);
        assert_eq!(read.to_json(), jar.to_json());
        assert!(CookieJar::from_json(&json!([])).unwrap_err().to_string().contains("no list cookies"));
        assert!(CookieJar::from_json(&json!({ "cookies": [{}] })).unwrap_err().to_string().contains("cookie 1 has no"));
    }

    #[test]
    fn a_server_cannot_fill_the_jar() {
        let headers: Vec<String> = (0..500).map(|number| format!("n{number}=1")).collect();
        let jar = received("http://a.example/", &headers.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(jar.all().len(), PER_DOMAIN);
        let long = format!("x={}", "y".repeat(LONGEST));
        assert_eq!(jar.store_header("http://a.example/", &long), Err(CookieRefused::TooLong));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_harm(header in "\\PC{0,80}") {
            let jar = received("http://a.example/", &[&header]);
            for cookie in jar.all() {
                prop_assert!(cookie.domain == "a.example");
                prop_assert!(!cookie.value.contains(';'));
            }
            prop_assert!(!sent(&jar, "http://other.example/").contains('='));
        }

        #[test]
        fn a_plain_pair_comes_back(name in "[a-zA-Z0-9_]{1,20}", value in "[!-:<-~]{0,40}") {
            let jar = received("http://a.example/", &[&format!("{name}={value}; Path=/")]);
            prop_assert_eq!(sent(&jar, "http://a.example/x"), format!("{name}={value}"));
        }

        #[test]
        fn any_date_is_read_without_harm(text in "\\PC{0,40}") {
            let _ = date(&text);
        }
    }
}
