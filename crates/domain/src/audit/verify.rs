//! Verifying chains of audit entries: what breaks one first, and how.
//!
//! Entries come in order of person and place, each with the head of its chain as it was at the same moment. One pass over
//! them holds no more than the chain it is in. What whoever owns the database can still do is to write a whole chain anew,
//! head included, or to take it away with its head and its user: signed checkpoints show that of what they cover.

use super::{AuditHead, Words};

/// An entry as read back for verification.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its chain.
    pub person: uuid::Uuid,
    /// Its place in it.
    pub seq: i64,
    /// Where the chain ended when this was read; `None` where no head is stored.
    pub head: Option<AuditHead>,
    /// The last entry of the chain that was deleted for its age, if any was.
    pub start: Option<AuditHead>,
    /// What it says, with the hash of the entry before and its own; `Err` names a column that cannot be read.
    pub stored: Result<Stored, String>,
}

/// An entry's words, and the two hashes beside them.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The words.
    pub words: Words,
    /// Hash of the entry before.
    pub previous: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
}

/// What is wrong with a chain, at its first broken place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A column of the entry holds what this log never wrote.
    Unreadable(String),
    /// The entry's words are not those that were hashed.
    Altered,
    /// The entry is whole, but was written for another place of this chain.
    Moved {
        /// That place.
        from: i64,
    },
    /// The entry is whole, but does not follow the one before: it is of another making.
    Foreign,
    /// Entries are gone before this one.
    Missing {
        /// How many.
        count: i64,
    },
    /// The last entries of the chain are gone.
    Truncated {
        /// The place of the last one, by the head of the chain.
        head: i64,
    },
    /// The entry stands behind the head: it was added past the server.
    BeyondHead {
        /// The place of the last one, by the head of the chain.
        head: i64,
    },
    /// The head of the chain holds another hash than its last entry.
    HeadAltered,
    /// The chain has no head.
    HeadMissing,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(column) => write!(f, "altered: {column} cannot be read"),
            Self::Altered => f.write_str("altered: what it says is not what was hashed"),
            Self::Moved { from } => write!(f, "out of order: this entry was written as number {from}"),
            Self::Foreign => f.write_str("foreign: it does not follow the entry before it"),
            Self::Missing { count: 1 } => f.write_str("deleted: the entry before it is gone"),
            Self::Missing { count } => write!(f, "deleted: the {count} entries before it are gone"),
            Self::Truncated { head } => write!(f, "truncated: the chain went on to number {head}"),
            Self::BeyondHead { head } => write!(f, "foreign: the chain ended with number {head}"),
            Self::HeadAltered => f.write_str("the head of the chain was altered"),
            Self::HeadMissing => f.write_str("the head of the chain is gone"),
        }
    }
}

/// The first broken place of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose chain.
    pub person: uuid::Uuid,
    /// Number of the entry; of the last one that is there when what follows is gone.
    pub seq: i64,
    /// The entry's row, where it can be read.
    pub id: Option<uuid::Uuid>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// How far from its place an entry is looked for that was moved.
const MOVES_TRIED: i64 = 1_000;

/// One pass over all chains.
#[derive(Debug, Default)]
pub struct Verifier {
    chain: Option<Chain>,
    /// Chains begun so far.
    pub chains: u64,
    /// Entries seen so far.
    pub entries: u64,
    /// Chains with a flaw so far.
    pub broken: u64,
}

#[derive(Debug)]
struct Chain {
    person: uuid::Uuid,
    start: i64,
    last: AuditHead,
    last_id: Option<uuid::Uuid>,
    head: Option<AuditHead>,
    broken: bool,
}

