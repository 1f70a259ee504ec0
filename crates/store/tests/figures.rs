//! Figures on both databases: what is counted, once however often it is summed, with the hours that were missed, and gone in
//! the end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::sync::atomic::{AtomicU64, Ordering};

use domain::figures::{HOUR, KEPT};
use domain::ids::{ApplicationId, PersonId, UserId};
use domain::testing::Lab;
use domain::time::{Duration, Timestamp};
use domain::user::Email;
use futures_util::future::join_all;
use store::figures::Figures;
use store::testing::{Person, TestDatabase, databases};
use store::{Db, Plan, Statement, Value, params};
use uuid::Uuid;

/// The beginning of an hour.
const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);
/// The id of the next entry.
static NEXT: AtomicU64 = AtomicU64::new(1);
/// A test world of somebody's.
const TEST_WORLD: Uuid = Uuid::from_u128(77);

async fn write(db: &Db, writes: Vec<Statement>) {
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await.unwrap();
}

async fn fresh() -> Vec<(TestDatabase, Db)> {
    let mut fresh = Vec::new();
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let made = "INSERT INTO applications (id, name, test_of, created_at) VALUES ($1, 'shop (test)', $2, $3)";
        let world = Statement::new(made, params![TEST_WORLD, ApplicationId::DEFAULT.uuid(), NOON]);
        write(&db, vec![world]).await;
        fresh.push((database, db));
    }
    fresh
}

fn entry(
    at: Timestamp,
    application: Uuid,
    said: (&'static str, bool, Option<&'static str>, &'static str),
) -> Statement {
    let (action, success, method, detail) = said;
    Statement::new(
        "INSERT INTO two_factor_audit_log (id, application_id, action, success, method, detail, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into()),
            application,
            action,
            success,
            method,
            detail,
            at
        ],
    )
}

fn event(at: Timestamp, message: u128, number: i64, event: &'static str, provider: Option<&'static str>) -> Statement {
    Statement::new(
        "INSERT INTO delivery_events (message_id, number, kind, channel, destination, event, provider, created_at) \
         VALUES ($1, $2, 'login_code', 'sms', '', $3, $4, $5)",
        params![Uuid::from_u128(message), number, event, provider, at],
    )
}

fn texts(since: Timestamp, shard: i64, kind: &'static str, counts: (i64, i64, i64)) -> Statement {
    Statement::new(
        "INSERT INTO sms_usage (kind, name, since, shard, sent, verified, cost, expires_at) \
         VALUES ($1, 'DE', $2, $3, $4, $5, $6, $7)",
        params![kind, since, shard, counts.0, counts.1, counts.2, since + Duration::from_days(35)],
    )
}

async fn add_people(db: &Db) {
    let people = [(1, true, false), (2, false, false), (3, true, true)];
    for (number, guarded, disabled) in people {
        let mut account = Lab::new().account();
        let id = Uuid::from_bytes([number; 16]);
        account.user.id = UserId::from_uuid(id);
        account.user.person = PersonId::from_uuid(id);
        account.user.email = Email::stored(format!("person{number}@example.com"));
        account.user.disabled_at = disabled.then_some(NOON);
        account.settings.enabled_at = guarded.then_some(NOON);
        let (user, settings) = (account.user, account.settings);
        db.seed(&[Person { user, settings, factors: vec![], recovery_codes: vec![], challenges: vec![] }])
            .await
            .unwrap();
    }
}

/// An hour with one of everything, and what lies just beside it.
async fn busy(db: &Db) {
    add_people(db).await;
    let (own, at, last) = (ApplicationId::DEFAULT.uuid(), NOON, NOON + HOUR - Duration::from_secs(1));
    let right = ("code_verified", true, Some("totp"), "challenge:0198");
    let writes = vec![
        entry(at, own, ("signed_in", true, None, "session:0198")),
        entry(at, own, right),
        entry(last, own, right),
        entry(at, own, ("code_verified", true, Some("sms"), "")),
        entry(at, own, ("code_verified", false, None, "wrong_code")),
        entry(at, own, ("trusted_device_recognized", true, None, "")),
        entry(at, own, ("account_locked", true, None, "wrong_codes")),
        entry(at, own, ("user_disabled", false, None, "stated:asked by <b>Grace</b>")),
        entry(NOON - Duration::from_secs(1), own, ("signed_in", true, None, "")),
        entry(NOON + HOUR, own, ("signed_in", true, None, "")),
        entry(at, TEST_WORLD, right),
        event(at, 1, 1, "tried", Some("vonage")),
        event(at, 1, 2, "tried", Some("vonage")),
        event(at, 1, 3, "put_off", None),
        event(at, 1, 4, "accepted", Some("twilio")),
        event(at, 1, 5, "accepted", Some("twilio")),
        event(last, 1, 6, "delivered", Some("twilio")),
        event(NOON + HOUR, 2, 1, "accepted", Some("twilio")),
        texts(at, 0, "country", (5, 2, 250_000)),
        texts(at + HOUR - Duration::from_mins(30), 1, "country", (1, 1, 50_000)),
        texts(at, 0, "setup", (3, 0, 150_000)),
        texts(NOON + HOUR, 0, "country", (9, 9, 9)),
    ];
    write(db, writes).await;
}

/// All that was counted in the hour of noon: figure, label, count and amount, in order.
async fn of_noon(db: &Db) -> Vec<(&'static str, String, i64, i64)> {
    let Figures { totals, hours, .. } = db.figures(NOON, NOON + HOUR).await.unwrap();
    let people = hours.into_iter().map(|(_, tally)| tally).filter(|tally| tally.label.is_empty());
    let mut all: Vec<_> =
        totals.into_iter().chain(people).map(|t| (t.figure.as_str(), t.label, t.count, t.amount)).collect();
    all.sort();
    all
}

