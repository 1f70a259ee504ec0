//! The documents say what the code says: paths and names in ARCHITECTURE.md, refusals, settings, tables and columns.
//!
//! A document that nobody holds against the code is wrong within a month. These tests break when code moves, and say
//! which line to mend. What a sentence means they cannot know.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking, its helpers included")]

use std::fs;
use std::path::{Path, PathBuf};

use twinlock::config::settings;
use twinlock::problem::ProblemCode;

/// Each rule with a number or an order of its own: its line in the index of ARCHITECTURE.md, a file of that line, and what
/// must stand in the file. The last word of it is what the line tells to look for.
const RULES: &[(&str, &str, &str)] = &[
    ("TOTP window", "crates/domain/src/totp.rs", "fn live_step"),
    ("TOTP secret, digits, period, URI", "crates/domain/src/totp.rs", "fn otpauth_uri"),
    ("used step", "crates/domain/src/factor.rs", "fn used_step"),
    ("used step", "crates/store/src/factor.rs", "fn use_step"),
    ("what a wrong code's hint may say", "crates/domain/src/guess.rs", "fn explain"),
    ("challenge life", "crates/domain/src/policy.rs", "pub challenge_life"),
    ("challenge life", "crates/domain/src/challenge.rs", "fn check"),
    ("live challenges per user", "crates/domain/src/challenge/open.rs", "policy.live_challenges"),
    ("guesses per challenge", "crates/domain/src/challenge.rs", "policy.challenge_attempts"),
    ("guesses per account", "crates/domain/src/throttle.rs", "struct GuessBudget"),
    ("guesses per account", "crates/domain/src/throttle.rs", "fn kept"),
    ("charge before judging", "crates/domain/src/guess.rs", "guesses.charge"),
    ("lock ladder", "crates/domain/src/throttle.rs", "self.lock_level"),
    ("in-a-row stop", "crates/domain/src/throttle.rs", "policy.guesses_in_a_row"),
    ("while locked", "crates/domain/src/login.rs", "\"account_locked\""),
    ("while locked", "crates/domain/src/verification.rs", "\"account_locked\""),
    ("wrong passwords per account and block", "crates/domain/src/throttle.rs", "fn passwords_for_account"),
    ("wrong passwords per account and block", "crates/domain/src/login.rs", "fn password_counters"),
    ("wrong passwords per block", "crates/domain/src/throttle.rs", "fn passwords_from_block"),
    ("wrong passwords per block", "crates/domain/src/throttle.rs", "fn block"),
    ("windows of shared counters", "crates/store/src/counter.rs", "fn charge"),
    ("recovery codes: alphabet and reading", "crates/domain/src/recovery_code.rs", "const ALPHABET"),
    ("recovery codes: count", "crates/domain/src/policy.rs", "pub recovery_codes"),
    ("recovery codes: hashing", "crates/domain/src/recovery_code.rs", "keys.peppered"),
    ("recovery codes: low warning", "crates/domain/src/guess.rs", "const FEW_RECOVERY_CODES"),
    ("pending set-up life", "crates/domain/src/policy.rs", "pub enrollment_life"),
    ("pending set-up life", "crates/domain/src/enrollment.rs", "enrollment.expires_at"),
    ("access token life", "crates/domain/src/session.rs", "policy.access_life"),
    ("session idle time", "crates/domain/src/session.rs", "policy.session_idle"),
    ("session absolute life", "crates/domain/src/session.rs", "policy.session_life"),
    ("refresh token reuse", "crates/domain/src/session.rs", "EndReason::TokenReused"),
    ("refresh token reuse", "crates/store/src/session.rs", "fn rotate"),
    ("which sessions a change of factor ends", "crates/domain/src/enrollment.rs", "Change::EndOtherSessions"),
    ("what ends trust", "crates/domain/src/trusted_device.rs", "fn revoke_trust"),
    ("new passwords", "crates/server/src/password.rs", "fn judge"),
    ("new passwords", "crates/server/src/password.rs", "const TOO_COMMON_LOG10"),
    ("hashing parameters", "crates/server/src/password/desk.rs", "const MEMORY_KIB"),
    ("clock", "crates/domain/src/user.rs", "fn moment"),
    ("who the session cookie stands for", "crates/domain/src/session/visit.rs", "struct RecognizeVisitor"),
    ("where a sign-in goes on to", "crates/server/src/http/pages/target.rs", "struct Target"),
    ("freshness", "crates/domain/src/session.rs", "fn fresh_until"),
    ("sends of verification mail", "crates/domain/src/throttle.rs", "fn mails_to"),
    ("sends of verification mail", "crates/domain/src/signup.rs", "fn mail_allowed"),
    ("text messages: which provider comes next", "crates/messaging/src/sms/failover.rs", "const MOST_LOST"),
    ("text messages: when a provider is left alone", "crates/messaging/src/sms/breaker.rs", "struct Rules"),
    ("text messages: time-outs", "crates/messaging/src/sms/http.rs", "struct Patience"),
    ("the language a person is spoken to in", "crates/domain/src/locale.rs", "fn preferred"),
    ("the language a person is spoken to in", "crates/domain/src/user.rs", "fn spoken_to"),
    ("what a mail says and how it looks", "crates/messaging/src/words.rs", "struct Mail"),
    ("text messages: form, length, name", "crates/messaging/src/text_message.rs", "const SHORT_NAME"),
    ("SMTP: dialog, what is final", "crates/messaging/src/mail/dialog.rs", "fn refuses_recipient"),
    ("SMTP: time-outs, connections", "crates/messaging/src/mail/smtp.rs", "const PATIENCE"),
    ("delivery: tries, back-off, when a message is given up", "crates/domain/src/delivery.rs", "struct Course"),
    ("delivery: tries, back-off, when a message is given up", "crates/domain/src/delivery.rs", "const MOST_LOST"),
    ("delivery: lease, messages under way", "crates/server/src/worker/deliver.rs", "const LEASE"),
    ("delivery: lease, messages under way", "crates/server/src/worker/transport.rs", "const SLOTS"),
    ("delivery: what a report changes", "crates/domain/src/delivery.rs", "fn advances"),
    ("delivery: what a report changes", "crates/store/src/delivery.rs", "fn record_report"),
    ("which jobs there are, and when they come round", "crates/domain/src/schedule.rs", "enum Schedule"),
    ("whose job it is", "crates/store/src/schedule.rs", "fn begin_job"),
    ("an application's user at their own security page", "crates/domain/src/application/visit.rs", "const VISIT_LIFE"),
    ("an application's user at their own security page", "crates/domain/src/application/visit.rs", "fn may_turn_off"),
];

