//! NTLM over HTTP ([MS-NTHT]) with answers of version 2 ([MS-NLMP]).
//!
//! The connection is what is signed in, so the three requests must go over one. Older answers are not given: servers
//! that take nothing else should not be sent a password's hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;

use super::{Parameters, Signing};

const SIGNATURE: &[u8] = b"NTLMSSP\0";
/// Unicode, OEM, request target, NTLM, always sign, extended security, target info, 128, 56.
const FLAGS: u32 = 0x0000_0001 | 0x2 | 0x4 | 0x200 | 0x8000 | 0x8_0000 | 0x80_0000 | 0x2000_0000 | 0x8000_0000;
/// Where the payload of the last message begins.
const PAYLOAD: usize = 64;
/// `MsvAvTimestamp`: the server's clock, which goes before ours.
const TIMESTAMP: u16 = 7;
/// Milliseconds from 1601 to 1970.
const EPOCH: i64 = 11_644_473_600_000;

/// What is needed to answer a challenge. It has no `Debug` text of its credentials.
#[derive(Clone)]
pub struct Ntlm {
    username: String,
    password: String,
    domain: String,
    workstation: String,
    /// In units of 100 ns since 1601.
    now: u64,
    nonce: [u8; 8],
}

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) -> Ntlm {
    let (mut username, mut domain) = (parameters.text("username"), parameters.text("domain"));
    if let Some((before, name)) = username.split_once('\\').filter(|_| domain.is_empty()) {
        (domain, username) = (before.to_owned(), name.to_owned());
    }
    Ntlm {
        username,
        password: parameters.text("password"),
        domain,
        workstation: parameters.text("workstation"),
        now: u64::try_from(signing.now.saturating_add(EPOCH)).unwrap_or(0).saturating_mul(10_000),
        nonce: (signing.random)().to_le_bytes(),
    }
}

impl Ntlm {
    /// The `Authorization` that answers a 401: first that we want to sign in, then what the challenge asks for.
    pub(super) fn answer(&self, headers: &[(String, String)], round: usize) -> Option<String> {
        let offers = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
        let mut offers = offers.filter_map(|(_, value)| {
            let value = value.trim();
            value.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("ntlm"))?;
            value.get(4..).map(str::trim)
        });
        let message = match round {
            0 => {
                offers.next()?;
                wish()
            }
            1 => {
                let challenge = offers.find(|offer| !offer.is_empty())?;
                self.answer_to(&Challenge::read(&STANDARD.decode(challenge).ok()?)?)
            }
            _ => return None,
        };
        Some(format!("NTLM {}", STANDARD.encode(message)))
    }

    fn answer_to(&self, challenge: &Challenge) -> Vec<u8> {
        let (lm, nt) = self.responses(challenge);
        let texts = [utf16(&self.domain), utf16(&self.username), utf16(&self.workstation)];
        let mut head = SIGNATURE.to_vec();
        head.extend(3_u32.to_le_bytes());
        let mut payload: Vec<u8> = Vec::new();
        let [domain, user, workstation] = &texts;
        for part in [&lm, &nt, domain, user, workstation, &Vec::new()] {
            let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
            head.extend(length.to_le_bytes());
            head.extend(length.to_le_bytes());
            head.extend(u32::try_from(PAYLOAD + payload.len()).unwrap_or(u32::MAX).to_le_bytes());
            payload.extend(part);
        }
        head.extend(FLAGS.to_le_bytes());
        head.extend(payload);
        head
    }

    /// The answers for LAN Manager and for NT ([MS-NLMP] 3.3.2).
    fn responses(&self, challenge: &Challenge) -> (Vec<u8>, Vec<u8>) {
        let key = hmac(&Md4::digest(utf16(&self.password)), &[&utf16(&(self.username.to_uppercase() + &self.domain))]);
        let theirs = challenge.time();
        let mut proven = vec![1, 1, 0, 0, 0, 0, 0, 0];
        proven.extend(theirs.unwrap_or(self.now).to_le_bytes());
        proven.extend(self.nonce);
        proven.extend([0; 4]);
        proven.extend(&challenge.target);
        proven.extend([0; 4]);
        let mut nt = hmac(&key, &[&challenge.nonce, &proven]);
        nt.extend(proven);
        let lm = match theirs {
            Some(_) => vec![0; 24],
            None => [hmac(&key, &[&challenge.nonce, &self.nonce]), self.nonce.to_vec()].concat(),
        };
        (lm, nt)
    }
}

