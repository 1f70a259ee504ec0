use super::*;
use crate::secret::KeyRing;
use crate::testing::rng;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn entry(number: u128, secs: i64) -> Recorded {
    let words = Words {
        id: Uuid::from_u128(number),
        at: at(secs),
        person: None,
        application: Uuid::nil(),
        action: "password_checked".to_owned(),
        success: false,
        method: None,
        ip: None,
        user_agent: None,
        device: None,
        actor: None,
        request_id: None,
        detail: String::new(),
    };
    Recorded { words, seq: None, previous: None, hash: None }
}

fn covered(first: i64, entries: Vec<Recorded>) -> Vec<Covered> {
    let cover = |(position, entry): (i64, Recorded)| Covered {
        position,
        id: entry.words.id,
        fingerprint: entry.fingerprint().to_vec(),
        entry: Some(Ok(entry)),
    };
    (first..).zip(entries).map(cover).collect()
}

fn over(before: Option<&SignedCheckpoint>, now: i64, entries: &[Covered]) -> Checkpoint {
    let mut checkpoint = Checkpoint::after(before, at(now));
    let mut hash = EntriesHash::default();
    for covered in entries {
        hash.add(covered.position, &covered.fingerprint);
        checkpoint.last = covered.position;
    }
    checkpoint.entries = hash.finish();
    checkpoint
}

fn three() -> (KeyRing, Vec<SignedCheckpoint>) {
    let ring = KeyRing::generate(&mut rng(1));
    let mut checkpoints: Vec<SignedCheckpoint> = Vec::new();
    for number in 0..3 {
        let first = checkpoints.last().map_or(1, |last| last.checkpoint.last + 1);
        let entries = covered(first, vec![entry(number + 1, 10)]);
        let now = 100 + i64::try_from(number).unwrap();
        checkpoints.push(over(checkpoints.last(), now, &entries).sign(ring.checkpoint_key()));
    }
    (ring, checkpoints)
}

fn flaws(checkpoints: &[SignedCheckpoint]) -> Vec<(i64, CheckpointFlaw)> {
    let mut sequence = Sequence::default();
    checkpoints.iter().filter_map(|next| sequence.follow(next).map(|flaw| (next.checkpoint.number, flaw))).collect()
}

#[test]
fn checkpoints_follow_each_other_and_nothing_else() {
    let (ring, whole) = three();
    assert_eq!(flaws(&whole), []);
    let with = |change: &dyn Fn(&mut Vec<SignedCheckpoint>)| {
        let mut changed = whole.clone();
        change(&mut changed);
        flaws(&changed)
    };
    assert_eq!(with(&|all| _ = all.remove(1)), [(3, CheckpointFlaw::Missing { count: 1 })]);
    assert_eq!(with(&|all| _ = all.remove(0)), [(2, CheckpointFlaw::Missing { count: 1 })]);
    assert_eq!(with(&|all| all[1].checkpoint.last = 7)[0], (2, CheckpointFlaw::Altered));
    assert_eq!(with(&|all| all[1].checkpoint.begins = 2)[0], (2, CheckpointFlaw::Altered));
    assert_eq!(with(&|all| all[2].signature[5] ^= 1), [(3, CheckpointFlaw::Forged)]);
    // Whoever has no key can sign with one of their own, but not what follows.
    let other = KeyRing::generate(&mut rng(2));
    let resigned = with(&|all| all[1] = all[1].checkpoint.clone().sign(other.checkpoint_key()));
    assert_eq!(resigned, [(3, CheckpointFlaw::Foreign)]);
    let cut_too_far = with(&|all| {
        let last = &mut all[2];
        last.checkpoint.begins = 9;
        *last = last.checkpoint.clone().sign(ring.checkpoint_key());
    });
    assert_eq!(cut_too_far, [(3, CheckpointFlaw::Foreign)]);
}

#[test]
fn the_newest_one_must_be_of_a_known_key_and_no_older_than_what_was_published() {
    let (ring, whole) = three();
    let keys: Vec<[u8; 32]> = ring.checkpoint_public_keys().collect();
    let other: Vec<[u8; 32]> = KeyRing::generate(&mut rng(2)).checkpoint_public_keys().collect();
    let end = |checkpoints: &[SignedCheckpoint], keys: &[[u8; 32]], published: &[SignedCheckpoint]| {
        let mut sequence = Sequence::default();
        for next in checkpoints {
            sequence.follow(next);
        }
        sequence.end(keys, published)
    };
    assert_eq!(end(&whole, &keys, &whole), []);
    assert_eq!(end(&whole, &other, &[]), [(3, CheckpointFlaw::UnknownKey)]);
    assert_eq!(end(&whole[..2], &keys, &whole), [(2, CheckpointFlaw::RolledBack { published: 3 })]);
    assert_eq!(end(&[], &keys, &whole[..1]), [(0, CheckpointFlaw::RolledBack { published: 1 })]);
}

