//! Keys in use, on both databases: each start learns of every key that a row needs, and from indexes only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::collections::BTreeSet;

use domain::ids::ApplicationId;
use domain::secret::KeyId;
use domain::testing::{Lab, START};
use store::testing::{Person, TestDatabase, databases};
use store::{Db, KeyUse, Options, Plan, SEALED_COLUMNS, Statement, Value, params};
use uuid::Uuid;

async fn write(db: &Db, sql: &'static str, params: Vec<Value>) {
    let write = Statement::new(sql, params);
    db.transact(vec![], move |_| Ok(Plan { writes: vec![write.clone()], reply: () })).await.unwrap();
}

/// Somebody with rows in every table that needs keys.
struct Owner {
    db: Db,
    user: Uuid,
}

impl Owner {
    async fn on(database: &TestDatabase) -> Self {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let account = Lab::new().account();
        let (user, settings) = (account.user, account.settings);
        let id = user.id.uuid();
        let person = Person { user, settings, factors: vec![], recovery_codes: vec![], challenges: vec![] };
        db.seed(&[person]).await.unwrap();
        Self { db, user: id }
    }

    /// Puts a row under a key into each place; `number` tells the rows of several calls apart.
    async fn need(&self, key: &[u8], number: u8) {
        let sealed = [&[1], key, &[0; 40]].concat();
        let hex = KeyId::from_bytes(key).unwrap().to_string();
        let (user, row, hash) = (self.user, Uuid::from_u128(number.into()), vec![number; 32]);
        let other = Uuid::from_u128(1000 + u128::from(number));
        let db = &self.db;
        let sql =
            "INSERT INTO factors (id, user_id, method, label, secret, created_at) VALUES ($1, $2, 'totp', '', $3, $4)";
        write(db, sql, params![row, user, &sealed, START]).await;
        let sql = "INSERT INTO factors (id, user_id, method, label, destination, destination_key, created_at) \
                   VALUES ($1, $2, 'sms', '', $3, $4, $5)";
        write(db, sql, params![other, user, &sealed, &hash, START]).await;
        let sql = "INSERT INTO enrollments (id, factor_id, user_id, session_id, method, label, secret, attempts, created_at, \
                   expires_at) VALUES ($1, $1, $2, $1, 'totp', '', $3, 0, $4, $4) \
                   ON CONFLICT (user_id, method) DO UPDATE SET secret = excluded.secret";
        write(db, sql, params![row, user, &sealed, START]).await;
        let sql = "INSERT INTO enrollments (id, factor_id, user_id, session_id, method, label, destination, destination_key, \
                   attempts, created_at, expires_at) VALUES ($1, $1, $2, $1, 'sms', '', $3, $4, 0, $5, $5) \
                   ON CONFLICT (user_id, method) DO UPDATE SET destination = excluded.destination";
        write(db, sql, params![other, user, &sealed, &hash, START]).await;
        let sql = "INSERT INTO kept_recovery_codes (user_id, session_id, codes, created_at, expires_at) \
                   VALUES ($1, $1, $2, $3, $3) ON CONFLICT (user_id) DO UPDATE SET codes = excluded.codes";
        write(db, sql, params![user, &sealed, START]).await;
        let sql = "INSERT INTO link_tokens (id, user_id, purpose, token_hash, payload, created_at, expires_at) \
                   VALUES ($1, $2, 'unlock', $3, $4, $5, $5) ON CONFLICT (user_id, purpose) DO UPDATE SET \
                   payload = excluded.payload";
        write(db, sql, params![row, user, &hash, &sealed, START]).await;
        let sql = "UPDATE two_factor_settings SET backup_email = $2 WHERE user_id = $1";
        write(db, sql, params![user, &sealed]).await;
        let sql = "UPDATE users SET phone = $2 WHERE id = $1";
        write(db, sql, params![user, &sealed]).await;
        let sql = "INSERT INTO kept_answers (id, application_id, key_hash, answer, created_at, given_until, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $5, $5)";
        write(db, sql, params![row, ApplicationId::DEFAULT.uuid(), &hash, &sealed, START]).await;
        let sql = "INSERT INTO webhooks (id, application_id, host, target, created_at) VALUES ($1, $2, '', $3, $4)";
        write(db, sql, params![row, ApplicationId::DEFAULT.uuid(), &sealed, START]).await;
        let sql = "INSERT INTO outbox (id, kind, channel, payload, state, attempts, available_at, created_at) \
                   VALUES ($1, 'login_code', 'sms', $2, 'queued', 0, $3, $3)";
        write(db, sql, params![row, &sealed, START]).await;
        let sql =
            "INSERT INTO recovery_codes (id, user_id, pepper_id, code_hash, created_at) VALUES ($1, $2, $3, $4, $5)";
        write(db, sql, params![row, user, hex.as_str(), &hash, START]).await;
        let sql = "INSERT INTO two_factor_codes (id, user_id, challenge_id, factor_id, method, purpose, destination_key, \
                   pepper_id, code_hash, created_at, expires_at) VALUES ($1, $2, $1, $1, 'sms', 'login', $3, $4, $3, $5, $5)";
        write(db, sql, params![row, user, &hash, hex.as_str(), START]).await;
    }

