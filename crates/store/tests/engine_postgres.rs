//! What only PostgreSQL can do wrong: many connections, locks, and a network in between.

#![expect(clippy::expect_used, reason = "the steps of a test may fail it")]

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use store::testing::{CountingProxy, TestDatabase};
use store::{Db, Options, Plan, Statement, StoreError, params};

const COUNT: &str = "SELECT count(*) FROM item";
const LOCK: &str = "SELECT id FROM item WHERE id = $1 FOR UPDATE";

fn put(id: i64) -> Statement {
    Statement::new("INSERT INTO item (id, used) VALUES ($1, 0)", params![id])
}

fn lock(id: i64) -> Statement {
    Statement::new(LOCK, params![id])
}

fn sleep() -> Statement {
    Statement::new("SELECT pg_sleep(1)", [])
}

async fn write(db: &Db, writes: Vec<Statement>) -> Result<(), StoreError> {
    unit(db, vec![], writes).await
}

async fn unit(db: &Db, reads: Vec<Statement>, writes: Vec<Statement>) -> Result<(), StoreError> {
    db.transact(reads, move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
}

async fn number(db: &Db, sql: &'static str) -> i64 {
    let rows = db.read(vec![Statement::new(sql, [])]).await.expect("an answer");
    rows[0][0].get(0).expect("a number")
}

async fn with_items(database: &TestDatabase) -> Db {
    let db = database.connect().await;
    db.execute_batch("CREATE TABLE item (id BIGINT PRIMARY KEY, used BIGINT NOT NULL)").await.expect("a table");
    write(&db, vec![put(1), put(2)]).await.expect("two items");
    db
}

fn unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancelled_units_leave_nothing_and_do_not_poison_the_pool() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    for round in 0..3 {
        let cancelled = join_all((0..64).map(|n| {
            let reads = vec![
                Statement::new("INSERT INTO item VALUES ($1, 0) RETURNING id", params![1000 + n]),
                Statement::new("SELECT pg_sleep(10)", []),
            ];
            let patience = Duration::from_millis(u64::try_from(50 + n).expect("small"));
            tokio::time::timeout(patience, unit(&db, reads, vec![put(2000 + n)]))
        }))
        .await;
        assert!(cancelled.iter().all(Result::is_err));
        let first = 10_000 + round * 100;
        let fine = join_all((first..first + 64).map(|id| write(&db, vec![put(id)]))).await;
        assert!(fine.iter().all(Result::is_ok), "{fine:?}");
        assert_eq!(number(&db, COUNT).await, 2 + (round + 1) * 64);
    }
}

#[tokio::test]
async fn a_deadlock_is_resolved_by_running_its_victim_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    let used = |id: i64| Statement::guarded("UPDATE item SET used = used + 1 WHERE id = $1", params![id]);
    let (one, two) = join(
        unit(&db, vec![lock(1), sleep(), lock(2)], vec![used(1)]),
        unit(&db, vec![lock(2), sleep(), lock(1)], vec![used(1)]),
    )
    .await;
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(number(&db, "SELECT used FROM item WHERE id = 1").await, 2);
    // The server counts with a delay.
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let begun = Instant::now();
    while number(&db, deadlocks).await != 1 {
        assert!(begun.elapsed() < Duration::from_secs(20), "there was no deadlock to resolve");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_in_time_is_unavailable() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    let hasty = Options { lock_timeout: Duration::from_millis(100), ..database.options() };
    let hasty = Db::connect(&hasty).await.unwrap();
    let held = unit(&db, vec![lock(1), Statement::new("SELECT pg_sleep(1)", [])], vec![]);
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        unit(&hasty, vec![lock(1)], vec![]).await
    };
    let (held, waiting) = join(held, waiting).await;
    assert_eq!(held, Ok(()));
    assert!(unavailable(&waiting), "{waiting:?}");
    assert_eq!(unit(&hasty, vec![lock(1)], vec![]).await, Ok(()));
}

