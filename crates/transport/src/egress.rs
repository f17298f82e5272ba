//! Where nothing may be sent to: metadata services always, private networks unless a rule allows them.
//!
//! Names are judged before they are looked up and addresses after; the connection is made to the judged address, so a
//! name that changes its mind in between gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::error::SendError;

/// What may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Egress {
    /// Everything. For a person's own machine.
    #[default]
    Open,
    /// Everything but metadata services. For a server that only its own machine reaches.
    LoopbackServer,
    /// Public addresses, and what a rule allows. Metadata services are refused whatever the rules say.
    Public {
        /// What is allowed beyond public addresses.
        allow: Vec<Rule>,
    },
}

/// Something that may be called although its address is not public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A host by its name, in lower case, whatever its address is. `*.example.com` stands for every name below.
    Host(String),
    /// The addresses that share their first `prefix` bits with `address`.
    Network {
        /// Any address of the network.
        address: IpAddr,
        /// How many bits are compared.
        prefix: u8,
    },
}

impl FromStr for Rule {
    type Err = String;

    /// Reads a host (`db.internal`, `*.corp.example`), an address or a network (`10.0.0.0/8`).
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let prefix = match prefix {
                None => most,
                Some(prefix) => prefix
                    .parse()
                    .ok()
                    .filter(|prefix| *prefix <= most)
                    .ok_or_else(|| format!("\"{text}\": the part after the slash is 0 to {most}"))?,
            };
            return Ok(Self::Network { address, prefix });
        }
        let name = address.strip_prefix("*.").unwrap_or(address);
        let fits = !name.is_empty()
            && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.'));
        if prefix.is_some() || !fits {
            return Err(format!("\"{text}\" is no host, address or network such as 10.0.0.0/8"));
        }
        Ok(Self::Host(address.to_ascii_lowercase()))
    }
}

impl Rule {
    fn allows_host(&self, host: &str) -> bool {
        match self {
            Self::Host(name) => match name.strip_prefix('*') {
                Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
                None => host == name,
            },
            Self::Network { .. } => false,
        }
    }

    fn allows_address(&self, found: IpAddr) -> bool {
        match self {
            Self::Host(_) => false,
            Self::Network { address, prefix } => within(found, *address, *prefix),
        }
    }
}