async fn number(db: &Db, sql: &'static str, params: Vec<Value>) -> i64 {
    db.read(vec![Statement::new(sql, params)]).await.unwrap()[0][0].get(0).unwrap()
}

#[tokio::test]
async fn an_hour_has_in_it_what_happened_in_it_however_often_it_is_summed() {
    for (database, db) in fresh().await {
        assert_eq!(db.sum_figures(NOON).await.unwrap(), 0, "{}: there is nothing yet", database.name);
        assert_eq!(db.figures(NOON, NOON + HOUR).await.unwrap().summed, None);
        busy(&db).await;
        assert_eq!(db.sum_figures(NOON + HOUR).await.unwrap(), 2, "{}: the hour before, too", database.name);
        let expected = [
            ("accepted", "sms twilio", 1, 0),
            ("codes", "right", 3, 0),
            ("codes", "wrong", 1, 0),
            ("delivered", "sms twilio", 1, 0),
            ("failed", "sms vonage", 1, 0),
            ("failures", "code_verified wrong_code", 1, 0),
            ("failures", "user_disabled", 1, 0),
            ("guarded", "", 1, 0),
            ("locks", "wrong_codes", 1, 0),
            ("methods", "sms", 1, 0),
            ("methods", "totp", 2, 0),
            ("methods", "trusted_device", 1, 0),
            ("people", "", 2, 0),
            ("sign_ins", "code", 3, 0),
            ("sign_ins", "free", 1, 0),
            ("text_messages", "DE", 6, 300_000),
            ("text_messages_typed", "DE", 3, 0),
        ]
        .map(|(figure, label, count, amount)| (figure, label.to_owned(), count, amount));
        assert_eq!(of_noon(&db).await, expected, "{}", database.name);
        assert_eq!(db.sum_figures(NOON + HOUR).await.unwrap(), 0, "{}: it is summed", database.name);

        // A code was typed after the hour's end: the second time it is in, and nothing is there twice.
        write(&db, vec![texts(NOON, 2, "country", (0, 1, 0))]).await;
        let settled = NOON + Duration::from_hours(3);
        assert_eq!(db.sum_figures(settled).await.unwrap(), 4, "{}: two of them anew", database.name);
        let mut again = expected.clone();
        again[16].2 = 4;
        assert_eq!(of_noon(&db).await, again, "{}", database.name);
        assert_eq!(db.sum_figures(settled + Duration::from_mins(50)).await.unwrap(), 0, "{}", database.name);

        let figures = db.figures(NOON, settled).await.unwrap();
        assert_eq!(figures.summed, Some((NOON - HOUR, settled - HOUR)));
        let people: Vec<_> = figures.people.iter().map(|t| (t.figure.as_str(), t.label.as_str(), t.count)).collect();
        let expected = [("guarded", "", 1), ("guarded", "default", 1), ("people", "", 2), ("people", "default", 2)];
        assert_eq!(people, expected, "{}", database.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_nodes_at_once_sum_each_hour_once() {
    for (database, db) in fresh().await {
        busy(&db).await;
        let mut nodes = Vec::new();
        for _ in 0..8 {
            nodes.push(database.connect().await);
        }
        let summed = join_all(nodes.iter().map(|db| db.sum_figures(NOON + HOUR))).await;
        let hours: usize = summed.into_iter().map(Result::unwrap).sum();
        assert_eq!(hours, 2, "{}", database.name);
        let codes = number(&db, "SELECT CAST(sum(count) AS bigint) FROM hourly_figures WHERE figure = 'codes'", vec![]);
        assert_eq!(codes.await, 4, "{}", database.name);
    }
}

#[tokio::test]
async fn hours_that_were_missed_are_caught_up() {
    for (database, db) in fresh().await {
        let own = ApplicationId::DEFAULT.uuid();
        let sign_in = |hours| entry(NOON + Duration::from_hours(hours), own, ("signed_in", true, None, ""));
        write(&db, vec![sign_in(0)]).await;
        assert_eq!(db.sum_figures(NOON + HOUR).await.unwrap(), 1);
        // A day and a half without a job.
        write(&db, vec![sign_in(3), sign_in(20), sign_in(20), sign_in(36)]).await;
        let now = NOON + Duration::from_hours(36);
        assert_eq!(db.sum_figures(now).await.unwrap(), 36, "{}: one of them for the second time", database.name);
        let figures = db.figures(NOON, now).await.unwrap();
        let counts: Vec<_> =
            figures.hours.iter().map(|(hour, t)| (hour.since(NOON).as_secs() / 3600, t.count)).collect();
        assert_eq!(counts, [(0, 1), (3, 1), (20, 2)], "{}", database.name);
    }
}

#[tokio::test]
async fn figures_are_swept_when_they_are_old() {
    for (database, db) in fresh().await {
        let own = ApplicationId::DEFAULT.uuid();
        let much_later = NOON + KEPT + Duration::from_hours(2);
        write(&db, vec![entry(NOON, own, ("signed_in", true, None, ""))]).await;
        db.sum_figures(NOON + HOUR).await.unwrap();
        db.sweep(NOON + KEPT, true).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM hourly_figures", vec![]).await, 1, "{}", database.name);
        db.sweep(much_later, true).await.unwrap();
        for count in ["SELECT count(*) FROM hourly_figures", "SELECT count(*) FROM summed_hours"] {
            assert_eq!(number(&db, count, vec![]).await, 0, "{}: {count}", database.name);
        }
    }
}
