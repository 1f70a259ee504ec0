//! What only SQLite can do wrong: one writer, one transaction for many units, one file for many processes.

#![expect(clippy::expect_used, reason = "the steps of a test may fail it")]

use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use store::testing::TestDatabase;
use store::{Db, Options, Plan, Statement, StoreError, params};

const COUNT: &str = "SELECT count(*) FROM item";

fn put(id: i64) -> Statement {
    Statement::new("INSERT INTO item (id) VALUES ($1)", params![id])
}

async fn write(db: &Db, writes: Vec<Statement>) -> Result<(), StoreError> {
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
}

async fn number(db: &Db, sql: &'static str) -> i64 {
    let rows = db.read(vec![Statement::new(sql, [])]).await.expect("an answer");
    rows[0][0].get(0).expect("a number")
}

/// A database whose writer takes whatever waits into one transaction, however slow the machine.
async fn with_items(database: &TestDatabase) -> Db {
    let options = Options { batch_time: Duration::from_mins(1), ..database.options() };
    let db = Db::connect(&options).await.expect("a database");
    db.execute_batch("CREATE TABLE item (id INTEGER PRIMARY KEY) STRICT").await.expect("a table");
    db
}

/// Holds the writer inside a unit until all of `units` wait behind it: one batch, in order.
async fn in_one_batch(db: &Db, units: Vec<Vec<Statement>>) -> (Result<(), StoreError>, Vec<Result<(), StoreError>>) {
    let (holding, held) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let mut holding = Some(holding);
    let first = tokio::spawn({
        let db = db.clone();
        async move {
            db.transact(vec![], move |_| {
                let told = holding.take().map(|holding| holding.send(()));
                assert!(told.is_some() && released.recv().is_ok());
                Ok(Plan { writes: vec![], reply: () })
            })
            .await
        }
    });
    held.await.expect("the writer");
    // Polled in order: every unit is queued before the writer is released.
    let queued = join_all(units.into_iter().map(|writes| write(db, writes)));
    let (outcomes, ()) = join(queued, async { release.send(()).expect("the writer") }).await;
    (first.await.expect("the first unit"), outcomes)
}

#[tokio::test]
async fn a_failed_unit_leaves_its_neighbours_in_the_batch_alone() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    let guarded = Statement::guarded("DELETE FROM item WHERE id = $1", params![404]);
    let units = vec![vec![put(1)], vec![put(2), guarded, put(3)], vec![put(4), put(1)], vec![put(5)]];
    let (first, outcomes) = in_one_batch(&db, units).await;
    assert_eq!(first, Ok(()));
    assert_eq!((&outcomes[0], &outcomes[3]), (&Ok(()), &Ok(())));
    assert_eq!(outcomes[1], Err(StoreError::Conflict { guard: "DELETE item".into() }));
    assert_eq!(outcomes[2], Err(StoreError::Conflict { guard: "UNIQUE constraint failed: item.id".into() }));
    assert_eq!(number(&db, "SELECT sum(id) FROM item").await, 6);
}

#[tokio::test]
async fn a_trigger_that_rolls_everything_back_fails_the_batch_and_the_next_one_works() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    db.execute_batch(
        "CREATE TRIGGER no_thirteen BEFORE INSERT ON item WHEN new.id = 13 BEGIN SELECT RAISE(ROLLBACK, 'thirteen'); END",
    )
    .await
    .unwrap();
    let (first, outcomes) = in_one_batch(&db, vec![vec![put(1)], vec![put(13)], vec![put(2)]]).await;
    assert!(
        matches!(&first, Err(StoreError::Unavailable { reason }) if reason.contains("rolled the whole batch back")),
        "{first:?}"
    );
    assert!(matches!(outcomes[0], Err(StoreError::Unavailable { .. })), "told nothing was kept: {outcomes:?}");
    assert!(matches!(&outcomes[1], Err(StoreError::Rejected { reason, .. }) if reason == "thirteen"), "{outcomes:?}");
    assert_eq!(outcomes[2], Ok(()), "the next batch");
    assert_eq!(number(&db, "SELECT sum(id) FROM item").await, 2);
}

