//! Retention, over days that no test waits for: on both databases, a log that was cut is as provable as one that was not.

use std::path::PathBuf;

use domain::audit::{AuditAction, AuditEntry, AuditHead, Detail, chain};
use domain::command::Origin;
use domain::ids::{ApplicationId, AuditId, PersonId};
use domain::secret::KeyRing;
use domain::testing::rng;
use domain::time::{Duration, Timestamp};
use store::testing::{append_entries, databases};
use store::{Db, Swept};
use uuid::Uuid;

use super::Format;
use super::export::export_to;
use super::online::verify as online;
use super::verify::{Known, offline};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

struct Log {
    db: Db,
    ring: KeyRing,
    heads: Vec<(PersonId, AuditHead)>,
    written: u64,
    folder: tempfile::TempDir,
}

impl Log {
    fn new(db: Db) -> Self {
        let mut rng = rng(7);
        let heads = (0..3).map(|_| (PersonId::new(NOW, &mut rng), AuditHead::START)).collect();
        Self { db, ring: KeyRing::generate(&mut rng), heads, written: 0, folder: tempfile::tempdir().unwrap() }
    }

    /// Two entries of each person at a moment, and two without a person.
    async fn grow(&mut self, at: Timestamp) {
        let mut rng = rng(100 + self.written);
        self.written += 1;
        let entry = |person| AuditEntry {
            user: None,
            person,
            application: ApplicationId::DEFAULT,
            action: AuditAction::PasswordChecked,
            success: true,
            method: None,
            device: None,
            detail: Detail::None,
            origin: Origin::default(),
        };
        let mut entries = Vec::new();
        for (person, head) in &mut self.heads {
            let new = vec![entry(Some(*person)), entry(Some(*person))];
            entries.extend(chain(head, at, new, || AuditId::new(at, &mut rng)));
        }
        let mut nobody = AuditHead::START;
        let outside = vec![entry(None), entry(None)];
        entries.extend(chain(&mut nobody, at, outside, || AuditId::new(at, &mut rng)));
        append_entries(&self.db, &entries, &self.heads).await.unwrap();
    }

    async fn sign(&self, at: Timestamp) -> usize {
        self.db.make_checkpoints(at, &self.ring, false).await.unwrap()
    }

    fn known(&self) -> Known {
        let keys = self.ring.checkpoint_public_keys().collect();
        Known { keys, published: Vec::new(), allow_late: false, now: NOW + Duration::from_days(2) }
    }

    async fn export(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        export_to(&self.db, Format::Proof, (Timestamp::EPOCH, Timestamp::LAST), &path).await.unwrap();
        path
    }

    async fn count(&self) -> u64 {
        self.db.count_entries().await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.db.execute_batch(sql).await.unwrap();
    }
}

async fn logs() -> Vec<(&'static str, store::testing::TestDatabase, Log)> {
    let mut logs = Vec::new();
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        logs.push((database.name, database, Log::new(db)));
    }
    logs
}