impl Verifier {
    /// The next entry, in order of person and place. Tells the end of the chain before it, and this entry's own flaw.
    pub fn entry(&mut self, entry: &Placed) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.chain.as_ref().is_none_or(|chain| chain.person != entry.person) {
            findings.extend(self.end());
            self.chains += 1;
            let last = entry.start.unwrap_or(AuditHead::START);
            let (person, start) = (entry.person, last.seq);
            self.chain = Some(Chain { person, start, last, last_id: None, head: None, broken: false });
        }
        self.entries += 1;
        if let Some(chain) = &mut self.chain {
            chain.head = entry.head;
            if !chain.broken
                && let Some(flaw) = chain.follow(entry)
            {
                chain.broken = true;
                self.broken += 1;
                let id = entry.stored.as_ref().ok().map(|stored| stored.words.id);
                findings.push(Finding { person: entry.person, seq: entry.seq, id, flaw });
            }
        }
        findings
    }

    /// The end of the chain under way, or of all of them.
    pub fn end(&mut self) -> Option<Finding> {
        let chain = self.chain.take().filter(|chain| !chain.broken)?;
        let flaw = match chain.head {
            None => Flaw::HeadMissing,
            Some(head) if head.seq > chain.last.seq => Flaw::Truncated { head: head.seq },
            Some(head) if head != chain.last => Flaw::HeadAltered,
            Some(_) => return None,
        };
        self.broken += 1;
        Some(Finding { person: chain.person, seq: chain.last.seq, id: chain.last_id, flaw })
    }

    /// A chain of which nothing but the head, or nothing but the user, is left.
    pub fn emptied(&mut self, person: uuid::Uuid, head: Option<i64>) -> Finding {
        self.chains += 1;
        self.broken += 1;
        let flaw = head.map_or(Flaw::HeadMissing, |head| Flaw::Truncated { head });
        Finding { person, seq: 0, id: None, flaw }
    }
}

