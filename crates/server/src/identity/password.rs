//! Passwords: what is accepted, and how one is stored and looked at.
//!
//! Stored is an Argon2id hash in PHC form with its own salt and cost. Hashing happens on threads of its own, as many at
//! once as the machine has cores, so that a flood of sign-ins neither blocks other requests nor eats the memory; beyond
//! a short queue it is refused. A password is taken as typed: nothing is trimmed, folded or cut.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Fewest characters of a new password.
pub const SHORTEST: usize = 8;
/// Most characters of a password; a limit on work, not on people.
pub const LONGEST: usize = 1000;
/// How many characters are looked at when it is judged how easy it is to guess: that takes long for long ones, and what
/// is hard to guess so far stays so.
const JUDGED: usize = 100;
/// Passwords that guessers try first, in small letters: those of Django's list that are not too short anyhow.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());
/// Words that stand for nothing here.
const KNOWN: [&str; 2] = ["bulla", "postman"];
/// How many may wait for a thread; whoever comes later is refused.
const QUEUE: usize = 64;

/// A password as it was typed: it has no `Debug`, `Display` or `Serialize` and is wiped when dropped.
#[derive(Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(from = "String")]
#[schema(value_type = String, format = Password)]
pub struct Password(Zeroizing<String>);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Password {
    /// What is wrong with it as a new password, if anything is. `known` is what a guesser would try first: the person's
    /// name and address.
    ///
    /// There are no rules of composition (NIST SP 800-63B, 5.1.1.2); what counts is how many guesses it takes.
    pub fn complaint(&self, known: &[&str]) -> Option<String> {
        match self.0.chars().count() {
            0..SHORTEST => return Some(format!("choose a password of at least {SHORTEST} characters")),
            SHORTEST..=LONGEST => {}
            _ => return Some(format!("choose a password of at most {LONGEST} characters")),
        }
        let small = Zeroizing::new(self.0.to_lowercase());
        if COMMON.contains(small.trim()) {
            return Some("this is one of the passwords that are guessed first; choose another one".to_owned());
        }
        let judged: Zeroizing<String> = Zeroizing::new(self.0.chars().take(JUDGED).collect());
        let parts = known.iter().flat_map(|text| text.split([' ', '@', '.', '-']));
        let words: Vec<&str> = known.iter().copied().chain(parts).chain(KNOWN).collect();
        let entropy = zxcvbn::zxcvbn(&judged, &words);
        if entropy.score() >= zxcvbn::Score::Three {
            return None;
        }
        let why = entropy.feedback().and_then(|feedback| feedback.warning()).map(|warning| warning.to_string());
        let why = why.map(|why| format!(": {}", why.trim_end_matches('.').to_lowercase())).unwrap_or_default();
        Some(format!("choose a password that is harder to guess, such as four words that do not belong together{why}"))
    }

