//! Which requests go through a proxy. Who configures it hands it in; nothing is read from the environment here.

use std::net::IpAddr;

use zeroize::Zeroizing;

use crate::address::Address;
use crate::connection::basic;
use crate::egress::within;
use crate::error::SendError;

/// The port of a SOCKS proxy whose URL names none.
const SOCKS_PORT: u16 = 1080;

/// The proxies of a client.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For `http` URLs.
    pub http: Option<ProxyServer>,
    /// For `https` URLs.
    pub https: Option<ProxyServer>,
    /// Hosts that are called directly, as in `NO_PROXY`.
    pub direct: Direct,
}

impl Proxies {
    pub(crate) fn of(&self, address: &Address) -> Option<&ProxyServer> {
        let proxy = if address.tls { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.direct.holds(address))
    }
}

/// A proxy that is spoken to over HTTP, HTTPS or SOCKS5.
#[derive(Clone)]
pub struct ProxyServer {
    pub(crate) address: Address,
    pub(crate) socks: Option<Socks>,
    password: Option<(String, Zeroizing<String>)>,
}

/// Who looks a name up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Socks {
    /// We do (`socks5`).
    Here,
    /// The proxy does (`socks5h`).
    There,
}

impl std::fmt::Debug for ProxyServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ProxyServer({})", self.url())
    }
}

impl ProxyServer {
    /// Reads `http://name:password@proxy.example:3128`; without a scheme it is `http`. With `socks5` names are looked up
    /// here, with `socks5h` by the proxy, as curl has it.
    ///
    /// # Errors
    ///
    /// If it is no `http`, `https`, `socks5` or `socks5h` URL.
    pub fn parse(url: &str) -> Result<Self, SendError> {
        let (scheme, rest) = url.trim().split_once("://").unwrap_or(("", url));
        let socks = match scheme.to_ascii_lowercase().as_str() {
            "socks5" => Some(Socks::Here),
            "socks5h" => Some(Socks::There),
            _ => None,
        };
        let mut address = match socks {
            None => Address::parse(url)?,
            Some(_) => {
                let mut address = Address::parse(&format!("http://{rest}"))?;
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                let host = authority.rsplit('@').next().unwrap_or_default();
                if !host.rsplit(']').next().unwrap_or_default().contains(':') {
                    address.port = SOCKS_PORT;
                }
                address
            }
        };
        let password = address.user.take().map(|(name, password)| (name, Zeroizing::new(password)));
        Ok(Self { address, socks, password })
    }

    /// The proxy without its name and password.
    pub(crate) fn url(&self) -> String {
        match self.socks {
            None => self.address.url(),
            Some(Socks::Here) => format!("socks5://{}", self.address.host_and_port()),
            Some(Socks::There) => format!("socks5h://{}", self.address.host_and_port()),
        }
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<Zeroizing<String>> {
        self.password().map(|(name, password)| Zeroizing::new(basic(name, password)))
    }

    /// Name and password.
    pub(crate) fn password(&self) -> Option<(&str, &str)> {
        self.password.as_ref().map(|(name, password)| (name.as_str(), password.as_str()))
    }
}

/// Hosts that are called without a proxy.
#[derive(Clone, Debug, Default)]
pub struct Direct {
    entries: Vec<String>,
}

impl Direct {
    /// Reads a list such as `localhost, .corp.example, 10.0.0.0/8, a.example:8080`; `*` stands for all.
    ///
    /// A name stands for itself and every name below it, with or without a leading dot.
    pub fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase());
        Self { entries: entries.filter(|entry| !entry.is_empty()).collect() }
    }

    fn holds(&self, address: &Address) -> bool {
        self.entries.iter().any(|entry| entry == "*" || fits(entry, address))
    }
}

fn fits(entry: &str, address: &Address) -> bool {
    if let (Some((network, prefix)), Some(ip)) = (entry.split_once('/'), address.ip) {
        return match (network.parse::<IpAddr>(), prefix.parse()) {
            (Ok(network), Ok(prefix)) => within(ip, network, prefix),
            _ => false,
        };
    }
    if let (Ok(entry), Some(ip)) = (entry.trim_matches(['[', ']']).parse::<IpAddr>(), address.ip) {
        return entry == ip;
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (entry, None),
    };
    let host = host.trim_start_matches('*').trim_start_matches('.').trim_matches(['[', ']']);
    let below = || address.host.strip_suffix(host).is_some_and(|rest| rest.ends_with('.'));
    port.is_none_or(|port| port == address.port.to_string()) && (address.host == host || below())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hosts_are_called_directly() {
        for (list, url, direct) in [
            ("", "http://a.example", false),
            ("*", "http://a.example", true),
            ("a.example", "http://a.example", true),
            ("example", "http://a.example", true),
            (".example", "http://a.example", true),
            ("*.example", "http://a.example", true),
            ("ample", "http://a.example", false),
            ("b.example, A.example", "http://a.example", true),
            ("a.example:8080", "http://a.example", false),
            ("a.example:8080", "http://a.example:8080", true),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("10.1.2.3", "http://10.1.2.3:81", true),
            ("10.1.2.3:80", "http://10.1.2.3:81", false),
            ("::1", "http://[::1]/", true),
            ("[::1]:81", "http://[::1]:81/", true),
        ] {
            assert_eq!(Direct::parse(list).holds(&Address::parse(url).unwrap()), direct, "{list} {url}");
        }
    }

    #[test]
    fn a_proxys_password_is_not_shown() {
        let proxy = ProxyServer::parse("http://name:word@proxy.example:3128").unwrap();
        assert_eq!(format!("{proxy:?}"), "ProxyServer(http://proxy.example:3128/)");
        assert_eq!(proxy.authorization().unwrap().as_str(), "Basic bmFtZTp3b3Jk");
        for (url, shown) in [
            ("socks5://name:word@proxy.example", "ProxyServer(socks5://proxy.example:1080)"),
            ("SOCKS5H://proxy.example:80", "ProxyServer(socks5h://proxy.example:80)"),
            ("socks5://[::1]", "ProxyServer(socks5://[::1]:1080)"),
        ] {
            assert_eq!(format!("{:?}", ProxyServer::parse(url).unwrap()), shown);
        }
    }
}
