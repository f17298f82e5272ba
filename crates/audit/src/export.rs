//! An export: every entry of a log as it is stored, with the checkpoints that were signed on the way.
//!
//! It is NDJSON. The first line opens it: whose log, the key that signed, and from which entry on, with the roots of what
//! retention removed before. Then come entries in their order, and each checkpoint behind the last entry it covers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Hash, Personal};

/// The version of the form of an export.
pub(crate) const EXPORT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// The version of this form.
    pub export: u32,
    /// The team whose log it is.
    pub team: String,
    /// The key that signed the checkpoints: `name+hash+key`.
    pub key: String,
    /// The sequence number of the first entry: what came before is no longer kept.
    pub from: u64,
    /// The roots of what came before, in base64, the largest subtree first.
    pub frontier: Vec<String>,
}

impl Opening {
    /// The opening of an export that begins at entry `from`; `frontier` is what stands before it.
    pub fn new(team: &str, key: &crate::PublicKey, frontier: &crate::Frontier) -> Self {
        Self {
            export: EXPORT,
            team: team.to_owned(),
            key: key.to_string(),
            from: frontier.size(),
            frontier: frontier.roots().iter().map(|root| STANDARD.encode(root)).collect(),
        }
    }
}

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'l> {
    /// The first line holds this.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<&'l RawValue>,
    /// An entry: the canonical JSON that was hashed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<&'l RawValue>,
    /// The hash that was stored with it, in base64.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<std::borrow::Cow<'l, str>>,
    /// What is kept beside the leaf and was not erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<PersonalLine>,
    /// A checkpoint: the signed note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// A part of an event that is kept beside the leaf, in an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalLine {
    /// Which part.
    pub part: crate::Part,
    /// In base64.
    pub salt: String,
    /// Canonical JSON, as text.
    pub details: String,
}

impl From<&Personal> for PersonalLine {
    fn from(personal: &Personal) -> Self {
        Self { part: personal.part, salt: STANDARD.encode(personal.salt), details: personal.details.clone() }
    }
}

impl PersonalLine {
    /// As it was kept; `None` if the salt is none.
    pub fn personal(&self) -> Option<Personal> {
        let salt = STANDARD.decode(&self.salt).ok()?.try_into().ok()?;
        Some(Personal { part: self.part, person: None, salt, details: self.details.clone() })
    }
}

impl Line<'_> {
    /// The line that opens an export.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn opening(opening: &Opening) -> serde_json::Result<String> {
        serde_json::to_string(&serde_json::json!({ "opening": opening }))
    }

    /// The line of an entry. `leaf` is written as it is, were it damaged: an export hides nothing.
    pub fn entry(leaf: &str, hash: &[u8], personal: &[Personal]) -> serde_json::Result<String> {
        let raw: Box<RawValue> = match RawValue::from_string(leaf.to_owned()) {
            Ok(raw) if !leaf.contains('\n') => raw,
            // No JSON any more: as a string it is in the export, and its hash cannot fit.
            _ => serde_json::value::to_raw_value(leaf)?,
        };
        serde_json::to_string(&Line {
            opening: None,
            leaf: Some(&raw),
            hash: Some(STANDARD.encode(hash).into()),
            personal: personal.iter().map(PersonalLine::from).collect(),
            checkpoint: None,
        })
    }

    /// The line of a checkpoint.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn checkpoint(note: &str) -> serde_json::Result<String> {
        serde_json::to_string(&serde_json::json!({ "checkpoint": note }))
    }
}

pub(crate) fn hash_from(text: &str) -> Option<Hash> {
    let mut hash = [0; 33];
    let length = STANDARD.decode_slice(text, &mut hash).ok()?;
    hash.get(..length)?.try_into().ok()
}