#[test]
fn each_way_to_change_what_is_covered_is_named_at_its_first_place() {
    let whole = covered(1, (1..=5).map(|number| entry(number, 10)).collect());
    let checkpoint = over(None, 100, &whole);
    let with = |change: &dyn Fn(&mut Vec<Covered>)| {
        let mut changed = whole.clone();
        change(&mut changed);
        check_entries(&checkpoint, None, &changed)
    };
    let id = |number| Some(Uuid::from_u128(number));
    let words = |covered: &mut Covered, detail: &str| {
        if let Some(Ok(entry)) = &mut covered.entry {
            detail.clone_into(&mut entry.words.detail);
        }
    };
    assert_eq!(with(&|_| ()), None);
    assert_eq!(with(&|all| words(&mut all[2], "x")), Some((3, id(3), EntryFlaw::Altered)));
    assert_eq!(with(&|all| all[2].entry = None), Some((3, id(3), EntryFlaw::Deleted)));
    assert_eq!(with(&|all| drop(all.remove(2))), Some((3, None, EntryFlaw::Unplaced)));
    assert_eq!(with(&|all| drop(all.pop())), Some((5, None, EntryFlaw::Unplaced)));
    let unreadable = Some((3, id(3), EntryFlaw::Unreadable("ip".to_owned())));
    assert_eq!(with(&|all| all[2].entry = Some(Err("ip".to_owned()))), unreadable);
    let rewritten = Some((1, None, EntryFlaw::Rewritten { until: 5 }));
    let with_its_fingerprint = with(&|all| {
        words(&mut all[2], "x");
        if let Some(Ok(entry)) = &all[2].entry {
            all[2].fingerprint = entry.fingerprint().to_vec();
        }
    });
    assert_eq!(with_its_fingerprint, rewritten);
    let swapped = with(&|all| {
        all.swap(1, 2);
        (all[1].position, all[2].position) = (2, 3);
    });
    assert_eq!(swapped, rewritten);
    let stray = with(&|all| {
        if let Some(Ok(entry)) = &mut all[0].entry {
            entry.hash = Some(vec![1; 32]);
        }
    });
    assert_eq!(stray, Some((1, id(1), EntryFlaw::Stray)));
}

#[test]
fn an_entry_that_should_have_been_in_an_earlier_checkpoint_is_late() {
    let entries = covered(1, vec![entry(1, 5_000), entry(2, 4_999)]);
    let checkpoint = over(None, 10_000, &entries);
    assert_eq!(check_entries(&checkpoint, Some(at(4_999)), &entries), None);
    let late = Some((2, Some(Uuid::from_u128(2)), EntryFlaw::Late));
    assert_eq!(check_entries(&checkpoint, Some(at(5_000)), &entries), late);
}

#[test]
fn a_checkpoint_dated_far_ahead_makes_nothing_late_that_came_after() {
    let ring = KeyRing::generate(&mut rng(1));
    let (mut sequence, mut last) = (Sequence::default(), None);
    let mut late = Vec::new();
    for now in [100_000, 900_000_000, 100_600, 100_600, 101_200] {
        let next =
            over(last.as_ref(), now, &covered(first(last.as_ref()), vec![entry(1, now)])).sign(ring.checkpoint_key());
        assert_eq!(sequence.follow(&next), None);
        late.push(sequence.late_before().map(|at| (at + LATE).as_secs()));
        last = Some(next);
    }
    assert_eq!(late, [None, Some(100_000), Some(100_600), Some(100_600), Some(100_600)]);
    assert_eq!(sequence.uncovered_late_before(at(200_000)), Some(at(101_200) - LATE));
    assert_eq!(sequence.uncovered_late_before(at(50_000)), Some(at(50_000) - LATE));
}

fn first(last: Option<&SignedCheckpoint>) -> i64 {
    last.map_or(1, |last| last.checkpoint.last + 1)
}

#[test]
fn a_backlog_that_takes_several_runs_makes_nothing_late() {
    let ring = KeyRing::generate(&mut rng(1));
    let (mut sequence, mut last) = (Sequence::default(), None);
    let mut late = Vec::new();
    for (now, count) in [(100_000, MOST), (200_000, MOST), (300_000, 1), (400_000, 0), (500_000, 1)] {
        let entries = (0..count).map(|number| entry(number.into(), 10)).collect();
        let next = over(last.as_ref(), now, &covered(first(last.as_ref()), entries)).sign(ring.checkpoint_key());
        assert_eq!(sequence.follow(&next), None);
        late.push(sequence.late_before().map(|at| (at + LATE).as_secs()));
        last = Some(next);
    }
    assert_eq!(late, [None, None, None, Some(300_000), Some(300_000)], "a cut, which covers nothing, says nothing");
}
