//! Proving or disproving an export, without a server: is it what the checkpoints promised?
//!
//! Entries are read one by one, so an export may be larger than the memory. What is checked, in this order: each entry
//! has the hash that is stored with it, stands at its own number, and belongs to this team; what stands beside it fits its
//! commitment; at each checkpoint the tree has the root that was signed; and the checkpoints that left the machine, which
//! whoever holds the database cannot change, are those of this tree.

use std::fmt;

use serde::Deserialize;

use crate::export::{EXPORT, Line, Opening, hash_from};
use crate::{Checkpoint, Frontier, Hash, NoteError, Part, PublicKey, leaf_hash};

/// Longest line that is read, in bytes: an event is far shorter.
pub const LINE: usize = 64 * 1024 * 1024;

/// The first thing that is wrong. Numbers of entries are their sequence numbers, from 0 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The file is not an export, or damaged at this line.
    Unreadable {
        /// Line of the file, from 1 on.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The text of this entry is not the one that was hashed.
    Edited(u64),
    /// What is kept beside this entry is not what it was.
    DetailsEdited(u64),
    /// These entries are not there, and later ones are.
    Removed {
        /// The first that is missing.
        first: u64,
        /// The last that is missing.
        last: u64,
    },
    /// At this place stands an entry that has another number or is of another log.
    Inserted(u64),
    /// This entry and the next stand in each other's place.
    Swapped(u64),
    /// The hash of an entry between these was changed too: the tree is not the one that was signed.
    Rewritten {
        /// The first that may be it.
        first: u64,
        /// The last that may be it.
        last: u64,
    },
    /// The end is missing: the log was longer when the checkpoint was signed.
    Cut {
        /// The first that is missing.
        first: u64,
        /// The number of entries that the checkpoint tells of.
        size: u64,
    },
    /// The entries fit later checkpoints of the log but not this one: an old copy of the database was put back, and
    /// written on.
    Rollback {
        /// The first entry that may differ.
        first: u64,
        /// The number of entries that the checkpoint tells of.
        size: u64,
    },
    /// A checkpoint in the export is not signed by its key.
    Forged {
        /// The number of entries it tells of, if that can be read.
        size: Option<u64>,
        /// What is wrong with it.
        reason: NoteError,
    },
    /// A checkpoint that was handed in cannot be used.
    Checkpoint {
        /// Which one, from 0 on.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { line, reason } => write!(f, "line {line} of the export cannot be read: {reason}"),
            Self::Edited(entry) => {
                write!(f, "entry {entry} was edited: its text does not have the hash that was stored with it")
            }
            Self::DetailsEdited(entry) => {
                write!(f, "entry {entry} was edited: the personal details beside it are not those it was written with")
            }
            Self::Removed { first, last } if first == last => {
                write!(f, "entry {first} was removed: the one after it is there")
            }
            Self::Removed { first, last } => {
                write!(f, "entries {first} to {last} were removed: the one after them is there")
            }
            Self::Inserted(entry) => {
                write!(
                    f,
                    "entry {entry} was inserted: what stands in its place has another number or is of another log"
                )
            }
            Self::Swapped(entry) => write!(f, "entry {entry} was swapped with the one after it"),
            Self::Rewritten { first, last } if first == last => {
                write!(f, "entry {first} was edited and its hash with it: the tree is not the one that was signed")
            }
            Self::Rewritten { first, last } => write!(
                f,
                "an entry from {first} to {last} was edited, removed or inserted and its hash made to fit: the tree is \
                 not the one that was signed"
            ),
            Self::Cut { first, size } => write!(
                f,
                "the end was cut, or an old database put back: entry {first} and all after it are missing, and the checkpoint \
                 tells of {size} entries"
            ),
            Self::Rollback { first, size } => write!(
                f,
                "an old database was put back and written on: somewhere from entry {first} on this is not the log that \
                 the checkpoint of {size} entries was signed for"
            ),
            Self::Forged { size: Some(size), reason } => {
                write!(f, "the checkpoint of {size} entries in the export is forged: {reason}")
            }
            Self::Forged { size: None, reason } => write!(f, "a checkpoint in the export is forged: {reason}"),
            Self::Checkpoint { reason, .. } => write!(f, "the checkpoint cannot be used: {reason}"),
        }
    }
}

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The team whose log it is.
    pub team: String,
    /// The key that signed every checkpoint.
    pub key: PublicKey,
    /// The sequence number of the first entry.
    pub from: u64,
    /// Entries in the log, with those before `from`.
    pub size: u64,
    /// Up to here the entries are proved by a checkpoint that was handed in; those after it are proved by nothing but the
    /// export.
    pub proved: u64,
    /// Parts that were erased.
    pub erased: u64,
}

