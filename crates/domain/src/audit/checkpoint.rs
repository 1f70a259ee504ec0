//! Signed checkpoints of the audit log: what nobody can write anew who has the database, but not the key.
//!
//! A checkpoint gives positions to entries that had none, whoever's they are and whether they are on a chain or not, and
//! states a hash over all of them, the hash of the checkpoint before, and where the log begins. What was committed late has a
//! late position: neither ids nor times are the order of commits. Each checkpoint vouches for all before it, so one that was
//! published is enough to find every change behind it. Retention moves the beginning by a checkpoint of its own, before
//! anything is deleted.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Words;
use crate::time::{Duration, Timestamp};

/// An entry that is dated so long before the checkpoint that should have held it was not there yet when that was made.
/// Commits take seconds, and clocks of several nodes differ by less.
pub const LATE: Duration = Duration::from_hours(1);

/// Entries of a checkpoint at most. One with fewer found no more to cover: only such a one says that what is dated before it
/// had been covered. A backlog takes several runs.
pub const MOST: u32 = 1_000;

/// An entry as it stands in the database, with its place on a chain if it says that it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What it says.
    pub words: Words,
    /// Its number in the person's chain.
    pub seq: Option<i64>,
    /// Hash of the entry before.
    pub previous: Option<Vec<u8>>,
    /// Its own hash.
    pub hash: Option<Vec<u8>>,
}

impl Recorded {
    /// What a checkpoint holds of it. For an entry on a chain it is the hash it has there.
    pub fn fingerprint(&self) -> [u8; 32] {
        let previous = self.previous.as_deref().and_then(|hash| hash.try_into().ok()).unwrap_or([0; 32]);
        self.words.hash(self.seq.unwrap_or(0), &previous)
    }

    /// Whether it is neither on a chain nor rightly outside of all: this log writes no such entry.
    pub fn is_stray(&self) -> bool {
        match (self.words.person, self.seq) {
            (Some(_), Some(_)) => false,
            (None, None) => self.previous.is_some() || self.hash.is_some(),
            _ => true,
        }
    }
}

/// The hash over the entries of one checkpoint, in order of their positions.
#[derive(Clone)]
pub struct EntriesHash(Sha256);

impl Default for EntriesHash {
    fn default() -> Self {
        Self(Sha256::new_with_prefix(b"twinlock-audit-entries-1"))
    }
}

impl EntriesHash {
    /// Adds the entry at a position by its fingerprint.
    pub fn add(&mut self, position: i64, fingerprint: &[u8]) {
        self.0.update(position.to_be_bytes());
        self.0.update(fingerprint);
    }

    /// The hash.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// What a checkpoint states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Counted from 1.
    pub number: i64,
    /// The position after those of the checkpoint before.
    pub first: i64,
    /// The last position it covers; the one before `first` if it covers none.
    pub last: i64,
    /// The position the log begins at: what stood before was deleted for its age.
    pub begins: i64,
    /// The hash over its entries.
    pub entries: [u8; 32],
    /// Hash of the checkpoint before; all zeros before the first.
    pub previous: [u8; 32],
    /// When it was made.
    pub at: Timestamp,
}

/// A checkpoint with its signature: all there is to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it states.
    pub checkpoint: Checkpoint,
    /// The key it is signed with.
    pub public_key: [u8; 32],
    /// SHA-256 over all of that.
    pub hash: [u8; 32],
    /// Ed25519 over the hash.
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// What follows `before`: nothing covered yet, and the log begins where it did.
    pub fn after(before: Option<&SignedCheckpoint>, at: Timestamp) -> Self {
        let entries = EntriesHash::default().finish();
        match before {
            None => Self { number: 1, first: 1, last: 0, begins: 1, entries, previous: [0; 32], at },
            Some(SignedCheckpoint { checkpoint: before, hash, .. }) => Self {
                number: before.number + 1,
                first: before.last + 1,
                last: before.last,
                begins: before.begins,
                entries,
                previous: *hash,
                at,
            },
        }
    }

    fn hash(&self, public_key: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"twinlock-audit-checkpoint-1");
        for number in [self.number, self.first, self.last, self.begins, self.at.as_micros()] {
            hash.update(number.to_be_bytes());
        }
        for bytes in [&self.entries, &self.previous, public_key] {
            hash.update(bytes);
        }
        hash.finalize().into()
    }

    /// Signs it.
    pub fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let public_key = key.verifying_key().to_bytes();
        let hash = self.hash(&public_key);
        SignedCheckpoint { checkpoint: self, public_key, hash, signature: key.sign(&hash).to_bytes() }
    }
}

