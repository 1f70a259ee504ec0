//! Lists over many people, as administrators leaf through them: newest first, a page at a time, without totals.
//!
//! Ids are ordered by time, so the primary key serves every list and its days; one of a single person goes by the index on the
//! person. What else a list is narrowed to is looked for among so many rows at a time, and the next page goes on from there: so
//! it never holds the database for long, whatever it looks for, and no index has to be kept up at every sign-in. No list reads
//! a secret, a code, a hash or a whole number.

use domain::factor::Method;
use domain::ids::{UserId, earliest};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::only;
use crate::people::called;
use crate::{Db, Row, Statement, StoreError, params};

/// Rows that are looked through at a time.
const LOOKED_THROUGH: u32 = 5_000;

/// What can be leafed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// How the second factor of each person stands.
    Settings,
    /// Confirmed factors.
    Factors,
    /// Codes that were sent.
    SentCodes,
    /// Recovery codes, used and unused.
    RecoveryCodes,
    /// Trusted devices.
    TrustedDevices,
    /// Sessions.
    Sessions,
    /// Messages on their way.
    Outbox,
    /// Applications.
    Applications,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words that are shown as they are.
    Text,
    /// A word of ours.
    Word,
    /// A moment.
    Time,
    /// A number.
    Count,
}

/// What stands in one cell; nothing where the column is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words that are shown as they are.
    Text(String),
    /// A word of ours.
    Word(String),
    /// A moment.
    Time(Timestamp),
    /// A number.
    Count(i64),
    /// Nothing.
    Empty,
}

/// One line.
#[derive(Clone, Debug)]
pub struct ListLine {
    /// Which row: where the list goes on.
    pub id: Uuid,
    /// Whose, and what they are called.
    pub person: Option<(UserId, String)>,
    /// What is known of it, in the order of [`List::columns`].
    pub cells: Vec<Cell>,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Rows of this person.
    pub person: Option<UserId>,
    /// Made at this moment or later.
    pub since: Option<Timestamp>,
    /// Made before this moment.
    pub until: Option<Timestamp>,
    /// In this state, one of [`List::states`].
    pub state: Option<&'static str>,
    /// With this kind of factor.
    pub method: Option<Method>,
    /// Of people of this application.
    pub application: Option<Uuid>,
}

impl ListFilter {
    /// Whether more than person and time is looked for.
    const fn is_picky(&self) -> bool {
        self.state.is_some() || self.method.is_some() || self.application.is_some()
    }
}

/// Lines that were found, newest first.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// What was found.
    pub lines: Vec<ListLine>,
    /// Before which row the search goes on, where it is not at its end.
    pub next: Option<Uuid>,
}