#[tokio::test]
async fn a_commit_that_fails_fails_the_batch_and_the_next_one_works() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    let child = "CREATE TABLE child (item INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED) STRICT";
    db.execute_batch(child).await.unwrap();
    let orphan = Statement::new("INSERT INTO child VALUES ($1)", params![404]);
    let (first, outcomes) = in_one_batch(&db, vec![vec![put(1)], vec![orphan], vec![put(2)]]).await;
    assert!(matches!(first, Err(StoreError::Unavailable { .. })), "{first:?}");
    for outcome in &outcomes {
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    }
    assert_eq!(number(&db, COUNT).await, 0);
    write(&db, vec![put(1)]).await.unwrap();
    assert_eq!(number(&db, COUNT).await, 1);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_the_writer_outlives_it() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    db.execute_batch("CREATE TABLE heavy (bytes BLOB NOT NULL) STRICT; PRAGMA max_page_count = 64;").await.unwrap();
    let heavy = || Statement::new("INSERT INTO heavy VALUES ($1)", params![vec![7_u8; 20_000]]);
    let mut kept = 0;
    let refused = loop {
        match write(&db, vec![put(kept), heavy()]).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the disk never filled");
    };
    assert!(matches!(&refused, StoreError::Unavailable { reason } if reason.contains("full")), "{refused:?}");
    assert_eq!(number(&db, COUNT).await, kept);
    let (_, outcomes) = in_one_batch(&db, vec![vec![heavy()], vec![heavy()]]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Unavailable { .. }))), "{outcomes:?}");
    db.execute_batch("PRAGMA max_page_count = 100000").await.unwrap();
    write(&db, vec![put(kept), heavy()]).await.unwrap();
    assert_eq!(number(&db, COUNT).await, kept + 1);
}

#[tokio::test]
async fn a_unit_whose_caller_went_away_runs_to_its_end() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    let (release, released) = mpsc::channel::<()>();
    let slow = db.transact(vec![], move |_| {
        assert!(released.recv().is_ok());
        Ok(Plan { writes: vec![put(1)], reply: () })
    });
    assert!(tokio::time::timeout(Duration::from_millis(50), slow).await.is_err());
    release.send(()).unwrap();
    write(&db, vec![put(2)]).await.unwrap();
    assert_eq!(number(&db, COUNT).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_handles_on_one_file_lose_no_update_and_see_each_others_commits() {
    let database = TestDatabase::sqlite();
    let one = database.connect().await;
    let two = database.connect().await;
    one.execute_batch("CREATE TABLE counter (n INTEGER NOT NULL) STRICT; INSERT INTO counter VALUES (0);")
        .await
        .unwrap();
    let mut commits = two.commits();
    let tasks: Vec<_> = [&one, &two, &one, &two, &one, &two]
        .into_iter()
        .cloned()
        .map(|db| {
            tokio::spawn(async move {
                for _ in 0..40 {
                    let read = vec![Statement::new("SELECT n FROM counter FOR UPDATE", [])];
                    let counted = db.transact(read, |rows| {
                        let n: i64 = rows[0][0].get(0)?;
                        let write = Statement::guarded("UPDATE counter SET n = $2 WHERE n = $1", params![n, n + 1]);
                        Ok(Plan { writes: vec![write], reply: () })
                    });
                    counted.await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(number(&one, "SELECT n FROM counter").await, 240);
    tokio::time::sleep(Duration::from_millis(600)).await;
    commits.mark_unchanged();
    write(&one, vec![Statement::new("UPDATE counter SET n = 0", [])]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), commits.changed()).await.expect("a tick").unwrap();
}

#[tokio::test]
async fn a_unit_waits_for_another_process_until_its_own_deadline() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    let other = rusqlite::Connection::open(database.url.trim_start_matches("sqlite:")).unwrap();

    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (waited, ()) = join(write(&db, vec![put(1)]), async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        other.execute_batch("COMMIT").unwrap();
    })
    .await;
    assert_eq!(waited, Ok(()));

    let hasty = Options { acquire_timeout: Duration::from_millis(300), ..database.options() };
    let hasty = Db::connect(&hasty).await.unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let refused = join_all((10..20).map(|id| write(&hasty, vec![put(id)]))).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(refused.iter().all(|outcome| matches!(outcome, Err(StoreError::Unavailable { .. }))), "{refused:?}");
    assert_eq!(number(&hasty, COUNT).await, 1, "readers do not wait");
    other.execute_batch("COMMIT").unwrap();
    write(&hasty, vec![put(2)]).await.unwrap();
}

#[tokio::test]
async fn the_file_and_its_companions_are_readable_by_their_owner_only() {
    let database = TestDatabase::sqlite();
    let db = with_items(&database).await;
    write(&db, vec![put(1)]).await.unwrap();
    number(&db, COUNT).await;
    let path = database.url.trim_start_matches("sqlite:");
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
    db.close().await;
    assert!(!std::path::Path::new(&format!("{path}-wal")).exists(), "the last one out checkpoints");
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_unavailable_and_named() {
    let database = TestDatabase::sqlite();
    let url = format!("{}/no/such/folder.db", database.url);
    let refused = Db::connect(&Options { url, ..Options::default() }).await.err();
    assert!(
        matches!(&refused, Some(StoreError::Unavailable { reason }) if reason.contains("folder.db")),
        "{refused:?}"
    );
}
