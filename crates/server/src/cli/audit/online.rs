//! Verifying the log in the database: a quick pass over all of it, then an exact look at whatever the pass did not prove.
//!
//! The pass reads ranges of ids on several connections, each hashed in a task of its own while the next are read. It names no
//! flaw: most of what it does not prove was written or deleted meanwhile, and the exact look finds it whole.

use std::collections::HashMap;
use std::sync::Arc;

use domain::audit::AuditHead;
use domain::audit::checkpoint::{
    Checkpoint, CheckpointFlaw, EntriesHash, EntryFlaw, Sequence, check_entries, misplaced,
};
use domain::audit::pass::{Pass, Seen, Span, Stated};
use domain::audit::verify::Verifier;
use domain::time::Timestamp;
use futures_util::{Stream, StreamExt as _, stream};
use store::{Db, Logged, Scan, StoreError};
use uuid::Uuid;

use super::verify::{Known, Report};

/// How many reads are under way at the same time.
const AT_ONCE: usize = 4;
/// Positions that are read together.
const TOGETHER: i64 = 16_384;
/// More chains than these are looked at in one go instead of one by one.
const ONE_BY_ONE: usize = 10_000;

/// A checkpoint, and before when its entries are late.
type Dated = (Checkpoint, Option<Timestamp>);

/// Verifies the database.
pub(super) async fn verify(db: &Db, known: &Known) -> anyhow::Result<()> {
    // Every entry is seen once, and every signed one again at its position.
    let entries = db.count_entries().await?;
    let mut report = Report::new(entries + db.count_covered().await?, known);
    let begins = beginning(db).await?;
    let all = sequence(db, known).await?;
    let mut pass = read(db, all.stated(begins, known), entries, &report).await?;
    let chained = chains(db, &mut pass, &mut report).await?;
    all.flaws.iter().try_for_each(|(number, flaw)| report.checkpoint(*number, flaw))?;
    checkpoints(db, &all, begins, &pass, &mut report).await?;
    beyond(db, &pass, &mut report).await?;
    let uncovered = if pass.doubt_uncovered || pass.unreadable {
        rest(db, known, &all.sequence, &mut report).await?
    } else {
        pass.uncovered
    };
    known.end(&all.sequence, &mut report)?;
    report.say(&format!("{chained}, {uncovered} entries not signed yet"))?;
    report.end()
}

/// The position the log begins at.
async fn beginning(db: &Db) -> anyhow::Result<i64> {
    Ok(db.last_checkpoint().await?.map_or(1, |last| last.checkpoint.begins))
}

/// Every checkpoint, taken by itself.
#[derive(Default)]
struct All {
    sequence: Sequence,
    checkpoints: Vec<Dated>,
    flaws: Vec<(i64, CheckpointFlaw)>,
}

impl All {
    fn stated(&self, begins: i64, known: &Known) -> Stated {
        let span =
            |(stated, late_before): &Dated| Span { first: stated.first, last: stated.last, late_before: *late_before };
        // Where one does not follow the other, which of them a position belongs to is not for the pass to say.
        let spans = if self.flaws.is_empty() { self.checkpoints.iter().map(span).collect() } else { Vec::new() };
        Stated { spans, begins, uncovered_late_before: self.sequence.uncovered_late_before(known.now) }
    }
}

async fn sequence(db: &Db, known: &Known) -> anyhow::Result<All> {
    let (mut all, mut after) = (All::default(), i64::MIN);
    loop {
        let page = db.checkpoints(after).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.checkpoint.number;
        for signed in page {
            let number = signed.checkpoint.number;
            all.flaws.extend(all.sequence.follow(&signed).map(|flaw| (number, flaw)));
            if known.differs(&signed) {
                all.flaws.push((number, CheckpointFlaw::NotThePublished));
            }
            all.checkpoints.push((signed.checkpoint, all.sequence.late_before()));
        }
    }
}

