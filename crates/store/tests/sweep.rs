//! Tidying: everything that is due goes, and nothing at all when the clock is not to be believed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use domain::ids::{PersonId, UserId};
use domain::testing::Lab;
use domain::time::{Duration, Timestamp};
use domain::user::Email;
use store::testing::{Person, databases};
use store::{Db, Plan, Statement, params};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

async fn write(db: &Db, writes: Vec<Statement>) {
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await.unwrap();
}

/// Counters that ended long ago.
async fn add_dead(db: &Db, count: u32) {
    let dead = NOW - Duration::from_days(3);
    let row = |number: u32| {
        let sql = "INSERT INTO counters (key, count, since, expires_at) VALUES ($1, 1, $2, $2)";
        Statement::new(sql, params![number.to_be_bytes().to_vec(), dead])
    };
    write(db, (0..count).map(row).collect()).await;
}

async fn add_entry(db: &Db, at: Timestamp) {
    let sql = "INSERT INTO two_factor_audit_log (id, application_id, action, success, detail, created_at) \
               VALUES ($1, $2, 'signup_requested', $3, '', $4)";
    let application = domain::ids::ApplicationId::DEFAULT.uuid();
    let id = uuid::Uuid::from_u128(u128::from(at.as_micros().unsigned_abs()));
    write(db, vec![Statement::new(sql, params![id, application, true, at])]).await;
}

async fn left(db: &Db) -> i64 {
    let rows = db.read(vec![Statement::new("SELECT count(*) FROM counters", [])]).await.unwrap();
    rows[0][0].get(0).unwrap()
}

#[tokio::test]
async fn one_sweep_takes_all_that_is_due() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        add_entry(&db, NOW - Duration::from_hours(1)).await;
        add_dead(&db, 950).await;
        db.sweep(NOW, false).await.unwrap();
        assert_eq!(left(&db).await, 0, "{}", database.name);
    }
}

#[tokio::test]
async fn entries_of_the_future_do_not_vouch_for_the_clock() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        add_dead(&db, 3).await;
        add_entry(&db, NOW - Duration::from_days(5)).await;
        add_entry(&db, NOW + Duration::from_days(400)).await;
        db.sweep(NOW, false).await.unwrap();
        assert_eq!(left(&db).await, 3, "{}", database.name);
    }
}

/// One row of each kind that has an end, ended at `end`, of a person of its own.
async fn add_one_of_each(db: &Db, number: u8, end: Timestamp) {
    let mut account = Lab::new().account();
    let id = uuid::Uuid::from_bytes([number; 16]);
    account.user.id = UserId::from_uuid(id);
    account.user.person = PersonId::from_uuid(id);
    account.user.email = Email::stored(format!("person{number}@example.com"));
    let (user, settings) = (account.user, account.settings);
    db.seed(&[Person { user, settings, factors: vec![], recovery_codes: vec![], challenges: vec![] }]).await.unwrap();
    let (blob, began) = (vec![number; 32], end - Duration::from_mins(10));
    let statements = [
        "INSERT INTO challenges (id, user_id, token_hash, purpose, refresh_holder, attempts, created_at, expires_at) \
         VALUES ($1, $1, $2, 'login', 'body', 0, $3, $4)",
        "INSERT INTO enrollments (id, factor_id, user_id, session_id, method, label, secret, attempts, created_at, expires_at) \
         VALUES ($1, $1, $1, $1, 'totp', 'Phone', $2, 0, $3, $4)",
        "INSERT INTO pending_signups (id, application_id, email, email_key, password_hash, token_hash, created_at, expires_at) \
         SELECT $1, application_id, email, email_key, password_hash, $2, $3, $4 FROM users WHERE id = $1",
        "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, refresh_holder, authenticated_at, created_at, \
         last_used_at, idle_expires_at, expires_at) VALUES ($1, $1, $2, $2, 'body', $3, $3, $3, $4, $4)",
        "INSERT INTO trusted_devices (id, user_id, name, family_hash, secret_hash, rotated_at, created_at, last_used_at, \
         expires_at) VALUES ($1, $1, 'Browser', $2, $2, $3, $3, $3, $4)",
        "INSERT INTO two_factor_codes (id, user_id, challenge_id, factor_id, method, purpose, destination_key, pepper_id, \
         code_hash, created_at, expires_at) VALUES ($1, $1, $1, $1, 'sms', 'login', $2, 'x', $2, $3, $4)",
        "INSERT INTO link_tokens (id, user_id, purpose, token_hash, created_at, expires_at) \
         VALUES ($1, $1, 'unlock', $2, $3, $4)",
        "INSERT INTO outbox (id, user_id, kind, channel, payload, state, attempts, available_at, expires_at, created_at) \
         VALUES ($1, $1, 'login_code', 'sms', $2, 'queued', 0, $3, $4, $3)",
    ];
    let params = || params![id, blob.clone(), began, end];
    let mut writes: Vec<Statement> = statements.into_iter().map(|sql| Statement::new(sql, params())).collect();
    writes.push(Statement::new(
        "INSERT INTO mailbox (id, channel, recipient, kind, locale, subject, body_text, body_html, state, created_at) \
         VALUES ($1, 'sms', 'x', 'login_code', 'en', 'x', 'x', 'x', 'delivered', $2)",
        params![id, end],
    ));
    write(db, writes).await;
}

/// of everything that has an end, what ended two days ago goes and what lives stays; messages lose their content, and
/// the people stay.
#[tokio::test]
async fn what_ended_goes_and_what_lives_stays() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        add_entry(&db, NOW - Duration::from_hours(1)).await;
        add_one_of_each(&db, 1, NOW - Duration::from_days(2)).await;
        add_one_of_each(&db, 2, NOW + Duration::from_mins(5)).await;
        db.sweep(NOW, false).await.unwrap();
        let lives = uuid::Uuid::from_bytes([2; 16]);
        for (table, left) in [
            ("SELECT id FROM challenges", vec![lives]),
            ("SELECT id FROM enrollments", vec![lives]),
            ("SELECT id FROM pending_signups", vec![lives]),
            ("SELECT id FROM sessions", vec![lives]),
            // Those of trusted devices go with the daily job.
            ("SELECT id FROM trusted_devices ORDER BY id", vec![uuid::Uuid::from_bytes([1; 16]), lives]),
            ("SELECT id FROM two_factor_codes", vec![lives]),
            ("SELECT id FROM link_tokens", vec![lives]),
            ("SELECT id FROM mailbox", vec![lives]),
            ("SELECT id FROM outbox WHERE payload IS NOT NULL", vec![lives]),
            ("SELECT id FROM users ORDER BY id", vec![uuid::Uuid::from_bytes([1; 16]), lives]),
        ] {
            let rows = db.read(vec![Statement::new(table, [])]).await.unwrap().remove(0);
            let found: Vec<uuid::Uuid> = rows.iter().map(|row| row.get(0).unwrap()).collect();
            assert_eq!(found, left, "{table} on {}", database.name);
        }
    }
}