    async fn beyond(&self, ring: &[KeyId]) -> BTreeSet<(&'static str, String, u64)> {
        told(self.db.keys_beyond(ring).await.unwrap())
    }
}

fn told(uses: Vec<KeyUse>) -> BTreeSet<(&'static str, String, u64)> {
    uses.into_iter().map(|used| (used.table, used.key, used.rows)).collect()
}

fn key(byte: u8) -> KeyId {
    KeyId::from_bytes(&[byte; 4]).unwrap()
}

#[tokio::test]
async fn every_place_that_needs_a_key_is_found_and_none_that_the_ring_holds() {
    for database in databases().await {
        let owner = Owner::on(&database).await;
        assert_eq!(owner.beyond(&[]).await, BTreeSet::new(), "{}", database.name);
        // The places that hold one row per person get the last key, the others all three, around the one of the ring.
        for byte in [0x00, 0x77, 0xff] {
            owner.need(&[byte; 4], byte).await;
        }
        assert_eq!(owner.beyond(&[key(0x00), key(0x77), key(0xff)]).await, BTreeSet::new(), "{}", database.name);
        let every = owner.beyond(&[]).await;
        assert_eq!(every, told(owner.db.keys_in_use().await.unwrap()), "{}", database.name);
        let tables: BTreeSet<&str> = every.iter().map(|(table, ..)| *table).collect();
        let mut places: BTreeSet<&str> = SEALED_COLUMNS.iter().map(|column| column.table).collect();
        places.extend(["recovery_codes", "two_factor_codes"]);
        assert_eq!(tables, places, "{}", database.name);

        let found = owner.beyond(&[key(0x77), key(0xff)]).await;
        let oldest = ["factors", "kept_answers", "outbox", "recovery_codes", "two_factor_codes", "webhooks"];
        let expected = oldest.map(|table| (table, "00000000".to_owned(), if table == "factors" { 2 } else { 1 }));
        assert_eq!(found, BTreeSet::from(expected), "{}", database.name);
        assert_eq!(owner.beyond(&[key(0x00), key(0x77)]).await.len(), tables.len(), "{}", database.name);
    }
}

#[tokio::test]
async fn what_is_dead_needs_no_key() {
    for database in databases().await {
        let owner = Owner::on(&database).await;
        owner.need(&[0x77; 4], 1).await;
        write(&owner.db, "UPDATE recovery_codes SET used_at = $1", params![START]).await;
        write(&owner.db, "UPDATE two_factor_codes SET ended_at = $1", params![START]).await;
        write(&owner.db, "UPDATE outbox SET payload = NULL", params![]).await;
        write(&owner.db, "UPDATE kept_answers SET answer = NULL", params![]).await;
        let tables: Vec<&str> = owner.beyond(&[]).await.into_iter().map(|(table, ..)| table).collect();
        assert_eq!(
            tables,
            [
                "enrollments",
                "factors",
                "kept_recovery_codes",
                "link_tokens",
                "two_factor_settings",
                "users",
                "webhooks"
            ],
            "{}",
            database.name
        );
    }
}

