//! pgbench, PostgreSQL's own load tool, replaying the statements with prepared statements.
//!
//! Each of its clients goes through people of its own, in order, so that every guard holds and every write hits a row.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use store::Value;

use super::{EXTERNAL, Script, Slot, Template};
use crate::population::{ID_HEAD, ID_MIDDLE, Kind};
use crate::process::spent_by_all;
use crate::stats::Run;

/// How pgbench sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// One statement, one answer.
    OneByOne,
    /// Opening and reads in one go, writes and end in another, as the store does.
    Pipelined,
}

/// The scripts, one after the other for the same person, in pgbench's own language.
pub(crate) fn script<'a>(scripts: impl IntoIterator<Item = &'a Script>, sending: Sending) -> String {
    let mut text = String::from("\\set i :i + 1\n\\set n :base + :client_id * :span + :i\n");
    for script in scripts {
        unit(script, sending, &mut text);
    }
    text
}

fn unit(script: &Script, sending: Sending, text: &mut String) {
    let pipelined = sending == Sending::Pipelined;
    let (start, end) = if pipelined { ("\\startpipeline\n", "\\endpipeline\n") } else { ("", "") };
    text.push_str(start);
    for statement in script.opening.split(';') {
        let _ = writeln!(text, "{};", statement.trim());
    }
    text.extend(script.reads.iter().map(statement));
    if !script.writes.is_empty() {
        text.push_str(end);
        text.push_str(start);
    }
    text.extend(script.writes.iter().map(statement));
    let _ = write!(text, "{};\n{end}", script.closing);
}

/// One statement with expressions in place of its parameters.
fn statement(template: &Template) -> String {
    let mut text = String::with_capacity(template.sql.len() * 2);
    let mut rest = template.sql.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let digits = after.find(|char: char| !char.is_ascii_digit()).unwrap_or(after.len());
        match after[..digits].parse::<usize>().ok().and_then(|number| template.slots.get(number.wrapping_sub(1))) {
            Some(slot) => text.push_str(&expression(slot)),
            None => {
                let _ = write!(text, "${}", &after[..digits]);
            }
        }
        rest = &after[digits..];
    }
    text.push_str(rest);
    text.push_str(";\n");
    text
}

/// `:n` is the person's number. It needs its type, for pgbench sends parameters without one.
fn expression(slot: &Slot) -> String {
    let uuid =
        |kind: u16, row: &str| format!("('{ID_HEAD}{kind:03x}{ID_MIDDLE}' || lpad(to_hex({row}), 12, '0'))::uuid");
    match slot {
        Slot::Constant(value) => literal(value),
        Slot::Id(kind) if kind.each() == 1 => uuid(*kind as u16, ":n::bigint"),
        Slot::Id(kind) => uuid(*kind as u16, &format!(":n::bigint * {}", kind.each())),
        Slot::ExternalKey => format!("({} || (:n::bigint)::text)", quoted(EXTERNAL)),
        Slot::Token(pads) => {
            let part = |pad: char| format!("rpad((:n::bigint)::text, 43, '{pad}')");
            let parts: Vec<String> = pads.0.chars().map(part).collect();
            format!("sha256(({})::bytea)", parts.join(" || "))
        }
        Slot::FreshId(index) => uuid(Kind::Fresh as u16 + index, ":n::bigint"),
        Slot::FreshHash(index) => format!("sha256(int8send(:n::bigint * 256 + {index}))"),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(it) => it.to_string(),
        Value::Text(text) => quoted(text),
        Value::Bytes(bytes) => format!("'\\x{}'::bytea", data_encoding::HEXLOWER.encode(bytes)),
        Value::Uuid(id) => format!("'{id}'::uuid"),
        Value::Time(moment) => format!("{}::timestamptz", quoted(&moment.to_string())),
        Value::Json(json) => format!("{}::jsonb", quoted(&json.to_string())),
    }
}

/// A literal without colons, in which pgbench would see its variables.
fn quoted(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a").replace('\n', "\\n"))
}

/// pgbench against one database.
pub(crate) struct Pgbench {
    /// The program.
    pub(crate) program: PathBuf,
    /// The database.
    pub(crate) url: String,
    /// The server's first process.
    pub(crate) process: Option<u32>,
}

/// Who takes part in one run: the first person, and how many belong to each client.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    pub(crate) base: u64,
    pub(crate) span: u64,
}

impl Pgbench {
    /// Runs scripts, chosen at random.
    pub(crate) async fn run(&self, scripts: &[&Path], clients: usize, share: Share, time: Duration) -> Result<Run> {
        let mut command = tokio::process::Command::new(&self.program);
        command.kill_on_drop(true).args(["--no-vacuum", "--protocol=prepared", "--define=i=-1"]);
        command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
        command.arg(format!("--time={}", time.as_secs().max(1)));
        command.arg(format!("--define=base={}", share.base)).arg(format!("--define=span={}", share.span));
        for script in scripts {
            command.arg("--file").arg(script);
        }
        let before = spent_by_all(self.process);
        let output = command.arg(&self.url).output().await.context("cannot start pgbench")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench ended with {}:\n{said}\n{complained}", output.status);
        let spent = spent_by_all(self.process).saturating_sub(before);
        let said_number = |name| said.lines().find_map(|line| line.strip_prefix(name)?.split(' ').next()?.parse().ok());
        let number = |name| said_number(name).with_context(|| format!("pgbench did not say {name:?}:\n{said}"));
        let (rate, count): (f64, f64) = (number("tps = ")?, number("number of transactions actually processed: ")?);
        Ok(Run { rate, cpu: spent.as_secs_f64() * 1e6 / count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_expressions_and_nothing_looks_like_a_variable() {
        let template = Template {
            sql: "UPDATE t SET a = $2, b = $3 WHERE id = $1 AND c = '$'".into(),
            guarded: false,
            slots: vec![Slot::Id(Kind::User), Slot::Constant(Value::from("it's 10:30")), Slot::Constant(Value::Int(5))],
        };
        assert_eq!(
            statement(&template),
            "UPDATE t SET a = E'it''s 10\\x3a30', b = 5 WHERE \
             id = ('01990000-0000-7001-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid AND c = '$';\n"
        );
    }

    #[test]
    fn a_pipelined_script_has_the_two_round_trips_of_the_store() {
        let one = |sql: &str| Template { sql: sql.into(), guarded: false, slots: vec![] };
        let unit = Script {
            opening: "BEGIN; SET LOCAL x = 1".into(),
            reads: vec![one("SELECT 1")],
            writes: vec![one("DELETE FROM t")],
            closing: "COMMIT".into(),
        };
        let text = script([&unit], Sending::Pipelined);
        let body = text.split_once("\\startpipeline\n").unwrap().1;
        assert_eq!(
            body,
            "BEGIN;\nSET LOCAL x = 1;\nSELECT 1;\n\\endpipeline\n\\startpipeline\nDELETE FROM t;\nCOMMIT;\n\\endpipeline\n"
        );
        assert!(!script([&unit], Sending::OneByOne).contains("pipeline"));
        let twice = script([&unit, &unit], Sending::OneByOne);
        assert_eq!((twice.matches("\\set n").count(), twice.matches("COMMIT").count()), (1, 2), "{twice}");
    }
}