/// The statements of a list.
struct Texts {
    /// What is found, of everybody and of one person.
    found: [&'static str; 2],
    /// The last row that is looked through, likewise.
    last: [&'static str; 2],
    /// Whether a state depends on the time.
    timed: bool,
}

/// Rows before a place, the newest first.
macro_rules! newest_before {
    ($table:literal, $id:literal, $whose:expr) => {
        concat!(
            " FROM ",
            $table,
            " t WHERE t.",
            $id,
            " < $1 AND t.",
            $id,
            " >= $2",
            $whose,
            " ORDER BY t.",
            $id,
            " DESC"
        )
    };
}

/// Of one person: what is looked for has seven parameters, eight where the time is one.
macro_rules! of_one {
    ($user:literal, $number:literal) => {
        concat!(" AND ", $user, " = ", $number)
    };
}

/// What is found among the rows that are looked through.
macro_rules! found {
    ($table:literal, $id:literal, $user:literal, $method:literal, $columns:literal, $states:literal, $whose:expr) => {
        concat!(
            "SELECT t.",
            $id,
            ", u.id, u.email, u.email_key, ",
            $columns,
            " FROM (SELECT *",
            newest_before!($table, $id, $whose),
            " LIMIT $3) t LEFT JOIN users u ON u.id = ",
            $user,
            " WHERE ($5 = '' OR ",
            $method,
            " = $5) AND (u.application_id = $6 OR $7) AND CASE $8 WHEN '' THEN TRUE ",
            $states,
            " ELSE FALSE END ORDER BY t.",
            $id,
            " DESC LIMIT $4"
        )
    };
}

/// The statements of a list whose states depend on the time, or do not.
macro_rules! list {
    (timed $table:literal, $id:literal, $user:literal, $method:literal, $columns:literal, $states:literal) => {
        list!($table, $id, $user, $method, $columns, $states, "$10", true)
    };
    ($table:literal, $id:literal, $user:literal, $method:literal, $columns:literal, $states:literal) => {
        list!($table, $id, $user, $method, $columns, $states, "$9", false)
    };
    (
        $table:literal, $id:literal, $user:literal, $method:literal, $columns:literal, $states:literal, $person:literal,
        $timed:literal
    ) => {
        Texts {
            found: [
                found!($table, $id, $user, $method, $columns, $states, ""),
                found!($table, $id, $user, $method, $columns, $states, of_one!($user, $person)),
            ],
            last: [
                concat!("SELECT t.", $id, newest_before!($table, $id, ""), " LIMIT 1 OFFSET $3"),
                concat!("SELECT t.", $id, newest_before!($table, $id, of_one!($user, "$4")), " LIMIT 1 OFFSET $3"),
            ],
            timed: $timed,
        }
    };
}

impl List {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Settings,
        Self::Factors,
        Self::SentCodes,
        Self::RecoveryCodes,
        Self::TrustedDevices,
        Self::Sessions,
        Self::Outbox,
        Self::Applications,
    ];

    /// Its name in addresses, texts and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Factors => "factors",
            Self::SentCodes => "sent-codes",
            Self::RecoveryCodes => "recovery-codes",
            Self::TrustedDevices => "trusted-devices",
            Self::Sessions => "sessions",
            Self::Outbox => "outbox",
            Self::Applications => "applications",
        }
    }

    /// The list of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == name)
    }

    /// Whether its rows are somebody's.
    pub const fn is_of_people(self) -> bool {
        match self {
            Self::Applications => false,
            Self::Settings
            | Self::Factors
            | Self::SentCodes
            | Self::RecoveryCodes
            | Self::TrustedDevices
            | Self::Sessions
            | Self::Outbox => true,
        }
    }

    /// The names of its columns, and what they hold.
    pub const fn columns(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Settings => &[
                ("enabled", Kind::Time),
                ("preferred", Kind::Word),
                ("in-a-row", Kind::Count),
                ("locked-until", Kind::Time),
                ("stopped", Kind::Time),
                ("changed", Kind::Time),
            ],
            Self::Factors => {
                &[("method", Kind::Word), ("label", Kind::Text), ("made", Kind::Time), ("last-used", Kind::Time)]
            }
            Self::SentCodes => &[
                ("method", Kind::Word),
                ("purpose", Kind::Word),
                ("made", Kind::Time),
                ("expires", Kind::Time),
                ("used", Kind::Time),
                ("ended", Kind::Time),
            ],
            Self::RecoveryCodes => &[("made", Kind::Time), ("used", Kind::Time), ("expires", Kind::Time)],
            Self::TrustedDevices => &[
                ("label", Kind::Text),
                ("ip", Kind::Text),
                ("made", Kind::Time),
                ("last-used", Kind::Time),
                ("expires", Kind::Time),
                ("revoked", Kind::Time),
            ],
            Self::Sessions => &[
                ("method", Kind::Word),
                ("ip", Kind::Text),
                ("made", Kind::Time),
                ("last-used", Kind::Time),
                ("expires", Kind::Time),
                ("ended", Kind::Time),
                ("why", Kind::Word),
            ],
            Self::Outbox => &[
                ("kind", Kind::Word),
                ("channel", Kind::Word),
                ("destination", Kind::Text),
                ("state", Kind::Word),
                ("tries", Kind::Count),
                ("provider", Kind::Text),
                ("receipt", Kind::Word),
                ("trouble", Kind::Word),
                ("made", Kind::Time),
                ("settled", Kind::Time),
            ],
            Self::Applications => &[
                ("name", Kind::Text),
                ("shown-as", Kind::Text),
                ("second-factor", Kind::Word),
                ("test-of", Kind::Text),
                ("made", Kind::Time),
            ],
        }
    }

    /// The states its rows can be in.
    pub const fn states(self) -> &'static [&'static str] {
        match self {
            Self::Settings => &["on", "off", "locked", "stopped"],
            Self::Factors | Self::RecoveryCodes => &["unused", "used"],
            Self::SentCodes => &["open", "used", "expired", "ended"],
            Self::TrustedDevices => &["open", "expired", "revoked"],
            Self::Sessions => &["open", "expired", "ended"],
            Self::Outbox => &["waiting", "delivered", "failed"],
            Self::Applications => &["live", "test"],
        }
    }

    /// Whether its rows are of a kind of factor.
    pub const fn has_method(self) -> bool {
        match self {
            Self::Settings | Self::Factors | Self::SentCodes | Self::Sessions => true,
            Self::RecoveryCodes | Self::TrustedDevices | Self::Outbox | Self::Applications => false,
        }
    }

    /// Its statements.
    const fn texts(self) -> Texts {
        match self {
            Self::Settings => list!(
                timed "two_factor_settings",
                "user_id",
                "t.user_id",
                "(SELECT f.method FROM factors f WHERE f.id = t.preferred_factor_id)",
                "t.enabled_at, (SELECT f.method FROM factors f WHERE f.id = t.preferred_factor_id), \
                 t.guesses_in_a_row, t.locked_until, t.stopped_at, t.updated_at",
                "WHEN 'on' THEN t.enabled_at IS NOT NULL WHEN 'off' THEN t.enabled_at IS NULL \
                 WHEN 'locked' THEN t.locked_until > $9 WHEN 'stopped' THEN t.stopped_at IS NOT NULL"
            ),
            Self::Factors => list!(
                "factors",
                "id",
                "t.user_id",
                "t.method",
                "t.method, t.label, t.created_at, t.last_used_at",
                "WHEN 'unused' THEN t.last_used_at IS NULL WHEN 'used' THEN t.last_used_at IS NOT NULL"
            ),
            Self::SentCodes => list!(
                timed "two_factor_codes",
                "id",
                "t.user_id",
                "t.method",
                "t.method, t.purpose, t.created_at, t.expires_at, t.used_at, t.ended_at",
                "WHEN 'open' THEN t.used_at IS NULL AND t.ended_at IS NULL AND t.expires_at > $9 \
                 WHEN 'used' THEN t.used_at IS NOT NULL \
                 WHEN 'expired' THEN t.used_at IS NULL AND t.ended_at IS NULL AND t.expires_at <= $9 \
                 WHEN 'ended' THEN t.ended_at IS NOT NULL"
            ),
            Self::RecoveryCodes => list!(
                "recovery_codes",
                "id",
                "t.user_id",
                "''",
                "t.created_at, t.used_at, t.expires_at",
                "WHEN 'unused' THEN t.used_at IS NULL WHEN 'used' THEN t.used_at IS NOT NULL"
            ),
            Self::TrustedDevices => list!(
                timed "trusted_devices",
                "id",
                "t.user_id",
                "''",
                "t.name, t.ip_address, t.created_at, t.last_used_at, t.expires_at, t.revoked_at",
                "WHEN 'open' THEN t.revoked_at IS NULL AND t.expires_at > $9 \
                 WHEN 'expired' THEN t.revoked_at IS NULL AND t.expires_at <= $9 \
                 WHEN 'revoked' THEN t.revoked_at IS NOT NULL"
            ),
            Self::Sessions => list!(
                timed "sessions",
                "id",
                "t.user_id",
                "t.method",
                "t.method, t.ip_address, t.created_at, t.last_used_at, t.idle_expires_at, t.ended_at, t.end_reason",
                "WHEN 'open' THEN t.ended_at IS NULL AND t.idle_expires_at > $9 \
                 WHEN 'expired' THEN t.ended_at IS NULL AND t.idle_expires_at <= $9 \
                 WHEN 'ended' THEN t.ended_at IS NOT NULL"
            ),
            Self::Outbox => list!(
                "outbox",
                "id",
                "t.user_id",
                "''",
                "t.kind, t.channel, t.destination, t.state, t.attempts, t.provider, t.receipt, t.trouble, t.created_at, \
                 t.settled_at",
                "WHEN 'waiting' THEN t.settled_at IS NULL WHEN 'delivered' THEN t.state = 'delivered' \
                 WHEN 'failed' THEN t.state IN ('dead', 'expired')"
            ),
            Self::Applications => list!(
                "applications",
                "id",
                "NULL",
                "''",
                "t.name, t.display_name, t.second_factor, (SELECT a.name FROM applications a WHERE a.id = t.test_of), \
                 t.created_at",
                "WHEN 'live' THEN t.test_of IS NULL WHEN 'test' THEN t.test_of IS NOT NULL"
            ),
        }
    }
}

