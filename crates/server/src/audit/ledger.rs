//! The tree of a team's log: its tiles, the checkpoints that are signed over it, and the proofs from it.
//!
//! A tile is written in the transaction of the event that makes it whole, so a proof never waits for anything. Every
//! minute, and after every thousand events, [`keep_signing`] signs the root. It first looks whether the tree still has the
//! root that was signed last: what was tampered with is not signed over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bulla_audit::{
    Checkpoint, Frontier, Hash, Missing, PublicKey, Signer, TILE, Tile, TileNames, Tiles, consistency, inclusion, root,
    subtree_root,
};
use bulla_db::{Place, Reader, Transaction, sql};
use bulla_seal::Place as SealedPlace;
use tokio_util::sync::CancellationToken;

use super::{Head, head, number};
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::operation::Door;

/// Longest time that an event waits for its checkpoint, in milliseconds.
const OFTEN: i64 = 60_000;
/// Most events that wait for one.
const MANY: i64 = 1000;
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long a log that cannot be signed is left alone.
const PAUSE: i64 = 60_000;

/// A checkpoint as it is stored.
#[derive(Clone, Debug)]
pub struct Signed {
    /// How many events it covers.
    pub size: u64,
    /// When it was signed.
    pub signed_at: Moment,
    /// The signed note.
    pub note: String,
}

/// The origin of a team's log: the first line of its checkpoints and the name of its key.
pub fn origin(team: &str) -> String {
    format!("bulla/audit/{team}")
}

/// Writes the tiles that the last of `size` events made whole, with those before it that are not there yet.
///
/// A log that was tampered with may have no whole tile any more. That is told and does not stop anything: it cannot be
/// signed then, and an export shows what was done.
pub(super) async fn complete_tiles(transaction: &mut Transaction, team: &str, size: u64) -> Result<()> {
    if TileNames::completed_by(size).next().is_none() {
        return Ok(());
    }
    fill_tiles(transaction, team, size).await
}

/// Writes every whole tile of the first `size` events that is not there yet.
async fn fill_tiles(transaction: &mut Transaction, team: &str, size: u64) -> Result<()> {
    let row = sql!("select coalesce(max(position) + 1, 0) as next from audit_tile where team = $1 and level = 0")
        .bind(team)
        .one(&mut *transaction)
        .await?;
    for position in number(&row, "next")?..size / TILE {
        let leaves = leaf_hashes((&mut *transaction).into(), team, position).await?;
        if leaves.len() as u64 != TILE {
            tracing::error!(team, position, "the audit log has a gap: entries are missing, and it cannot be signed");
            return Ok(());
        }
        write_tile(transaction, team, Tile { level: 0, index: position }, &leaves).await?;
        let mut hash = subtree_root(&leaves);
        for whole in TileNames::completed_by((position + 1) * TILE) {
            let above = Tile { level: whole.level + 1, index: whole.index / TILE };
            let mut hashes = read_tile((&mut *transaction).into(), team, above).await?.unwrap_or_default();
            hashes.push(hash);
            write_tile(transaction, team, above, &hashes).await?;
            hash = subtree_root(&hashes);
        }
    }
    Ok(())
}

async fn write_tile(transaction: &mut Transaction, team: &str, tile: Tile, hashes: &[Hash]) -> Result<()> {
    sql!(
        "insert into audit_tile (team, level, position, hashes) values ($1, $2, $3, $4) \
         on conflict (team, level, position) do update set hashes = excluded.hashes"
    )
    .bind(team)
    .bind(i64::from(tile.level))
    .bind(i64::try_from(tile.index).map_err(Error::unexpected)?)
    .bind(hashes.concat())
    .execute(transaction)
    .await?;
    Ok(())
}

async fn read_tile(place: Place<'_>, team: &str, tile: Tile) -> Result<Option<Vec<Hash>>> {
    let row = sql!("select hashes from audit_tile where team = $1 and level = $2 and position = $3")
        .bind(team)
        .bind(i64::from(tile.level))
        .bind(i64::try_from(tile.index).map_err(Error::unexpected)?)
        .optional(place)
        .await?;
    row.map(|row| Ok(row.bytes("hashes")?.as_chunks().0.to_vec())).transpose()
}

/// The hashes of the leaves in a tile that are stored with their events.
async fn leaf_hashes(place: Place<'_>, team: &str, position: u64) -> Result<Vec<Hash>> {
    let first = i64::try_from(position * TILE).map_err(Error::unexpected)?;
    let width = i64::try_from(TILE).map_err(Error::unexpected)?;
    let rows = sql!(
        "select sequence, leaf_hash from audit_event where team = $1 and sequence >= $2 and sequence < $3 \
         order by sequence"
    )
    .bind(team)
    .bind(first)
    .bind(first + width)
    .all(place)
    .await?;
    let mut hashes = Vec::with_capacity(rows.len());
    for (expected, row) in (first..).zip(&rows) {
        let hash = row.bytes("leaf_hash")?;
        match Hash::try_from(hash) {
            Ok(hash) if row.integer("sequence")? == expected => hashes.push(hash),
            _ => break,
        }
    }
    Ok(hashes)
}

