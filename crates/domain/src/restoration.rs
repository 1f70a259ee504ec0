//! A database that is older than what was answered from it: how a server notices, and what it then takes for granted.
//!
//! A copy of a database remembers neither the codes used after it was made, nor the sessions and the trust that ended. So a
//! server marks the database it serves, and compares the mark when it starts:
//!
//! - a **file** counts beats, and so does a note beside it that no copy of the file brings along. A file whose count is lower
//!   than that of the note is a copy from before;
//! - a database in a **cluster** knows its place: cluster, database and table have identities that a copy does not have, and
//!   the cluster counts timelines, which change when it is recovered to an earlier moment and when a standby takes over.
//!
//! What is no longer where it was is not served until an operator says so; everything that can be used once has ended by then.
//! A snapshot of the disk under a cluster cannot be told from that disk: docs/operations.md says so.

use std::fmt;

use uuid::Uuid;

/// A count that only goes up, of one line of descent of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which line: drawn when a database is served for the first time.
    pub lineage: Uuid,
    /// The count.
    pub number: i64,
}

impl Beat {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (lineage, number) = text.trim().split_once(' ')?;
        Some(Self { lineage: lineage.parse().ok()?, number: number.parse().ok().filter(|number| *number > 0)? })
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.lineage, self.number)
    }
}

/// Where a database of a cluster lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Cluster, database and table.
    pub identity: String,
    /// The cluster's timeline.
    pub timeline: String,
}

/// What stands in the database itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The count.
    pub beat: Beat,
    /// Where it was when it was marked.
    pub place: Place,
    /// Whether the row was written by the transaction it says it was, rather than loaded from elsewhere.
    pub original: bool,
}

/// What is found around a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Around {
    /// A file, and the note beside it, if there is one.
    File(Option<Beat>),
    /// A cluster.
    Cluster(Place),
}

/// Why a database is not the one that was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// More was served from this file than it knows of.
    Older,
    /// The note beside it is of another database, or of one that was served while this one was not.
    Foreign,
    /// There is no note beside it, though it was served.
    Moved,
    /// It is a copy: it was served from another database, table or cluster.
    Copied,
    /// Its rows were loaded anew.
    Reloaded,
    /// The cluster is on another timeline.
    Timeline,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Older => "it is an older copy of the one that was served",
            Self::Foreign => "the note beside it is about another database",
            Self::Moved => "it was served elsewhere, and what was noted there is not beside it",
            Self::Copied => "it is a copy: it was served from another cluster, database or table",
            Self::Reloaded => "its rows were loaded from a copy",
            Self::Timeline => "its cluster is on another timeline: a standby took over, or it was recovered",
        })
    }
}

/// What is to be done with a database at a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Serve it, and mark it as it stands.
    Known,
    /// Do not serve it before an operator has said what it is.
    Suspect(Suspicion),
}

/// Judges a database by its mark. One in which there is nobody revives nothing. `lossless` says that a standby that takes over
/// has everything that was answered.
pub fn judge(mark: Option<&Mark>, around: &Around, is_empty: bool, lossless: bool) -> Standing {
    let suspicion = match (mark, around) {
        _ if is_empty => None,
        // Never served since there are marks; beside a note, it is not the one that the note is about.
        (None, Around::File(note)) => note.map(|_| Suspicion::Foreign),
        (None, Around::Cluster(_)) => None,
        // At the first beat, whoever served it may have been killed before they noted it.
        (Some(mark), Around::File(None)) => (mark.beat.number > 1).then_some(Suspicion::Moved),
        (Some(mark), Around::File(Some(note))) if mark.beat.lineage != note.lineage => Some(Suspicion::Foreign),
        (Some(mark), Around::File(Some(note))) => (mark.beat.number < note.number).then_some(Suspicion::Older),
        (Some(mark), Around::Cluster(place)) if mark.place.identity != place.identity => Some(Suspicion::Copied),
        (Some(mark), Around::Cluster(_)) if !mark.original => Some(Suspicion::Reloaded),
        (Some(mark), Around::Cluster(place)) => {
            (mark.place.timeline != place.timeline && !lossless).then_some(Suspicion::Timeline)
        }
    };
    suspicion.map_or(Standing::Known, Standing::Suspect)
}

