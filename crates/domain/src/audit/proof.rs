//! Chains of entries that come in order of their positions, as an export for verification holds them: all chains at once,
//! each no more than its last link.

use std::collections::HashMap;

use uuid::Uuid;

use super::AuditHead;
use super::checkpoint::Recorded;
use super::verify::Flaw;

/// Every chain of a pass.
#[derive(Debug, Default)]
pub struct Chains {
    /// Whether entries were deleted for their age, so that a chain may begin in its middle.
    cut: bool,
    ends: HashMap<Uuid, AuditHead>,
    /// Entries that came before the one they follow.
    early: HashMap<(Uuid, i64), ([u8; 32], [u8; 32])>,
}

impl Chains {
    /// Chains of a log that begins with its first entry, or was `cut`.
    pub fn new(cut: bool) -> Self {
        Self { cut, ..Self::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The next entry; one without a person is on no chain.
    pub fn follow(&mut self, entry: &Recorded) -> Option<Flaw> {
        let (Some(person), Some(seq)) = (entry.words.person, entry.seq) else { return None };
        let bytes = |hash: &Option<Vec<u8>>| hash.as_deref().and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        let (Some(previous), Some(hash)) = (bytes(&entry.previous), bytes(&entry.hash)) else {
            return Some(Flaw::Altered);
        };
        if entry.words.hash(seq, &previous) != hash {
            return Some(Flaw::Altered);
        }
        let end = match self.ends.get(&person) {
            Some(end) => *end,
            None if self.cut => AuditHead { seq: seq - 1, hash: previous },
            None => AuditHead::START,
        };
        if seq > end.seq + 1 {
            self.early.insert((person, seq), (previous, hash));
            self.ends.insert(person, end);
            return None;
        }
        if seq <= end.seq || previous != end.hash {
            return Some(Flaw::Foreign);
        }
        let mut end = AuditHead { seq, hash };
        while !self.early.is_empty()
            && let Some((previous, hash)) = self.early.remove(&(person, end.seq + 1))
        {
            if previous != end.hash {
                return Some(Flaw::Foreign);
            }
            end = AuditHead { seq: end.seq + 1, hash };
        }
        self.ends.insert(person, end);
        None
    }

    /// What never came: for each chain with a gap, the person, the entry behind the gap, and how many are missing.
    pub fn end(&self) -> Vec<(Uuid, i64, Flaw)> {
        let mut first: HashMap<Uuid, i64> = HashMap::new();
        for (person, seq) in self.early.keys() {
            first.entry(*person).and_modify(|least| *least = (*least).min(*seq)).or_insert(*seq);
        }
        let gap = |(person, seq): (Uuid, i64)| {
            let end = self.ends.get(&person).map_or(0, |end| end.seq);
            (person, seq, Flaw::Missing { count: seq - end - 1 })
        };
        let mut gaps: Vec<_> = first.into_iter().map(gap).collect();
        gaps.sort_by_key(|(person, ..)| *person);
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Words;
    use crate::time::Timestamp;

    fn chain(person: u128, length: i64) -> Vec<Recorded> {
        let mut previous = [0; 32];
        let entry = |seq: i64| {
            let words = Words {
                id: Uuid::from_u128(u128::from(seq.unsigned_abs())),
                at: Timestamp::from_secs(seq),
                person: Some(Uuid::from_u128(person)),
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
            let hash = words.hash(seq, &previous);
            let entry =
                Recorded { words, seq: Some(seq), previous: Some(previous.to_vec()), hash: Some(hash.to_vec()) };
            previous = hash;
            entry
        };
        (1..=length).map(entry).collect()
    }

    fn flaws(cut: bool, entries: &[Recorded]) -> Vec<Flaw> {
        let mut chains = Chains::new(cut);
        let mut flaws: Vec<Flaw> = entries.iter().filter_map(|entry| chains.follow(entry)).collect();
        flaws.extend(chains.end().into_iter().map(|(_, _, flaw)| flaw));
        flaws
    }

    #[test]
    fn chains_that_cross_are_followed_each_by_itself_in_whatever_order_they_come() {
        let (one, two) = (chain(1, 4), chain(2, 3));
        let crossed: Vec<Recorded> =
            [&one[0], &two[0], &one[1], &two[1], &two[2], &one[2], &one[3]].map(Clone::clone).into();
        assert_eq!(flaws(false, &crossed), []);
        let early: Vec<Recorded> = [&one[1], &one[3], &one[0], &one[2]].map(Clone::clone).into();
        assert_eq!(flaws(false, &early), []);
    }

    #[test]
    fn what_is_gone_altered_or_of_another_making_is_found() {
        let whole = chain(1, 5);
        let without = |gone: usize| {
            let mut entries = whole.clone();
            entries.remove(gone);
            entries
        };
        assert_eq!(flaws(false, &without(2)), [Flaw::Missing { count: 1 }]);
        assert_eq!(flaws(false, &without(0)), [Flaw::Missing { count: 1 }]);
        assert_eq!(flaws(true, &without(0)), [], "a log that was cut may begin anywhere");
        let mut altered = whole.clone();
        altered[2].words.success = false;
        assert_eq!(flaws(false, &altered), [Flaw::Altered, Flaw::Missing { count: 1 }]);
        let mut foreign = whole.clone();
        foreign[1].previous = Some(vec![7; 32]);
        foreign[1].hash = Some(foreign[1].words.hash(2, &[7; 32]).to_vec());
        assert_eq!(flaws(false, &foreign)[0], Flaw::Foreign);
        let twice: Vec<Recorded> = [&whole[0], &whole[1], &whole[1]].map(Clone::clone).into();
        assert_eq!(flaws(false, &twice), [Flaw::Foreign]);
    }
}