/// What a server asks for.
struct Challenge {
    nonce: [u8; 8],
    /// What it says of itself, as it stands.
    target: Vec<u8>,
}

impl Challenge {
    fn read(message: &[u8]) -> Option<Self> {
        let fits = message.get(..8)? == SIGNATURE && message.get(8..12)? == 2_u32.to_le_bytes();
        let nonce = message.get(24..32)?.try_into().ok()?;
        let target = match message.get(40..48) {
            Some(field) => {
                let length = usize::from(u16::from_le_bytes(field[..2].try_into().ok()?));
                let from = usize::try_from(u32::from_le_bytes(field[4..].try_into().ok()?)).ok()?;
                message.get(from..from.checked_add(length)?)?.to_vec()
            }
            None => Vec::new(),
        };
        fits.then_some(Self { nonce, target })
    }

    /// The server's clock, if it tells.
    fn time(&self) -> Option<u64> {
        let mut rest = self.target.as_slice();
        loop {
            let id = u16::from_le_bytes(rest.get(..2)?.try_into().ok()?);
            let length = usize::from(u16::from_le_bytes(rest.get(2..4)?.try_into().ok()?));
            let value = rest.get(4..4 + length)?;
            match id {
                0 => return None,
                TIMESTAMP => return Some(u64::from_le_bytes(value.try_into().ok()?)),
                _ => rest = rest.get(4 + length..)?,
            }
        }
    }
}

/// That we want to sign in.
fn wish() -> Vec<u8> {
    let mut message = SIGNATURE.to_vec();
    message.extend(1_u32.to_le_bytes());
    message.extend(FLAGS.to_le_bytes());
    // Neither domain nor workstation: both come with the answer.
    message.extend([0; 16]);
    message
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    fn example() -> (Ntlm, Challenge) {
        let ntlm = Ntlm {
            username: "User".to_owned(),
            password: "Password".to_owned(),
            domain: "Domain".to_owned(),
            workstation: "COMPUTER".to_owned(),
            now: 0,
            nonce: [0xaa; 8],
        };
        let pair = |id: u16, text: &str| {
            let text = utf16(text);
            let length = u16::try_from(text.len()).unwrap();
            [id.to_le_bytes().to_vec(), length.to_le_bytes().to_vec(), text].concat()
        };
        let target = [pair(2, "Domain"), pair(1, "Server"), vec![0; 4]].concat();
        (ntlm, Challenge { nonce: 0x0123_4567_89ab_cdef_u64.to_be_bytes(), target })
    }

    #[test]
    fn the_example_of_the_specification_is_answered() {
        // [MS-NLMP] 4.2.4.2
        let (ntlm, challenge) = example();
        let (lm, nt) = ntlm.responses(&challenge);
        assert_eq!(hex(lm), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
        assert_eq!(hex(&nt[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
    }

    #[test]
    fn a_challenge_that_is_none_is_not_answered() {
        let (ntlm, challenge) = example();
        let mut message = SIGNATURE.to_vec();
        message.extend(2_u32.to_le_bytes());
        message.extend([0; 12]);
        message.extend(challenge.nonce);
        message.extend([0; 8]);
        message.extend(u16::try_from(challenge.target.len()).unwrap().to_le_bytes());
        message.extend([0; 2]);
        message.extend(48_u32.to_le_bytes());
        message.extend(&challenge.target);
        let offer = |value: String| [("WWW-Authenticate".to_owned(), value)];
        let whole = offer(format!("NTLM {}", STANDARD.encode(&message)));
        assert_eq!(ntlm.answer(&whole, 1), Some(format!("NTLM {}", STANDARD.encode(ntlm.answer_to(&challenge)))));
        assert_eq!(ntlm.answer(&whole, 2), None);
        assert!(ntlm.answer(&offer("NTLM".to_owned()), 0).is_some());
        for value in ["Basic realm=x", "NTLM", "NTLM !", "ntl", "NTLM AAAA"] {
            assert_eq!(ntlm.answer(&offer(value.to_owned()), 1), None, "{value}");
        }
        for length in 0..message.len() {
            let cut = offer(format!("NTLM {}", STANDARD.encode(&message[..length])));
            assert_eq!(ntlm.answer(&cut, 1).is_some(), (32..48).contains(&length) && length < 48, "{length}");
        }
    }
}