    /// Is it the same as this one?
    pub fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Cost {
    /// 64 MiB and three passes: about a tenth of a second of one core.
    pub const USUAL: Self = Self { memory: 64 * 1024, passes: 3 };
    /// The least that OWASP ASVS 5.0 accepts: 19 MiB and two passes.
    pub const LEAST: Self = Self { memory: 19 * 1024, passes: 2 };

    fn argon2(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory, self.passes, 1, None).map_err(Error::unexpected)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Hashes passwords and compares them.
#[derive(Clone)]
pub struct Passwords {
    cost: Cost,
    /// A hash that no password has, to compare with when there is no account.
    nobody: Arc<str>,
    threads: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// Whether a password was the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was not, or there is no account.
    Wrong,
    /// It was.
    Right {
        /// The stored hash has another cost than a new one would: store a new one.
        outdated: bool,
    },
}

impl Passwords {
    /// Hashes at this cost from now on.
    ///
    /// # Errors
    ///
    /// If Argon2 does not take the cost, or the machine gives no randomness.
    pub fn new(cost: Cost) -> Result<Self> {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
        cost.argon2()?;
        let nobody = format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            cost.memory,
            cost.passes,
            BASE64.encode(super::random::<16>()?),
            BASE64.encode(super::random::<32>()?),
        );
        let threads = available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            cost,
            nobody: nobody.into(),
            threads: Arc::new(Semaphore::new(threads)),
            queue: Arc::new(Semaphore::new(threads + QUEUE)),
        })
    }

    /// What is stored of `password`.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if too many wait already.
    pub async fn hash(&self, password: Password) -> Result<String> {
        let cost = self.cost;
        self.apart(move || {
            let salt = Salt::new(&super::random::<16>()?).map_err(Error::unexpected)?;
            let hash: PasswordHash =
                cost.argon2()?.hash_password_with_salt(password.0.as_bytes(), &salt).map_err(Error::unexpected)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Is `password` the one that `stored` was made of? Without an account, `stored` is `None`, and the answer takes as
    /// long.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if too many wait already.
    pub async fn verify(&self, password: Password, stored: Option<&str>) -> Result<Verdict> {
        let (cost, known) = (self.cost, stored.is_some());
        let stored = stored.map_or_else(|| self.nobody.to_string(), str::to_owned);
        self.apart(move || {
            let hash =
                PasswordHash::new(&stored).map_err(|_| Error::unexpected("a stored password is not in PHC form"))?;
            // The cost of the comparison is that of the stored hash, not ours.
            let right = cost.argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok();
            if !(right && known) {
                return Ok(Verdict::Wrong);
            }
            let params = Params::try_from(&hash).map_err(Error::unexpected)?;
            let outdated = Cost { memory: params.m_cost(), passes: params.t_cost() } != cost;
            Ok(Verdict::Right { outdated })
        })
        .await
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let busy = |_| Error::Busy("too many people are signing in; try again in a moment".to_owned());
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(Error::unexpected)?;
        // The permits go with the work: whoever hangs up does not free a thread that still hashes.
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop((thread, place));
            done
        })
        .await
        .map_err(Error::unexpected)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Password {
        Password::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_taken_exactly_as_typed() {
        let passwords = Passwords::new(Cost::LEAST).unwrap();
        let long = "x".repeat(200);
        for (stored, other) in [
            ("pässword ", "pässword"),
            ("Correct horse", "correct horse"),
            (&long, &long[..199]),
            ("nul\0inside", "nul"),
            ("e\u{301}tude 1", "\u{e9}tude 1"),
        ] {
            let hash = passwords.hash(typed(stored)).await.unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            let right = passwords.verify(typed(stored), Some(&hash)).await.unwrap();
            assert_eq!(right, Verdict::Right { outdated: false });
            assert_eq!(passwords.verify(typed(other), Some(&hash)).await.unwrap(), Verdict::Wrong, "{stored:?}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_and_outdated() {
        let hash = Passwords::new(Cost::LEAST).unwrap().hash(typed("password")).await.unwrap();
        let passwords = Passwords::new(Cost { passes: 3, ..Cost::LEAST }).unwrap();
        let verdict = passwords.verify(typed("password"), Some(&hash)).await.unwrap();
        assert_eq!(verdict, Verdict::Right { outdated: true });
    }

    #[tokio::test]
    async fn without_an_account_every_password_is_wrong_and_costs_the_same_work() {
        let passwords = Passwords::new(Cost::LEAST).unwrap();
        assert_eq!(passwords.verify(typed("password"), None).await.unwrap(), Verdict::Wrong);
        let nobody = PasswordHash::new(&passwords.nobody).unwrap();
        let somebody = passwords.hash(typed("password")).await.unwrap();
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(Params::try_from(&nobody).unwrap(), Params::try_from(&somebody).unwrap());
        assert_eq!(nobody.salt.unwrap().len(), somebody.salt.unwrap().len());
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
    }

    #[tokio::test]
    async fn beyond_the_queue_hashing_is_refused_at_once() {
        let passwords = Passwords::new(Cost::LEAST).unwrap();
        let places = passwords.queue.available_permits();
        let all = Arc::clone(&passwords.queue).acquire_many_owned(u32::try_from(places).unwrap()).await.unwrap();
        assert!(matches!(passwords.hash(typed("password")).await, Err(Error::Busy(_))));
        drop(all);
        assert!(passwords.hash(typed("password")).await.is_ok());
    }

    #[test]
    fn what_is_guessed_first_is_refused_in_any_case_of_letters() {
        assert!(COMMON.len() > 8000, "{}", COMMON.len());
        let missed = COMMON.iter().filter(|password| typed(&password.to_uppercase()).complaint(&[]).is_none());
        assert_eq!(missed.collect::<Vec<_>>(), Vec::<&&str>::new());
        // Beside the judgement of zxcvbn, which would let some of them pass.
        let judged = |text: &&&str| zxcvbn::zxcvbn(text, &[]).score() >= zxcvbn::Score::Three;
        assert!(COMMON.iter().any(|password| judged(&password)));
    }

    #[test]
    fn a_new_password_is_long_and_hard_to_guess_and_nothing_else() {
        for (text, fine) in [
            ("xkq9#Lw", false),
            ("xkq9#Lw2v", true),
            ("ååååååå", false),
            ("åska över sju sjöar", true),
            ("correct horse battery staple", true),
            ("12345678", false),
            ("Passw0rd!", false),
            ("Ana Petrova", false),
            ("ana@example.com1", false),
            ("bulla2026", false),
        ] {
            let complaint = typed(text).complaint(&["Ana Petrova", "ana@example.com"]);
            assert_eq!(complaint.is_none(), fine, "{text}: {complaint:?}");
        }
        assert!(typed(&"x".repeat(1001)).complaint(&[]).unwrap().contains("at most 1000"));
        assert!(typed(&"x".repeat(1000)).complaint(&[]).unwrap().contains("harder to guess"));
        let long = "a kettle under seven moons ".repeat(37);
        assert_eq!(typed(&long).complaint(&[]), None);
    }
}
