//! What becomes of each table when a database turns out to be a copy from before.

use std::collections::BTreeSet;

use domain::restoration::{Beat, Place};
use domain::time::{Duration, Timestamp};
use domain::totp::Step;
use store::restoration::FATES;
use store::testing::databases;
use store::{Dialect, Statement, params};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const LINE: Uuid = Uuid::from_u128(7);

/// A table that nobody has thought about would revive what is in it.
#[tokio::test]
async fn the_fate_of_every_table_is_known_and_its_statement_runs() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let sql = match db.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Dialect::Postgres => {
                "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = 'public'"
            }
        };
        let rows = db.read(vec![Statement::new(sql, params![])]).await.unwrap().remove(0);
        let mut there: BTreeSet<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        there.remove("refinery_schema_history");
        let known: BTreeSet<String> = FATES.iter().map(|(table, _)| (*table).to_owned()).collect();
        assert_eq!(there, known, "{}", database.name);
        let beat = Beat { lineage: LINE, number: 5 };
        let ended = db.acknowledge(beat, &Place::default(), (NOW, Some(Step::at(NOW))), vec![]).await.unwrap();
        assert_eq!(ended, store::restoration::Ended::default());
    }
}

#[tokio::test]
async fn a_mark_counts_on_in_its_line_and_knows_where_it_was_written() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        assert_eq!(db.mark().await.unwrap(), None);
        assert_eq!(db.beat(NOW).await.unwrap(), None, "an unmarked database does not beat");
        let place = db.place().await.unwrap();
        assert_eq!(place.is_some(), db.dialect() == Dialect::Postgres);
        let place = place.unwrap_or_default();
        let first = db.mark_served(LINE, &place, NOW).await.unwrap();
        assert_eq!(first, Beat { lineage: LINE, number: 1 });
        // A second process draws another line, and gets this one.
        let second = db.mark_served(Uuid::from_u128(8), &place, NOW + Duration::from_secs(1)).await.unwrap();
        assert_eq!(second, Beat { lineage: LINE, number: 2 });
        let mark = db.mark().await.unwrap().unwrap();
        assert!(mark.original && mark.place == place && mark.beat == second, "{mark:?}");
    }
}
