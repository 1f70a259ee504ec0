//! Tidying: everything that is due goes, and nothing at all when the clock is not to be believed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use domain::time::{Duration, Timestamp};
use store::testing::databases;
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
