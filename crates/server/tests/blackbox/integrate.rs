//! `docs/integrate.md`, typed in as it stands: what is promised there to take five minutes works.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::clients::folder;
use crate::database::Database;
use crate::harness::World;
use crate::totp;

/// The shell blocks of a document, one after the other.
fn commands(document: &str) -> String {
    let text = std::fs::read_to_string(folder(document)).unwrap();
    let mut blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    format!("set -euo pipefail\n{}", blocks.by_ref().collect::<String>())
}

/// What follows a word at the beginning of a line.
fn told<'a>(lines: &'a [String], word: &str) -> &'a str {
    let found = lines.iter().rev().find_map(|line| line.strip_prefix(word));
    found.unwrap_or_else(|| panic!("no {word} in {lines:#?}"))
}

/// Somebody at the keyboard: answers each question with what their authenticator or their browser shows.
async fn answer(world: &World, question: &str, lines: &[String]) -> String {
    let code = totp::code(told(lines, "secret: "), world.fresh_step().await);
    if !question.contains("tfa=") {
        return code;
    }
    let browser = world.browser();
    let page = browser.get(world.path_of(told(lines, "open: "))).await.expect(303);
    let back = browser.form(page.header("location").unwrap(), &[("code", &code)]).await.expect(303);
    let token = back.header("location").unwrap().strip_prefix("http://127.0.0.1:9000/second-factor?tfa=");
    token.expect("the browser comes back").to_owned()
}

/// A shell in the folder of the server, with its settings and its program.
fn shell(world: &World) -> Command {
    let settings = world.command(8080, world.base());
    let given = settings.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut shell = Command::new("bash");
    shell.current_dir(world.path()).env_clear().envs(given).args(["-c", &commands("docs/integrate.md")]);
    let path = settings.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap_or_default();
    let mut programs = Path::new(env!("CARGO_BIN_EXE_twinlock")).parent().unwrap().as_os_str().to_owned();
    programs.push(":");
    programs.push(path);
    shell.env("PATH", programs);
    shell
}

async fn the_five_minutes_work_as_written(database: Database) {
    let world = World::start(database).await;
    let mut shell = shell(&world).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut keyboard = shell.stdin.take().unwrap();
    let mut screen = BufReader::new(shell.stdout.take().unwrap()).lines();
    let mut lines: Vec<String> = Vec::new();
    while let Some(line) = tokio::task::block_in_place(|| screen.next()) {
        let line = line.unwrap();
        if line.starts_with("Type ") {
            writeln!(keyboard, "{}", answer(&world, &line, &lines).await).unwrap();
        }
        lines.push(line);
    }
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success(), "{lines:#?}\n{}", String::from_utf8_lossy(&output.stderr));

    let said = lines.join("\n");
    assert_eq!(lines.iter().filter(|line| line.starts_with("Type ")).count(), 3, "{said}");
    let approved = lines.iter().filter(|line| line.contains(r#""status":"approved","result":{"user_id":"user-4711""#));
    assert_eq!(approved.count(), 2, "{said}");
    let settings = world.browser().get(world.path_of(told(&lines, "settings: "))).await;
    settings.leads_to("/settings");
    let last = lines.iter().rfind(|line| line.contains("\"status\"")).unwrap();
    assert!(last.contains(r#""status":"not_required","why":"trusted_device""#), "{last}");
    assert!(said.contains(r#""recovery_codes":[""#), "{said}");
}

on_both_databases![the_five_minutes_work_as_written];