/// What an acknowledged database is marked with: more than any copy of it may hold, and of the line that is known around it.
pub fn next(mark: Option<&Mark>, around: &Around, fresh: Uuid) -> Beat {
    let note = match around {
        Around::File(note) => *note,
        Around::Cluster(_) => None,
    };
    let own = mark.map(|mark| mark.beat);
    let number = [own, note].into_iter().flatten().map(|beat| beat.number).max().unwrap_or(0);
    Beat { lineage: note.or(own).map_or(fresh, |beat| beat.lineage), number: number.saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Uuid = Uuid::from_u128(7);
    const OTHER: Uuid = Uuid::from_u128(8);

    const fn beat(lineage: Uuid, number: i64) -> Beat {
        Beat { lineage, number }
    }

    fn place(identity: &str, timeline: &str) -> Place {
        Place { identity: identity.to_owned(), timeline: timeline.to_owned() }
    }

    fn mark(number: i64) -> Mark {
        Mark { beat: beat(LINE, number), place: place("a/1/2", "00000001"), original: true }
    }

    fn suspicion(mark: Option<&Mark>, around: &Around) -> Option<Suspicion> {
        match judge(mark, around, false, false) {
            Standing::Known => None,
            Standing::Suspect(suspicion) => Some(suspicion),
        }
    }

    #[test]
    fn a_file_is_served_when_it_knows_at_least_what_is_noted_beside_it() {
        let beside = |number| Around::File(Some(beat(LINE, number)));
        assert_eq!(suspicion(Some(&mark(5)), &beside(5)), None);
        // Killed between the two writes.
        assert_eq!(suspicion(Some(&mark(6)), &beside(5)), None);
        assert_eq!(suspicion(Some(&mark(4)), &beside(5)), Some(Suspicion::Older));
        assert_eq!(suspicion(Some(&mark(9)), &Around::File(Some(beat(OTHER, 5)))), Some(Suspicion::Foreign));
        assert_eq!(suspicion(Some(&mark(2)), &Around::File(None)), Some(Suspicion::Moved));
        assert_eq!(suspicion(Some(&mark(1)), &Around::File(None)), None);
        assert_eq!(suspicion(None, &beside(5)), Some(Suspicion::Foreign));
        assert_eq!(suspicion(None, &Around::File(None)), None);
    }

    #[test]
    fn a_database_of_a_cluster_is_served_where_it_was_served_before() {
        let at = |identity, timeline| Around::Cluster(place(identity, timeline));
        assert_eq!(suspicion(Some(&mark(1)), &at("a/1/2", "00000001")), None);
        assert_eq!(suspicion(Some(&mark(1)), &at("a/9/2", "00000001")), Some(Suspicion::Copied));
        assert_eq!(suspicion(Some(&mark(1)), &at("a/1/2", "00000002")), Some(Suspicion::Timeline));
        let loaded = Mark { original: false, ..mark(1) };
        assert_eq!(suspicion(Some(&loaded), &at("a/1/2", "00000001")), Some(Suspicion::Reloaded));
        assert_eq!(suspicion(None, &at("a/1/2", "00000001")), None);
    }

    #[test]
    fn a_standby_that_has_everything_may_take_over_and_a_copy_may_not() {
        let at = |identity, timeline| Around::Cluster(place(identity, timeline));
        assert_eq!(judge(Some(&mark(1)), &at("a/1/2", "00000002"), false, true), Standing::Known);
        let copied = Standing::Suspect(Suspicion::Copied);
        assert_eq!(judge(Some(&mark(1)), &at("b/1/2", "00000002"), false, true), copied);
    }

    #[test]
    fn a_database_without_people_revives_nothing() {
        assert_eq!(judge(None, &Around::File(Some(beat(LINE, 5))), true, false), Standing::Known);
    }

    #[test]
    fn the_next_beat_is_above_all_that_are_known() {
        let around = Around::File(Some(beat(OTHER, 5)));
        assert_eq!(next(Some(&mark(9)), &around, Uuid::nil()), beat(OTHER, 10));
        assert_eq!(next(Some(&mark(3)), &around, Uuid::nil()), beat(OTHER, 6));
        assert_eq!(next(Some(&mark(3)), &Around::File(None), Uuid::nil()), beat(LINE, 4));
        assert_eq!(next(None, &Around::Cluster(Place::default()), LINE), beat(LINE, 1));
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_nothing_else_is() {
        assert_eq!(Beat::parse(&format!("{}\n", beat(LINE, 12))), Some(beat(LINE, 12)));
        for wrong in
            ["", "12", "x 12", "00000000-0000-0000-0000-000000000007", "00000000-0000-0000-0000-000000000007 -1"]
        {
            assert_eq!(Beat::parse(wrong), None, "{wrong}");
        }
    }
}
