//! Envelope encryption: a root key wraps a key per team, which wraps a key per workspace, which seals values.
//!
//! Sealed bytes are `version (1) | key id (16) | nonce (12) | tag (16) | ciphertext`, AES-256-GCM with associated data
//! that binds a value to its [`Place`]: table, column, row and team. A sealed value moved to another row does not open.
//! Rotation re-wraps keys ([`Key::rewrap`]) and touches no row of values.
//!
//! This crate knows keys and places; it does not know what it seals, and none of its types shows a secret.

mod root;

pub use root::RootKey;

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY: usize = 32;
const ID: usize = 16;
const TAG: usize = 16;
const HEAD: usize = 1 + ID + NONCE_LEN + TAG;

/// Why something did not seal or open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The root key file could not be read or written.
    #[error("root key {path}: {reason}")]
    File {
        /// Where it is.
        path: String,
        /// What was wrong and what to do.
        reason: String,
    },
    /// The bytes were sealed under another key, for another place, or were changed.
    #[error("a sealed value of {place} does not open: it was changed, moved, or sealed under another key")]
    DoesNotOpen {
        /// Table and column.
        place: String,
    },
    /// AES-GCM seals at most 64 GiB under one nonce.
    #[error("the value is too large to seal")]
    TooLarge,
    /// The machine gave no randomness.
    #[error("the machine gives no randomness")]
    NoRandomness,
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where a sealed value lives. It is the associated data of the encryption.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The table.
    pub table: &'p str,
    /// The column.
    pub column: &'p str,
    /// The id of the row.
    pub row: &'p str,
    /// The team.
    pub team: &'p str,
}

