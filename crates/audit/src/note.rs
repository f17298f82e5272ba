//! Checkpoints: the size and root of a team's tree, signed with Ed25519 as a signed note (C2SP `signed-note` and
//! `tlog-checkpoint`), so that other people's verifiers read them too.
//!
//! ```text
//! bulla/audit/01990000-0000-7000-8000-000000000001     the origin: whose log it is
//! 1234                                                  how many leaves
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=          the root, in base64
//! signed 2026-11-28T08:00:00.000Z                       when, in an extension line
//!
//! — bulla/audit/01990000-... Az3grlgtzPICa5OS8npVmf1...  key id and signature, in base64
//! ```

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;

/// The algorithm byte of an Ed25519 key in a signed note.
const ALGORITHM: u8 = 0x01;
/// Begins a line with a signature.
const SIGNATURE: &str = "\u{2014} ";
/// Begins the extension line that says when it was signed.
const SIGNED: &str = "signed ";
/// Longest note that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a text is no checkpoint that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a checkpoint at all.
    #[error("it is no checkpoint: {0}")]
    Form(&'static str),
    /// It is not a public key of the form `name+hash+key`.
    #[error("it is no public key of the form NAME+HASH+KEY: {0}")]
    Key(&'static str),
    /// No signature on it is by the key.
    #[error("it carries no signature of the key {0}")]
    Unsigned(String),
    /// The signature does not fit the text: one of the two was changed.
    #[error("its signature does not fit: it was changed, or not signed by the key {0}")]
    Forged(String),
    /// The key could not be made or read.
    #[error("the signing key is no Ed25519 key")]
    SigningKey,
}

/// The size and root of a log at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log it is.
    pub origin: String,
    /// How many leaves it had.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
    /// When it was signed, by the clock of the signer: ISO 8601.
    pub signed: Option<String>,
}

impl Checkpoint {
    /// The text that is signed, with the line break at its end.
    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root));
        if let Some(signed) = &self.signed {
            text.push_str(&format!("{SIGNED}{signed}\n"));
        }
        text
    }

    /// Reads a signed note and checks the signature of `key`.
    ///
    /// # Errors
    ///
    /// If it is no checkpoint, or not signed by `key`.
    pub fn open(note: &str, key: &PublicKey) -> Result<Self, NoteError> {
        let (text, signatures) = parts(note)?;
        let checkpoint = Self::read(text)?;
        if checkpoint.origin != key.name {
            return Err(NoteError::Unsigned(key.name.clone()));
        }
        let mut found = false;
        for line in signatures.lines() {
            let line = line.strip_prefix(SIGNATURE).ok_or(NoteError::Form("a signature line begins with a dash"))?;
            let (name, encoded) = line.split_once(' ').ok_or(NoteError::Form("a signature line has a name"))?;
            let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Form("a signature is base64"))?;
            let Some((id, signature)) = bytes.split_at_checked(4) else { continue };
            // Signatures of other keys, such as witnesses, are none of ours.
            if name != key.name || id != key.id() {
                continue;
            }
            found = true;
            let public = UnparsedPublicKey::new(&ED25519, key.bytes);
            if public.verify(text.as_bytes(), signature).is_ok() {
                return Ok(checkpoint);
            }
        }
        let name = key.to_string();
        Err(if found { NoteError::Forged(name) } else { NoteError::Unsigned(name) })
    }

    /// Reads a signed note without checking who signed it.
    ///
    /// # Errors
    ///
    /// If it is no checkpoint.
    pub fn unchecked(note: &str) -> Result<Self, NoteError> {
        Self::read(parts(note)?.0)
    }

    fn read(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(NoteError::Form("it has no origin line"))?;
        let size = lines.next().ok_or(NoteError::Form("it has no size"))?;
        // Only one way to write a number, so that one checkpoint has one text.
        let number: u64 = size.parse().map_err(|_| NoteError::Form("its size is no number"))?;
        if number.to_string() != size {
            return Err(NoteError::Form("its size is no plain number"));
        }
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()).and_then(|root| Hash::try_from(root).ok());
        let root = root.ok_or(NoteError::Form("its root is no SHA-256 hash in base64"))?;
        let signed = lines.find_map(|line| line.strip_prefix(SIGNED)).map(str::to_owned);
        Ok(Self { origin: origin.to_owned(), size: number, root, signed })
    }
}

/// The signed text with its last line break, and the signatures.
fn parts(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > LONGEST {
        return Err(NoteError::Form("it is too long"));
    }
    let at = note.rfind("\n\n").ok_or(NoteError::Form("it has no signatures"))?;
    let (text, signatures) = note.split_at(at + 1);
    match signatures.strip_prefix('\n') {
        Some(signatures) if signatures.ends_with('\n') => Ok((text, signatures)),
        _ => Err(NoteError::Form("its last line is cut")),
    }
}

/// A key that checks signatures. Its text is `name+hash+key`, as tools for signed notes write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    bytes: [u8; 32],
}