/// The tasks that the index has a way for.
const TASKS: [&str; 10] = [
    "an endpoint",
    "a refusal",
    "a setting",
    "a message",
    "a provider of text messages",
    "a page",
    "a migration",
    "an audit action",
    "a metric",
    "a CLI command",
];

/// The source system's five models, with our tables and the columns of theirs that the mapping must account for.
const MODELS: [(&str, &str, &[&str]); 5] = [
    (
        "TwoFactorSettings",
        "two_factor_settings",
        &[
            "user_id",
            "is_enabled",
            "preferred_method",
            "totp_secret",
            "phone_number",
            "backup_email",
            "created_at",
            "updated_at",
        ],
    ),
    (
        "TwoFactorCode",
        "two_factor_codes",
        &["user_id", "code", "method", "purpose", "is_used", "attempts", "max_attempts", "expires_at"],
    ),
    ("RecoveryCode", "recovery_codes", &["user_id", "code", "is_used", "used_at"]),
    (
        "TrustedDevice",
        "trusted_devices",
        &["user_id", "device_id", "device_name", "ip_address", "user_agent", "last_used_at", "expires_at"],
    ),
    (
        "TwoFactorAuditLog",
        "two_factor_audit_log",
        &["user_id", "action", "method", "ip_address", "user_agent", "device_id", "success"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// What stands between backticks, outside fenced blocks.
fn quoted(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// The rows of all tables, as cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect()
}

/// The part of a document below a heading, up to the next heading of any level.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = text.find(&format!("\n{heading}\n")).expect(heading) + heading.len() + 2;
    let rest = &text[start..];
    &rest[..rest.find("\n#").unwrap_or(rest.len())]
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

fn is_path(quoted: &str) -> bool {
    let plain = quoted.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte));
    let ends = ["rs", "md", "sql", "ftl", "sh"].iter().any(|extension| has_extension(quoted, extension));
    plain && !quoted.starts_with('/') && (quoted.contains('/') || ends)
}

/// Files of a document whose path is written but leads nowhere.
fn missing_paths(document: &str) -> Vec<String> {
    let text = read(document);
    let paths: Vec<&str> = quoted(&text).into_iter().filter(|quoted| is_path(quoted)).collect();
    assert!(!paths.is_empty(), "{document} names no path");
    paths.into_iter().filter(|path| !root().join(path).exists()).map(str::to_owned).collect()
}

/// Targets of links to files of this repository that lead nowhere.
fn missing_links(document: &str) -> Vec<String> {
    let text = read(document);
    let folder = root().join(document).parent().map(Path::to_owned).unwrap_or_default();
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with('<'))
        .filter(|target| !folder.join(target).exists())
        .map(str::to_owned)
        .collect()
}

