//! The root key: a text, usually in a file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::{Error, ID, KEY, Key, Place, Result, random};

const HEADER: &str = "bulla-root-key-1:";
/// What a new database stores, sealed, so that a wrong key is noticed before anything is written with it.
const CHECK: &[u8] = b"bulla root key check";

/// The key that wraps the keys of teams.
pub struct RootKey(Key);

impl RootKey {
    /// Makes a new key and writes it to `path`, readable by its owner alone.
    ///
    /// The file appears whole or not at all, and is on disk when this returns: what is sealed under a key that a crash
    /// took away could never be opened again.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if there is a file already or it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let (key, text) = Self::generate()?;
        key.keep(path, &text)?;
        Ok(key)
    }

    /// Writes `text`, by which this key is kept, to `path`: as [`RootKey::create`] does.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if there is a file already or it cannot be written.
    pub fn keep(&self, path: &Path, text: &str) -> Result<()> {
        let failed =
            |error: std::io::Error| Error::File { path: path.display().to_string(), reason: error.to_string() };
        let partial = path.with_extension(format!("{}.partial", self.name()));
        let written = Self::write_new(&partial, text.as_bytes())
            // Unlike a rename, a link never replaces a key that is there.
            .and_then(|()| std::fs::hard_link(&partial, path));
        let removed = std::fs::remove_file(&partial);
        written.and(removed).map_err(failed)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes a new key, and the text to keep it by: one line with its end.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn generate() -> Result<(Self, Zeroizing<String>)> {
        let id: [u8; ID] = random()?;
        let bytes: Zeroizing<[u8; KEY]> = Zeroizing::new(random()?);
        let mut raw = Zeroizing::new([0; ID + KEY]);
        raw[..ID].copy_from_slice(&id);
        raw[ID..].copy_from_slice(bytes.as_ref());
        let text = Zeroizing::new(format!("{HEADER}{}\n", *Zeroizing::new(STANDARD.encode(raw.as_ref()))));
        Ok((Self(Key::from_parts(id, bytes)?), text))
    }

    fn write_new(path: &Path, text: &[u8]) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(text)?;
        file.sync_all()
    }

    /// Reads the key at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it is absent, readable by others than its owner, or no key.
    pub fn load(path: &Path) -> Result<Self> {
        let refused = |reason: String| Error::File { path: path.display().to_string(), reason };
        let mut file = File::open(path).map_err(|error| refused(error.to_string()))?;
        #[cfg(unix)]
        {
            let metadata = file.metadata().map_err(|error| refused(error.to_string()))?;
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
            if mode & 0o077 != 0 {
                return Err(refused(format!("others can read it (mode {mode:o}); run: chmod 600 {}", path.display())));
            }
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
        Self::parse(&text).ok_or_else(|| refused("it is not a root key of Bulla".to_owned()))
    }

    /// The key that this text keeps; `None` if it keeps none, or not the whole of one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim().strip_prefix(HEADER)?).ok()?);
        let (id, key) = bytes.split_at_checked(ID)?;
        let key: [u8; KEY] = key.try_into().ok()?;
        Key::from_parts(id.try_into().ok()?, Zeroizing::new(key)).ok().map(Self)
    }

    /// The id of the key as text, which is no secret.
    pub fn name(&self) -> String {
        hex(&self.0.id())
    }

    /// The key itself.
    pub fn key(&self) -> &Key {
        &self.0
    }

    /// A value to store beside the data, by which [`RootKey::verify`] knows this key again.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn check_value(&self) -> Result<Vec<u8>> {
        self.0.seal(CHECK_PLACE, CHECK)
    }

    /// Is this the key that made `check`?
    pub fn verify(&self, check: &[u8]) -> bool {
        self.0.open(CHECK_PLACE, check).is_ok_and(|secret| secret.expose() == CHECK)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const CHECK_PLACE: Place<'static> = Place { table: "instance", column: "root_key_check", row: "", team: "" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_for_its_owner_alone_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let made = RootKey::create(&path).unwrap();
        assert!(RootKey::create(&path).is_err());
        assert!(RootKey::load(&path).unwrap().verify(&made.check_value().unwrap()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(RootKey::load(&path).err().unwrap().to_string().contains("chmod 600"));
        }
    }

    #[test]
    fn a_key_is_kept_by_its_text() {
        let (key, text) = RootKey::generate().unwrap();
        assert!(RootKey::parse(&text).unwrap().verify(&key.check_value().unwrap()));
        assert_eq!(RootKey::parse(&text).unwrap().name(), key.name());
        for length in 0..text.trim_end().len() {
            assert!(RootKey::parse(&text[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn another_key_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let one = RootKey::create(&folder.path().join("one")).unwrap();
        let two = RootKey::create(&folder.path().join("two")).unwrap();
        assert!(!two.verify(&one.check_value().unwrap()));
        assert!(!one.verify(b"") && !one.verify(&[0; 80]));
    }

    #[test]
    fn a_file_that_is_no_whole_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        RootKey::create(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let cases: [&[u8]; 6] = [
            b"",
            b"nonsense",
            &whole[..whole.len() / 2],
            &whole[..20],
            b"\xff\xfe",
            &[&whole[..whole.len() - 1], &whole[..]].concat(),
        ];
        for bytes in cases {
            // The file keeps its mode when it is written over.
            std::fs::write(&path, bytes).unwrap();
            let error = RootKey::load(&path).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with("root key "), "{bytes:?}: {error}");
            assert!(!error.contains("bulla-root-key-1"), "{error}");
        }
    }

    #[test]
    fn of_two_that_create_at_once_one_wins_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let made: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| RootKey::create(&path).is_ok())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        RootKey::load(&path).unwrap();
    }
}
