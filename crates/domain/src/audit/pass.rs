//! One quick pass over a whole log, in whatever order it is read: each entry is hashed once, for the chain it is on and for
//! the checkpoint that covers it.
//!
//! A pass names no flaw. It tells what has proved itself by what was seen, and leaves everything else to the exact look of
//! [`verify`](super::verify) and [`checkpoint`](super::checkpoint). A log that grows or is cut meanwhile costs a second look
//! at a few chains, and is no false alarm. It holds the end of every chain, about a hundred bytes for each person.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::AuditHead;
use super::checkpoint::Recorded;
use crate::time::Timestamp;

/// What is left of an entry once it was hashed.
#[derive(Clone, Debug)]
pub struct Seen {
    link: Option<SeenLink>,
    /// It is neither on a chain nor rightly outside of all.
    stray: bool,
    at: Timestamp,
    position: Option<i64>,
    /// What its position holds of it is what it says.
    signed: bool,
}

#[derive(Clone, Debug)]
struct SeenLink {
    person: Uuid,
    seq: i64,
    previous: [u8; 32],
    hash: [u8; 32],
    /// The hash beside its words is that of its words.
    whole: bool,
}

impl Seen {
    /// Hashes an entry; `place` is the position it was given, with what is kept of it there.
    pub fn of(entry: &Recorded, place: Option<(i64, &[u8])>) -> Self {
        let fingerprint = entry.fingerprint();
        let link = entry.words.person.zip(entry.seq).map(|(person, seq)| {
            let previous = entry.previous.as_deref().and_then(|hash| <[u8; 32]>::try_from(hash).ok());
            let whole = previous.is_some() && entry.hash.as_deref() == Some(&fingerprint);
            SeenLink { person, seq, previous: previous.unwrap_or_default(), hash: fingerprint, whole }
        });
        Self {
            link,
            stray: entry.is_stray(),
            at: entry.words.at,
            position: place.map(|(position, _)| position),
            signed: place.is_some_and(|(_, kept)| kept == fingerprint),
        }
    }
}

/// The positions of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// Entries outside of all chains that are dated before this are late.
    pub late_before: Option<Timestamp>,
}

/// What the checkpoints of a log say, as far as a pass has to know it.
#[derive(Clone, Debug, Default)]
pub struct Stated {
    /// Each checkpoint's positions, in order; empty where the checkpoints do not follow one another, and then none is proved.
    pub spans: Vec<Span>,
    /// The position the log begins at.
    pub begins: i64,
    /// Entries without a position, outside of all chains, that are dated before this are late.
    pub uncovered_late_before: Option<Timestamp>,
}

/// What a pass has seen.
#[derive(Debug, Default)]
pub struct Pass {
    stated: Stated,
    starts: HashMap<Uuid, AuditHead>,
    ends: HashMap<Uuid, AuditHead>,
    /// Entries that came before the one they follow.
    early: HashMap<(Uuid, i64), ([u8; 32], [u8; 32])>,
    suspects: BTreeSet<Uuid>,
    /// A bit for each position from the beginning: whether its entry is there, as it was signed.
    proved: Vec<u64>,
    /// Chains seen.
    pub chains: u64,
    /// Entries on chains seen.
    pub entries: u64,
    /// Entries without a position seen.
    pub uncovered: u64,
    /// Whether some entry cannot be read, so that everything is to be looked at closely.
    pub unreadable: bool,
    /// Whether what has no position is to be looked at closely.
    pub doubt_uncovered: bool,
    /// The highest position seen.
    pub highest: i64,
}

impl Pass {
    /// A pass over a log of about so many entries, whose chains go on from `starts` where their beginnings were deleted.
    pub fn new(stated: Stated, starts: HashMap<Uuid, AuditHead>, entries: u64) -> Self {
        let claimed = stated.spans.last().map_or(0, |span| span.last.saturating_sub(stated.begins).saturating_add(1));
        // A checkpoint may state any number, and memory is given for what can be there.
        let bits = u64::try_from(claimed).unwrap_or(0).min(entries.saturating_mul(2).saturating_add(100_000));
        let words = usize::try_from(bits.div_ceil(64)).unwrap_or(0);
        Self { stated, starts, proved: vec![0; words], ..Self::default() }
    }

