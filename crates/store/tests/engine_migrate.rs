//! Migrations on both databases.

#![expect(clippy::unwrap_used, reason = "the steps of a test may fail it")]

use store::testing::databases;
use store::{Statement, StoreError};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_processes_migrate_one_database_at_once_and_it_happens_once() {
    for database in databases().await {
        let db = database.connect().await;
        let pending = db.pending_migrations().await.unwrap();
        assert!(!pending.is_empty(), "{}", database.name);
        let migrating: Vec<_> = (0..8)
            .map(|_| {
                let options = database.options();
                tokio::spawn(async move { store::Db::connect(&options).await?.migrate().await })
            })
            .collect();
        let mut applied = Vec::new();
        for migrated in migrating {
            applied.extend(migrated.await.unwrap().unwrap());
        }
        assert_eq!(applied, pending, "{}", database.name);
        assert_eq!(db.pending_migrations().await.unwrap(), [""; 0], "{}", database.name);
        assert_eq!(db.migrate().await.unwrap(), [""; 0], "{}", database.name);
    }
}

#[tokio::test]
async fn a_database_too_new_for_this_program_is_refused() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let newer = |name: &str, version: u32| {
            format!("INSERT INTO refinery_schema_history VALUES ({version}, '{name}', '2026-01-01T00:00:00Z', '1')")
        };
        db.execute_batch(&newer("add_a_column", 9001)).await.unwrap();
        assert_eq!(db.pending_migrations().await.unwrap(), [""; 0], "{}: a grown schema is fine", database.name);
        db.execute_batch(&newer("contract_a_column", 9002)).await.unwrap();
        for refused in [db.pending_migrations().await, db.migrate().await] {
            assert!(matches!(refused, Err(StoreError::Migration { .. })), "{}: {refused:?}", database.name);
        }
    }
}

#[tokio::test]
async fn looking_for_pending_migrations_writes_nothing() {
    for database in databases().await {
        let db = database.connect().await;
        db.pending_migrations().await.unwrap();
        let table = match database.name {
            "sqlite" => "SELECT count(*) FROM sqlite_schema",
            _ => "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
        };
        let rows = db.read(vec![Statement::new(table, [])]).await.unwrap();
        assert_eq!(rows[0][0].get::<i64>(0), Ok(0), "{}", database.name);
    }
}

/// Every table with its columns in their order, but for what belongs to the migrations.
async fn columns(db: &store::Db, name: &str) -> Vec<(String, String)> {
    let sql = match name {
        "sqlite" => {
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' \
             ORDER BY m.name, c.cid"
        }
        _ => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public' \
             ORDER BY table_name, ordinal_position"
        }
    };
    let rows = db.read(vec![Statement::new(sql, [])]).await.unwrap();
    let named = rows[0].iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap()));
    named.filter(|(table, _): &(String, String)| table != "refinery_schema_history").collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns_in_the_same_order() {
    let mut seen: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let columns = columns(&db, database.name).await;
        assert!(columns.len() > 100, "{}: {columns:?}", database.name);
        seen.push((database.name, columns));
    }
    for pair in seen.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "{} and {}", pair[0].0, pair[1].0);
    }
}
