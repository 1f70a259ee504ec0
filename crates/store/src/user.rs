//! Users, their settings and the heads of their audit chains: together the account every decision starts from.

use domain::application::ExternalId;
use domain::audit::AuditHead;
use domain::ids::{ApplicationId, ChallengeId, FactorId, PersonId, ResetRequestId, UserId};
use domain::locale::Locale;
use domain::secret::{Sealed, TokenHash};
use domain::throttle::{GuessBudget, Unlock};
use domain::time::Timestamp;
use domain::totp::Step;
use domain::user::{Account, Email, PasswordHash, Settings, User};
use serde_json::json;

use crate::load::{Handle, Reads, optional};
use crate::{Row, Statement, StoreError, administrator, params};

macro_rules! account_where {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.person_id, u.application_id, u.email, u.password_hash, u.email_verified_at, u.disabled_at, \
             u.locale, u.created_at, s.enabled_at, s.preferred_factor_id, s.recent_guesses, s.guesses_in_a_row, \
             s.locked_until, s.lock_level, s.stopped_at, s.last_seen_at, s.unlock_guesses_left, s.unlock_until, \
             s.steps_used_to, h.seq, h.hash, s.backup_email, u.email_key, u.name, u.phone, a.role \
             FROM users u LEFT JOIN two_factor_settings s ON s.user_id = u.id \
             LEFT JOIN audit_heads h ON h.person_id = u.person_id \
             LEFT JOIN administrators a ON a.user_id = u.id WHERE ",
            $condition
        )
    };
}

/// Who a command is about: how the user's row is found and locked.
pub(crate) enum Whose<'a> {
    /// The user of this id.
    Id(UserId),
    /// The owner of an address.
    Email(ApplicationId, &'a str),
    /// The person of a challenge.
    Challenge(TokenHash),
    /// The same, by the challenge's id.
    Asked(ChallengeId),
    /// The person of a session, by its refresh family.
    Family(TokenHash),
    /// The person of a link.
    Link(TokenHash),
}

/// Locks the user and reads the account.
pub(crate) fn locked(reads: &mut Reads<'_>, whose: &Whose<'_>) -> Handle<Option<Account>> {
    match whose {
        Whose::Id(id) => reads.lock("SELECT id FROM users WHERE id = $1 FOR UPDATE", params![id.uuid()]),
        Whose::Email(application, key) => reads.lock(
            "SELECT id FROM users WHERE application_id = $1 AND email_key = $2 FOR UPDATE",
            params![application.uuid(), *key],
        ),
        Whose::Challenge(token) => reads.lock(
            "SELECT id FROM users WHERE id = (SELECT user_id FROM challenges WHERE token_hash = $1) FOR UPDATE",
            params![&token.0],
        ),
        Whose::Asked(id) => reads.lock(
            "SELECT id FROM users WHERE id = (SELECT user_id FROM challenges WHERE id = $1) FOR UPDATE",
            params![id.uuid()],
        ),
        Whose::Family(family) => reads.lock(
            "SELECT id FROM users WHERE id = (SELECT user_id FROM sessions WHERE family_hash = $1) FOR UPDATE",
            params![&family.0],
        ),
        Whose::Link(token) => reads.lock(
            "SELECT id FROM users WHERE id = (SELECT user_id FROM link_tokens WHERE token_hash = $1) FOR UPDATE",
            params![&token.0],
        ),
    }
    unlocked(reads, whose)
}

/// Reads the account without a lock, for what decides nothing.
pub(crate) fn unlocked(reads: &mut Reads<'_>, whose: &Whose<'_>) -> Handle<Option<Account>> {
    let map = |rows: &[Row]| optional(rows, account);
    match whose {
        Whose::Id(id) => reads.read(account_where!("u.id = $1"), params![id.uuid()], map),
        Whose::Email(application, key) => reads.read(
            account_where!("u.application_id = $1 AND u.email_key = $2"),
            params![application.uuid(), *key],
            map,
        ),
        Whose::Challenge(token) => reads.read(
            account_where!("u.id = (SELECT user_id FROM challenges WHERE token_hash = $1)"),
            params![&token.0],
            map,
        ),
        Whose::Asked(id) => {
            reads.read(account_where!("u.id = (SELECT user_id FROM challenges WHERE id = $1)"), params![id.uuid()], map)
        }
        Whose::Family(family) => reads.read(
            account_where!("u.id = (SELECT user_id FROM sessions WHERE family_hash = $1)"),
            params![&family.0],
            map,
        ),
        Whose::Link(token) => reads.read(
            account_where!("u.id = (SELECT user_id FROM link_tokens WHERE token_hash = $1)"),
            params![&token.0],
            map,
        ),
    }
}