impl SignedCheckpoint {
    /// What is wrong with it, taken by itself.
    pub fn flaw(&self) -> Option<CheckpointFlaw> {
        if self.checkpoint.hash(&self.public_key) != self.hash {
            return Some(CheckpointFlaw::Altered);
        }
        let signed = VerifyingKey::from_bytes(&self.public_key)
            .and_then(|key| key.verify_strict(&self.hash, &Signature::from_bytes(&self.signature)));
        signed.err().map(|_| CheckpointFlaw::Forged)
    }
}

/// What is wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointFlaw {
    /// What it states is not what was hashed.
    Altered,
    /// The signature is not of the key it names.
    Forged,
    /// Checkpoints are gone before it.
    Missing {
        /// How many.
        count: i64,
    },
    /// It does not follow the checkpoint before it.
    Foreign,
    /// The newest one is signed with a key nobody vouches for.
    UnknownKey,
    /// Another checkpoint of this number was published.
    NotThePublished,
    /// A later checkpoint was published: the log was rolled back.
    RolledBack {
        /// The number of the published one.
        published: i64,
    },
}

impl std::fmt::Display for CheckpointFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Altered => f.write_str("altered: what it states is not what was hashed"),
            Self::Forged => f.write_str("forged: the signature is not of the key it names"),
            Self::Missing { count: 1 } => f.write_str("deleted: the checkpoint before it is gone"),
            Self::Missing { count } => write!(f, "deleted: the {count} checkpoints before it are gone"),
            Self::Foreign => f.write_str("foreign: it does not follow the checkpoint before it"),
            Self::UnknownKey => f.write_str("foreign: it is signed with a key that is not known here"),
            Self::NotThePublished => f.write_str("altered: another checkpoint of this number was published"),
            Self::RolledBack { published } => {
                write!(f, "rolled back: checkpoint {published} was published, and the log ends before it")
            }
        }
    }
}

/// One pass over all checkpoints, in order of their numbers.
#[derive(Debug, Default)]
pub struct Sequence {
    last: Option<SignedCheckpoint>,
    /// When everything there was had been covered, as of the newest checkpoint.
    complete: Option<Timestamp>,
    /// The same, as of the one before it.
    earlier: Option<Timestamp>,
    /// Checkpoints seen so far.
    pub checkpoints: u64,
}

impl Sequence {
    /// The next checkpoint.
    pub fn follow(&mut self, next: &SignedCheckpoint) -> Option<CheckpointFlaw> {
        let (last, stated) = (self.last.replace(next.clone()), &next.checkpoint);
        self.checkpoints += 1;
        let expected = Checkpoint::after(last.as_ref(), stated.at);
        // A checkpoint that a wrong clock dated far ahead makes nothing late that came after.
        self.earlier = self.complete.map(|complete| complete.min(stated.at));
        if (1..i64::from(MOST)).contains(&(stated.last - stated.first + 1)) {
            self.complete = Some(stated.at);
        }
        if stated.number > expected.number {
            return Some(CheckpointFlaw::Missing { count: stated.number - expected.number });
        }
        let follows = stated.number == expected.number
            && stated.previous == expected.previous
            && stated.first == expected.first
            && stated.last >= expected.last
            && stated.begins >= expected.begins
            && stated.begins <= stated.last + 1;
        next.flaw().or_else(|| (!follows).then_some(CheckpointFlaw::Foreign))
    }

    /// The newest checkpoint so far.
    pub fn last(&self) -> Option<&SignedCheckpoint> {
        self.last.as_ref()
    }

    /// Entries of the newest checkpoint are late when they are dated before this.
    pub fn late_before(&self) -> Option<Timestamp> {
        self.earlier.map(|at| at - LATE)
    }

    /// Entries no checkpoint covers yet are late when they are dated before this.
    pub fn uncovered_late_before(&self, now: Timestamp) -> Option<Timestamp> {
        self.complete.map(|complete| complete.min(now) - LATE)
    }

    /// What is wrong at the end. The newest checkpoint vouches for all before it, so its key alone has to be known: keys that
    /// signed earlier ones may have left the ring.
    pub fn end(&self, keys: &[[u8; 32]], published: &[SignedCheckpoint]) -> Vec<(i64, CheckpointFlaw)> {
        let mut flaws = Vec::new();
        let number = self.last.as_ref().map_or(0, |last| last.checkpoint.number);
        if let Some(last) = &self.last
            && !keys.is_empty()
            && !keys.contains(&last.public_key)
        {
            flaws.push((number, CheckpointFlaw::UnknownKey));
        }
        if let Some(published) = published.iter().map(|it| it.checkpoint.number).max().filter(|it| *it > number) {
            flaws.push((number, CheckpointFlaw::RolledBack { published }));
        }
        flaws
    }
}