impl PublicKey {
    /// The origin whose checkpoints it signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of a hash of name and key, which stand before each signature.
    fn id(&self) -> [u8; 4] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.name.as_bytes());
        context.update(&[b'\n', ALGORITHM]);
        context.update(&self.bytes);
        let mut id = [0; 4];
        id.copy_from_slice(&context.finish().as_ref()[..4]);
        id
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: Vec<u8> = std::iter::once(ALGORITHM).chain(self.bytes).collect();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has no three parts"));
        };
        if name.is_empty() || name.chars().any(char::is_whitespace) {
            return Err(NoteError::Key("its name is empty or has blanks"));
        }
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key("the key is no base64"))?;
        let [ALGORITHM, bytes @ ..] = key.as_slice() else { return Err(NoteError::Key("it is no Ed25519 key")) };
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| NoteError::Key("an Ed25519 key has 32 bytes"))?;
        let key = Self { name: name.to_owned(), bytes };
        if format!("{:08x}", u32::from_be_bytes(key.id())) != id {
            return Err(NoteError::Key("the hash does not fit: a character was lost or changed"));
        }
        Ok(key)
    }
}

/// A key that signs checkpoints.
pub struct Signer {
    name: String,
    pair: Ed25519KeyPair,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, hidden)", self.name)
    }
}

impl Signer {
    /// A new key as it is kept: PKCS #8. Whoever has it can sign, so it must be sealed.
    ///
    /// # Errors
    ///
    /// If the machine gives no randomness.
    pub fn generate() -> Result<Vec<u8>, NoteError> {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| NoteError::SigningKey)?;
        Ok(key.as_ref().to_vec())
    }

    /// The key that [`Signer::generate`] made, for the log of `origin`.
    ///
    /// # Errors
    ///
    /// [`NoteError::SigningKey`] if it is something else.
    pub fn new(origin: &str, key: &[u8]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_pkcs8(key).map_err(|_| NoteError::SigningKey)?;
        Ok(Self { name: origin.to_owned(), pair })
    }

    /// The key that checks what this one signs.
    pub fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey { name: self.name.clone(), bytes }
    }

    /// The signed note of a tree with this size and root; `signed` is the time.
    pub fn checkpoint(&self, size: u64, root: Hash, signed: &str) -> String {
        let checkpoint = Checkpoint { origin: self.name.clone(), size, root, signed: Some(signed.to_owned()) };
        let text = checkpoint.text();
        let mut bytes = self.public_key().id().to_vec();
        bytes.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n{SIGNATURE}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::new("bulla/audit/t1", &Signer::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_checkpoint_opens_with_the_key_that_signed_it() {
        let signer = signer();
        let key: PublicKey = signer.public_key().to_string().parse().unwrap();
        let note = signer.checkpoint(1234, [7; 32], "2026-11-28T08:00:00.000Z");
        let opened = Checkpoint::open(&note, &key).unwrap();
        assert_eq!((opened.size, opened.root), (1234, [7; 32]));
        assert_eq!(opened.signed.as_deref(), Some("2026-11-28T08:00:00.000Z"));
        let lines: Vec<_> = note.lines().collect();
        assert_eq!(lines[..3], ["bulla/audit/t1", "1234", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="]);
        assert!(lines[5].starts_with("\u{2014} bulla/audit/t1 "));
    }

    #[test]
    fn the_key_of_the_example_of_the_specification_checks_its_note() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let key: PublicKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signature = STANDARD
            .decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
            .unwrap();
        assert_eq!(signature[..4], key.id());
        UnparsedPublicKey::new(&ED25519, key.bytes).verify(text.as_bytes(), &signature[4..]).unwrap();
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let signer = signer();
        let key = signer.public_key();
        let note = signer.checkpoint(1234, [7; 32], "2026-11-28T08:00:00.000Z");
        let forged = NoteError::Forged(key.to_string());
        for (change, expected) in [
            (note.replace("1234", "1235"), forged.clone()),
            (note.replace("BwcHBwcH", "CAcHBwcH"), forged.clone()),
            (note.replace("08:00", "09:00"), forged.clone()),
            (
                note.replace("bulla/audit/t1\n1234", "bulla/audit/t2\n1234"),
                NoteError::Unsigned("bulla/audit/t1".into()),
            ),
            (note.replace("1234", "01234"), NoteError::Form("its size is no plain number")),
            (note.trim_end().to_owned(), NoteError::Form("its last line is cut")),
            (note.replace("\n\n", "\n"), NoteError::Form("it has no signatures")),
            (String::new(), NoteError::Form("it has no signatures")),
        ] {
            assert_eq!(Checkpoint::open(&change, &key), Err(expected), "{change}");
        }
        let other = Signer::new("bulla/audit/t1", &Signer::generate().unwrap()).unwrap().public_key();
        assert_eq!(Checkpoint::open(&note, &other), Err(NoteError::Unsigned(other.to_string())));
    }

    #[test]
    fn a_key_that_was_mistyped_says_so() {
        let text = signer().public_key().to_string();
        for wrong in [text.replacen('+', "x+", 1), text[..text.len() - 4].to_owned(), "a+b".to_owned(), String::new()] {
            assert!(matches!(wrong.parse::<PublicKey>(), Err(NoteError::Key(_))), "{wrong}");
        }
    }

    #[test]
    fn a_signing_key_is_not_printed() {
        assert_eq!(format!("{:?}", signer()), "Signer(bulla/audit/t1, hidden)");
        assert!(Signer::new("x", b"nonsense").is_err());
    }
}