/// Of an entry, what verification looks at.
#[derive(Deserialize)]
struct Leaf<'l> {
    #[serde(borrow)]
    team: std::borrow::Cow<'l, str>,
    sequence: u64,
    #[serde(default)]
    commitments: std::collections::BTreeMap<Part, String>,
}

/// Reads an export line by line.
pub struct Verifier {
    /// The signed notes that were handed in.
    notes: Vec<String>,
    /// Those that left the machine, the smallest first, with the place they were handed in.
    trusted: Vec<(usize, Checkpoint)>,
    key: Option<PublicKey>,
    opening: Option<Opening>,
    frontier: Frontier,
    /// The size up to which a signed checkpoint in the export fits.
    agreed: u64,
    /// The size of a checkpoint that was handed in and does not fit.
    misfit: Option<u64>,
    /// An entry with a number that is too great; what follows says whether it was swapped.
    ahead: Option<u64>,
    proved: u64,
    erased: u64,
    line: u64,
}

impl Verifier {
    /// A verifier that trusts the checkpoints `notes`, signed by `key`. Without a key that of the export is taken: it must
    /// then have signed `notes`.
    ///
    /// # Errors
    ///
    /// [`Finding::Checkpoint`] for one that cannot be used.
    pub fn new(notes: Vec<String>, key: Option<PublicKey>) -> Result<Self, Finding> {
        let mut trusted = Vec::new();
        for (number, note) in notes.iter().enumerate() {
            let checkpoint = match &key {
                Some(key) => Checkpoint::open(note, key),
                None => Checkpoint::unchecked(note),
            };
            let unusable = |reason: NoteError| Finding::Checkpoint { number, reason: reason.to_string() };
            trusted.push((number, checkpoint.map_err(unusable)?));
        }
        trusted.sort_by_key(|(_, checkpoint)| checkpoint.size);
        Ok(Self {
            notes,
            trusted,
            key,
            opening: None,
            frontier: Frontier::default(),
            agreed: 0,
            misfit: None,
            ahead: None,
            proved: 0,
            erased: 0,
            line: 0,
        })
    }