/// The quick pass over all entries and all heads.
async fn read(db: &Db, stated: Stated, entries: u64, report: &Report) -> anyhow::Result<Pass> {
    let mut pass = Pass::new(stated, starts(db).await?, entries);
    pass.unreadable |= db.entries_out_of_range().await? > 0;
    let mut seen = std::pin::pin!(
        ranges(db)
            .map(|range| {
                let db = db.clone();
                tokio::spawn(async move {
                    let (after, until) = range?;
                    Ok::<_, StoreError>(db.entries_between(after, until).await?.iter().map(see).collect::<Vec<_>>())
                })
            })
            .buffered(AT_ONCE)
    );
    while let Some(range) = seen.next().await {
        let range = range??;
        report.progress.inc(range.len() as u64);
        for seen in &range {
            pass.entry(seen.as_ref());
        }
    }
    let mut after = Uuid::nil();
    loop {
        let page = db.chain_heads(after).await?;
        let Some((last, _)) = page.last() else { return Ok(pass) };
        after = *last;
        for (person, head) in page {
            pass.head(person, head);
        }
    }
}

fn see(logged: &Logged) -> Option<Seen> {
    let entry = logged.entry.as_ref().ok()?;
    Some(Seen::of(entry, logged.place.as_ref().map(|(position, kept)| (*position, kept.as_slice()))))
}

/// Ranges of ids, each behind one id and up to another, that hold all entries.
fn ranges(db: &Db) -> impl Stream<Item = Result<(Uuid, Uuid), StoreError>> + use<> {
    stream::unfold((db.clone(), Some(Uuid::nil())), |(db, after)| async move {
        let after = after?;
        let end = match db.end_of_range(after).await {
            Ok(end) => end,
            Err(error) => return Some((Err(error), (db, None))),
        };
        Some((Ok((after, end.unwrap_or(Uuid::max()))), (db, end)))
    })
}

async fn starts(db: &Db) -> anyhow::Result<HashMap<Uuid, AuditHead>> {
    let (mut starts, mut after) = (HashMap::new(), Uuid::nil());
    loop {
        let page = db.chain_starts(after).await?;
        let Some((last, _)) = page.last() else { return Ok(starts) };
        after = *last;
        starts.extend(page);
    }
}

/// Every chain that did not prove itself, and those of which no entry is left.
async fn chains(db: &Db, pass: &mut Pass, report: &mut Report) -> anyhow::Result<String> {
    let suspects = pass.suspects();
    let mut verifier = Verifier::default();
    if pass.unreadable || suspects.len() > ONE_BY_ONE {
        every_chain(db, &mut verifier, report).await?;
    } else {
        for person in suspects {
            let mut after = i64::MIN;
            loop {
                let page = db.chain_of(person, after).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for entry in &page {
                    verifier.entry(entry).iter().try_for_each(|finding| report.chain(finding))?;
                }
            }
        }
        verifier.end().iter().try_for_each(|finding| report.chain(finding))?;
        (verifier.chains, verifier.entries) = (pass.chains, pass.entries);
    }
    let mut after = None;
    loop {
        let page = db.emptied_chains(after).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (person, head) in page {
            report.chain(&verifier.emptied(person, head))?;
        }
    }
    Ok(format!("{} chains of {} entries", verifier.chains, verifier.entries))
}

async fn every_chain(db: &Db, verifier: &mut Verifier, report: &mut Report) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = db.chained_entries(after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.person, last.seq));
        for entry in &page {
            verifier.entry(entry).iter().try_for_each(|finding| report.chain(finding))?;
        }
    }
    verifier.end().iter().try_for_each(|finding| report.chain(finding))
}