#[tokio::test]
async fn the_first_real_error_is_reported_not_its_echo() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    let outcome =
        write(&db, vec![put(3), put(1), put(4), Statement::guarded("DELETE FROM item WHERE id = 404", [])]).await;
    assert_eq!(outcome, Err(StoreError::Conflict { guard: "item_pkey".into() }));
    let reads = vec![lock(1), Statement::new("SELECT id / (id - 1) FROM item WHERE id = $1", params![1]), lock(2)];
    let outcome = unit(&db, reads, vec![]).await;
    assert!(matches!(&outcome, Err(StoreError::Rejected { reason, .. }) if reason.starts_with("22012")), "{outcome:?}");
    assert_eq!(number(&db, COUNT).await, 2);
}

#[tokio::test]
async fn a_refused_unit_gives_its_connection_back() {
    let Some(database) = TestDatabase::postgres().await else { return };
    with_items(&database).await.close().await;
    let db = Db::connect(&Options { max_connections: 1, ..database.options() }).await.unwrap();
    let backend = || {
        let read = Statement::new("SELECT CAST(pg_backend_pid() AS BIGINT)", []);
        db.transact(vec![read], |rows| Ok(Plan { writes: vec![], reply: rows[0][0].get::<i64>(0)? }))
    };
    let before = backend().await.unwrap();
    assert!(write(&db, vec![put(3), put(1)]).await.is_err());
    assert!(unit(&db, vec![Statement::new("SELECT id / (id - 1) FROM item", [])], vec![]).await.is_err());
    assert!(
        db.transact(vec![lock(1)], |rows| -> Result<Plan<()>, _> {
            rows[0][0].get::<String>(0)?;
            unreachable!()
        })
        .await
        .is_err()
    );
    assert_eq!(backend().await, Ok(before), "no new connection for a mere refusal");
    assert_eq!(number(&db, COUNT).await, 2);
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_refused_before_anything_is_sent() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    db.execute_batch("CREATE TABLE typed (s INTEGER, m TIMESTAMPTZ, u UUID)").await.unwrap();
    let far = domain::time::Timestamp::from_micros(i64::MIN);
    for wrong in [
        Statement::new("INSERT INTO typed (s) VALUES ($1)", params![1_i64 << 40]),
        Statement::new("INSERT INTO typed (m) VALUES ($1)", params![far]),
        Statement::new("INSERT INTO typed (u) VALUES ($1)", params!["not a uuid"]),
    ] {
        let outcome = write(&db, vec![put(3), wrong, put(4)]).await;
        assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}");
    }
    assert_eq!(number(&db, COUNT).await, 2);
    db.execute_batch("INSERT INTO typed (m) VALUES ('infinity')").await.unwrap();
    let infinite = db.read(vec![Statement::new("SELECT m FROM typed", [])]).await;
    assert!(matches!(infinite, Err(StoreError::Corrupt { .. })), "{infinite:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_unit_is_two_round_trips_and_a_read_is_one() {
    let Some(database) = TestDatabase::postgres().await else { return };
    with_items(&database).await.close().await;
    let proxy = CountingProxy::in_front_of(&database.url).await;
    let options = Options { url: proxy.url(), max_connections: 1, ..Options::default() };
    let db = Db::connect(&options).await.unwrap();
    let hot = |id: i64| {
        let reads = vec![lock(1), Statement::new("SELECT used FROM item WHERE id = $1", params![1]), lock(2)];
        let used = Statement::guarded("UPDATE item SET used = used + 1 WHERE id = $1", params![1]);
        unit(&db, reads, vec![used, put(id), put(id + 1)])
    };
    let list = || db.read(vec![Statement::new(COUNT, []), Statement::new("SELECT id FROM item", [])]);
    hot(10).await.unwrap();
    list().await.unwrap();

    let before = proxy.round_trips();
    hot(20).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 2);
    let before = proxy.round_trips();
    for id in [30, 40, 50] {
        hot(id).await.unwrap();
    }
    assert_eq!(proxy.round_trips() - before, 6);
    let before = proxy.round_trips();
    list().await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1);
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable_soon_and_comes_back_by_itself() {
    let Some(database) = TestDatabase::postgres().await else { return };
    with_items(&database).await.close().await;
    let proxy = CountingProxy::in_front_of(&database.url).await;
    let patience = Duration::from_secs(1);
    let options = Options { url: proxy.url(), unit_timeout: patience, acquire_timeout: patience, ..Options::default() };
    let db = Db::connect(&options).await.unwrap();
    for id in 10..13 {
        write(&db, vec![put(id)]).await.unwrap();
        proxy.go_away();
        let begun = Instant::now();
        let refused = join_all((0..20).map(|_| write(&db, vec![put(99)]))).await;
        assert!(refused.iter().all(unavailable), "{refused:?}");
        assert!(unavailable(&db.ping().await));
        assert!(begun.elapsed() < 4 * patience, "{:?}", begun.elapsed());
        proxy.come_back();
    }
    proxy.fall_silent();
    let begun = Instant::now();
    let refused = write(&db, vec![put(98)]).await;
    assert!(unavailable(&refused), "{refused:?}");
    assert!(begun.elapsed() < 4 * patience, "{:?}", begun.elapsed());
    proxy.come_back();
    write(&db, vec![put(50)]).await.unwrap();
    assert_eq!(number(&db, "SELECT count(*) FROM item WHERE id >= 10 AND id <= 50").await, 4);
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_costs_no_unit() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    let other = database.connect().await;
    for round in 0..10 {
        let warm = join_all((0..8).map(|_| unit(&db, vec![lock(1)], vec![]))).await;
        assert!(warm.iter().all(Result::is_ok), "{warm:?}");
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(number(&other, kill).await > 0);
        assert_eq!(write(&db, vec![put(100 + round)]).await, Ok(()));
    }
}