    /// Takes the next line of the export.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn line(&mut self, text: &str) -> Result<(), Finding> {
        self.line += 1;
        let place = self.line;
        let unreadable = |reason: &dyn fmt::Display| Finding::Unreadable { line: place, reason: reason.to_string() };
        if text.len() > LINE {
            return Err(unreadable(&"it is too long"));
        }
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        if self.opening.is_none() {
            let opening = line.opening.ok_or_else(|| unreadable(&"an export begins with its opening"))?;
            let opening = serde_json::from_str(opening.get()).map_err(|error| unreadable(&error))?;
            return self.open(opening);
        }
        match (line.leaf, line.hash.as_deref(), &line.checkpoint) {
            (Some(leaf), Some(hash), None) => {
                let hash = hash_from(hash).ok_or_else(|| unreadable(&"its hash is no SHA-256 hash in base64"))?;
                self.entry(leaf.get(), hash, &line)
            }
            (None, None, Some(note)) => self.checkpoint(note),
            _ => Err(unreadable(&"it is neither an entry with its hash nor a checkpoint")),
        }
    }

    fn open(&mut self, opening: Opening) -> Result<(), Finding> {
        let unreadable = |reason: String| Finding::Unreadable { line: 1, reason };
        if opening.export != EXPORT {
            return Err(unreadable(format!("its form is {}, and this program knows form {EXPORT}", opening.export)));
        }
        let key: PublicKey = match &self.key {
            Some(key) => key.clone(),
            None => opening.key.parse().map_err(|error: NoteError| unreadable(error.to_string()))?,
        };
        for (number, note) in self.notes.iter().enumerate() {
            Checkpoint::open(note, &key)
                .map_err(|reason| Finding::Checkpoint { number, reason: reason.to_string() })?;
        }
        let roots: Option<Vec<Hash>> = opening.frontier.iter().map(|root| hash_from(root)).collect();
        self.frontier = roots
            .and_then(|roots| Frontier::new(opening.from, roots))
            .ok_or_else(|| unreadable("the roots of what came before do not fit its first entry".to_owned()))?;
        if let Some((_, oldest)) = self.trusted.first()
            && oldest.size < opening.from
        {
            // It cannot be compared with entries that are gone, but a later one may.
            self.trusted.retain(|(_, checkpoint)| checkpoint.size >= opening.from);
            if self.trusted.is_empty() {
                return Err(Finding::Checkpoint {
                    number: 0,
                    reason: format!(
                        "the export begins at entry {}, after the end of the checkpoint; take a later checkpoint",
                        opening.from
                    ),
                });
            }
        }
        self.agreed = opening.from;
        self.key = Some(key);
        self.opening = Some(opening);
        self.trusted_here();
        Ok(())
    }

    fn entry(&mut self, text: &str, stored: Hash, line: &Line<'_>) -> Result<(), Finding> {
        let expected = self.frontier.size();
        let hash = leaf_hash(text.as_bytes());
        let leaf: Option<Leaf<'_>> = serde_json::from_str(text).ok();
        // What stands in another place is told before what it says there: both hold of two that were swapped.
        if let Some(ahead) = self.ahead.take() {
            return Err(match &leaf {
                Some(leaf) if ahead == expected + 1 && leaf.sequence == expected => Finding::Swapped(expected),
                _ => Finding::Removed { first: expected, last: ahead - 1 },
            });
        }
        if hash != stored {
            return Err(Finding::Edited(expected));
        }
        let Some(leaf) = leaf else { return Err(Finding::Edited(expected)) };
        let team = self.opening.as_ref().map_or("", |opening| opening.team.as_str());
        if leaf.team != team || leaf.sequence < expected {
            return Err(Finding::Inserted(expected));
        }
        if leaf.sequence > expected {
            self.ahead = Some(leaf.sequence);
            return Ok(());
        }
        for beside in &line.personal {
            let fits = beside.personal().is_some_and(|part| {
                leaf.commitments.get(&part.part).is_some_and(|commitment| *commitment == part.commitment())
            });
            if !fits {
                return Err(Finding::DetailsEdited(expected));
            }
        }
        self.erased += (leaf.commitments.len().saturating_sub(line.personal.len())) as u64;
        self.frontier.push(hash);
        self.trusted_here();
        Ok(())
    }

    /// Compares the tree with the checkpoints of its size that were handed in.
    fn trusted_here(&mut self) {
        while let Some((_, next)) = self.trusted.first()
            && next.size == self.frontier.size()
        {
            if next.root == self.frontier.root() {
                self.agreed = next.size;
                self.proved = next.size;
            } else if self.misfit.is_none() {
                self.misfit = Some(next.size);
            }
            self.trusted.remove(0);
        }
    }

    /// The first entry that no fitting checkpoint which was handed in covers.
    fn first_doubtful(&self) -> u64 {
        self.proved.max(self.opening.as_ref().map_or(0, |opening| opening.from))
    }

    /// A checkpoint in the export.
    fn checkpoint(&mut self, note: &str) -> Result<(), Finding> {
        if let Some(ahead) = self.ahead.take() {
            return Err(Finding::Removed { first: self.frontier.size(), last: ahead - 1 });
        }
        let Some(key) = &self.key else { return Ok(()) };
        let checkpoint = Checkpoint::open(note, key).map_err(|reason| Finding::Forged {
            size: Checkpoint::unchecked(note).ok().map(|read| read.size),
            reason,
        })?;
        let size = self.frontier.size();
        if checkpoint.size > size {
            return Err(Finding::Cut { first: size, size: checkpoint.size });
        }
        if checkpoint.size < size || checkpoint.root != self.frontier.root() {
            // One that was handed in and does not fit either says more exactly where it ends.
            let last = self.misfit.unwrap_or(size).saturating_sub(1);
            return Err(Finding::Rewritten { first: self.agreed, last });
        }
        if let Some(size) = self.misfit {
            // Whoever signed this log anew signed its earlier checkpoints anew too: only those handed in bound it.
            return Err(Finding::Rollback { first: self.first_doubtful(), size });
        }
        self.agreed = size;
        Ok(())
    }

    /// Ends it: what was proved.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn end(self) -> Result<Verified, Finding> {
        let (size, doubtful, misfit) = (self.frontier.size(), self.first_doubtful(), self.misfit);
        let (Some(opening), Some(key)) = (self.opening, self.key) else {
            return Err(Finding::Unreadable { line: self.line + 1, reason: "it is empty".to_owned() });
        };
        if let Some(ahead) = self.ahead {
            return Err(Finding::Removed { first: size, last: ahead - 1 });
        }
        if let Some(size) = misfit {
            return Err(Finding::Rewritten { first: doubtful, last: size.saturating_sub(1) });
        }
        if let Some((_, checkpoint)) = self.trusted.last() {
            return Err(Finding::Cut { first: size, size: checkpoint.size });
        }
        Ok(Verified { team: opening.team, key, from: opening.from, size, proved: self.proved, erased: self.erased })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Actor, Event, FORMAT, Origin, Outcome, Personal, SALT, Signer, Target, canonical, split};

    /// A log as a database holds it.
    #[derive(Clone)]
    struct Log {
        entries: Vec<(String, Hash, Vec<Personal>)>,
        checkpoints: Vec<(usize, String)>,
    }

    fn signer() -> Signer {
        let seed = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        let key: Vec<u8> = seed.into_iter().chain([9; 32]).collect();
        Signer::new("bulla/audit/t1", &key).unwrap()
    }

    fn entry(sequence: u64, what: &str) -> (String, Hash, Vec<Personal>) {
        let mut event = Event {
            format: FORMAT,
            id: format!("e{sequence}"),
            team: "t1".to_owned(),
            sequence,
            at: 1_764_000_000_000,
            actor: Actor::Person { id: "p1".to_owned() },
            action: what.to_owned(),
            target: Target { kind: "workspace".to_owned(), id: "w1".to_owned() },
            outcome: Outcome::Done,
            because: None,
            changes: BTreeMap::new(),
            origin: Origin { address: Some("::1".to_owned()), ..Origin::default() },
            commitments: BTreeMap::new(),
        };
        let personal = split(&mut event, [[1; SALT], [2; SALT]]).unwrap();
        let leaf = String::from_utf8(canonical(&event).unwrap()).unwrap();
        let hash = leaf_hash(leaf.as_bytes());
        (leaf, hash, personal)
    }

    impl Log {
        /// 30 entries with a checkpoint after every ten.
        fn new(what: &str) -> Self {
            let mut log = Self { entries: Vec::new(), checkpoints: Vec::new() };
            log.grow(30, what);
            log
        }

        fn grow(&mut self, size: usize, what: &str) {
            while self.entries.len() < size {
                self.entries.push(entry(self.entries.len() as u64, what));
                if self.entries.len().is_multiple_of(10) {
                    self.sign();
                }
            }
        }

        fn sign(&mut self) {
            let mut frontier = Frontier::default();
            self.entries.iter().for_each(|(_, hash, _)| frontier.push(*hash));
            let note = signer().checkpoint(frontier.size(), frontier.root(), "2026-11-28T08:00:00.000Z");
            self.checkpoints.push((self.entries.len(), note));
        }

        fn last(&self) -> String {
            self.checkpoints.last().unwrap().1.clone()
        }

        fn export(&self) -> Vec<String> {
            let opening = Opening::new("t1", &signer().public_key(), &Frontier::default());
            let mut lines = vec![Line::opening(&opening).unwrap()];
            for (place, (leaf, hash, personal)) in (1..).zip(&self.entries) {
                lines.push(Line::entry(leaf, hash, personal).unwrap());
                for (_, note) in self.checkpoints.iter().filter(|(size, _)| *size == place) {
                    lines.push(Line::checkpoint(note).unwrap());
                }
            }
            for (_, note) in self.checkpoints.iter().filter(|(size, _)| *size > self.entries.len()) {
                lines.push(Line::checkpoint(note).unwrap());
            }
            lines
        }

        fn verify(&self, notes: &[String]) -> Result<Verified, Finding> {
            verify(&self.export(), notes)
        }
    }

    fn verify(lines: &[String], notes: &[String]) -> Result<Verified, Finding> {
        let mut verifier = Verifier::new(notes.to_vec(), None)?;
        for line in lines {
            verifier.line(line)?;
        }
        verifier.end()
    }

    #[test]
    fn what_nobody_touched_is_proved() {
        let mut log = Log::new("a");
        let (first, last) = (log.checkpoints[0].1.clone(), log.last());
        log.grow(33, "a");
        let verified = log.verify(&[last, first]).unwrap();
        assert_eq!((verified.from, verified.size, verified.proved, verified.erased), (0, 33, 30, 0));
        assert_eq!(log.verify(&[]).unwrap().proved, 0, "nothing is proved by an export alone");
    }

    #[test]
    fn erasing_personal_details_leaves_all_valid() {
        let mut log = Log::new("a");
        log.entries[4].2.clear();
        assert_eq!(log.verify(&[log.last()]).unwrap().erased, 1);
    }

    #[test]
    fn the_first_bad_entry_is_named() {
        let whole = Log::new("a");
        let kept = [whole.last()];
        let tampered = |change: &dyn Fn(&mut Log)| {
            let mut log = whole.clone();
            change(&mut log);
            log.verify(&kept).unwrap_err()
        };
        let edited = |log: &mut Log| log.entries[12].0 = log.entries[12].0.replace("p1", "p9");
        assert_eq!(tampered(&|log| edited(log)), Finding::Edited(12));
        let with_hash = |log: &mut Log| {
            edited(log);
            log.entries[12].1 = leaf_hash(log.entries[12].0.as_bytes());
        };
        assert_eq!(tampered(&with_hash), Finding::Rewritten { first: 10, last: 19 });
        assert_eq!(tampered(&|log| log.entries[12].0 = "gone {".to_owned()), Finding::Edited(12));
        assert_eq!(tampered(&|log| log.entries[12].2[0].details.push(' ')), Finding::DetailsEdited(12));
        assert_eq!(tampered(&|log| drop(log.entries.remove(12))), Finding::Removed { first: 12, last: 12 });
        assert_eq!(tampered(&|log| drop(log.entries.drain(5..8))), Finding::Removed { first: 5, last: 7 });
        assert_eq!(tampered(&|log| log.entries.swap(12, 13)), Finding::Swapped(12));
        assert_eq!(tampered(&|log| log.entries.insert(12, entry(3, "b"))), Finding::Inserted(12));
        let cut = |log: &mut Log| {
            log.entries.truncate(25);
            log.checkpoints.truncate(2);
        };
        assert_eq!(tampered(&cut), Finding::Cut { first: 25, size: 30 });
        assert_eq!(tampered(&|log| log.entries.truncate(25)), Finding::Cut { first: 25, size: 30 });
        let put_back = |log: &mut Log| {
            cut(log);
            log.grow(40, "b");
        };
        assert_eq!(tampered(&put_back), Finding::Rollback { first: 0, size: 30 });
        let mut log = whole.clone();
        put_back(&mut log);
        let older = whole.checkpoints[1].1.clone();
        assert_eq!(log.verify(&[whole.last(), older]), Err(Finding::Rollback { first: 20, size: 30 }));
        let rewritten_from_the_start = |log: &mut Log| *log = Log::new("b");
        assert_eq!(tampered(&rewritten_from_the_start), Finding::Rollback { first: 0, size: 30 });
        let forged = |log: &mut Log| log.checkpoints[1].1 = log.checkpoints[1].1.replacen("\n20\n", "\n19\n", 1);
        assert!(matches!(tampered(&forged), Finding::Forged { size: Some(19), .. }));
    }

    #[test]
    fn a_renumbered_removal_is_found_at_the_next_checkpoint() {
        let whole = Log::new("a");
        let mut log = whole.clone();
        log.entries.truncate(12);
        for sequence in 12..29 {
            log.entries.push(entry(sequence, "a"));
        }
        log.entries[12] = entry(12, "other");
        assert_eq!(log.verify(&[whole.last()]), Err(Finding::Rewritten { first: 10, last: 19 }));
    }

    #[test]
    fn a_log_signed_again_with_another_key_does_not_fit_the_checkpoint() {
        let whole = Log::new("a");
        let other = Signer::new("bulla/audit/t1", &Signer::generate().unwrap()).unwrap();
        let mut lines = vec![Line::opening(&Opening::new("t1", &other.public_key(), &Frontier::default())).unwrap()];
        lines.extend(whole.export().into_iter().skip(1).filter(|line| !line.contains("checkpoint")));
        assert!(matches!(verify(&lines, &[whole.last()]), Err(Finding::Checkpoint { number: 0, .. })));
    }

    #[test]
    fn an_export_that_begins_later_is_proved_and_an_older_checkpoint_says_why_not() {
        let whole = Log::new("a");
        let mut frontier = Frontier::default();
        whole.entries[..16].iter().for_each(|(_, hash, _)| frontier.push(*hash));
        let mut lines = vec![Line::opening(&Opening::new("t1", &signer().public_key(), &frontier)).unwrap()];
        lines.extend(whole.export().into_iter().skip(1 + 16 + 1));
        let verified = verify(&lines, &[whole.last(), whole.checkpoints[0].1.clone()]).unwrap();
        assert_eq!((verified.from, verified.proved), (16, 30));
        let too_old = verify(&lines, &[whole.checkpoints[0].1.clone()]).unwrap_err();
        assert!(too_old.to_string().contains("take a later checkpoint"), "{too_old}");
    }

    #[test]
    fn what_is_no_export_is_told_with_its_line() {
        for (lines, expected) in [
            (vec![], "line 1 of the export cannot be read: it is empty"),
            (vec!["{}".to_owned()], "line 1 of the export cannot be read: an export begins with its opening"),
        ] {
            assert_eq!(verify(&lines, &[]).unwrap_err().to_string(), expected);
        }
        let mut lines = Log::new("a").export();
        lines[3] = lines[3][..40].to_owned();
        assert!(matches!(verify(&lines, &[]), Err(Finding::Unreadable { line: 4, .. })));
        lines[3] = "{\"hash\":\"x\"}".to_owned();
        assert!(matches!(verify(&lines, &[]), Err(Finding::Unreadable { line: 4, .. })));
    }
}