impl Chain {
    /// What keeps an entry from being the next of the chain; without a flaw it is.
    fn follow(&mut self, entry: &Placed) -> Option<Flaw> {
        let expected = self.last.seq + 1;
        if entry.seq > expected {
            return Some(Flaw::Missing { count: entry.seq - expected });
        }
        let stored = match &entry.stored {
            Ok(stored) => stored,
            Err(column) => return Some(Flaw::Unreadable(column.clone())),
        };
        let whole_at = |seq| stored.words.hash(seq, &stored.previous) == stored.hash;
        if !whole_at(entry.seq) {
            let near = (1..=MOVES_TRIED).flat_map(|by| [entry.seq - by, entry.seq + by]);
            let from = near.filter(|seq| *seq > 0).find(|seq| whole_at(*seq));
            return Some(from.map_or(Flaw::Altered, |from| Flaw::Moved { from }));
        }
        if entry.seq <= self.start {
            // About to be deleted for its age. Whether it was signed, checkpoints tell.
            return None;
        }
        if entry.seq < expected || stored.previous != self.last.hash {
            return Some(Flaw::Foreign);
        }
        if let Some(head) = entry.head.filter(|head| head.seq < entry.seq) {
            return Some(Flaw::BeyondHead { head: head.seq });
        }
        self.last = AuditHead { seq: entry.seq, hash: stored.hash };
        self.last_id = Some(stored.words.id);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn chain_of(person: u128, length: i64) -> Vec<Placed> {
        let person = uuid::Uuid::from_u128(person);
        let mut head = AuditHead::START;
        let mut entries = Vec::new();
        for seq in 1..=length {
            let words = Words {
                id: uuid::Uuid::from_u128(u128::from(seq.unsigned_abs())),
                at: Timestamp::from_secs(seq),
                person: Some(person),
                application: uuid::Uuid::nil(),
                action: format!("an action of a later version {seq}"),
                success: true,
                method: None,
                ip: None,
                user_agent: None,
                device: None,
                actor: None,
                request_id: None,
                detail: "wrong_code".to_owned(),
            };
            let hash = words.hash(seq, &head.hash);
            entries.push(Placed {
                person,
                seq,
                head: None,
                start: None,
                stored: Ok(Stored { words, previous: head.hash, hash }),
            });
            head = AuditHead { seq, hash };
        }
        for entry in &mut entries {
            entry.head = Some(head);
        }
        entries
    }

    fn stored(entry: &mut Placed) -> &mut Stored {
        entry.stored.as_mut().unwrap()
    }

    fn verify(entries: &[Placed]) -> Vec<(i64, Flaw)> {
        let mut verifier = Verifier::default();
        let mut findings: Vec<Finding> = entries.iter().flat_map(|entry| verifier.entry(entry)).collect();
        findings.extend(verifier.end());
        assert_eq!(verifier.broken, findings.len() as u64);
        findings.into_iter().map(|finding| (finding.seq, finding.flaw)).collect()
    }

    #[test]
    fn whole_chains_have_no_flaw() {
        let entries: Vec<Placed> = chain_of(1, 5).into_iter().chain(chain_of(2, 1)).collect();
        assert_eq!(verify(&entries), []);
        assert_eq!(verify(&[]), []);
    }

    #[test]
    fn each_way_to_break_a_chain_is_named_at_its_first_place() {
        let whole = chain_of(1, 5);
        let with = |change: fn(&mut Vec<Placed>)| {
            let mut entries = whole.clone();
            change(&mut entries);
            verify(&entries)
        };
        assert_eq!(with(|e| stored(&mut e[2]).words.detail.push('x')), [(3, Flaw::Altered)]);
        assert_eq!(with(|e| stored(&mut e[2]).words.person = None), [(3, Flaw::Altered)]);
        assert_eq!(with(|e| e[2].stored = Err("success".into())), [(3, Flaw::Unreadable("success".into()))]);
        assert_eq!(with(|e| drop(e.remove(0))), [(2, Flaw::Missing { count: 1 })]);
        assert_eq!(with(|e| drop(e.drain(1..3))), [(4, Flaw::Missing { count: 2 })]);
        assert_eq!(with(|e| e.truncate(3)), [(3, Flaw::Truncated { head: 5 })]);
        let swapped = with(|e| {
            let third = std::mem::replace(&mut e[2].stored, Err(String::new()));
            e[2].stored = std::mem::replace(&mut e[3].stored, third);
        });
        assert_eq!(swapped, [(3, Flaw::Moved { from: 4 })]);
        let foreign = with(|e| {
            let stored = stored(&mut e[2]);
            stored.previous = [7; 32];
            stored.hash = stored.words.hash(3, &[7; 32]);
        });
        assert_eq!(foreign, [(3, Flaw::Foreign)]);
        let short = |e: &mut Vec<Placed>| {
            let head = AuditHead { seq: 4, hash: stored(&mut e[3]).hash };
            for entry in e {
                entry.head = Some(head);
            }
        };
        assert_eq!(with(short), [(5, Flaw::BeyondHead { head: 4 })]);
        let other_head = |e: &mut Vec<Placed>| {
            for entry in e {
                entry.head = Some(AuditHead { seq: 5, hash: [1; 32] });
            }
        };
        assert_eq!(with(other_head), [(5, Flaw::HeadAltered)]);
        assert_eq!(with(|e| e[4].head = None), [(5, Flaw::HeadMissing)]);
    }

    #[test]
    fn a_chain_goes_on_from_where_it_was_cut_and_from_nowhere_else() {
        let whole = chain_of(1, 5);
        let cut = AuditHead { seq: 2, hash: whole[1].stored.as_ref().unwrap().hash };
        let rest = |from: usize, start: Option<AuditHead>| {
            let mut entries = whole[from..].to_vec();
            for entry in &mut entries {
                entry.start = start;
            }
            verify(&entries)
        };
        assert_eq!(rest(2, Some(cut)), []);
        assert_eq!(rest(1, Some(cut)), [], "what is about to be deleted may still be there");
        assert_eq!(rest(2, None), [(3, Flaw::Missing { count: 2 })]);
        assert_eq!(rest(3, Some(cut)), [(4, Flaw::Missing { count: 1 })]);
        assert_eq!(rest(2, Some(AuditHead { seq: 2, hash: [7; 32] })), [(3, Flaw::Foreign)]);
    }

    #[test]
    fn a_flaw_of_one_chain_leaves_the_next_alone() {
        let mut entries = chain_of(1, 3);
        entries.truncate(2);
        entries.extend(chain_of(2, 3));
        assert_eq!(verify(&entries), [(2, Flaw::Truncated { head: 3 })]);
    }
}
