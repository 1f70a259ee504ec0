//! Codes sent by SMS or e-mail, and what their sending is counted by.

use domain::ids::{ApplicationId, ChallengeId, FactorId, SentCodeId, UserId};
use domain::secret::{KeyId, PepperedHash, TokenHash};
use domain::sent_code::{Scope, SentCode};
use domain::sms_fraud::Count;
use domain::throttle::{Charged, Counter};
use domain::time::{Duration, Timestamp};

use crate::load::{Handle, Reads, every};
use crate::outbox::stage;
use crate::user::Whose;
use crate::{Row, Statement, StoreError, counter, params};

/// As far back as any limit looks.
const REMEMBERED: Duration = Duration::from_days(1);

macro_rules! codes_where {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.user_id, c.purpose, c.challenge_id, c.factor_id, c.method, c.destination_key, c.pepper_id, \
             c.code_hash, c.created_at, c.expires_at, c.used_at, c.ended_at, \
             o.state, o.receipt, o.trouble FROM two_factor_codes c LEFT JOIN outbox o ON o.id = c.id WHERE ",
            $condition
        )
    };
}

/// The codes of a challenge.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<SentCode>> {
    reads.read(
        codes_where!("c.challenge_id = (SELECT id FROM challenges WHERE token_hash = $1) AND c.purpose = 'login'"),
        params![&token.0],
        |rows| every(rows, code),
    )
}

/// The codes sent for one thing.
pub(crate) fn of_scope(reads: &mut Reads<'_>, scope: Scope) -> Handle<Vec<SentCode>> {
    reads.read(codes_where!("c.challenge_id = $1 AND c.purpose = $2"), params![scope.id(), scope.purpose()], |rows| {
        every(rows, code)
    })
}

/// Everything a person was sent within a day.
pub(crate) fn recent(reads: &mut Reads<'_>, whose: &Whose<'_>) -> Handle<Vec<SentCode>> {
    let since = reads.clock - REMEMBERED;
    let map = |rows: &[Row]| every(rows, code);
    match whose {
        Whose::Id(id) => {
            reads.read(codes_where!("c.user_id = $1 AND c.created_at > $2"), params![id.uuid(), since], map)
        }
        Whose::Email(application, key) => reads.read(
            codes_where!(
                "c.user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2) AND c.created_at > $3"
            ),
            params![application.uuid(), *key, since],
            map,
        ),
        Whose::Challenge(token) => reads.read(
            codes_where!("c.user_id = (SELECT user_id FROM challenges WHERE token_hash = $1) AND c.created_at > $2"),
            params![&token.0, since],
            map,
        ),
        Whose::Asked(id) => reads.read(
            codes_where!("c.user_id = (SELECT user_id FROM challenges WHERE id = $1) AND c.created_at > $2"),
            params![id.uuid(), since],
            map,
        ),
        Whose::Family(family) => reads.read(
            codes_where!("c.user_id = (SELECT user_id FROM sessions WHERE family_hash = $1) AND c.created_at > $2"),
            params![&family.0, since],
            map,
        ),
        Whose::Link(token) => reads.read(
            codes_where!("c.user_id = (SELECT user_id FROM link_tokens WHERE token_hash = $1) AND c.created_at > $2"),
            params![&token.0, since],
            map,
        ),
    }
}

/// The counter of one destination, as it stands.
pub(crate) fn day_of(reads: &mut Reads<'_>, destination: [u8; 32]) -> Handle<Vec<([u8; 32], Charged)>> {
    reads.read("SELECT key, count, since FROM counters WHERE key = $1", params![destination], |rows| every(rows, day))
}

/// The counters of all a user's destinations, enrolled and pending.
pub(crate) fn days_of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<([u8; 32], Charged)>> {
    reads.read(
        "SELECT key, count, since FROM counters WHERE key IN (\
         SELECT destination_key FROM factors WHERE user_id = $1 AND destination_key IS NOT NULL \
         UNION SELECT destination_key FROM enrollments WHERE user_id = $1 AND destination_key IS NOT NULL)",
        params![user.uuid()],
        |rows| every(rows, day),
    )
}