/// Whether `found` shares its first `prefix` bits with `network`.
pub(crate) fn within(found: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (found, network) {
        (IpAddr::V4(found), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            found.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(found), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            found.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

impl Egress {
    /// Judges a name before it is looked up.
    pub(crate) fn permit_host(&self, host: &str) -> Result<(), SendError> {
        if *self == Self::Open || !METADATA_NAMES.contains(&plain(host)) {
            return Ok(());
        }
        Err(SendError::EgressRefused { host: host.to_owned(), address: None, why: METADATA })
    }

    /// Judges an address that `host` has.
    pub(crate) fn permit(&self, host: &str, address: IpAddr) -> Result<(), SendError> {
        let refused = |why| Err(SendError::EgressRefused { host: host.to_owned(), address: Some(address), why });
        let meant = meanings(address);
        match self {
            Self::Open => Ok(()),
            _ if meant.iter().any(|address| is_metadata(*address)) => refused(METADATA),
            Self::LoopbackServer => Ok(()),
            Self::Public { allow } => {
                let named = allow.iter().any(|rule| rule.allows_host(plain(host)));
                for found in meant {
                    let Some(why) = special(found) else { continue };
                    if !named && !allow.iter().any(|rule| rule.allows_address(found)) {
                        return refused(why);
                    }
                }
                Ok(())
            }
        }
    }
}

const METADATA: &str = "it is a metadata service, which hands out the machine's credentials";

/// Names under which clouds serve metadata.
const METADATA_NAMES: &[&str] = &[
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
];

fn plain(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => matches!(
            address.octets(),
            // AWS, Azure, Google and most others; AWS ECS; AWS EKS; Alibaba; Oracle; Azure's wire server.
            [169, 254, 169, 254]
                | [169, 254, 170, 2 | 23]
                | [100, 100, 100, 200]
                | [192, 0, 0, 192]
                | [168, 63, 129, 16]
        ),
        // AWS; AWS EKS; Google.
        IpAddr::V6(address) => matches!(
            address.segments(),
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
        ),
    }
}

/// `address` and the IPv4 address that it carries, if it is one of the forms that lead to IPv4.
fn meanings(address: IpAddr) -> Vec<IpAddr> {
    let mut all = vec![address];
    if let IpAddr::V6(address) = address {
        let parts = address.segments();
        let carried = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
        let inner = match parts {
            // IPv4-mapped, IPv4-compatible, IPv4-translated, NAT64 (well-known and local), ISATAP.
            [0, 0, 0, 0, 0, 0xffff, high, low]
            | [0, 0, 0, 0, 0xffff, 0, high, low]
            | [0x64, 0xff9b, 0 | 1, _, _, _, high, low]
            | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(carried(high, low)),
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(carried(high, low)),
            // 6to4.
            [0x2002, high, low, ..] => Some(carried(high, low)),
            // Teredo, whose client address is inverted.
            [0x2001, 0, _, _, _, _, high, low] => Some(carried(!high, !low)),
            _ => None,
        };
        all.extend(inner.map(IpAddr::V4));
    }
    all
}

/// Why `address` is not public; `None` if it is.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    Some(match address.octets() {
        [0, ..] => "the address is unspecified",
        [127, ..] => "the address is this machine's own (loopback)",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "the address is private",
        [100, 64..=127, ..] => "the address is private (carrier-grade NAT)",
        [169, 254, ..] => "the address is link-local",
        [224..=239, ..] => "the address is multicast",
        [240..=255, ..] => "the address is reserved",
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "the address is reserved",
        [198, 18 | 19, ..] => "the address is reserved (benchmarks)",
        _ => return None,
    })
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "the address is unspecified",
        [0, 0, 0, 0, 0, 0, 0, 1] => "the address is this machine's own (loopback)",
        [0xfc00..=0xfdff, ..] => "the address is private",
        [0xfe80..=0xfebf, ..] => "the address is link-local",
        [0xfec0..=0xfeff, ..] => "the address is private (site-local)",
        [0xff00..=0xffff, ..] => "the address is multicast",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x100, 0, 0, 0, ..] => "the address is reserved",
        [0x64, 0xff9b, 1, ..] => "the address is private (local NAT64)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(rules: &[&str]) -> Egress {
        Egress::Public { allow: rules.iter().map(|rule| rule.parse().unwrap()).collect() }
    }

    #[test]
    fn private_addresses_are_refused_in_all_their_spellings() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:2:3:4:10.0.0.1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:1:2:3:4:80ff:fffe",
            "2001:db8::1",
            "fe80::5efe:a00:1",
            "::ffff:0:127.0.0.1",
        ] {
            let ip: IpAddr = address.parse().unwrap();
            assert!(public(&[]).permit("a.example", ip).is_err(), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
        {
            let ip: IpAddr = address.parse().unwrap();
            public(&[]).permit("a.example", ip).unwrap_or_else(|error| panic!("{address}: {error}"));
        }
    }

    #[test]
    fn metadata_is_refused_whatever_the_rules_say() {
        let open_door = public(&["0.0.0.0/0", "::/0", "*.internal", "metadata.google.internal", "a.example"]);
        for egress in [Egress::LoopbackServer, open_door] {
            for address in [
                "169.254.169.254",
                "169.254.170.2",
                "100.100.100.200",
                "fd00:ec2::254",
                "::ffff:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::",
                "168.63.129.16",
            ] {
                assert!(egress.permit("a.example", address.parse().unwrap()).is_err(), "{address}");
            }
            assert!(egress.permit_host("metadata.google.internal").is_err());
            assert!(egress.permit_host("metadata.google.internal.").is_err());
            assert!(egress.permit_host("a.example").is_ok());
        }
        assert!(Egress::Open.permit("a.example", "169.254.169.254".parse().unwrap()).is_ok());
        assert!(Egress::LoopbackServer.permit("localhost", "127.0.0.1".parse().unwrap()).is_ok());
        assert!(Egress::LoopbackServer.permit("printer", "192.168.0.9".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_rule_allows_what_it_names_and_nothing_beside_it() {
        for (rule, host, address, allowed) in [
            ("10.0.0.0/8", "a.example", "10.200.0.1", true),
            ("10.0.0.0/8", "a.example", "11.0.0.1", true),
            ("10.0.0.0/16", "a.example", "10.1.0.1", false),
            ("10.0.0.7", "a.example", "10.0.0.7", true),
            ("10.0.0.7", "a.example", "10.0.0.8", false),
            ("10.0.0.7", "a.example", "::ffff:10.0.0.7", true),
            ("fd00::/8", "a.example", "fd12::9", true),
            ("fd00::/8", "a.example", "fe80::9", false),
            ("db.internal", "db.internal", "10.0.0.9", true),
            ("db.internal", "db.internal.", "10.0.0.9", true),
            ("db.internal", "evil-db.internal", "10.0.0.9", false),
            ("*.corp.example", "a.corp.example", "10.0.0.9", true),
            ("*.corp.example", "corp.example", "10.0.0.9", false),
            ("*.corp.example", "evilcorp.example", "10.0.0.9", false),
        ] {
            let found = public(&[rule]).permit(host, address.parse().unwrap()).is_ok();
            assert_eq!(found, allowed, "{rule} {host} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "a b", "a/8", "*.", "::/129"] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }
}
