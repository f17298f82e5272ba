//! URLs as they go on the wire: split into what is needed to connect, the rest untouched.
//!
//! A URL library would change `..`, encodings and the order of things; what a person typed is what is sent.

use std::net::IpAddr;

use crate::error::SendError;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub tls: bool,
    /// Lower case; an IPv6 address without its brackets.
    pub host: String,
    /// If the host is an address and no name.
    pub ip: Option<IpAddr>,
    pub port: u16,
    /// Path and query, from the first slash.
    pub target: String,
    /// Name and password from the URL, decoded.
    pub user: Option<(String, String)>,
}

impl Address {
    /// Splits `text`; without a scheme it is `http`.
    pub fn parse(text: &str) -> Result<Self, SendError> {
        split(text, false).map_err(|why| SendError::BadUrl { why })
    }

    /// Where a `Location` of `location` leads from here (RFC 3986, 5.2).
    pub fn redirected(&self, location: &str) -> Result<Self, String> {
        let location = location.trim_matches(|letter: char| letter.is_ascii_whitespace());
        let before_path = location.split(['/', '?', '#']).next().unwrap_or_default();
        if before_path.contains(':') && scheme_of(location).is_some() {
            return split(location, true);
        }
        let scheme = if self.tls { "https" } else { "http" };
        if location.starts_with("//") {
            return split(&format!("{scheme}:{location}"), true);
        }
        let location = location.split('#').next().unwrap_or_default();
        let path = self.target.split('?').next().unwrap_or("/");
        let target = match location.bytes().next() {
            None => self.target.clone(),
            Some(b'?') => format!("{path}{location}"),
            Some(b'/') => location.to_owned(),
            Some(_) => {
                let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
                let (relative, query) = match location.find('?') {
                    Some(at) => location.split_at(at),
                    None => (location, ""),
                };
                format!("{}{query}", without_dots(&format!("{folder}{relative}")))
            }
        };
        Ok(Self { target: wire_target(&target, true)?, user: None, ..self.clone() })
    }

    /// Host and port as in a `Host` header; the port only if it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.bracketed();
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    /// Host and port, always both.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    /// The whole URL as it is asked for, without name and password.
    pub fn url(&self) -> String {
        format!("{}://{}{}", if self.tls { "https" } else { "http" }, self.authority(), self.target)
    }

    /// The URL without its query, which may hold a secret.
    pub fn url_without_query(&self) -> String {
        self.url().split('?').next().unwrap_or_default().to_owned()
    }

    fn bracketed(&self) -> String {
        match self.ip {
            Some(IpAddr::V6(_)) => format!("[{}]", self.host),
            _ => self.host.clone(),
        }
    }
}

fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut letters = scheme.chars();
    let first = letters.next()?;
    let fits = first.is_ascii_alphabetic()
        && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'));
    fits.then_some(scheme)
}

fn split(text: &str, redirect: bool) -> Result<Address, String> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme_of(text) == Some(scheme) => (scheme, rest),
        _ if redirect => return Err("it is neither http nor https".to_owned()),
        _ => ("http", text),
    };
    let tls = match scheme {
        scheme if scheme.eq_ignore_ascii_case("http") => false,
        scheme if scheme.eq_ignore_ascii_case("https") => true,
        _ => return Err(format!("its scheme is {scheme}, and only http and https can be sent")),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // Some parsers take a backslash for a slash and would see another host than we do.
    if authority.contains('\\') {
        return Err("there is a backslash in its host".to_owned());
    }
    let (user, host_and_port) = match authority.rfind('@') {
        Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
        None => (None, authority),
    };
    let (host, port) = match host_and_port.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => {
            let (host, rest) = host_and_port.split_at(end + 2);
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("")).ok_or("its host is not clear")?)
        }
        None => host_and_port.split_once(':').unwrap_or((host_and_port, "")),
    };
    let port = match port {
        "" => {
            if tls {
                443
            } else {
                80
            }
        }
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => match digits.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err(format!("there is no port {digits}")),
        },
        _ => return Err("its port is not a number".to_owned()),
    };
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    let parsed = url::Host::parse(host).map_err(|error| format!("its host is not one: {error}"))?;
    let (host, ip) = match parsed {
        url::Host::Domain(name) => (name, None),
        url::Host::Ipv4(address) => (address.to_string(), Some(IpAddr::V4(address))),
        url::Host::Ipv6(address) => (address.to_string(), Some(IpAddr::V6(address))),
    };
    let path = path.split('#').next().unwrap_or_default();
    let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let user = user.filter(|user| !user.is_empty()).map(|user| {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        (decoded(name), decoded(password))
    });
    Ok(Address { tls, host, ip, port, target: wire_target(&target, redirect)?, user })
}