/// What a checkpoint covers, as read back for verification.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Its position.
    pub position: i64,
    /// The entry's row.
    pub id: Uuid,
    /// What the checkpoint holds of it, as it is stored beside it.
    pub fingerprint: Vec<u8>,
    /// The entry; `None` if it is gone, `Err` names a column that cannot be read.
    pub entry: Option<Result<Recorded, String>>,
}

/// What is wrong with an entry, or with the place where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFlaw {
    /// A column of it holds what this log never wrote.
    Unreadable(String),
    /// It says something else than when it was signed.
    Altered,
    /// It is gone.
    Deleted,
    /// The place itself is gone, and with it which entry stood there.
    Unplaced,
    /// Some entry of the checkpoint, with what is kept of it, or the order of them, is not what was signed.
    Rewritten {
        /// The last position of the checkpoint.
        until: i64,
    },
    /// It is neither on a chain nor rightly outside of all.
    Stray,
    /// It is dated before a checkpoint that would hold it, had it been there then.
    Late,
    /// It claims a place in its chain that was deleted for its age.
    BeforeStart,
    /// It has a position that no checkpoint covers.
    Uncovered,
}

impl std::fmt::Display for EntryFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(column) => write!(f, "altered: {column} cannot be read"),
            Self::Altered => f.write_str("altered: it says something else than when it was signed"),
            Self::Deleted => f.write_str("deleted: it was signed, and is gone"),
            Self::Unplaced => f.write_str("deleted: what was signed here is gone"),
            Self::Rewritten { until } => {
                write!(f, "altered: one of the entries up to position {until}, or their order, is not what was signed")
            }
            Self::Stray => f.write_str("altered: it was taken out of a chain, or put in"),
            Self::Late => f.write_str("inserted: an earlier checkpoint would hold it, had it been there at its time"),
            Self::BeforeStart => f.write_str("inserted: its place in the chain was deleted for its age"),
            Self::Uncovered => f.write_str("inserted: no checkpoint covers this position"),
        }
    }
}

/// Whether an entry that is whole was put in later. Its chain tells that of one that is on a chain.
pub fn misplaced(entry: &Recorded, late_before: Option<Timestamp>) -> Option<EntryFlaw> {
    if entry.is_stray() {
        return Some(EntryFlaw::Stray);
    }
    let late = entry.seq.is_none() && late_before.is_some_and(|before| entry.words.at < before);
    late.then_some(EntryFlaw::Late)
}

/// The first flaw among the entries of a checkpoint, which come in order, with the position and the row it is at.
pub fn check_entries(
    checkpoint: &Checkpoint,
    late_before: Option<Timestamp>,
    entries: &[Covered],
) -> Option<(i64, Option<Uuid>, EntryFlaw)> {
    let (mut hash, mut expected, mut late) = (EntriesHash::default(), checkpoint.first, None);
    for covered in entries {
        if covered.position != expected {
            return Some((expected, None, EntryFlaw::Unplaced));
        }
        expected += 1;
        hash.add(covered.position, &covered.fingerprint);
        let flaw = match &covered.entry {
            None => Some(EntryFlaw::Deleted),
            Some(Err(column)) => Some(EntryFlaw::Unreadable(column.clone())),
            Some(Ok(entry)) if entry.fingerprint() != *covered.fingerprint => Some(EntryFlaw::Altered),
            Some(Ok(entry)) => {
                let flaw = misplaced(entry, late_before);
                if flaw == Some(EntryFlaw::Late) {
                    late = late.or(Some((covered.position, Some(covered.id), EntryFlaw::Late)));
                    None
                } else {
                    flaw
                }
            }
        };
        if let Some(flaw) = flaw {
            return Some((covered.position, Some(covered.id), flaw));
        }
    }
    if expected != checkpoint.last + 1 {
        return Some((expected, None, EntryFlaw::Unplaced));
    }
    if hash.finish() != checkpoint.entries {
        return Some((checkpoint.first, None, EntryFlaw::Rewritten { until: checkpoint.last }));
    }
    late
}

#[cfg(test)]
mod tests;