fn documents() -> Vec<String> {
    let in_folder = |folder: &str| -> Vec<String> {
        let files = fs::read_dir(root().join(folder)).expect("a folder of documents");
        let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        let prefix = if folder == "." { String::new() } else { format!("{folder}/") };
        names.filter(|name| has_extension(name, "md")).map(|name| format!("{prefix}{name}")).collect()
    };
    [".", "docs", "docs/decisions"].into_iter().flat_map(in_folder).collect()
}

#[test]
fn every_path_and_every_link_leads_somewhere() {
    assert_eq!(missing_paths("ARCHITECTURE.md"), Vec::<String>::new());
    let documents = documents();
    assert!(documents.len() >= 10, "{documents:?}");
    for document in documents {
        assert_eq!(missing_links(&document), Vec::<String>::new(), "links of {document}");
    }
}

#[test]
fn the_index_answers_for_every_rule() {
    let text = read("ARCHITECTURE.md");
    let index = rows(section(&text, "## Where do I change …"));
    for (rule, file, needle) in RULES {
        let line = index.iter().find(|cells| cells[0] == *rule);
        let line = line.unwrap_or_else(|| panic!("ARCHITECTURE.md has no line for {rule:?}"));
        let symbol = needle.rsplit([' ', '.', ':']).next().unwrap_or_default().trim_matches('"');
        assert!(quoted(line[1]).contains(file), "the line for {rule:?} does not name {file}");
        assert!(quoted(line[2]).contains(&symbol), "the line for {rule:?} does not name {symbol}");
        assert!(read(file).contains(needle), "{needle:?} is no longer in {file}: move the line for {rule:?} after it");
    }
}

#[test]
fn every_name_to_look_for_is_in_a_file_of_its_line() {
    let text = read("ARCHITECTURE.md");
    let index = rows(section(&text, "## Where do I change …"));
    for cells in index.iter().filter(|cells| cells.len() == 3 && cells[1].starts_with("`crates/")) {
        let files: Vec<String> =
            quoted(cells[1]).into_iter().filter(|file| has_extension(file, "rs")).map(read).collect();
        if files.is_empty() || !cells[2].starts_with('`') || is_path(quoted(cells[2])[0]) {
            continue; // the table of tasks, whose third column goes on to other files
        }
        for symbol in quoted(cells[2]) {
            assert!(files.iter().any(|file| file.contains(symbol)), "{symbol} is in no file of {:?}", cells[0]);
        }
    }
    for task in TASKS {
        assert!(index.iter().any(|cells| cells[0] == task), "ARCHITECTURE.md does not say how to add {task}");
    }
}

#[test]
fn architecture_stays_short() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(lines <= 250, "{lines} lines");
}

