//! The audit log as evidence: events, the Merkle tree they are leaves of, signed checkpoints, and the proof of all that.
//!
//! An event is a leaf of its team's tree from the first one on. Its canonical form is RFC 8785 JSON; leaves, nodes and
//! proofs are those of RFC 6962; a checkpoint is a signed note (C2SP `tlog-checkpoint`). [`verify`] reads an export and
//! says whether it is what the checkpoints promised, and if not, which entry is the first bad one.
//!
//! This crate never touches a database, a socket or a clock, and takes randomness as an argument.

mod event;
mod export;
mod merkle;
mod note;
mod verify;

pub use event::{
    Actor, CanonicalError, Change, Details, Event, FORMAT, Field, Origin, Outcome, Part, Personal, SALT, Target,
    canonical, merged, sensitive, split,
};
pub use export::{Line, Opening};
pub use merkle::{
    Frontier, Hash, Missing, ProofError, TILE, Tile, TileNames, Tiles, consistency, inclusion, leaf_hash, node_hash,
    root, subtree_root, verify_consistency, verify_inclusion,
};
pub use note::{Checkpoint, NoteError, PublicKey, Signer};
pub use verify::{Finding, Verified, Verifier};