/// What `compute` makes of the tree, reading the tiles it asks for.
async fn from_tiles<T>(reader: Reader<'_>, team: &str, compute: impl Fn(&Tiles) -> Result<T, Missing>) -> Result<T> {
    let (mut tiles, mut asked) = (Tiles::default(), BTreeSet::new());
    loop {
        let Missing(tile) = match compute(&tiles) {
            Ok(made) => return Ok(made),
            Err(missing) => missing,
        };
        if !asked.insert(tile) {
            return Err(Error::Conflict {
                code: "log_damaged",
                detail: format!(
                    "the log lacks entries about number {}, so nothing can be proved from it; export it and run bulla \
                     audit verify",
                    tile.index.saturating_mul(TILE.saturating_pow(u32::from(tile.level) + 1))
                ),
            });
        }
        let hashes = match read_tile(reader.into(), team, tile).await? {
            Some(hashes) => hashes,
            None if tile.level == 0 => leaf_hashes(reader.into(), team, tile.index).await?,
            None => Vec::new(),
        };
        tiles.insert(tile, hashes);
    }
}

/// The roots of the first `size` events, for an export that begins behind them.
pub(super) async fn frontier(reader: Reader<'_>, team: &str, size: u64) -> Result<Frontier> {
    from_tiles(reader, team, |tiles| root(tiles, size)).await
}

/// The proof that event number `index` is under the checkpoint of the first `size` events.
///
/// # Errors
///
/// [`Error::Conflict`] with `log_damaged` if the log has a gap.
pub async fn prove_inclusion(reader: Reader<'_>, team: &str, index: u64, size: u64) -> Result<Vec<Hash>> {
    from_tiles(reader, team, |tiles| inclusion(tiles, index, size)).await
}

/// The proof that the log of the first `size` events begins with that of the first `old`.
///
/// # Errors
///
/// As [`prove_inclusion`].
pub async fn prove_consistency(reader: Reader<'_>, team: &str, old: u64, size: u64) -> Result<Vec<Hash>> {
    from_tiles(reader, team, |tiles| consistency(tiles, old, size)).await
}

/// The key that checks the checkpoints of `team`; it is made if there is none.
///
/// # Errors
///
/// If it cannot be made.
pub async fn public_key(door: &Door, team: &str) -> Result<PublicKey> {
    Ok(signer(door, team).await?.public_key())
}

/// The key that signs for `team`.
async fn signer(door: &Door, team: &str) -> Result<Signer> {
    let place = SealedPlace { table: "audit_signer", column: "sealed", row: team, team };
    let found = async || {
        let row = sql!("select sealed from audit_signer where team = $1").bind(team).optional(door.reader()).await?;
        let Some(row) = row else { return Ok::<_, Error>(None) };
        let key = door.vault.team_key(door.reader().into(), team).await?;
        let opened = key.open(place, &row.bytes("sealed")?)?;
        Ok(Some(Signer::new(&origin(team), opened.expose()).map_err(Error::unexpected)?))
    };
    if let Some(signer) = found().await? {
        return Ok(signer);
    }
    let made = zeroize::Zeroizing::new(Signer::generate().map_err(Error::unexpected)?);
    let public = Signer::new(&origin(team), &made).map_err(Error::unexpected)?.public_key();
    let sealed = door.vault.team_key(door.reader().into(), team).await?.seal(place, &made)?;
    // The server's own and no change of anybody's, so it has no audit event; of two nodes one wins.
    let mut transaction = door.database().begin().await?;
    sql!(
        "insert into audit_signer (team, sealed, public_key, created_at) values ($1, $2, $3, $4) \
         on conflict (team) do nothing"
    )
    .bind(team)
    .bind(sealed)
    .bind(public.to_string())
    .bind(door.clock.now())
    .execute(&mut transaction)
    .await?;
    transaction.commit().await?;
    found().await?.ok_or_else(|| Error::unexpected("the signing key was not stored"))
}