    /// The next entry; `None` is one that cannot be read.
    pub fn entry(&mut self, seen: Option<&Seen>) {
        let Some(seen) = seen else {
            self.unreadable = true;
            return;
        };
        let late = |before: Option<Timestamp>| seen.link.is_none() && before.is_some_and(|before| seen.at < before);
        match seen.position {
            None => {
                self.uncovered += 1;
                let deleted = seen.link.as_ref().is_some_and(|link| self.is_before_start(link));
                self.doubt_uncovered |= seen.stray || deleted || late(self.stated.uncovered_late_before);
            }
            Some(position) => {
                self.highest = self.highest.max(position);
                if seen.signed && !seen.stray && !late(self.late_before(position)) {
                    self.prove(position);
                }
            }
        }
        if let Some(link) = &seen.link {
            self.entries += 1;
            self.follow(link);
        }
    }

    fn is_before_start(&self, link: &SeenLink) -> bool {
        self.starts.get(&link.person).is_some_and(|start| link.seq <= start.seq)
    }

    fn late_before(&self, position: i64) -> Option<Timestamp> {
        let spans = &self.stated.spans;
        spans.get(spans.partition_point(|span| span.last < position)).and_then(|span| span.late_before)
    }

    fn follow(&mut self, link: &SeenLink) {
        let SeenLink { person, seq, previous, hash, whole } = *link;
        if !whole {
            self.suspects.insert(person);
            return;
        }
        let end = self.ends.entry(person).or_insert_with(|| {
            self.chains += 1;
            self.starts.get(&person).copied().unwrap_or(AuditHead::START)
        });
        if seq > end.seq + 1 {
            self.early.insert((person, seq), (previous, hash));
        } else if seq == end.seq + 1 && previous == end.hash {
            *end = AuditHead { seq, hash };
            while !self.early.is_empty()
                && let Some((previous, hash)) = self.early.remove(&(person, end.seq + 1))
            {
                if previous != end.hash {
                    self.suspects.insert(person);
                    return;
                }
                *end = AuditHead { seq: end.seq + 1, hash };
            }
        } else if !self.is_before_start(link) {
            self.suspects.insert(person);
        }
    }

    /// The head of a chain, as it is stored.
    pub fn head(&mut self, person: Uuid, head: AuditHead) {
        // Heads of chains without entries are looked for by themselves.
        if self.ends.remove(&person).is_some_and(|end| end != head) {
            self.suspects.insert(person);
        }
    }

    /// The chains that have not proved themselves, once all entries and all heads were seen.
    pub fn suspects(&mut self) -> Vec<Uuid> {
        self.suspects.extend(self.early.drain().map(|((person, _), _)| person));
        self.suspects.extend(self.ends.drain().map(|(person, _)| person));
        std::mem::take(&mut self.suspects).into_iter().collect()
    }

    fn bit(&self, position: i64) -> Option<(usize, u64)> {
        let bit = usize::try_from(position.checked_sub(self.stated.begins)?).ok()?;
        (bit / 64 < self.proved.len()).then_some((bit / 64, 1 << (bit % 64)))
    }

    fn prove(&mut self, position: i64) {
        if let Some((word, bit)) = self.bit(position) {
            self.proved[word] |= bit;
        }
    }