/// What every checkpoint covers: its hash over what is kept of them, and of those the pass did not prove, each entry.
async fn checkpoints(db: &Db, all: &All, begins: i64, pass: &Pass, report: &mut Report) -> anyhow::Result<()> {
    let covering: Vec<Dated> = all.checkpoints.iter().filter(|(stated, _)| stated.first >= begins).cloned().collect();
    let mut checked = stream::iter(together(covering))
        .map(|group| {
            let db = db.clone();
            tokio::spawn(async move {
                let whole = hashes(&db, &group).await?;
                Ok::<_, StoreError>((group, whole))
            })
        })
        .buffered(AT_ONCE);
    while let Some(group) = checked.next().await {
        let (group, whole) = group??;
        for ((stated, late_before), whole) in group.iter().zip(whole) {
            report.progress.inc(stated.last.saturating_sub(stated.first).saturating_add(1).max(0).unsigned_abs());
            if whole && pass.proves(stated.first..=stated.last) {
                continue;
            }
            let entries = db.covered_entries(stated.first, stated.last).await?;
            let found = match check_entries(stated, *late_before, &entries) {
                // It may have been deleted for its age a moment ago.
                Some((position, ..)) if position < beginning(db).await? => None,
                found => found,
            };
            report.entries(found, stated.number)?;
        }
    }
    Ok(())
}

/// Checkpoints whose positions follow one another, so many that reading them is worth the while.
fn together(checkpoints: Vec<Dated>) -> Vec<Arc<[Dated]>> {
    let mut groups: Vec<Vec<Dated>> = Vec::new();
    for next in checkpoints {
        let fits = |group: &&mut Vec<Dated>| {
            let (first, last) = (group.first().map_or(0, |it| it.0.first), group.last().map_or(0, |it| it.0.last));
            last.checked_add(1) == Some(next.0.first) && next.0.last.saturating_sub(first) < TOGETHER
        };
        match groups.last_mut().filter(fits) {
            Some(group) => group.push(next),
            None => groups.push(vec![next]),
        }
    }
    groups.into_iter().map(Arc::from).collect()
}

/// Whether each checkpoint of a group was signed over what is kept at its positions.
async fn hashes(db: &Db, group: &[Dated]) -> Result<Vec<bool>, StoreError> {
    let (Some((first, _)), Some((last, _))) = (group.first(), group.last()) else { return Ok(Vec::new()) };
    let mut kept = db.positions(first.first, last.last).await?.into_iter().peekable();
    let whole = group.iter().map(|(stated, _)| {
        let (mut hash, mut expected) = (EntriesHash::default(), stated.first);
        while let Some((position, fingerprint)) = kept.next_if(|(position, _)| *position <= stated.last) {
            hash.add(position, &fingerprint);
            expected += i64::from(position == expected);
        }
        expected == stated.last.saturating_add(1) && hash.finish() == stated.entries
    });
    Ok(whole.collect())
}

/// A position behind the last checkpoint: it came from elsewhere, for both are written together.
async fn beyond(db: &Db, pass: &Pass, report: &mut Report) -> anyhow::Result<()> {
    let last = db.last_checkpoint().await?.map_or(0, |last| last.checkpoint.last);
    if pass.highest > last {
        report.entry(&format!("position {}", pass.highest), None, &EntryFlaw::Uncovered)?;
    }
    Ok(())
}

/// What no checkpoint covers.
async fn rest(db: &Db, known: &Known, sequence: &Sequence, report: &mut Report) -> anyhow::Result<u64> {
    let (mut place, mut count) = (Scan::BEGINNING, 0);
    let late_before = sequence.uncovered_late_before(known.now);
    loop {
        let page = db.uncovered_entries(place).await?;
        let Some(last) = page.last() else { return Ok(count) };
        place = last.place();
        count += page.len() as u64;
        for uncovered in &page {
            let flaw = match &uncovered.entry {
                Err(column) => Some(EntryFlaw::Unreadable(column.clone())),
                Ok(_) if uncovered.before_start => Some(EntryFlaw::BeforeStart),
                Ok(entry) => misplaced(entry, late_before),
            };
            if let Some(flaw) = flaw {
                report.entry("entry", Some(uncovered.id), &flaw)?;
            }
        }
    }
}