#[tokio::test]
async fn a_pool_of_connections_that_a_firewall_forgot_costs_no_unit() {
    let Some(database) = TestDatabase::postgres().await else { return };
    with_items(&database).await.close().await;
    let proxy = CountingProxy::in_front_of(&database.url).await;
    let db = Db::connect(&Options { url: proxy.url(), ..Options::default() }).await.unwrap();
    let warm = join_all((0..8).map(|_| unit(&db, vec![Statement::new("SELECT pg_sleep(0.1)", [])], vec![]))).await;
    assert!(warm.iter().all(Result::is_ok), "{warm:?}");
    proxy.forget_connections();
    for id in 3..6 {
        assert_eq!(write(&db, vec![put(id)]).await, Ok(()));
    }
}

#[tokio::test]
async fn a_connection_lost_during_commit_is_never_tried_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = with_items(&database).await;
    db.execute_batch(
        "CREATE TABLE log (id BIGINT); \
         CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER die AFTER INSERT ON log DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION die();",
    )
    .await
    .unwrap();
    let plans = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = plans.clone();
    let outcome = db
        .transact(vec![], move |_| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(Plan { writes: vec![put(5), Statement::new("INSERT INTO log VALUES (1)", [])], reply: () })
        })
        .await;
    assert!(unavailable(&outcome), "{outcome:?}");
    assert_eq!(plans.load(std::sync::atomic::Ordering::SeqCst), 1);
    assert_eq!(number(&db, COUNT).await, 2);
}

#[tokio::test]
async fn an_exhausted_pool_is_unavailable_in_time_and_reads_do_not_queue_behind_it() {
    let Some(database) = TestDatabase::postgres().await else { return };
    with_items(&database).await.close().await;
    let options = Options { max_connections: 1, acquire_timeout: Duration::from_millis(200), ..database.options() };
    let db = Db::connect(&options).await.unwrap();
    let slow = unit(&db, vec![Statement::new("SELECT pg_sleep(1)", [])], vec![]);
    let hasty = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(number(&db, COUNT).await, 2);
        write(&db, vec![put(3)]).await
    };
    let (slow, hasty) = join(slow, hasty).await;
    assert_eq!(slow, Ok(()));
    assert!(unavailable(&hasty), "{hasty:?}");
}
