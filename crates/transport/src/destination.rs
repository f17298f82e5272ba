//! Where something may be sent, and nowhere else.

use std::fmt;

use crate::address::Address;

/// Hosts that something may be sent to: `api.example.com`, `*.example.com:8443`, `http://127.0.0.1:8080`.
///
/// Without a scheme it is https, without a port that of the scheme. `*.example.com` stands for `example.com` and every name
/// below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    tls: bool,
    host: String,
    below: bool,
    port: u16,
}

/// What is wrong with the text of a destination.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write a host such as api.example.com, *.example.com or api.example.com:8443")]
pub struct NotADestination(String);

impl std::str::FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |why: &str| NotADestination(format!("{text:?} is no host to send to: {why}"));
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        let (rest, below) = match rest.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        if rest.contains('*') {
            return Err(refused("the star stands for the first part of a name alone"));
        }
        if rest.trim_end_matches('/').contains(['/', '?', '#', '@']) {
            return Err(refused("it has more than a host and a port"));
        }
        let address = Address::parse(&format!("{scheme}://{rest}")).map_err(|error| refused(&error.to_string()))?;
        // Whoever can have a name below `com` or `co.uk` is a stranger.
        if below && (address.ip.is_some() || psl::domain_str(&address.host).is_none()) {
            return Err(refused("anybody can have a name below it"));
        }
        Ok(Self { tls: address.tls, host: address.host, below, port: address.port })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "" } else { "http://" };
        let star = if self.below { "*." } else { "" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}{star}{host}")?;
        if self.port == if self.tls { 443 } else { 80 } { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Destination {
    /// Does `address` lie there?
    pub(crate) fn holds(&self, address: &Address) -> bool {
        let is_below = || {
            let name = address.host.strip_suffix(self.host.as_str()).and_then(|rest| rest.strip_suffix('.'));
            self.below && name.is_some()
        };
        self.tls == address.tls && self.port == address.port && (self.host == address.host || is_below())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(destination: &str, url: &str) -> bool {
        destination.parse::<Destination>().unwrap().holds(&Address::parse(url).unwrap())
    }

    #[test]
    fn a_host_stands_for_itself_with_https_and_its_port() {
        assert!(holds("api.example.com", "https://API.example.com/a?b"));
        for url in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://example.com/",
            "https://evilapi.example.com/",
            "https://api.example.com.evil.com/",
            "https://api.example.com@evil.com/",
            "https://api.example.com./",
        ] {
            assert!(!holds("api.example.com", url), "{url}");
        }
        assert!(holds("http://127.0.0.1:8080", "http://127.0.0.1:8080/x"));
        assert!(!holds("http://127.0.0.1:8080", "https://127.0.0.1:8080/x"));
        assert!(holds("[::1]:8443", "https://[::1]:8443/"));
    }

    #[test]
    fn a_star_stands_for_names_below_and_the_name_itself() {
        for url in ["https://example.com/", "https://a.example.com/", "https://a.b.example.com/"] {
            assert!(holds("*.example.com", url), "{url}");
        }
        for url in ["https://evilexample.com/", "https://example.com.evil.com/", "http://a.example.com/"] {
            assert!(!holds("*.example.com", url), "{url}");
        }
    }

    #[test]
    fn what_says_nothing_definite_is_refused() {
        let bad =
            ["", "*", "*.com", "*.co.uk", "*.127.0.0.1", "a.*.com", "ftp://x.com", "x.com/path", "u@x.com", "a b"];
        for text in bad {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_is_read_as_it_is_shown(text in "(http://)?(\\*\\.)?[a-z]{1,9}\\.example\\.com(:[1-9][0-9]{0,3})?") {
            let destination: Destination = text.parse().unwrap();
            prop_assert_eq!(destination.to_string().parse::<Destination>().unwrap(), destination);
        }

        #[test]
        fn nothing_panics(text in ".{0,60}") {
            let _ = text.parse::<Destination>();
        }
    }
}
