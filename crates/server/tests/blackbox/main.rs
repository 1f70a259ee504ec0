//! The server as an outsider and as an attacker sees it: real processes, real HTTP, both databases.
//!
//! Nothing here knows a line of the server. People are made through the public API (`people`), codes come from `oathtool`
//! (`totp`), requests go over sockets (`client`), the clock is moved by the test mode (`harness`); the database is looked
//! into only where the test plan says so (`database`, `evidence`). A scenario is an `async fn(Database)`; a macro at the
//! end of its module makes a test of it for each database that has a say in it. On PostgreSQL, races run on two nodes.
//!
//! `TWINLOCK_TEST_POSTGRES` names a cluster to make databases on. Without it those tests say that they were skipped; with
//! `CI` set they fail.
//!
//! The rows of the security test plan and where they stand (each test names its rows, so a search finds them; row by row
//! they are in docs/test-plan.md):
//!
//! | module | rows |
//! |---|---|
//! | `replay` | R-01… …, A-37 |
//! | `races` | R-20, R-26, R-33, R-40, A-12…, A-98 |
//! | `guessing` | R-07… …A-40 |
//! | `passwords` | R-11, A-15, A-47…, A-53 |
//! | `addresses` | R-50, A-50, A-51, A-67, A-79 |
//! | `signup` | R-34, R-57, A-31, A-47 |
//! | `sent_codes` | R-12… … … …, A-92 |
//! | `setup` | R-05, R-26, R-39, A-20…, A-75 |
//! | `step_up` | R-25, R-64, A-03, A-21, A-25, A-39, A-105 |
//! | `disable` | R-07, R-20, R-25, R-27, A-14, A-17, A-25, A-39 |
//! | `factor` | R-25, R-27, R-52, R-65, A-25 |
//! | `recovery_code` | R-19, R-21, R-22, R-70, A-78 |
//! | `enabling` | R-25, R-27, R-28, A-24, A-99 |
//! | `halfway` | R-34, R-38, R-39, R-64, A-30, A-34…A-36 |
//! | `sessions` | R-28…, A-99 |
//! | `tokens` | R-16, R-31, R-32, A-70 |
//! | `trusted_devices` | R-10, R-46, R-52, R-65, A-19b, A-35, A-54…A-65 |
//! | `input` | R-16, R-19, R-39, R-51, A-06, A-28, A-66, A-67 |
//! | `noise` | R-42, R-51, A-72, A-74 |
//! | `http` | R-42, R-43, R-47, R-49, R-60, R-69, A-48, A-84, A-87 |
//! | `origins` | R-46… …A-83 |
//! | `pages` | R-47, R-49, A-84 |
//! | `page_admin` | R-36, R-37, R-44, R-67, A-76, A-102, A-103 |
//! | `page_attacks` | A-76, A-81…A-83 |
//! | `page_browser` | R-54, A-84 |
//! | `page_delivery` | R-72 |
//! | `page_access` | the pages for everybody: axe-core, keyboard, weight |
//! | `page_guards` | R-46… …A-84 |
//! | `page_security` | R-25, R-26, R-28, R-52 |
//! | `page_sign_in` | R-07… …, A-34 |
//! | `limits` | A-40, A-68, A-69, A-79 |
//! | `h2` | A-68 |
//! | `hardening` | A-15, A-47, A-68, A-69 |
//! | `leaks` | R-17, R-38, R-53, A-73 |
//! | `sealed` | R-18, R-41, R-58, R-59, A-101 |
//! | `sms_fraud` | A-42, A-43, A-45, R-56, R-72 |
//! | `rotation` | R-59, A-100 |
//! | `import` | R-58 |
//! | `import_django` | R-41, R-58 |
//! | `audit` | R-43…, A-88 |
//! | `audit_commands` | R-43, R-44, A-77 |
//! | `audit_checkpoints` | R-44 |
//! | `time` | A-94, A-95, A-98 |
//! | `killed` | R-40, A-97, A-98 |
//! | `outage` | R-40, R-41, A-97, A-101 |
//! | `nodes` | A-97, A-98 |
//! | `languages` | R-24 |
//! | `outbox` | R-10, R-17, A-41, A-89, A-90, A-98 |
//! | `overview` | A-76 |
//! | `missing` | R-59, A-100, A-101 |
//! | `delivery` | R-30, R-72, A-86, A-93 |
//! | `crashes` | A-89, A-90, A-92 |
//! | `restore` | A-96 |
//! | `smtp` | R-72, A-80 |
//! | `start` | R-68, A-97, A-103 |
//! | `commands` | R-17, A-97 |
//! | `password_change` | R-11, R-27, R-35, R-57, A-09, A-24, A-31, A-32, A-47, A-99 |
//! | `session_list` | R-52, R-67 |
//! | `unlock` | R-10, A-54 |
//! | `email_change` | R-23, A-32, A-33, A-47, A-99 |
//! | `reference` | R-47, R-49, A-84 |
//! | `backup_email` | R-23…, A-41 |
//! | `user_acts` | R-23, R-30, A-54, A-99, A-104 |
//! | `revocation` | R-27, R-30, R-35, R-36, R-65, R-67, A-09, A-33, A-57, A-99 |
//! | `one_code_one_door` | R-14, A-03, A-05, A-07 |
//! | `pending` | R-26, A-18, A-20, A-22, A-23 |
//! | `canary` | R-17, A-73 |
//! | `refusals` | R-39, R-42 |
//! | `timing` | R-11, A-47, A-48 |
//! | `crowds` | R-10, R-21, R-56, R-65, A-03, A-12, A-15, A-19, A-33 |
//! | `moments` | R-27, R-30, R-33, R-67, A-57, A-99 |
//! | `intruders` | R-07, R-09, R-15, R-23, R-24, R-30, R-35, R-52, R-65, R-70, A-05, A-29, A-33, A-38, A-64, A-71, A-76, A-79, A-80 |
//! | `told` | R-23 |
//! | `v1` | R-34, R-38, A-01 |
//! | `v1_application` | R-52, A-29, A-72 |
//! | `v1_audit` | R-52, A-64 |
//! | `v1_hosted` | R-31, R-38, A-05, A-06, A-28…, A-82 |
//! | `v1_import` | R-17, R-23, R-52 |
//! | `v1_keys` | R-23, R-31, R-52, A-05, A-06, A-11, A-28, A-37, A-55, A-64, A-66, A-72 |
//! | `v1_once` | R-07, A-12 |
//! | `v1_people` | R-07… …, A-57 |
//! | `v1_receipts` | R-32 |
//! | `v1_recovery_codes` | R-22 |
//! | `v1_refusals` | R-39, R-42, R-56 |
//! | `v1_strangers` | R-52, A-64, A-73 |
//! | `v1_users` | A-07 |
//! | `v1_visits` | R-21, R-25, R-31, R-52, R-65, A-57, A-64, A-82 |
//! | `v1_webhooks` | R-10, R-52, R-71, A-64, A-72, A-73, A-85, A-89 |
//! | `desk_lists` | R-43, R-44, A-73, A-74, A-77 |
//! | `bypass_codes` | R-30, R-36, A-14, A-102 |
//! | `help_desk` | R-25, R-36, R-37, R-43, R-45, R-67, R-72, A-72, A-88, A-102 |
//! | `reset_requests` | R-25, R-36, R-37, A-102 |
//! | `administrators` | R-37, R-43, R-52, A-64, A-74, A-76, A-103 |
//! | `admin_api` | R-31, R-36, R-37, R-43, R-45, A-37, A-72, A-88, A-102 |
//! | `real_tools` | `oathtool`, `zbarimg`, the mailbox page |
//! | `integrate` | docs/integrate.md, command by command |
//! | `examples` | A-05, A-06, A-30 in apps with a login of their own |
//! | `client_rust` | R-31, A-05, A-06, A-30 from the side of an application |
//! | `clients` | R-31, A-05, A-06 from the side of an application |
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what went wrong by panicking, its helpers included"
)]