    /// Whether the entry at each of these positions is there, as it was signed and rightly dated.
    pub fn proves(&self, mut positions: std::ops::RangeInclusive<i64>) -> bool {
        positions.all(|position| self.bit(position).is_some_and(|(word, bit)| self.proved[word] & bit != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Words;

    fn recorded(person: Option<u128>, seq: i64, previous: [u8; 32]) -> Recorded {
        let person = person.map(Uuid::from_u128);
        let words = Words {
            id: Uuid::from_u128(u128::from(seq.unsigned_abs())),
            at: Timestamp::from_secs(seq),
            person,
            application: Uuid::nil(),
            action: "signed_in".to_owned(),
            success: true,
            method: None,
            ip: None,
            user_agent: None,
            device: None,
            actor: None,
            request_id: None,
            detail: String::new(),
        };
        let hash = person.map(|_| words.hash(seq, &previous).to_vec());
        Recorded { words, seq: person.map(|_| seq), previous: person.map(|_| previous.to_vec()), hash }
    }

    fn chain(person: u128, length: i64) -> (Vec<Recorded>, AuditHead) {
        let mut head = AuditHead::START;
        let entries = (1..=length).map(|seq| {
            let entry = recorded(Some(person), seq, head.hash);
            head = AuditHead { seq, hash: entry.fingerprint() };
            entry
        });
        (entries.collect(), head)
    }

    /// The suspects of a pass over entries that stand at positions from 1 on, and whether all positions are proved.
    fn pass(entries: &[Recorded], heads: &[(u128, AuditHead)], starts: &[(u128, AuditHead)]) -> (Vec<u128>, bool) {
        let last = i64::try_from(entries.len()).unwrap();
        let span = Span { first: 1, last, late_before: Some(Timestamp::from_secs(1_000)) };
        let stated = Stated { spans: vec![span], begins: 1, uncovered_late_before: None };
        let starts = starts.iter().map(|(person, head)| (Uuid::from_u128(*person), *head)).collect();
        let mut pass = Pass::new(stated, starts, 10);
        for (position, entry) in (1..).zip(entries) {
            pass.entry(Some(&Seen::of(entry, Some((position, &entry.fingerprint())))));
        }
        for (person, head) in heads {
            pass.head(Uuid::from_u128(*person), *head);
        }
        (pass.suspects().iter().map(Uuid::as_u128).collect(), pass.proves(1..=last))
    }

    #[test]
    fn chains_prove_themselves_in_whatever_order_they_come() {
        let ((first, head), (second, other)) = (chain(1, 4), chain(2, 1));
        let heads = [(1, head), (2, other)];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]] {
            let entries: Vec<Recorded> = order.iter().map(|at| first[*at].clone()).chain(second.clone()).collect();
            assert_eq!(pass(&entries, &heads, &[]), (vec![], true), "{order:?}");
        }
    }

    #[test]
    fn what_is_not_whole_is_a_suspect() {
        let (whole, head) = chain(1, 4);
        let suspect = |change: fn(&mut Vec<Recorded>)| {
            let mut entries = whole.clone();
            change(&mut entries);
            pass(&entries, &[(1, head)], &[]).0
        };
        assert_eq!(suspect(|_| ()), [0; 0]);
        assert_eq!(suspect(|e| e[1].words.detail.push('x')), [1]);
        assert_eq!(suspect(|e| e[1].hash = None), [1]);
        assert_eq!(suspect(|e| e[1].previous = None), [1]);
        assert_eq!(suspect(|e| drop(e.remove(1))), [1]);
        assert_eq!(suspect(|e| drop(e.pop())), [1]);
        assert_eq!(suspect(|e| e.push(e[3].clone())), [1], "a second one of the same place");
        let foreign = |e: &mut Vec<Recorded>| e[2] = recorded(Some(1), 3, [7; 32]);
        assert_eq!(suspect(foreign), [1]);
        let foreign_early = |e: &mut Vec<Recorded>| {
            e[2] = recorded(Some(1), 3, [7; 32]);
            e.swap(1, 2);
        };
        assert_eq!(suspect(foreign_early), [1]);
        assert_eq!(pass(&whole, &[], &[]).0, [1], "no head");
        assert_eq!(pass(&whole, &[(1, AuditHead { seq: 4, hash: [1; 32] })], &[]).0, [1]);
        assert_eq!(pass(&whole[..0], &[(1, head)], &[]).0, [0; 0], "heads without entries are found elsewhere");
    }

    #[test]
    fn a_chain_goes_on_from_where_it_was_cut() {
        let (whole, head) = chain(1, 4);
        let cut = AuditHead { seq: 2, hash: whole[1].fingerprint() };
        assert_eq!(pass(&whole[2..], &[(1, head)], &[(1, cut)]).0, [0; 0]);
        assert_eq!(pass(&whole[1..], &[(1, head)], &[(1, cut)]).0, [0; 0], "about to be deleted");
        assert_eq!(pass(&whole[2..], &[(1, head)], &[]).0, [1]);
        assert_eq!(pass(&whole[3..], &[(1, head)], &[(1, cut)]).0, [1]);
    }

    #[test]
    fn a_position_is_proved_by_its_entry_alone() {
        let span = Span { first: 1, last: 3, late_before: Some(Timestamp::from_secs(50)) };
        let proved = |place: Option<(i64, &[u8])>, entry: &Recorded, spans: Vec<Span>| {
            let mut pass = Pass::new(Stated { spans, begins: 1, ..Stated::default() }, HashMap::new(), 10);
            pass.entry(Some(&Seen::of(entry, place)));
            (1..=3).filter(|position| pass.proves(*position..=*position)).collect::<Vec<i64>>()
        };
        let (entry, late, on_chain) = (recorded(None, 60, [0; 32]), recorded(None, 40, [0; 32]), &chain(1, 1).0[0]);
        assert_eq!(proved(Some((2, &entry.fingerprint())), &entry, vec![span]), [2]);
        assert_eq!(proved(Some((2, &[0; 32])), &entry, vec![span]), [0; 0]);
        assert_eq!(proved(None, &entry, vec![span]), [0; 0]);
        assert_eq!(proved(Some((2, &entry.fingerprint())), &entry, vec![]), [0; 0]);
        assert_eq!(proved(Some((2, &late.fingerprint())), &late, vec![span]), [0; 0]);
        assert_eq!(proved(Some((2, &on_chain.fingerprint())), on_chain, vec![span]), [2], "its chain says when");
        let stray = Recorded { hash: Some(vec![1; 32]), ..entry.clone() };
        assert_eq!(proved(Some((2, &stray.fingerprint())), &stray, vec![span]), [0; 0]);
        let far = Span { last: i64::MAX, ..span };
        assert_eq!(proved(Some((i64::MAX, &entry.fingerprint())), &entry, vec![far]), [0; 0]);
        assert_eq!(proved(Some((i64::MIN, &entry.fingerprint())), &entry, vec![far]), [0; 0]);
    }

    #[test]
    fn what_has_no_position_is_doubted_when_it_should_not_be_there() {
        let (whole, _) = chain(1, 2);
        let doubted = |entry: &Recorded, starts: &[(u128, AuditHead)]| {
            let stated = Stated { uncovered_late_before: Some(Timestamp::from_secs(50)), ..Stated::default() };
            let starts = starts.iter().map(|(person, head)| (Uuid::from_u128(*person), *head)).collect();
            let mut pass = Pass::new(stated, starts, 10);
            pass.entry(Some(&Seen::of(entry, None)));
            assert_eq!((pass.uncovered, pass.unreadable), (1, false));
            pass.doubt_uncovered
        };
        assert!(!doubted(&whole[0], &[]));
        assert!(doubted(&whole[0], &[(1, AuditHead { seq: 1, hash: [0; 32] })]));
        assert!(!doubted(&recorded(None, 60, [0; 32]), &[]));
        assert!(doubted(&recorded(None, 40, [0; 32]), &[]));
        assert!(doubted(&Recorded { seq: None, ..whole[0].clone() }, &[]));
        let mut pass = Pass::default();
        pass.entry(None);
        assert!(pass.unreadable);
    }
}