/// Locks the user whose challenge a link to the hosted pages leads to, and reads the account.
pub(crate) fn locked_by_hosted_link(reads: &mut Reads<'_>, link: &TokenHash) -> Handle<Option<Account>> {
    reads.lock(
        "SELECT id FROM users WHERE id = (SELECT c.user_id FROM hosted_challenges h \
         JOIN challenges c ON c.id = h.challenge_id WHERE h.link_hash = $1) FOR UPDATE",
        params![&link.0],
    );
    reads.read(
        account_where!(
            "u.id = (SELECT c.user_id FROM hosted_challenges h JOIN challenges c ON c.id = h.challenge_id \
             WHERE h.link_hash = $1)"
        ),
        params![&link.0],
        |rows| optional(rows, account),
    )
}

/// The same, by the result that came back from there.
pub(crate) fn locked_by_hosted_result(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<Account>> {
    reads.lock(
        "SELECT id FROM users WHERE id = (SELECT c.user_id FROM hosted_challenges h \
         JOIN challenges c ON c.id = h.challenge_id WHERE h.result_hash = $1) FOR UPDATE",
        params![&token.0],
    );
    reads.read(
        account_where!(
            "u.id = (SELECT c.user_id FROM hosted_challenges h JOIN challenges c ON c.id = h.challenge_id \
             WHERE h.result_hash = $1)"
        ),
        params![&token.0],
        |rows| optional(rows, account),
    )
}

/// Locks the user whose reset was asked for, and reads the account.
pub(crate) fn locked_by_reset_request(reads: &mut Reads<'_>, id: ResetRequestId) -> Handle<Option<Account>> {
    reads.lock(
        "SELECT id FROM users WHERE id = (SELECT user_id FROM reset_requests WHERE id = $1) FOR UPDATE",
        params![id.uuid()],
    );
    reads.read(
        account_where!("u.id = (SELECT user_id FROM reset_requests WHERE id = $1)"),
        params![id.uuid()],
        |rows| optional(rows, account),
    )
}

/// The same, by the link that stops it.
pub(crate) fn locked_by_stop_link(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<Account>> {
    reads.lock(
        "SELECT id FROM users WHERE id = (SELECT user_id FROM reset_requests WHERE stop_hash = $1) FOR UPDATE",
        params![&token.0],
    );
    reads.read(
        account_where!("u.id = (SELECT user_id FROM reset_requests WHERE stop_hash = $1)"),
        params![&token.0],
        |rows| optional(rows, account),
    )
}

/// Settings that are missing are corrupt, not "no second factor": the columns of the outer join are read as present.
fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        user: User {
            id: UserId::from_uuid(row.get(0)?),
            person: PersonId::from_uuid(row.get(1)?),
            application: ApplicationId::from_uuid(row.get(2)?),
            external: ExternalId::of_key(&row.get::<String>(23)?),
            email: Email::stored(row.get(3)?),
            name: row.get(24)?,
            phone: row.get::<Option<_>>(25)?.map(Sealed::from_bytes),
            password: PasswordHash::new(row.get(4)?),
            email_verified_at: row.get(5)?,
            disabled_at: row.get(6)?,
            locale: row.get(7)?,
            created_at: row.get(8)?,
        },
        settings: Settings {
            enabled_at: row.get(9)?,
            preferred_factor: row.get::<Option<_>>(10)?.map(FactorId::from_uuid),
            guesses: GuessBudget {
                recent: moments(&row.get(11)?)?,
                in_a_row: row.get(12)?,
                locked_until: row.get(13)?,
                lock_level: row.get(14)?,
                stopped_at: row.get(15)?,
                unlock: unlock(row.get(17)?, row.get(18)?),
            },
            last_seen_at: row.get(16)?,
            steps_used_to: row.get::<Option<i64>>(19)?.map(Step),
        },
        head: AuditHead { seq: row.get(20)?, hash: row.get(21)? },
        backup_email: row.get::<Option<_>>(22)?.map(Sealed::from_bytes),
        role: row.get::<Option<String>>(26)?.map(|name| administrator::role(&name)).transpose()?,
    })
}

fn unlock(left: Option<u32>, until: Option<Timestamp>) -> Option<Unlock> {
    Some(Unlock { left: left?, until: until? })
}

fn moments(json: &serde_json::Value) -> Result<Vec<Timestamp>, StoreError> {
    let corrupt = || StoreError::Corrupt {
        table: "two_factor_settings".to_owned(),
        column: "recent_guesses".to_owned(),
        reason: "not a list of moments".to_owned(),
    };
    json.as_array()
        .ok_or_else(corrupt)?
        .iter()
        .map(|moment| moment.as_str().and_then(Timestamp::parse).ok_or_else(corrupt))
        .collect()
}