/// Makes two tests of a scenario, an `async fn(Database)`: one on SQLite, one on PostgreSQL.
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$scenario(crate::database::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                if let Some(database) = crate::database::Database::postgres(stringify!($scenario)).await {
                    super::$scenario(database).await;
                }
            }
        }
    )+};
}

/// Makes a test of a scenario that no database has a say in; it runs on SQLite.
macro_rules! on_sqlite {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$scenario(crate::database::Database::Sqlite).await;
            }
        }
    )+};
}

/// Makes a test of a scenario that needs PostgreSQL.
macro_rules! on_postgresql {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                if let Some(database) = crate::database::Database::postgres(stringify!($scenario)).await {
                    super::$scenario(database).await;
                }
            }
        }
    )+};
}

mod chromium;
mod client;
mod commands;
mod database;
mod harness;
mod people;
mod plan;
mod proxy;
mod receiver;
mod totp;

mod addresses;
mod admin_api;
mod administrators;
mod audit;
mod audit_checkpoints;
mod audit_commands;
mod backup_email;
mod bypass_codes;
mod canary;
mod client_rust;
mod clients;
mod crashes;
mod crowds;
mod delivery;
mod desk_lists;
mod disable;
mod email_change;
mod enabling;
mod evidence;
mod examples;
mod factor;
mod guessing;
mod h2;
mod halfway;
mod hardening;
mod help_desk;
mod http;
mod import;
mod import_django;
mod input;
mod integrate;
mod intruders;
mod killed;
mod languages;
mod leaks;
mod limits;
mod missing;
mod moments;
mod nodes;
mod noise;
mod one_code_one_door;
mod origins;
mod outage;
mod outbox;
mod overview;
mod page_access;
mod page_admin;
mod page_attacks;
mod page_browser;
mod page_delivery;
mod page_guards;
mod page_hosted;
mod page_pictures;
mod page_scenes;
mod page_security;
mod page_sign_in;
mod pages;
mod password_change;
mod passwords;
mod pending;
mod races;
mod real_tools;
mod recovery_code;
mod reference;
mod refusals;
mod replay;
mod reset_requests;
mod restore;
mod revocation;
mod rotation;
mod sealed;
mod sent_codes;
mod session_list;
mod sessions;
mod setup;
mod signup;
mod sms_fraud;
mod smtp;
mod start;
mod step_up;
mod time;
mod timing;
mod tokens;
mod told;
mod trusted_devices;
mod unlock;
mod upgrade;
mod user_acts;
mod v1;
mod v1_application;
mod v1_audit;
mod v1_hosted;
mod v1_import;
mod v1_keys;
mod v1_once;
mod v1_operations;
mod v1_party;
mod v1_people;
mod v1_receipts;
mod v1_recovery_codes;
mod v1_refusals;
mod v1_strangers;
mod v1_users;
mod v1_visits;
mod v1_webhooks;