#[test]
fn every_refusal_is_explained_with_its_status() {
    let text = read("docs/errors.md");
    let table = rows(section(&text, "## What this version answers"));
    let reserved = section(&text, "## Reserved");
    for code in ProblemCode::ALL {
        let (name, status) = (format!("`{}`", code.as_str()), code.status().as_u16().to_string());
        let explained = table.iter().any(|cells| cells[0] == status && cells[1] == name);
        let kept = reserved.contains(&format!("{name} ({status})"));
        assert!(explained != kept, "docs/errors.md explains or reserves {name} with {status}, once");
    }
    for cells in table.iter().filter(|cells| cells[0].parse::<u16>().is_ok()) {
        let name = cells[1].trim_matches('`');
        assert!(ProblemCode::ALL.iter().any(|code| code.as_str() == name), "{name} is no code");
    }
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let text = read("docs/operations.md");
    let settings_section = section(&text, "## Settings");
    let table = rows(settings_section);
    for setting in settings::ALL {
        let name = format!("`{}`", setting.name());
        let cells = table.iter().find(|cells| cells[0] == name);
        let cells = cells.unwrap_or_else(|| panic!("docs/operations.md has no row for {name}"));
        match setting.default() {
            Some("") => assert_eq!(cells[1], "none", "the default of {name}"),
            Some(default) => assert_eq!(cells[1], format!("`{default}`"), "the default of {name}"),
            None => assert!(!cells[1].starts_with('`'), "{name} has no plain default, but docs/operations.md says so"),
        }
    }
    for cells in table.iter().filter(|cells| cells[0].starts_with('`')) {
        let name = cells[0].trim_matches('`');
        assert!(settings::ALL.iter().any(|setting| setting.name() == name), "{name} is no setting");
    }
    assert!(settings_section.contains(&format!("`{}`", settings::CONFIG_FILE)));
    for table in ["README.md", "docs/operations.md"] {
        let text = read(table);
        for name in quoted(&text).into_iter().filter(|name| name.starts_with("TWOFA_") || name.starts_with("TWINLOCK_"))
        {
            let name = name.split('=').next().unwrap_or_default();
            let known = settings::ALL.iter().any(|setting| setting.name() == name)
                || name == settings::CONFIG_FILE
                || name.ends_with('_');
            assert!(known, "{table} names {name}, which is no setting");
        }
    }
}

/// Tables of a migration folder, each with its columns.
fn tables(folder: &str) -> Vec<(String, Vec<String>)> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("crates/store/migrations").join(folder))
        .expect("the migrations")
        .filter_map(|file| Some(file.ok()?.path()))
        .collect();
    files.sort();
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for file in files {
        let sql = fs::read_to_string(file).expect("a migration");
        for line in sql.lines() {
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                let name = name.trim_start_matches("IF NOT EXISTS ").trim_end_matches(" (");
                tables.push((name.to_owned(), Vec::new()));
            } else if let (Some(column), Some((_, columns))) = (line.strip_prefix("    "), tables.last_mut()) {
                let name = column.split_whitespace().next().unwrap_or_default();
                if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                    columns.push(name.to_owned());
                }
            } else if let Some(rest) = line.strip_prefix("ALTER TABLE ") {
                let mut words = rest.split_whitespace();
                let (table, added) = (words.next(), rest.split("ADD COLUMN ").nth(1));
                let column = added.and_then(|added| added.split_whitespace().next());
                let known = tables.iter_mut().find(|(name, _)| Some(name.as_str()) == table);
                if let (Some((_, columns)), Some(column)) = (known, column) {
                    columns.push(column.to_owned());
                }
            }
        }
    }
    tables
}

#[test]
fn every_table_and_column_is_described() {
    let text = read("docs/schema.md");
    for database in ["sqlite", "postgres"] {
        let tables = tables(database);
        assert!(tables.iter().filter(|(_, columns)| columns.len() >= 3).count() >= 15, "{tables:?}");
        for (table, columns) in tables {
            let described = quoted(section(&text, &format!("### `{table}`")));
            for column in columns {
                assert!(described.contains(&column.as_str()), "docs/schema.md: {table} lacks {column} ({database})");
            }
        }
    }
}