#[tokio::test]
async fn what_is_cut_is_behind_a_checkpoint_and_the_rest_still_proves_itself() {
    for (name, _database, mut log) in logs().await {
        for days in [9, 5, 1] {
            log.grow(NOW - Duration::from_days(days)).await;
            assert_eq!(log.sign(NOW - Duration::from_days(days)).await, 8, "{name}");
        }
        log.grow(NOW - Duration::from_hours(1)).await;
        let before = log.db.last_checkpoint().await.unwrap().unwrap();
        let cut = |log: &Log, days| {
            let (db, ring) = (log.db.clone(), KeyRing::parse(log.ring.to_text().expose()).unwrap());
            async move { db.cut_audit_log(NOW - Duration::from_days(days), NOW, &ring, false).await.unwrap() }
        };
        assert_eq!(cut(&log, 30).await, Swept::Rows(0), "{name}");
        assert_eq!(log.db.last_checkpoint().await.unwrap().unwrap(), before, "{name}: nothing to say");
        assert_eq!(cut(&log, 4).await, Swept::Rows(16), "{name}");
        assert_eq!(log.count().await, 16, "{name}");
        online(&log.db, &log.known()).await.unwrap();
        let published = vec![before.clone(), log.db.last_checkpoint().await.unwrap().unwrap()];
        assert_eq!(published[1].checkpoint.begins, 17, "{name}");

        // What is not signed yet stays, however old.
        assert_eq!(cut(&log, 0).await, Swept::Rows(8), "{name}");
        assert_eq!(log.count().await, 8, "{name}");
        online(&log.db, &log.known()).await.unwrap();
        log.grow(NOW).await;
        assert_eq!(log.sign(NOW).await, 16, "{name}");
        online(&log.db, &Known { published, ..log.known() }).await.unwrap();
        offline(&log.export("whole").await, &log.known()).unwrap();

        // A cut that nobody signed is no retention.
        let tables = ["two_factor_audit_log", "audit_positions", "audit_checkpoints", "audit_starts"];
        for table in tables {
            log.execute(&format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")).await;
        }
        let oldest = "(SELECT entry_id FROM audit_positions ORDER BY position LIMIT 4)";
        let delete = format!("DELETE FROM two_factor_audit_log WHERE id IN {oldest}");
        for forged in [
            delete.clone(),
            format!("{delete}; UPDATE audit_checkpoints SET begins_at = 29 WHERE number = 6"),
            format!("{delete}; DELETE FROM audit_positions WHERE position < 29"),
            "UPDATE audit_starts SET seq = seq + 1".to_owned(),
            "DELETE FROM audit_starts".to_owned(),
        ] {
            log.execute(&forged).await;
            assert!(online(&log.db, &log.known()).await.is_err(), "{name}: {forged}");
            for table in tables {
                log.execute(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved_{table}")).await;
            }
            online(&log.db, &log.known()).await.unwrap();
        }
        log.db.close().await;
    }
}

#[tokio::test]
async fn a_cut_that_was_stopped_half_way_proves_itself_and_is_taken_up_again() {
    for (name, _database, mut log) in logs().await {
        for days in [9, 1] {
            log.grow(NOW - Duration::from_days(days)).await;
            log.sign(NOW - Duration::from_days(days)).await;
        }
        let refuse = match name {
            "sqlite" => {
                "CREATE TRIGGER refused BEFORE DELETE ON two_factor_audit_log BEGIN SELECT RAISE(ABORT, 'stopped'); END"
            }
            _ => {
                "CREATE FUNCTION stopped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$; \
                 CREATE TRIGGER refused BEFORE DELETE ON two_factor_audit_log EXECUTE FUNCTION stopped()"
            }
        };
        let allow =
            if name == "sqlite" { "DROP TRIGGER refused" } else { "DROP TRIGGER refused ON two_factor_audit_log" };
        log.execute(refuse).await;
        let before = NOW - Duration::from_days(4);
        assert!(log.db.cut_audit_log(before, NOW, &log.ring, true).await.is_err(), "{name}");
        assert_eq!(log.count().await, 16, "{name}: nothing is gone");
        online(&log.db, &log.known()).await.unwrap();
        offline(&log.export("half").await, &log.known()).unwrap();
        log.execute(allow).await;
        assert_eq!(log.db.cut_audit_log(before, NOW, &log.ring, true).await.unwrap(), Swept::Rows(8), "{name}");
        online(&log.db, &log.known()).await.unwrap();
        assert_eq!(log.db.checkpoints(0).await.unwrap().len(), 3, "{name}: the cut was signed once");
        log.db.close().await;
    }
}

#[tokio::test]
async fn what_is_committed_late_is_covered_later_whatever_its_time_and_a_forged_date_is_named() {
    for (name, _database, mut log) in logs().await {
        log.grow(NOW).await;
        assert_eq!(log.sign(NOW).await, 8, "{name}");
        // Its clock was read before the others', its commit came after: the next checkpoint has it.
        log.grow(NOW - Duration::from_secs(20)).await;
        log.grow(NOW + Duration::from_secs(60)).await;
        assert_eq!(log.sign(NOW + Duration::from_mins(10)).await, 16, "{name}");
        assert_eq!(log.sign(NOW + Duration::from_mins(20)).await, 0, "{name}");
        online(&log.db, &log.known()).await.unwrap();

        // By a clock that was far behind: found by the look at everything, and said.
        log.grow(NOW - Duration::from_days(10)).await;
        assert_eq!(log.sign(NOW + Duration::from_mins(30)).await, 0, "{name}");
        assert!(online(&log.db, &log.known()).await.is_err(), "{name}: not covered yet, and late");
        assert_eq!(log.sign(NOW + Duration::from_days(1)).await, 8, "{name}");
        assert!(online(&log.db, &log.known()).await.is_err(), "{name}: covered, and late");
        let file = log.export("late").await;
        assert!(offline(&file, &log.known()).is_err(), "{name}");
        let lenient = Known { allow_late: true, ..log.known() };
        online(&log.db, &lenient).await.unwrap();
        offline(&file, &lenient).unwrap();
        log.db.close().await;
    }
}

#[tokio::test]
async fn a_checkpoint_of_a_wrong_clock_neither_cuts_what_is_young_nor_keeps_what_is_old() {
    for (name, _database, mut log) in logs().await {
        for days in [-4_000, 9, 20_000, 1] {
            log.grow(NOW - Duration::from_days(days.clamp(1, 9))).await;
            log.sign(NOW - Duration::from_days(days)).await;
        }
        let before = NOW - Duration::from_days(4);
        assert_eq!(log.db.cut_audit_log(before, NOW, &log.ring, true).await.unwrap(), Swept::Rows(24), "{name}");
        log.grow(NOW).await;
        log.sign(NOW - Duration::from_days(20_000)).await;
        assert_eq!(log.db.cut_audit_log(before, NOW, &log.ring, true).await.unwrap(), Swept::Rows(0), "{name}");
        online(&log.db, &Known { allow_late: true, ..log.known() }).await.unwrap();
        log.db.close().await;
    }
}

#[tokio::test]
async fn of_makers_at_the_same_moment_one_makes_each_checkpoint_and_every_entry_has_one_place() {
    for (name, _database, mut log) in logs().await {
        for round in 0..5 {
            log.grow(NOW + Duration::from_secs(round)).await;
        }
        let made = futures_util::future::join_all((0..8).map(|_| log.db.make_checkpoints(NOW, &log.ring, true))).await;
        assert_eq!(
            made.iter().filter_map(|made| made.as_ref().ok()).filter(|made| **made > 0).count(),
            1,
            "{name}: {made:?}"
        );
        assert_eq!(log.sign(NOW).await, 0, "{name}");
        online(&log.db, &log.known()).await.unwrap();
        let covered = log.db.covered_entries(1, 1_000).await.unwrap();
        let ids: std::collections::HashSet<Uuid> = covered.iter().map(|covered| covered.id).collect();
        assert_eq!((covered.len(), ids.len()), (40, 40), "{name}");
        log.db.close().await;
    }
}

#[tokio::test]
async fn a_new_key_goes_on_where_the_old_one_signed_last() {
    for (name, _database, mut log) in logs().await {
        log.grow(NOW).await;
        log.sign(NOW).await;
        let old = log.known();
        log.ring = KeyRing::generate(&mut rng(8));
        log.grow(NOW).await;
        log.sign(NOW).await;
        online(&log.db, &log.known()).await.unwrap();
        assert!(online(&log.db, &old).await.is_err(), "{name}: the newest is signed with a key that is not known");
        offline(&log.export("two keys").await, &log.known()).unwrap();
        log.db.close().await;
    }
}

#[tokio::test]
async fn a_log_of_several_ranges_is_read_to_its_end() {
    for (name, _database, mut log) in logs().await {
        for round in 0..600 {
            log.grow(NOW + Duration::from_secs(round)).await;
        }
        assert_eq!(log.sign(NOW + Duration::from_secs(600)).await, 4_800, "{name}");
        for round in 0..600 {
            log.grow(NOW + Duration::from_secs(600 + round)).await;
        }
        assert_eq!(log.count().await, 9_600, "{name}");
        online(&log.db, &log.known()).await.unwrap();

        let nth = |offset| format!("(SELECT id FROM two_factor_audit_log ORDER BY id LIMIT 1 OFFSET {offset})");
        let changed = |offset: usize| {
            format!(
                "UPDATE two_factor_audit_log SET user_agent = 'another' WHERE seq IS NOT NULL AND id = {}",
                nth(offset)
            )
        };
        log.execute("CREATE TABLE saved AS SELECT * FROM two_factor_audit_log").await;
        // One in four is on no chain, and was not signed where it is in the second half: five neighbors have one that is.
        for first in [0, 4_094, 4_099, 8_190, 9_595] {
            for offset in first..first + 5 {
                log.execute(&changed(offset)).await;
            }
            assert!(online(&log.db, &log.known()).await.is_err(), "{name}: {first}");
            log.execute("DELETE FROM two_factor_audit_log; INSERT INTO two_factor_audit_log SELECT * FROM saved").await;
        }
        online(&log.db, &log.known()).await.unwrap();
        log.db.close().await;
    }
}

#[tokio::test]
async fn a_position_that_no_checkpoint_covers_is_found() {
    for (name, _database, mut log) in logs().await {
        log.grow(NOW).await;
        assert_eq!(log.sign(NOW).await, 8, "{name}");
        log.grow(NOW + Duration::from_secs(1)).await;
        online(&log.db, &log.known()).await.unwrap();
        let unsigned = "id NOT IN (SELECT entry_id FROM audit_positions)";
        log.execute(&format!(
            "INSERT INTO audit_positions (position, entry_id, hash) \
             SELECT 9, id, (SELECT hash FROM audit_positions LIMIT 1) FROM two_factor_audit_log WHERE seq IS NULL AND {unsigned} LIMIT 1"
        ))
        .await;
        assert!(online(&log.db, &log.known()).await.is_err(), "{name}");
        log.db.close().await;
    }
}
