//! Units of work, on both databases: kept whole or not at all.

#![expect(clippy::expect_used, reason = "the steps of a test may fail it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::time::Timestamp;
use store::testing::databases;
use store::{Db, Plan, Row, Statement, StoreError, params};
use uuid::Uuid;

const PUT: &str = "INSERT INTO item (id, used) VALUES ($1, 0)";
const USE: &str = "UPDATE item SET used = 1 WHERE id = $1 AND used = 0";
const COUNT: &str = "SELECT count(*) FROM item";

async fn with_items(database: &store::testing::TestDatabase) -> Db {
    let db = database.connect().await;
    let sql = "CREATE TABLE item (id BIGINT PRIMARY KEY, used BIGINT NOT NULL CHECK (used < 2))";
    db.execute_batch(sql).await.expect("a table");
    db
}

fn put(id: i64) -> Statement {
    Statement::new(PUT, params![id])
}

async fn write(db: &Db, writes: Vec<Statement>) -> Result<(), StoreError> {
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
}

async fn number(db: &Db, sql: &'static str) -> i64 {
    let rows = db.read(vec![Statement::new(sql, [])]).await.expect("an answer");
    rows[0][0].get(0).expect("a number")
}

#[tokio::test]
async fn a_unit_reads_plans_writes_and_answers() {
    for database in databases().await {
        let db = with_items(&database).await;
        write(&db, vec![put(1), put(2)]).await.unwrap();
        let reads = vec![
            Statement::new("SELECT id FROM item WHERE id = $1 FOR UPDATE", params![2]),
            Statement::new("SELECT id, used FROM item ORDER BY id", []),
        ];
        let seen = db
            .transact(reads, |rows| {
                let locked: i64 = rows[0][0].get(0)?;
                let ids = rows[1].iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, _>>()?;
                Ok(Plan { writes: vec![Statement::guarded(USE, params![locked])], reply: ids })
            })
            .await;
        assert_eq!(seen.unwrap(), [1, 2], "{}", database.name);
        assert_eq!(number(&db, "SELECT id FROM item WHERE used = 1").await, 2, "{}", database.name);
    }
}

#[tokio::test]
async fn parameters_are_bound_by_number_not_by_appearance() {
    for database in databases().await {
        let db = with_items(&database).await;
        write(&db, vec![put(7)]).await.unwrap();
        let swapped = Statement::guarded("UPDATE item SET used = $2 WHERE id = $1", params![7, 1]);
        write(&db, vec![swapped]).await.unwrap();
        assert_eq!(number(&db, "SELECT used FROM item WHERE id = 7").await, 1, "{}", database.name);
    }
}

#[tokio::test]
async fn a_violated_guard_leaves_nothing_at_all() {
    for database in databases().await {
        let db = with_items(&database).await;
        let unit = vec![put(1), Statement::guarded(USE, params![99]), put(2)];
        let refused = write(&db, unit).await;
        assert_eq!(refused, Err(StoreError::Conflict { guard: "UPDATE item".into() }), "{}", database.name);
        assert_eq!(number(&db, COUNT).await, 0, "{}", database.name);
        write(&db, vec![put(1)]).await.unwrap();
    }
}

#[tokio::test]
async fn a_constraint_is_a_guard_too() {
    for database in databases().await {
        let db = with_items(&database).await;
        write(&db, vec![put(1)]).await.unwrap();
        for constraint in [put(1), Statement::new("UPDATE item SET used = 2", [])] {
            let refused = write(&db, vec![put(2), constraint, put(3)]).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{}: {refused:?}", database.name);
        }
        assert_eq!(number(&db, COUNT).await, 1, "{}", database.name);
    }
}