#[test]
fn every_column_of_the_source_system_is_accounted_for() {
    let text = read("docs/schema.md");
    for (model, table, columns) in MODELS {
        let mapping = rows(section(&text, &format!("### {model} → `{table}`")));
        for column in columns {
            let row = mapping.iter().find(|cells| cells[0] == format!("`{column}`"));
            let row = row.unwrap_or_else(|| panic!("docs/schema.md does not say where {model}.{column} went"));
            assert!(!row[1].is_empty(), "docs/schema.md does not say where {model}.{column} went");
        }
    }
}

/// The rows of the test plan: requirements and attacks, as far as they are this server's so far.
fn planned() -> Vec<String> {
    let requirements = (1..=60).chain(64..=75).map(|number| format!("R-{number:02}"));
    let attacks = (1..=105).map(|number| format!("A-{number:02}"));
    let mut planned: Vec<String> = requirements.chain(attacks).collect();
    let race_of_resends = planned.iter().position(|row| row == "A-19").expect("a row");
    planned.insert(race_of_resends + 1, "A-19b".to_owned());
    planned
}

/// Every row that a text names, ranges such as `A-12…A-16` spelled out.
fn rows_named(text: &str) -> Vec<String> {
    let is_row = |word: &&str| (word.starts_with("R-") || word.starts_with("A-")) && word.len() >= 4;
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '…'));
    let number = |row: &str| row[2..].parse::<u32>().ok();
    let mut named = Vec::new();
    for word in words.filter(is_row) {
        match word.split_once('…').and_then(|(from, to)| number(from).zip(to.get(2..)?.parse::<u32>().ok())) {
            Some((from, to)) => named.extend((from..=to).map(|number| format!("{}{number:02}", &word[..2]))),
            None => named.push(word.to_owned()),
        }
    }
    named
}

/// The rows that the comments of a file's tests name.
fn tried_in(file: &str) -> Vec<String> {
    let text = read(file);
    let comments: Vec<&str> = text.lines().filter_map(|line| line.trim_start().strip_prefix("///")).collect();
    rows_named(&comments.join("\n"))
}

/// Product section 7: no kind of message is only rendered; each arrives in a test of its event.
#[test]
fn every_kind_of_message_arrives_in_some_test() {
    let folder = root().join("crates/server/tests/blackbox");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let tests: String = files.collect();
    for kind in domain::message::MessageKind::ALL {
        assert!(tests.contains(&format!("\"{}\"", kind.as_str())), "no test waits for {}", kind.as_str());
    }
}

#[test]
fn the_test_plan_says_where_each_row_is_tried() {
    let text = read("docs/test-plan.md");
    let table: Vec<Vec<&str>> = rows(&text).into_iter().filter(|cells| rows_named(cells[0]).len() == 1).collect();
    let listed: Vec<&str> = table.iter().map(|cells| cells[0]).collect();
    assert_eq!(listed, planned(), "each row once, in order");
    let later = ["pages", "administration", "passkeys"];
    for cells in table {
        let (row, place) = (cells[0], cells[2]);
        let waits = place.split_once("waits for ").map(|(_, features)| features);
        for feature in waits.into_iter().flat_map(|features| features.split(", ")) {
            assert!(later.contains(&feature), "{row} waits for {feature}");
        }
        let files = quoted(place);
        assert!(waits.is_some() || !files.is_empty(), "{row} is tried nowhere and waits for nothing");
        for file in files {
            let path = if is_path(file) { file.to_owned() } else { format!("crates/server/tests/blackbox/{file}.rs") };
            assert!(tried_in(&path).contains(&row.to_owned()), "{path} does not name {row}");
        }
    }
}

#[test]
fn the_black_box_tests_try_what_their_index_says() {
    let index = read("crates/server/tests/blackbox/main.rs").replace("//! |", "|");
    let modules: Vec<Vec<&str>> = rows(&index).into_iter().filter(|cells| cells[0].starts_with('`')).collect();
    assert!(modules.len() > 40, "{modules:?}");
    for cells in modules {
        let file = format!("crates/server/tests/blackbox/{}.rs", cells[0].trim_matches('`'));
        let tried = tried_in(&file);
        for row in rows_named(cells[1]) {
            assert!(tried.contains(&row), "{file} does not name {row}");
        }
    }
}