/// A new user with settings and an empty chain.
pub(crate) fn insert(user: &User, settings: &Settings) -> Vec<Statement> {
    vec![
        Statement::new(
            "INSERT INTO users (id, application_id, person_id, email, email_key, password_hash, email_verified_at, \
             disabled_at, locale, created_at, name, phone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            params![
                user.id.uuid(),
                user.application.uuid(),
                user.person.uuid(),
                user.email.as_str(),
                user.key(),
                user.password.as_str(),
                user.email_verified_at,
                user.disabled_at,
                user.locale.as_str(),
                user.created_at,
                user.name.clone(),
                user.phone.as_ref().map(Sealed::as_bytes),
            ],
        ),
        Statement::new(
            "INSERT INTO two_factor_settings (user_id, recent_guesses, guesses_in_a_row, lock_level, last_seen_at, \
             updated_at) VALUES ($1, $2, 0, 0, $3, $3)",
            params![user.id.uuid(), json!([]), settings.last_seen_at],
        ),
        Statement::new(
            "INSERT INTO audit_heads (person_id, seq, hash) VALUES ($1, 0, $2)",
            params![user.person.uuid(), [0_u8; 32]],
        ),
    ]
}

/// Saves the settings whole.
pub(crate) fn save_settings(user: UserId, settings: &Settings, at: Timestamp) -> Statement {
    let guesses = &settings.guesses;
    let recent: Vec<String> = guesses.recent.iter().map(Timestamp::to_string).collect();
    Statement::guarded(
        "UPDATE two_factor_settings SET enabled_at = $2, preferred_factor_id = $3, recent_guesses = $4, \
         guesses_in_a_row = $5, locked_until = $6, lock_level = $7, stopped_at = $8, last_seen_at = $9, updated_at = $10, \
         unlock_guesses_left = $11, unlock_until = $12, steps_used_to = $13 \
         WHERE user_id = $1",
        params![
            user.uuid(),
            settings.enabled_at,
            settings.preferred_factor.map(FactorId::uuid),
            json!(recent),
            guesses.in_a_row,
            guesses.locked_until,
            guesses.lock_level,
            guesses.stopped_at,
            settings.last_seen_at,
            at,
            guesses.unlock.map(|unlock| unlock.left),
            guesses.unlock.map(|unlock| unlock.until),
            settings.steps_used_to.map(|step| step.0),
        ],
    )
}

/// Replaces a password hash.
pub(crate) fn set_password(user: UserId, hash: &PasswordHash) -> Statement {
    Statement::guarded("UPDATE users SET password_hash = $2 WHERE id = $1", params![user.uuid(), hash.as_str()])
}

/// Has a user spoken to in another language.
pub(crate) fn set_locale(user: UserId, locale: Locale) -> Statement {
    Statement::guarded("UPDATE users SET locale = $2 WHERE id = $1", params![user.uuid(), locale.as_str()])
}

/// Gives a user another address, verified. Who is found by an application's own id goes on to be.
pub(crate) fn set_email(user: UserId, email: &Email, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE users SET email = $2, email_key = CASE WHEN email_key LIKE 'id:%' THEN email_key ELSE $3 END, \
         email_verified_at = $4 WHERE id = $1",
        params![user.uuid(), email.as_str(), email.key(), at],
    )
}

/// What an application says a user is called, and their number.
pub(crate) fn set_contact(user: UserId, name: Option<&str>, phone: Option<&Sealed>) -> Statement {
    Statement::guarded(
        "UPDATE users SET name = $2, phone = $3 WHERE id = $1",
        params![user.uuid(), name.map(str::to_owned), phone.map(Sealed::as_bytes)],
    )
}

/// Sends copies of a person's notices to this address, or nowhere.
pub(crate) fn set_backup_email(user: UserId, to: Option<&Sealed>, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE two_factor_settings SET backup_email = $2, updated_at = $3 WHERE user_id = $1",
        params![user.uuid(), to.map(Sealed::as_bytes), at],
    )
}

/// Disables or enables a user.
pub(crate) fn set_disabled(user: UserId, disabled_at: Option<Timestamp>) -> Statement {
    Statement::guarded("UPDATE users SET disabled_at = $2 WHERE id = $1", params![user.uuid(), disabled_at])
}

/// Deletes a user and all that hangs on the row. The head of the audit chain hangs on the pseudonym, and stays.
pub(crate) fn delete(user: UserId) -> Statement {
    Statement::guarded("DELETE FROM users WHERE id = $1", params![user.uuid()])
}

/// Whether an address has an owner.
pub(crate) fn taken(reads: &mut Reads<'_>, application: ApplicationId, email_key: &str) -> Handle<bool> {
    reads.read(
        "SELECT id FROM users WHERE application_id = $1 AND email_key = $2",
        params![application.uuid(), email_key],
        |rows| Ok(!rows.is_empty()),
    )
}