/// What has no key id is no reason to start: it is named, or the question fails.
#[tokio::test]
async fn what_has_no_key_id_is_not_overlooked() {
    for database in databases().await {
        let owner = Owner::on(&database).await;
        owner.need(&[0x77; 4], 1).await;
        let ring = [key(0x77)];
        assert!(owner.beyond(&ring).await.is_empty(), "{}", database.name);
        for cut in [vec![], vec![1], vec![1, 0x77, 0x77, 0x77]] {
            write(&owner.db, "UPDATE outbox SET payload = $1", params![&cut]).await;
            let told = owner.db.keys_beyond(&ring).await;
            assert!(told.is_err() || !told.unwrap().is_empty(), "{}: {cut:?}", database.name);
        }
        write(&owner.db, "UPDATE outbox SET payload = NULL", params![]).await;
        write(&owner.db, "UPDATE recovery_codes SET pepper_id = '7777777'", params![]).await;
        assert_eq!(
            owner.beyond(&ring).await,
            BTreeSet::from([("recovery_codes", String::new(), 1)]),
            "{}",
            database.name
        );
    }
}

/// The plan of a statement, a line a step.
async fn plan(db: &Db, sql: &str) -> Vec<String> {
    let (explain, column) = match db.dialect() {
        store::Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        store::Dialect::Postgres => ("EXPLAIN", 0),
    };
    let explain: &'static str = Box::leak(format!("{explain} {sql}").into_boxed_str());
    let rows = db.read(vec![Statement::new(explain, params![])]).await.unwrap().remove(0);
    rows.iter().map(|row| row.get::<String>(column).unwrap()).collect()
}

#[tokio::test]
async fn a_start_goes_through_indexes_only() {
    for database in databases().await {
        Owner::on(&database).await;
        // A table of a few rows is read faster whole: what is asked here is whether the indexes fit.
        let joint = if database.url.contains('?') { '&' } else { '?' };
        let url = match database.name {
            "postgres" => format!("{}{joint}options=-cenable_seqscan%3Doff%20-cenable_bitmapscan%3Doff", database.url),
            _ => database.url.clone(),
        };
        let db = Db::connect(&Options { url, ..database.options() }).await.unwrap();
        db.start_recording();
        db.keys_beyond(&[]).await.unwrap();
        let units = db.stop_recording();
        assert_eq!(units.len(), 1, "{}", database.name);
        assert_eq!(units[0].reads.len(), SEALED_COLUMNS.len() + 2, "{}", database.name);
        for read in &units[0].reads {
            let table = read.sql.split(" FROM ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
            let plan: Vec<String> = plan(&db, &read.sql).await.iter().map(|line| format!("{line} ")).collect();
            let reads_table =
                |line: &&String| ["on", "SCAN", "SEARCH"].iter().any(|step| line.contains(&format!("{step} {table} ")));
            let found: Vec<&String> = plan.iter().filter(reads_table).collect();
            // PostgreSQL does not show the one in the recursion, but its cost: an index that did not fit would cost 10^10.
            let costs = |line: &String| line.contains("Disabled") || line.contains("=1000000");
            let shown = 2 + usize::from(read.sql.ends_with("empty")) - usize::from(database.name == "postgres");
            assert!(found.len() == shown && !plan.iter().any(costs), "{}: {plan:#?}", database.name);
            let index =
                |line: &&String| line.contains(&format!("{table}_by_key_of_")) || line.contains("_by_pepper_id");
            assert!(found.iter().all(index), "{}: {plan:#?}", database.name);
        }
    }
}
