//! The plain loop: one connection, one thread, one commit each, with the settings of the store's own writer.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params_from_iter};

use super::{Script, Template};
use crate::load::Numbers;
use crate::process::spent_by_all;
use crate::stats::Run;

/// Runs the calls in turn, each with all its scripts for the next person.
pub(crate) fn run(
    file: &Path,
    calls: &[&[Script]],
    numbers: &Numbers,
    warm_up: Duration,
    time: Duration,
) -> Result<Run> {
    let connection = store::testing::sqlite_connection(file)?;
    let mut calls = calls.iter().cycle();
    let mut run_for = |time: Duration| -> Result<Run> {
        let (begun, before) = (Instant::now(), spent_by_all(None));
        let mut count = 0;
        while begun.elapsed() < time {
            let number = numbers.take().context("nobody was left: seed more people")?;
            for script in *calls.next().context("no call")? {
                once(&connection, script, number)?;
            }
            count += 1;
        }
        Ok(Run::new(count, begun.elapsed(), spent_by_all(None).saturating_sub(before)))
    };
    run_for(warm_up)?;
    run_for(time)
}

/// Runs one script for a person.
pub(crate) fn once(connection: &Connection, script: &Script, number: u64) -> Result<()> {
    control(connection, &script.opening)?;
    for statement in script.statements() {
        execute(connection, statement, number).with_context(|| statement.sql.clone())?;
    }
    control(connection, &script.closing)
}

fn execute(connection: &Connection, statement: &Template, number: u64) -> Result<()> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let width = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(statement.slots.iter().map(|slot| slot.value(number))))?;
    while let Some(row) = rows.next()? {
        for column in 0..width {
            std::hint::black_box(row.get_ref(column)?);
        }
    }
    ensure!(!statement.guarded || connection.changes() > 0, "a guard held");
    Ok(())
}

fn control(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