/// `target` in ASCII. What would end the request line is refused, or encoded in a `Location`, where it is common.
fn wire_target(target: &str, redirect: bool) -> Result<String, String> {
    let mut wire = String::with_capacity(target.len());
    for (at, letter) in target.char_indices() {
        if letter.is_ascii_graphic() {
            wire.push(letter);
        } else if !letter.is_ascii() || redirect {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                wire.push_str(&format!("%{byte:02X}"));
            }
        } else {
            let what = if letter == ' ' { "a blank" } else { "a control character" };
            return Err(format!("there is {what} at byte {at} of its path"));
        }
    }
    Ok(wire)
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `path` without `.` and `..` segments (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if last {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_what_is_asked_for() {
        for (text, authority, target) in [
            ("http://a.example", "a.example", "/"),
            ("a.example/x", "a.example", "/x"),
            ("localhost:8080?q=1", "localhost:8080", "/?q=1"),
            ("https://a.example:443/a/../b/%7e?x=^|{}[]\\`#part", "a.example", "/a/../b/%7e?x=^|{}[]\\`"),
            ("http://a.example:443/", "a.example:443", "/"),
            ("HTTP://User:p%40ss@A.Example/", "a.example", "/"),
            ("http://[::1]:81/x", "[::1]:81", "/x"),
            ("http://0x7f.1/", "127.0.0.1", "/"),
            ("http://2130706433/", "127.0.0.1", "/"),
            ("http://bücher.example/ü", "xn--bcher-kva.example", "/%C3%BC"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.authority().as_str(), address.target.as_str()), (authority, target), "{text}");
        }
        let user = Address::parse("http://User:p%40ss@a.example/").unwrap().user;
        assert_eq!(user, Some(("User".to_owned(), "p@ss".to_owned())));
    }

    #[test]
    fn what_cannot_be_asked_for_says_why() {
        for (text, why) in [
            ("", "names no host"),
            ("http://", "names no host"),
            ("ftp://a.example/", "scheme is ftp"),
            ("http://a.example:0/", "no port 0"),
            ("http://a.example:99999/", "no port 99999"),
            ("http://a.example:x/", "not a number"),
            ("http://a.example/a b", "a blank at byte 2"),
            ("http://a.example/a\r\nX: y", "a control character"),
            ("http://good.example\\@evil.example/", "backslash"),
            ("http://a b/", "host is not one"),
            ("http://[::1/", "port is not a number"),
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_location_is_read_from_where_it_was_said() {
        let here = Address::parse("https://u:p@a.example:8443/one/two?x=1").unwrap();
        for (location, expected) in [
            ("http://b.example/x", "http://b.example/x"),
            ("//b.example/x", "https://b.example/x"),
            ("/x/../y", "https://a.example:8443/x/../y"),
            ("three", "https://a.example:8443/one/three"),
            ("../three?y", "https://a.example:8443/three?y"),
            ("../../../three/.", "https://a.example:8443/three/"),
            ("?y=2", "https://a.example:8443/one/two?y=2"),
            ("", "https://a.example:8443/one/two?x=1"),
            ("/a b#part", "https://a.example:8443/a%20b"),
            ("a:b/c", "neither http"),
            ("javascript:alert(1)", "neither http"),
            ("file:///etc/passwd", "scheme is file"),
        ] {
            let found = here.redirected(location).map(|address| address.url()).unwrap_or_else(|why| why);
            assert!(found.contains(expected), "{location}: {found}");
        }
    }
}
