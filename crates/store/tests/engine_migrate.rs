//! Migrations on both databases.

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