impl Place<'_> {
    /// Every part with its length before it, so that no two places give the same bytes.
    fn associated_data(&self, version: u8, key_id: &[u8]) -> Vec<u8> {
        let mut bytes = vec![version];
        for part in [key_id, self.table.as_bytes(), self.column.as_bytes(), self.row.as_bytes(), self.team.as_bytes()] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// A value that must not be seen: it has no `Debug`, `Display` or `Serialize` and is wiped when dropped.
///
/// [`Secret::expose`] is the one way to read it, and easy to search for.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes in.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Whoever calls this answers for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The text itself, with anything that is not UTF-8 replaced.
    pub fn expose_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// A key that seals values, or wraps other keys.
pub struct Key {
    id: [u8; ID],
    bytes: Zeroizing<[u8; KEY]>,
    cipher: LessSafeKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// A new key of 256 random bits.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn random() -> Result<Self> {
        Self::from_parts(random()?, Zeroizing::new(random()?))
    }

    fn from_parts(id: [u8; ID], bytes: Zeroizing<[u8; KEY]>) -> Result<Self> {
        let unbound = UnboundKey::new(&AES_256_GCM, bytes.as_ref())
            .map_err(|_| Error::DoesNotOpen { place: "key".to_owned() })?;
        Ok(Self { id, bytes, cipher: LessSafeKey::new(unbound) })
    }

    /// Seals `plaintext` for `place`.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>> {
        // A random nonce of 96 bits: a key seals far fewer than the 2^32 values that NIST SP 800-38D allows.
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut body = plaintext.to_vec();
        let tag = self
            .cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.associated_data(VERSION, &self.id)),
                &mut body,
            )
            .map_err(|_| Error::TooLarge)?;
        let mut sealed = Vec::with_capacity(HEAD + body.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(tag.as_ref());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what [`Key::seal`] made for the same place.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotOpen`] for anything else.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Secret> {
        let refused = || Error::DoesNotOpen { place: format!("{}.{}", place.table, place.column) };
        let (version, rest) = sealed.split_first().ok_or_else(refused)?;
        let (id, rest) = rest.split_at_checked(ID).ok_or_else(refused)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        let (tag, ciphertext) = rest.split_at_checked(TAG).ok_or_else(refused)?;
        if *version != VERSION || id != self.id {
            return Err(refused());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut plaintext = Zeroizing::new(vec![0; ciphertext.len()]);
        self.cipher
            .open_separate_gather(
                nonce,
                Aad::from(place.associated_data(*version, id)),
                ciphertext,
                tag,
                &mut plaintext,
            )
            .map_err(|_| refused())?;
        Ok(Secret(plaintext))
    }

    /// The id of the key that sealed these bytes, if they have the form of sealed bytes.
    pub fn sealed_by(sealed: &[u8]) -> Option<[u8; ID]> {
        match sealed {
            [VERSION, rest @ ..] if sealed.len() >= HEAD => rest.first_chunk().copied(),
            _ => None,
        }
    }

    /// Its id, which is no secret: it stands in everything that it seals.
    pub fn id(&self) -> [u8; ID] {
        self.id
    }

    /// Wraps `inner` so that it can be stored.
    ///
    /// # Errors
    ///
    /// As [`Key::seal`].
    pub fn wrap(&self, place: Place<'_>, inner: &Self) -> Result<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ID + KEY));
        bytes.extend_from_slice(&inner.id);
        bytes.extend_from_slice(inner.bytes.as_ref());
        self.seal(place, &bytes)
    }

    /// Unwraps what [`Key::wrap`] made.
    ///
    /// # Errors
    ///
    /// As [`Key::open`].
    pub fn unwrap_key(&self, place: Place<'_>, wrapped: &[u8]) -> Result<Self> {
        let secret = self.open(place, wrapped)?;
        let refused = || Error::DoesNotOpen { place: format!("{}.{}", place.table, place.column) };
        let (id, bytes) = secret.expose().split_at_checked(ID).ok_or_else(refused)?;
        let id = id.try_into().map_err(|_| refused())?;
        let bytes: [u8; KEY] = bytes.try_into().map_err(|_| refused())?;
        Self::from_parts(id, Zeroizing::new(bytes))
    }

    /// Moves a wrapped key from this key to `new`, for a rotation. What the wrapped key sealed stays as it is.
    ///
    /// # Errors
    ///
    /// As [`Key::open`] and [`Key::seal`]; the old wrapping is still good then.
    pub fn rewrap(&self, new: &Self, place: Place<'_>, wrapped: &[u8]) -> Result<Vec<u8>> {
        new.wrap(place, &self.unwrap_key(place, wrapped)?)
    }

    /// 32 bytes that depend on this key and `purpose` alone, such as the key of an HMAC.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.bytes.as_ref());
        let mut derived = [0; 32];
        derived.copy_from_slice(aws_lc_rs::hmac::sign(&key, purpose.as_bytes()).as_ref());
        derived
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place<'_> = Place { table: "environment_value", column: "value", row: "r1", team: "t1" };

    proptest! {
        #[test]
        fn what_is_sealed_opens(plaintext in proptest::collection::vec(any::<u8>(), 0..300)) {
            let key = Key::random().unwrap();
            let sealed = key.seal(PLACE, &plaintext).unwrap();
            let opened = key.open(PLACE, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), &plaintext[..]);
        }

        #[test]
        fn what_was_cut_or_grew_does_not_open(length in 0..65_usize, more in 1..9_usize) {
            let key = Key::random().unwrap();
            let sealed = key.seal(PLACE, b"the value of a secret").unwrap();
            prop_assert!(key.open(PLACE, &sealed[..length.min(sealed.len() - 1)]).is_err());
            prop_assert!(key.open(PLACE, &[&sealed[..], &vec![0; more][..]].concat()).is_err());
        }

        #[test]
        fn bytes_from_anywhere_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(Key::random().unwrap().open(PLACE, &bytes).is_err());
        }
    }

    #[test]
    fn a_change_of_any_bit_is_noticed() {
        let key = Key::random().unwrap();
        let sealed = key.seal(PLACE, b"the value of a secret").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(PLACE, &changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_layout_is_version_key_nonce_tag_ciphertext() {
        let key = Key::random().unwrap();
        let sealed = key.seal(PLACE, b"four").unwrap();
        assert_eq!((sealed[0], sealed.len()), (1, 1 + 16 + 12 + 16 + 4));
        assert_eq!(Key::sealed_by(&sealed), Some(key.id()));
        assert_eq!(Key::sealed_by(b"four"), None);
        // The same value never looks the same.
        assert_ne!(sealed, key.seal(PLACE, b"four").unwrap());
    }

    #[test]
    fn the_tags_of_two_values_cannot_be_swapped() {
        let key = Key::random().unwrap();
        let (one, other) = (key.seal(PLACE, b"1234").unwrap(), key.seal(PLACE, b"5678").unwrap());
        let mixed = [&one[..29], &other[29..45], &one[45..]].concat();
        assert!(key.open(PLACE, &mixed).is_err());
    }

    #[test]
    fn a_key_opens_only_its_own_values_even_under_its_id() {
        let key = Key::random().unwrap();
        let forged = Key::from_parts(key.id, Zeroizing::new([7; KEY])).unwrap();
        assert!(key.open(PLACE, &forged.seal(PLACE, b"x").unwrap()).is_err());
        assert!(Key::random().unwrap().open(PLACE, &key.seal(PLACE, b"x").unwrap()).is_err());
    }

    #[test]
    fn nothing_here_shows_a_key() {
        let key = Key::from_parts([1; ID], Zeroizing::new([0xab; KEY])).unwrap();
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        let error = key.open(PLACE, b"").err().unwrap().to_string();
        assert!(error.starts_with("a sealed value of environment_value.value does not open"), "{error}");
    }

    #[test]
    fn a_value_moved_to_another_place_does_not_open() {
        let key = Key::random().unwrap();
        let sealed = key.seal(PLACE, b"x").unwrap();
        for place in [
            Place { table: "other", ..PLACE },
            Place { column: "other", ..PLACE },
            Place { row: "other", ..PLACE },
            Place { team: "other", ..PLACE },
            // The same letters, cut elsewhere.
            Place { table: "environment_valu", column: "evalue", ..PLACE },
        ] {
            assert!(key.open(place, &sealed).is_err(), "{place:?}");
        }
    }

    #[test]
    fn rotation_rewraps_the_key_and_leaves_the_values() {
        let (old, new, inner) = (Key::random().unwrap(), Key::random().unwrap(), Key::random().unwrap());
        let value = inner.seal(PLACE, b"x").unwrap();
        let wrapped = old.wrap(PLACE, &inner).unwrap();
        let rewrapped = old.rewrap(&new, PLACE, &wrapped).unwrap();
        assert!(old.unwrap_key(PLACE, &rewrapped).is_err());
        let inner = new.unwrap_key(PLACE, &rewrapped).unwrap();
        assert_eq!(inner.open(PLACE, &value).unwrap().expose(), b"x");
    }
}