#[tokio::test]
async fn a_conflict_is_planned_again_once_from_fresh_rows() {
    for database in databases().await {
        let db = with_items(&database).await;
        write(&db, vec![put(0)]).await.unwrap();
        let mut next = 0;
        let reply = db
            .transact(vec![Statement::new(COUNT, [])], move |rows| {
                let reply = (next, rows[0][0].get::<i64>(0)?);
                next += 1;
                Ok(Plan { writes: vec![put(next - 1)], reply })
            })
            .await;
        assert_eq!(reply, Ok((1, 1)), "{}: id 0 is taken, id 1 is free", database.name);

        let plans = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&plans);
        let refused = db
            .transact(vec![], move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                Ok(Plan { writes: vec![put(0)], reply: () })
            })
            .await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{}: {refused:?}", database.name);
        assert_eq!(plans.load(Ordering::SeqCst), 2, "{}", database.name);
    }
}

#[tokio::test]
async fn a_plan_that_errs_rolls_back_what_its_reads_wrote() {
    for database in databases().await {
        let db = with_items(&database).await;
        let reads = || vec![Statement::new("INSERT INTO item VALUES (5, 0) RETURNING used", [])];
        let error = StoreError::Corrupt { table: "t".into(), column: "c".into(), reason: "r".into() };
        let given = error.clone();
        let refused = db.transact(reads(), move |_| Err::<Plan<()>, _>(given.clone())).await;
        assert_eq!(refused, Err(error), "{}", database.name);
        assert_eq!(number(&db, COUNT).await, 0, "{}", database.name);

        let kept = db.transact(reads(), |rows| Ok(Plan { writes: vec![], reply: rows[0][0].get::<i64>(0)? })).await;
        assert_eq!(kept, Ok(0), "{}", database.name);
        assert_eq!(number(&db, COUNT).await, 1, "{}: a unit without writes is committed too", database.name);
    }
}

