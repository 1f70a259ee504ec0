//! People in bulk: a populated database in seconds, through the same statements that commands write with.

use domain::audit::{AuditHead, ChainedEntry};
use domain::challenge::Challenge;
use domain::decision::OutboxMessage;
use domain::factor::Factor;
use domain::ids::{PersonId, UserId};
use domain::recovery_code::StoredRecoveryCode;
use domain::sent_code::SentCode;
use domain::session::Session;
use domain::time::Timestamp;
use domain::trusted_device::TrustedDevice;
use domain::user::{Settings, User};

use crate::{
    Db, Plan, Statement, StoreError, audit_log, challenge, factor, outbox, params, recovery_code, sent_code, session,
    trusted_device, user,
};

/// Everything of one person that is to be there.
pub struct Person {
    /// The user.
    pub user: User,
    /// The settings.
    pub settings: Settings,
    /// The factors.
    pub factors: Vec<Factor>,
    /// The unused recovery codes.
    pub recovery_codes: Vec<StoredRecoveryCode>,
    /// The challenges.
    pub challenges: Vec<Challenge>,
}

/// What a person who is there already is to have besides.
#[derive(Default)]
pub struct Belongings {
    /// Further factors.
    pub factors: Vec<Factor>,
    /// Further challenges.
    pub challenges: Vec<Challenge>,
    /// Codes that were sent.
    pub sent_codes: Vec<SentCode>,
    /// Trusted devices.
    pub trusted_devices: Vec<TrustedDevice>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Messages that wait, since these moments.
    pub messages: Vec<(OutboxMessage, Timestamp)>,
}

impl Db {
    /// Gives things to people, in one transaction.
    pub async fn seed_belongings(&self, belongings: &[Belongings]) -> Result<(), StoreError> {
        let writes: Vec<Statement> = belongings.iter().flat_map(Belongings::rows).collect();
        self.transact(Vec::new(), move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
    }

    /// Adds people in one transaction: a few hundred at a time, for it has to end in time.
    pub async fn seed(&self, people: &[Person]) -> Result<(), StoreError> {
        let writes: Vec<Statement> = people.iter().flat_map(rows).collect();
        self.transact(Vec::new(), move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
    }
}

/// Appends entries of the audit log, in one transaction, and puts the heads of their chains where they end.
pub async fn append_entries(
    db: &Db,
    entries: &[ChainedEntry],
    heads: &[(PersonId, AuditHead)],
) -> Result<(), StoreError> {
    let head = |(person, head): &(PersonId, AuditHead)| {
        Statement::new(
            "INSERT INTO audit_heads (person_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT (person_id) \
             DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
            params![person.uuid(), head.seq, head.hash],
        )
    };
    let writes: Vec<Statement> = audit_log::append(entries).chain(heads.iter().map(head)).collect();
    db.transact(Vec::new(), move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
}

impl Belongings {
    fn rows(&self) -> Vec<Statement> {
        let factors = self.factors.iter().map(factor::insert);
        let challenges = self.challenges.iter().flat_map(challenge::insert);
        let sent_codes = self.sent_codes.iter().map(|code| sent_code::insert(code, None));
        let trusted_devices = self.trusted_devices.iter().map(trusted_device::insert);
        let sessions = self.sessions.iter().map(session::insert);
        let messages = self.messages.iter().map(|(message, at)| outbox::insert(message, None, *at));
        factors.chain(challenges).chain(sent_codes).chain(trusted_devices).chain(sessions).chain(messages).collect()
    }
}

fn rows(person: &Person) -> Vec<Statement> {
    let Person { user, settings, factors, recovery_codes, challenges } = person;
    let mut rows = user::insert(user, settings);
    rows.push(user::save_settings(user.id, settings, user.created_at));
    rows.extend(factors.iter().map(factor::insert));
    rows.extend(codes(user.id, recovery_codes, user.created_at));
    rows.extend(challenges.iter().flat_map(challenge::insert));
    rows
}

/// A whole set in one statement, for there are ten times as many codes as people.
fn codes(user: UserId, codes: &[StoredRecoveryCode], at: Timestamp) -> Vec<Statement> {
    let (10, Some(first)) = (codes.len(), codes.first()) else { return recovery_code::replace(user, codes, at) };
    let mut values = params![user.uuid(), first.hash.pepper.to_string(), at];
    for code in codes {
        values.extend(params![code.id.uuid(), code.hash.hash]);
    }
    let statement = Statement::new(
        "INSERT INTO recovery_codes (id, user_id, pepper_id, code_hash, created_at) VALUES ($4, $1, $2, $5, $3), \
         ($6, $1, $2, $7, $3), ($8, $1, $2, $9, $3), ($10, $1, $2, $11, $3), ($12, $1, $2, $13, $3), \
         ($14, $1, $2, $15, $3), ($16, $1, $2, $17, $3), ($18, $1, $2, $19, $3), ($20, $1, $2, $21, $3), \
         ($22, $1, $2, $23, $3)",
        values,
    );
    vec![statement]
}