/// The counters of all destinations of a challenge's person.
pub(crate) fn days_of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<([u8; 32], Charged)>> {
    reads.read(
        "SELECT key, count, since FROM counters WHERE key IN (SELECT destination_key FROM factors \
         WHERE user_id = (SELECT user_id FROM challenges WHERE token_hash = $1) AND destination_key IS NOT NULL)",
        params![&token.0],
        |rows| every(rows, day),
    )
}

/// The counters of all destinations of the person of an application's challenge.
pub(crate) fn days_of_asked(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Vec<([u8; 32], Charged)>> {
    reads.read(
        "SELECT key, count, since FROM counters WHERE key IN (SELECT destination_key FROM factors \
         WHERE user_id = (SELECT user_id FROM challenges WHERE id = $1) AND destination_key IS NOT NULL)",
        params![id.uuid()],
        |rows| every(rows, day),
    )
}

/// The counters of all destinations of an address's owner.
pub(crate) fn days_of_email(
    reads: &mut Reads<'_>,
    application: ApplicationId,
    email_key: &str,
) -> Handle<Vec<([u8; 32], Charged)>> {
    reads.read(
        "SELECT key, count, since FROM counters WHERE key IN (SELECT destination_key FROM factors \
         WHERE user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2) \
         AND destination_key IS NOT NULL)",
        params![application.uuid(), email_key],
        |rows| every(rows, day),
    )
}

fn day(row: &Row) -> Result<([u8; 32], Charged), StoreError> {
    Ok((row.get(0)?, Charged { count: row.get(1)?, since: row.get(2)? }))
}

fn code(row: &Row) -> Result<SentCode, StoreError> {
    let corrupt = |column: &str| StoreError::Corrupt {
        table: "two_factor_codes".into(),
        column: column.into(),
        reason: "unknown word".into(),
    };
    let [state, receipt, trouble]: [Option<String>; 3] = [row.get(13)?, row.get(14)?, row.get(15)?];
    Ok(SentCode {
        id: SentCodeId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        scope: Scope::parse(&row.get::<String>(2)?, row.get(3)?).ok_or_else(|| corrupt("purpose"))?,
        factor: FactorId::from_uuid(row.get(4)?),
        method: crate::factor::method("two_factor_codes", &row.get::<String>(5)?)?,
        destination: row.get(6)?,
        hash: PepperedHash {
            pepper: KeyId::parse(&row.get::<String>(7)?).ok_or_else(|| corrupt("pepper_id"))?,
            hash: row.get(8)?,
        },
        created_at: row.get(9)?,
        expires_at: row.get(10)?,
        used_at: row.get(11)?,
        ended_at: row.get(12)?,
        stage: stage(state.as_deref(), receipt.as_deref(), trouble.as_deref())?,
    })
}

/// A new code in the place of the one before it for the same thing, counted where all senders to its destination count.
pub(crate) fn add(code: &SentCode, day: &Counter, count: Option<&Count>, at: Timestamp) -> Vec<Statement> {
    let end = Statement::new(
        "UPDATE two_factor_codes SET ended_at = $3 \
         WHERE challenge_id = $1 AND purpose = $2 AND used_at IS NULL AND ended_at IS NULL",
        params![code.scope.id(), code.scope.purpose(), at],
    );
    vec![end, insert(code, count), counter::charge_within_limit(day, at)]
}

/// A new code, and where its sending is counted.
pub(crate) fn insert(code: &SentCode, count: Option<&Count>) -> Statement {
    Statement::new(
        "INSERT INTO two_factor_codes (id, user_id, challenge_id, factor_id, method, purpose, destination_key, pepper_id, \
         code_hash, created_at, expires_at, country, counted_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            code.id.uuid(),
            code.user.uuid(),
            code.scope.id(),
            code.factor.uuid(),
            code.method.as_str(),
            code.scope.purpose(),
            code.destination,
            code.hash.pepper.to_string(),
            code.hash.hash,
            code.created_at,
            code.expires_at,
            count.map(|count| count.country.as_str()),
            count.map(|count| count.slice),
        ],
    )
}

/// Uses up a code; guarded by nobody having used it before, and by its being the newest.
pub(crate) fn redeem(id: SentCodeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE two_factor_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND ended_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Ends every open code of a person, whatever it was sent for.
pub(crate) fn end_of(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE two_factor_codes SET ended_at = $2 WHERE user_id = $1 AND used_at IS NULL AND ended_at IS NULL",
        params![user.uuid(), at],
    )
}