#[tokio::test]
async fn a_panicking_plan_leaves_nothing_and_the_next_unit_works() {
    for database in databases().await {
        let db = with_items(&database).await;
        for _ in 0..3 {
            let reads = vec![Statement::new("INSERT INTO item VALUES (5, 0) RETURNING used", [])];
            let refused = db.transact(reads, |rows| -> Result<Plan<()>, _> { panic!("{} rows", rows.len()) }).await;
            assert_eq!(refused, Err(StoreError::Panicked), "{}", database.name);
        }
        assert_eq!(number(&db, COUNT).await, 0, "{}", database.name);
        write(&db, vec![put(1)]).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_and_the_next_unit_works() {
    for database in databases().await {
        let db = with_items(&database).await;
        db.execute_batch(
            "CREATE TABLE child (item BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED); \
             INSERT INTO item VALUES (1, 0);",
        )
        .await
        .unwrap();
        let orphan = Statement::new("INSERT INTO child VALUES ($1)", params![77]);
        let refused = write(&db, vec![put(2), orphan]).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{}: {refused:?}", database.name);
        assert_eq!(number(&db, COUNT).await, 1, "{}", database.name);
        write(&db, vec![put(2), Statement::new("INSERT INTO child VALUES ($1)", params![2])]).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_the_database_does_not_accept_is_rejected_with_its_table() {
    for database in databases().await {
        let db = with_items(&database).await;
        for wrong in [
            Statement::new("UPDATE absent SET a = 1", []),
            Statement::new("UPDATE item SET used = used / 1 WHERE nothing = $1", params![1]),
            Statement::new("UPDATE item SET used = $1 WHERE id = $2", params![1]),
        ] {
            let refused = write(&db, vec![put(1), wrong]).await;
            assert!(matches!(refused, Err(StoreError::Rejected { .. })), "{}: {refused:?}", database.name);
        }
        assert_eq!(number(&db, COUNT).await, 0, "{}", database.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_who_use_one_item_exactly_one_wins() {
    for database in databases().await {
        let db = with_items(&database).await;
        for id in 0..20 {
            write(&db, vec![put(id)]).await.unwrap();
            let racers: Vec<_> = (0..16)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move { write(&db, vec![Statement::guarded(USE, params![id])]).await })
                })
                .collect();
            let mut winners = 0;
            for racer in racers {
                match racer.await.unwrap() {
                    Ok(()) => winners += 1,
                    Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{}: {error}", database.name),
                }
            }
            assert_eq!(winners, 1, "{}", database.name);
        }
    }
}

#[tokio::test]
async fn values_survive_either_database_unchanged() {
    for database in databases().await {
        let db = database.connect().await;
        let types = match database.name {
            "sqlite" => ["INTEGER", "TEXT", "BLOB", "BLOB", "INTEGER", "TEXT"],
            _ => ["BOOLEAN", "TEXT", "BYTEA", "UUID", "TIMESTAMPTZ", "JSONB"],
        };
        let columns: Vec<_> =
            types.iter().zip(["b", "t", "y", "u", "m", "j"]).map(|(t, c)| format!("{c} {t}")).collect();
        let table = format!("CREATE TABLE every (i BIGINT, s INTEGER, {})", columns.join(", "));
        db.execute_batch(&table).await.unwrap();
        let id = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
        let json = serde_json::json!({ "a": [1, "zwölf", null], "b": true });
        for micros in [0, 1, -1, 1_700_000_000_123_456, -62_135_596_800_000_001, 253_402_300_799_999_999] {
            let moment = Timestamp::from_micros(micros);
            let all = params![i64::MIN, 7, true, "naïve", [0_u8, 255], id, moment, json.clone()];
            let insert = Statement::new("INSERT INTO every VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", all);
            write(&db, vec![Statement::new("DELETE FROM every", []), insert]).await.unwrap();
            let rows = db.read(vec![Statement::new("SELECT i, s, b, t, y, u, m, j FROM every", [])]).await.unwrap();
            let row = &rows[0][0];
            assert_eq!(row.get::<i64>(0), Ok(i64::MIN));
            assert_eq!((row.get::<i32>(1), row.get::<u32>(1)), (Ok(7), Ok(7)));
            assert_eq!(row.get::<bool>(2), Ok(true));
            assert_eq!(row.get::<String>(3), Ok("naïve".to_owned()));
            assert_eq!((row.get::<Vec<u8>>(4), row.get::<[u8; 2]>(4)), (Ok(vec![0, 255]), Ok([0, 255])));
            assert_eq!(row.get::<Uuid>(5), Ok(id));
            assert_eq!(row.get::<Timestamp>(6), Ok(moment), "{}", database.name);
            assert_eq!(row.get::<Option<serde_json::Value>>(7), Ok(Some(json.clone())));
        }
        let nulls = params![None::<i64>, None::<i32>, None::<bool>, None::<&str>, None::<&[u8]>, None::<Uuid>];
        let insert = Statement::new("INSERT INTO every VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL)", nulls);
        write(&db, vec![Statement::new("DELETE FROM every", []), insert]).await.unwrap();
        let rows = db.read(vec![Statement::new("SELECT i, s, b, t, y, u, m, j FROM every", [])]).await.unwrap();
        let row = &rows[0][0];
        assert_eq!((row.get::<Option<i64>>(0), row.get::<Option<String>>(3)), (Ok(None), Ok(None)));
        assert_eq!((row.get::<Option<Timestamp>>(6), row.get::<Option<Uuid>>(5)), (Ok(None), Ok(None)));
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_corrupt_and_named() {
    for database in databases().await {
        let db = with_items(&database).await;
        let sql = "SELECT 'x' AS word, CAST(NULL AS BIGINT) AS nil, CAST(-1 AS BIGINT) AS below FROM item";
        write(&db, vec![put(1)]).await.unwrap();
        let rows = db.read(vec![Statement::new(sql, [])]).await.unwrap();
        let row: &Row = &rows[0][0];
        let named = |column: &str, reason: &str| StoreError::Corrupt {
            table: "item".into(),
            column: column.into(),
            reason: reason.into(),
        };
        assert_eq!(row.get::<i64>(0), Err(named("word", "expected i64, found text(1)")));
        assert_eq!(row.get::<i64>(1), Err(named("nil", "expected i64, found null")));
        assert_eq!(row.get::<u32>(2), Err(named("below", "expected u32, found int")));
        assert_eq!(row.get::<bool>(2), Err(named("below", "expected bool, found int")));
        assert_eq!(row.get::<Uuid>(0), Err(named("word", "expected uuid, found text(1)")));
        assert_eq!(row.get::<Option<Timestamp>>(0), Err(named("word", "expected time, found text(1)")));
        assert_eq!(row.get::<[u8; 32]>(0), Err(named("word", "expected bytes of fixed length, found text(1)")));
        assert_eq!(row.get::<i64>(9), Err(named("#9", "no such column in the answer")));
    }
}

#[tokio::test]
async fn text_with_nul_is_corrupt_and_keeps_nothing() {
    for database in databases().await {
        let db = with_items(&database).await;
        db.execute_batch("CREATE TABLE word (w TEXT)").await.unwrap();
        let refused = write(&db, vec![put(1), Statement::new("INSERT INTO word VALUES ($1)", params!["a\0b"])]).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{}: {refused:?}", database.name);
        assert_eq!(number(&db, COUNT).await, 0, "{}", database.name);
    }
}

#[tokio::test]
async fn reads_share_one_snapshot_and_cannot_write() {
    for database in databases().await {
        let db = with_items(&database).await;
        write(&db, vec![put(1)]).await.unwrap();
        let written = db.read(vec![put(2)]).await;
        assert!(written.is_err(), "{}", database.name);
        let slow = match database.name {
            "sqlite" => {
                "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000) SELECT count(*) FROM n"
            }
            _ => "SELECT pg_sleep(0.3)",
        };
        let counted = [Statement::new(COUNT, []), Statement::new(slow, []), Statement::new(COUNT, [])];
        let reading = db.read(counted.to_vec());
        let writing = async {
            for id in 10..60 {
                write(&db, vec![put(id)]).await.unwrap();
            }
        };
        let (rows, ()) = futures_util::future::join(reading, writing).await;
        let rows = rows.unwrap();
        assert_eq!(rows[0][0].get::<i64>(0), rows[2][0].get::<i64>(0), "{}", database.name);
        assert_eq!(number(&db, COUNT).await, 51, "{}", database.name);
    }
}

#[tokio::test]
async fn commits_tick_when_something_changed_and_only_then() {
    for database in databases().await {
        let db = with_items(&database).await;
        let mut commits = db.commits();
        write(&db, vec![put(1)]).await.unwrap();
        assert!(commits.has_changed().unwrap(), "{}", database.name);
        commits.mark_unchanged();
        db.transact(vec![Statement::new(COUNT, [])], |_| Ok(Plan { writes: vec![], reply: () })).await.unwrap();
        let claim = Statement::new("UPDATE item SET used = 1 WHERE id = 99 RETURNING id", []);
        db.transact(vec![claim], |_| Ok(Plan { writes: vec![], reply: () })).await.unwrap();
        assert!(write(&db, vec![put(2), put(1)]).await.is_err());
        db.read(vec![Statement::new(COUNT, [])]).await.unwrap();
        assert!(
            !commits.has_changed().unwrap(),
            "{}: a worker that claims nothing must not wake itself",
            database.name
        );
        let claim = Statement::new("UPDATE item SET used = 1 WHERE id = 1 RETURNING id", []);
        db.transact(vec![claim], |_| Ok(Plan { writes: vec![], reply: () })).await.unwrap();
        assert!(commits.has_changed().unwrap(), "{}", database.name);
    }
}

#[tokio::test]
async fn a_closed_database_finishes_what_began_and_is_unavailable_afterwards() {
    for database in databases().await {
        let db = with_items(&database).await;
        let units: Vec<_> = (0..50)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move { write(&db, vec![put(id)]).await })
            })
            .collect();
        tokio::task::yield_now().await;
        db.close().await;
        let mut kept = 0;
        for unit in units {
            match unit.await.unwrap() {
                Ok(()) => kept += 1,
                Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{}: {error}", database.name),
            }
        }
        for refused in [write(&db, vec![put(99)]).await, db.ping().await, db.read(vec![]).await.map(drop)] {
            assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{}: {refused:?}", database.name);
        }
        assert_eq!(number(&database.connect().await, COUNT).await, kept, "{}", database.name);
    }
}