/// Signs the log of `team` as it is now, and returns the checkpoint; if nothing was written since the last one, that one.
///
/// # Errors
///
/// [`Error::Conflict`] with `log_damaged` if the log is not the one that was signed before.
pub async fn sign(door: &Door, team: &str) -> Result<Signed> {
    let now = door.clock.now();
    let Head { size, signed, .. } = head(door.reader(), team).await?;
    if size == 0 {
        return Err(Error::NotFound { what: "log" });
    }
    let last = newest(door.reader(), team).await?;
    if let Some(last) = &last
        && last.size == size
        && signed == size
    {
        return Ok(last.clone());
    }
    let signer = signer(door, team).await?;
    // Those of a log from before there were tiles.
    let mut transaction = door.database().begin().await?;
    fill_tiles(&mut transaction, team, size).await?;
    transaction.commit().await?;
    let root_now = frontier(door.reader(), team, size).await?.root();
    if let Some(last) = &last {
        let before = Checkpoint::open(&last.note, &signer.public_key());
        let root_then = match last.size <= size {
            true => Some(frontier(door.reader(), team, last.size).await?.root()),
            false => None,
        };
        if before.ok().map(|checkpoint| checkpoint.root) != root_then {
            return Err(Error::Conflict {
                code: "log_damaged",
                detail: format!(
                    "the first {} entries of the log are not those that were signed; export it and run bulla audit \
                     verify",
                    last.size
                ),
            });
        }
    }
    let note = signer.checkpoint(size, root_now, &Moment(now).to_string());
    let bound = i64::try_from(size).map_err(Error::unexpected)?;
    let mut transaction = door.database().begin().await?;
    // Evidence of the events, and no event itself: an event of it would want a checkpoint again.
    sql!(
        "insert into audit_checkpoint (team, size, signed_at, note) values ($1, $2, $3, $4) \
         on conflict (team, size) do nothing"
    )
    .bind(team)
    .bind(bound)
    .bind(now)
    .bind(&note)
    .execute(&mut transaction)
    .await?;
    sql!("update audit_head set signed = $1, signed_at = $2 where team = $3 and signed <= $1")
        .bind(bound)
        .bind(now)
        .bind(team)
        .execute(&mut transaction)
        .await?;
    transaction.commit().await?;
    // Another node may have been faster; both signed the same tree.
    covering(door.reader(), team, size).await?.ok_or_else(|| Error::unexpected("the checkpoint was not stored"))
}

fn signed_of(row: &bulla_db::Row) -> Result<Signed> {
    Ok(Signed { size: number(row, "size")?, signed_at: Moment(row.integer("signed_at")?), note: row.text("note")? })
}

async fn newest(reader: Reader<'_>, team: &str) -> Result<Option<Signed>> {
    Ok(checkpoints(reader, team, None, 1).await?.into_iter().next())
}

/// Checkpoints of `team`, the newest first; `before` is a size that they are below.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn checkpoints(reader: Reader<'_>, team: &str, before: Option<u64>, limit: u32) -> Result<Vec<Signed>> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    sql!(
        "select size, signed_at, note from audit_checkpoint where team = $1 and size < $2 \
         order by size desc limit $3"
    )
    .bind(team)
    .bind(before)
    .bind(limit)
    .all(reader)
    .await?
    .iter()
    .map(signed_of)
    .collect()
}

/// The smallest checkpoint over at least `size` events.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn covering(reader: Reader<'_>, team: &str, size: u64) -> Result<Option<Signed>> {
    Ok(covering_from(reader, team, size, 1).await?.into_iter().next())
}

/// Checkpoints over at least `size` events, the smallest first.
pub(super) async fn covering_from(reader: Reader<'_>, team: &str, size: u64, limit: u64) -> Result<Vec<Signed>> {
    sql!("select size, signed_at, note from audit_checkpoint where team = $1 and size >= $2 order by size limit $3")
        .bind(team)
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all(reader)
        .await?
        .iter()
        .map(signed_of)
        .collect()
}

/// Signs every log in which events wait, until it is told to stop.
pub async fn keep_signing(door: Door, stop: CancellationToken) {
    let mut left_alone: BTreeMap<String, i64> = BTreeMap::new();
    loop {
        match due(door.reader(), door.clock.now()).await {
            Ok(teams) => {
                for team in teams {
                    let now = door.clock.now();
                    if left_alone.get(&team).is_some_and(|until| (now..now + PAUSE).contains(until)) {
                        continue;
                    }
                    if let Err(error) = sign(&door, &team).await {
                        tracing::error!(team, %error, "the audit log was not signed");
                        left_alone.insert(team, now + PAUSE - 1);
                    }
                }
            }
            Err(error) => tracing::error!(%error, "it was not looked which audit logs are to be signed"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// The teams whose log is to be signed. A checkpoint from the future was signed before the clock jumped back.
async fn due(reader: Reader<'_>, now: i64) -> Result<Vec<String>> {
    sql!(
        "select team from audit_head where size > signed \
         and (size - signed >= $1 or signed_at <= $2 or signed_at > $3)"
    )
    .bind(MANY)
    .bind(now - OFTEN)
    .bind(now)
    .all(reader)
    .await?
    .iter()
    .map(|row| Ok(row.text("team")?))
    .collect()
}
