//! The Merkle tree of RFC 6962, section 2: its root, proofs that a leaf is in it, and proofs that it only grew.
//!
//! Hashes are kept in tiles, as in C2SP `tlog-tiles`: a tile of level 0 holds 256 leaf hashes, one of level 1 the roots of
//! 256 whole tiles of level 0, and so on. So a proof from ten million leaves reads three tiles for each edge of the tree,
//! and a tile that is whole never changes again.

use std::collections::BTreeMap;

use aws_lc_rs::digest;

/// A SHA-256 hash: of a leaf, or of a node of the tree.
pub type Hash = [u8; 32];

/// Hashes in a whole tile.
pub const TILE: u64 = 256;
/// Levels of the tree that one tile spans: 2^8 is 256.
const HEIGHT: u32 = 8;

/// The hash of a leaf (RFC 6962, section 2.1).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    hashed(&[&[0x00], leaf])
}

/// The hash of a node with two children (RFC 6962, section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hashed(&[&[0x01], left, right])
}

fn hashed(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The root of the tree without leaves: the hash of nothing.
fn empty_root() -> Hash {
    hashed(&[])
}

/// The roots of the whole subtrees that make up a tree, the largest first: what is needed to add leaves to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves; `None` unless there is one root for each bit of the size.
    pub fn new(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its whole subtrees, the largest first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return empty_root() };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// A tile by its place: level 0 stands above the leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// 0, 1, 2, ...
    pub level: u8,
    /// Its place among the tiles of its level.
    pub index: u64,
}

/// The tiles that became whole when a tree grew, the lowest level first.
#[derive(Clone, Copy, Debug)]
pub struct TileNames {
    size: u64,
    level: u8,
}

impl TileNames {
    /// Those that the last of `size` leaves made whole.
    pub fn completed_by(size: u64) -> Self {
        Self { size, level: 0 }
    }
}

impl Iterator for TileNames {
    type Item = Tile;

    fn next(&mut self) -> Option<Tile> {
        if self.size == 0 || !self.size.is_multiple_of(TILE) {
            return None;
        }
        self.size /= TILE;
        let tile = Tile { level: self.level, index: self.size - 1 };
        self.level += 1;
        Some(tile)
    }
}

/// A tile is needed and was not handed in: read it and ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub Tile);

/// The tiles that were read so far. The last tile of a level may be partial.
#[derive(Debug, Default)]
pub struct Tiles(BTreeMap<Tile, Vec<Hash>>);

impl Tiles {
    /// Hands in what was read at `tile`.
    pub fn insert(&mut self, tile: Tile, hashes: Vec<Hash>) {
        self.0.insert(tile, hashes);
    }

    /// The root of the whole subtree number `index` of 2^`level` leaves.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Missing> {
        let width = 1_u64 << (level % HEIGHT);
        let first = index * width;
        let tile = Tile { level: u8::try_from(level / HEIGHT).unwrap_or(u8::MAX), index: first / TILE };
        let start = usize::try_from(first % TILE).unwrap_or_default();
        let width = usize::try_from(width).unwrap_or_default();
        let hashes = self.0.get(&tile).and_then(|hashes| hashes.get(start..start + width)).ok_or(Missing(tile))?;
        Ok(subtree_root(hashes))
    }

    /// The root of the leaves from `start` up to `end`, of which `start` is where a subtree of that size may begin.
    fn range(&self, start: u64, end: u64) -> Result<Hash, Missing> {
        let count = end - start;
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.node(level, start >> level);
        }
        let middle = start + split_of(count);
        Ok(node_hash(&self.range(start, middle)?, &self.range(middle, end)?))
    }
}

/// The root of a whole tile, or of a part of one whose length is a power of two.
pub fn subtree_root(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| pair.get(1).map_or(pair[0], |right| node_hash(&pair[0], right))).collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// The largest power of two below `count`, which is at least 2 (RFC 6962: `k`).
fn split_of(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The root of the first `size` leaves, and the frontier behind it.
///
/// # Errors
///
/// [`Missing`] for a tile that was not handed in.
pub fn root(tiles: &Tiles, size: u64) -> Result<Frontier, Missing> {
    let (mut roots, mut start) = (Vec::new(), 0);
    for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
        roots.push(tiles.node(level, start >> level)?);
        start += 1 << level;
    }
    Ok(Frontier { size, roots })
}

