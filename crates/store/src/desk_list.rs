//! Lists over many people, as administrators leaf through them: newest first, a page at a time, without totals.
//!
//! Ids are ordered by time, so the primary key serves every list; one of a single person goes by the index on the person. No
//! list reads a secret, a code, a hash or a whole number.

use domain::ids::UserId;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::only;
use crate::people::called;
use crate::{Db, Row, Statement, StoreError, params};

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

/// The statements of a list: of everybody, and of one person.
macro_rules! list {
    ($table:literal, $id:literal, $user:literal, $columns:literal) => {
        [list!($table, $id, $user, $columns, ""), list!($table, $id, $user, $columns, concat!(" AND ", $user, " = $3"))]
    };
    ($table:literal, $id:literal, $user:literal, $columns:literal, $whose:expr) => {
        concat!(
            "SELECT t.",
            $id,
            ", u.id, u.email, u.email_key, ",
            $columns,
            " FROM ",
            $table,
            " t LEFT JOIN users u ON u.id = ",
            $user,
            " WHERE t.",
            $id,
            " < $2",
            $whose,
            " ORDER BY t.",
            $id,
            " DESC LIMIT $1"
        )
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
            Self::RecoveryCodes => &[("made", Kind::Time), ("used", Kind::Time)],
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

    /// Its statements: of everybody, and of one person.
    const fn statements(self) -> [&'static str; 2] {
        match self {
            Self::Settings => list!(
                "two_factor_settings",
                "user_id",
                "t.user_id",
                "t.enabled_at, (SELECT f.method FROM factors f WHERE f.id = t.preferred_factor_id), \
                 t.guesses_in_a_row, t.locked_until, t.stopped_at, t.updated_at"
            ),
            Self::Factors => list!("factors", "id", "t.user_id", "t.method, t.label, t.created_at, t.last_used_at"),
            Self::SentCodes => list!(
                "two_factor_codes",
                "id",
                "t.user_id",
                "t.method, t.purpose, t.created_at, t.expires_at, t.used_at, t.ended_at"
            ),
            Self::RecoveryCodes => list!("recovery_codes", "id", "t.user_id", "t.created_at, t.used_at"),
            Self::TrustedDevices => list!(
                "trusted_devices",
                "id",
                "t.user_id",
                "t.name, t.ip_address, t.created_at, t.last_used_at, t.expires_at, t.revoked_at"
            ),
            Self::Sessions => list!(
                "sessions",
                "id",
                "t.user_id",
                "t.method, t.ip_address, t.created_at, t.last_used_at, t.idle_expires_at, t.ended_at, t.end_reason"
            ),
            Self::Outbox => list!(
                "outbox",
                "id",
                "t.user_id",
                "t.kind, t.channel, t.destination, t.state, t.attempts, t.provider, t.receipt, t.trouble, t.created_at, \
                 t.settled_at"
            ),
            Self::Applications => list!(
                "applications",
                "id",
                "NULL",
                "t.name, t.display_name, t.second_factor, (SELECT a.name FROM applications a WHERE a.id = t.test_of), \
                 t.created_at"
            ),
        }
    }
}

impl Db {
    /// The newest of a list before a row, of everybody or of one person, `limit` of them.
    pub async fn list(
        &self,
        list: List,
        person: Option<UserId>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ListLine>, StoreError> {
        let before = before.unwrap_or(Uuid::max());
        let [of_all, of_one] = list.statements();
        let read = match person.filter(|_| list.is_of_people()) {
            Some(user) => Statement::new(of_one, params![limit, before, user.uuid()]),
            None => Statement::new(of_all, params![limit, before]),
        };
        only(self.read(vec![read]).await?).iter().map(|row| line(list, row)).collect()
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