impl Db {
    /// The newest of a list before a row, `limit` of them at most, as they stand `now`.
    pub async fn list(
        &self,
        list: List,
        filter: &ListFilter,
        before: Option<Uuid>,
        limit: u32,
        now: Timestamp,
    ) -> Result<ListPage, StoreError> {
        let until = filter.until.map_or(Uuid::max(), earliest);
        let before = before.map_or(until, |before| before.min(until));
        let since = filter.since.map_or(Uuid::nil(), earliest);
        let through = if filter.is_picky() { LOOKED_THROUGH } else { limit + 1 };
        let person = filter.person.filter(|_| list.is_of_people()).map(UserId::uuid);
        let Texts { found, last, timed } = list.texts();
        let whose = usize::from(person.is_some());
        let mut wanted = params![
            before,
            since,
            through,
            limit + 1,
            filter.method.map_or("", Method::as_str),
            filter.application.unwrap_or(Uuid::nil()),
            filter.application.is_none(),
            filter.state.unwrap_or("")
        ];
        wanted.extend(timed.then(|| now.into()));
        wanted.extend(person.map(Into::into));
        let mut place = params![before, since, through - 1];
        place.extend(person.map(Into::into));
        let mut answers =
            self.read(vec![Statement::new(found[whose], wanted), Statement::new(last[whose], place)]).await?;
        let looked_to = answers.pop().unwrap_or_default();
        let looked_to = looked_to.first().map(|row| row.get(0)).transpose()?;
        let mut lines = only(answers).iter().map(|row| line(list, row)).collect::<Result<Vec<_>, _>>()?;
        let most = limit as usize;
        let next = if lines.len() > most {
            lines.truncate(most);
            lines.last().map(|line| line.id)
        } else {
            looked_to
        };
        Ok(ListPage { lines, next })
    }
}

fn line(list: List, row: &Row) -> Result<ListLine, StoreError> {
    let person = match row.get::<Option<Uuid>>(1)? {
        Some(user) => {
            let (email, key): (String, String) = (row.get(2)?, row.get(3)?);
            Some((UserId::from_uuid(user), called(&email, &key).to_owned()))
        }
        None => None,
    };
    let cells = list.columns().iter().enumerate().map(|(at, (_, kind))| cell(row, at + 4, *kind));
    Ok(ListLine { id: row.get(0)?, person, cells: cells.collect::<Result<_, _>>()? })
}

fn cell(row: &Row, at: usize, kind: Kind) -> Result<Cell, StoreError> {
    let cell = match kind {
        Kind::Text => row.get::<Option<String>>(at)?.map(Cell::Text),
        Kind::Word => row.get::<Option<String>>(at)?.map(Cell::Word),
        Kind::Time => row.get::<Option<Timestamp>>(at)?.map(Cell::Time),
        Kind::Count => row.get::<Option<i64>>(at)?.map(Cell::Count),
    };
    Ok(cell.unwrap_or(Cell::Empty))
}