/// The proof that leaf number `index` is in the tree of the first `size` leaves (RFC 6962, section 2.1.1).
///
/// Empty if `index` is not below `size`: there is no such proof.
///
/// # Errors
///
/// [`Missing`] for a tile that was not handed in.
pub fn inclusion(tiles: &Tiles, index: u64, size: u64) -> Result<Vec<Hash>, Missing> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    if index >= size {
        return Ok(path);
    }
    while end - start > 1 {
        let middle = start + split_of(end - start);
        if index < middle {
            path.push(tiles.range(middle, end)?);
            end = middle;
        } else {
            path.push(tiles.range(start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of the first `size` leaves is that of the first `old` leaves with more behind it (RFC 6962,
/// section 2.1.2).
///
/// Empty if `old` is 0 or not below `size`: there is nothing to prove.
///
/// # Errors
///
/// [`Missing`] for a tile that was not handed in.
pub fn consistency(tiles: &Tiles, old: u64, size: u64) -> Result<Vec<Hash>, Missing> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    if old == 0 || old >= size {
        return Ok(path);
    }
    while old != end {
        let middle = start + split_of(end - start);
        if old <= middle {
            path.push(tiles.range(middle, end)?);
            end = middle;
        } else {
            path.push(tiles.range(start, middle)?);
            start = middle;
        }
    }
    // The old root itself is what the proof is checked against, so it does not stand in it.
    if start != 0 {
        path.push(tiles.range(start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Why a proof does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It has too few or too many hashes for trees of these sizes.
    #[error("the proof does not have the length that trees of these sizes give")]
    Length,
    /// The sizes or the index make no sense together.
    #[error("there is no such proof: the leaf or the older tree is not within the tree")]
    OutOfRange,
    /// It leads to another root.
    #[error("the proof leads to another root than that of the checkpoint")]
    Root,
}

/// Checks the proof that `leaf` is leaf number `index` of the tree with `size` leaves and this root (RFC 9162, section
/// 2.1.3.2).
///
/// # Errors
///
/// Says why it does not prove it.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for other in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(other, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, other);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks the proof that the tree with `size` leaves and root `root` begins with the tree of `old` leaves and root
/// `old_root` (RFC 9162, section 2.1.4.2).
///
/// # Errors
///
/// Says why it does not prove it.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, path: &[Hash]) -> Result<(), ProofError> {
    if old > size {
        return Err(ProofError::OutOfRange);
    }
    if old == size || old == 0 {
        let fits = if old == 0 { *old_root == empty_root() } else { old_root == root };
        return match (path.is_empty(), fits) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::Root),
            (true, true) => Ok(()),
        };
    }
    // An old tree that is one whole subtree is its own first hash.
    let mut hashes = old.is_power_of_two().then_some(old_root).into_iter().chain(path);
    let Some(first) = hashes.next() else { return Err(ProofError::Length) };
    let (mut node, mut last) = (old - 1, size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for other in hashes {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(other, &from_old);
            from_new = node_hash(other, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, other);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if from_old == *old_root && from_new == *root { Ok(()) } else { Err(ProofError::Root) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `MTH` as RFC 6962 writes it down.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(naive_split(leaves.len()));
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    fn naive_split(count: usize) -> usize {
        let mut split = 1;
        while split * 2 < count {
            split *= 2;
        }
        split
    }

    /// `PATH` as RFC 6962 writes it down.
    fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let split = naive_split(leaves.len());
        let (left, right) = leaves.split_at(split);
        if index < split {
            [naive_path(index, left), vec![naive_root(right)]].concat()
        } else {
            [naive_path(index - split, right), vec![naive_root(left)]].concat()
        }
    }

    /// `SUBPROOF` as RFC 6962 writes it down.
    fn naive_proof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![naive_root(leaves)] };
        }
        let split = naive_split(leaves.len());
        let (left, right) = leaves.split_at(split);
        if old <= split {
            [naive_proof(old, left, whole), vec![naive_root(right)]].concat()
        } else {
            [naive_proof(old - split, right, false), vec![naive_root(left)]].concat()
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// Every tile of a tree, as a log would have stored them.
    fn tiles(leaves: &[Hash]) -> Tiles {
        let mut tiles = Tiles::default();
        let (mut row, mut level) = (leaves.to_vec(), 0);
        while !row.is_empty() {
            for (index, hashes) in row.chunks(256).enumerate() {
                tiles.insert(Tile { level, index: index as u64 }, hashes.to_vec());
            }
            row = row.chunks_exact(256).map(subtree_root).collect();
            level += 1;
        }
        tiles
    }

    #[test]
    fn hashes_are_those_of_rfc_6962() {
        // The test data of certificate transparency.
        assert_eq!(hex(&leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut frontier = Frontier::default();
        assert_eq!(hex(&frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for input in inputs {
            frontier.push(leaf_hash(input));
        }
        assert_eq!(hex(&frontier.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn a_leaf_completes_the_tiles_that_end_with_it() {
        let names = |size| TileNames::completed_by(size).map(|tile| (tile.level, tile.index)).collect::<Vec<_>>();
        assert_eq!(names(0), []);
        assert_eq!(names(255), []);
        assert_eq!(names(256), [(0, 0)]);
        assert_eq!(names(512), [(0, 1)]);
        assert_eq!(names(65_536), [(0, 255), (1, 0)]);
    }

    #[test]
    fn a_proof_names_the_tile_that_it_lacks() {
        assert_eq!(inclusion(&Tiles::default(), 3, 70_000), Err(Missing(Tile { level: 1, index: 1 })));
    }

    #[test]
    fn a_frontier_needs_a_root_for_each_bit_of_its_size() {
        assert!(Frontier::new(5, vec![[0; 32]]).is_none());
        assert!(Frontier::new(5, vec![[0; 32]; 2]).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn root_and_proofs_are_those_of_the_naive_tree(size in 1_usize..1500, pick in any::<prop::sample::Index>(), pick_old in any::<prop::sample::Index>()) {
            let leaves = leaves(size);
            let tiles = tiles(&leaves);
            let expected = naive_root(&leaves);
            let mut frontier = Frontier::default();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(frontier.root(), expected);
            prop_assert_eq!(&root(&tiles, size as u64).unwrap(), &frontier);

            let index = pick.index(size);
            let path = inclusion(&tiles, index as u64, size as u64).unwrap();
            prop_assert_eq!(&path, &naive_path(index, &leaves));
            prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, size as u64, &path, &expected), Ok(()));

            let old = pick_old.index(size) + 1;
            let proof = consistency(&tiles, old as u64, size as u64).unwrap();
            prop_assert_eq!(&proof, &naive_proof(old, &leaves, true));
            let old_root = naive_root(&leaves[..old]);
            prop_assert_eq!(verify_consistency(old as u64, &old_root, size as u64, &expected, &proof), Ok(()));
        }

        #[test]
        fn nothing_else_is_proved(size in 2_usize..600, pick in any::<prop::sample::Index>(), pick_old in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
            let leaves = leaves(size);
            let tiles = tiles(&leaves);
            let (expected, size_) = (naive_root(&leaves), size as u64);
            let index = pick.index(size);
            let path = inclusion(&tiles, index as u64, size_).unwrap();
            let other = (index + 1) % size;
            prop_assert!(verify_inclusion(&leaves[other], index as u64, size_, &path, &expected).is_err());
            prop_assert!(verify_inclusion(&leaves[index], other as u64, size_, &path, &expected).is_err());
            prop_assert!(verify_inclusion(&leaves[index], size_, size_, &path, &expected).is_err());
            prop_assert!(verify_inclusion(&leaves[index], index as u64, size_, &path[1..], &expected).is_err());
            let mut wrong = path.clone();
            let at = flip.index(wrong.len());
            wrong[at][0] ^= 1;
            prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, size_, &wrong, &expected), Err(ProofError::Root));

            let old = pick_old.index(size - 1) + 1;
            let (proof, old_root) = (consistency(&tiles, old as u64, size_).unwrap(), naive_root(&leaves[..old]));
            prop_assert!(verify_consistency(old as u64, &[7; 32], size_, &expected, &proof).is_err());
            prop_assert!(verify_consistency(old as u64, &old_root, size_, &[7; 32], &proof).is_err());
            prop_assert!(verify_consistency(size_ + 1, &old_root, size_, &expected, &proof).is_err());
            prop_assert!(verify_consistency(old as u64, &old_root, size_, &expected, &proof[1..]).is_err());
            let mut wrong = proof.clone();
            let at = flip.index(wrong.len());
            wrong[at][0] ^= 1;
            prop_assert!(verify_consistency(old as u64, &old_root, size_, &expected, &wrong).is_err());
        }
    }
}
