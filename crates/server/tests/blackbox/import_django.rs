//! `twinlock import django`: nobody comes without the second factor they had, and a row at fault costs nobody else theirs.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::database::{Database, Look};
use crate::harness::World;
use crate::people::{Person, login_with, partial_token, verify};
use crate::totp::code;

const PASSWORD: &str = "correct horse ünd 🔑";
/// Made by Django 5.2.19.
const PBKDF2: &str = "pbkdf2_sha256$1000$seasalt2seasalt2seasalt2$yrLOsR1rKMloOPPmWy4rVo7Q0RDEuiHDqsFvCLcfkog=";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// Of 32 bytes that say so themselves.
const KEY: &str = "Zm9yIFR3aW5sb2NrJ3MgdGVzdHMsIG5ldmVyIHJlYWw=";
const WRONG_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// [`SECRET`] under [`KEY`], made by `cryptography` 50.0.2.
const TOKEN: &str = "gAAAAABrBNsg_qIpPMZuOA7ptUG7t6BqVL2Kr8746nLhzG0-_M2lWbCzo-LDc12IS3BD2LT53e_uLLJgYsnaUk80QJk1WDr9-zwULLBaB3SV4UwUNYpDp7k893ccBG8uIddnczN1hQBA";
const NUMBER: &str = "+12025550167";
const RECOVERY: &str = "pbkdf2_sha256$1000000$PA2fzyXnYdgyAiWNGQbbKV$7G9WIw9bnf07/Fc6l3ebau9jv1lJhOXdG8Kq9T9QJaQ=";

/// What the server's own jobs write while a test looks on.
const OF_JOBS: [&str; 3] = ["jobs", "audit_positions", "audit_checkpoints"];

/// A row as Django 5.2 writes it for its own users.
fn user(pk: u64, name: &str, password: &str) -> Value {
    json!({ "model": "auth.user", "pk": pk, "fields": {
        "password": password, "last_login": null, "is_superuser": false, "username": name, "first_name": "",
        "last_name": "", "email": format!("{name}@example.com"), "is_staff": false, "is_active": true,
        "date_joined": "2020-01-31T00:32:32.635Z", "groups": [], "user_permissions": [] } })
}

fn settings(user: &Value, enabled: bool, method: &str, secret: Option<&str>, number: Option<&str>) -> Value {
    json!({ "model": "accounts.twofactorsettings", "pk": user, "fields": {
        "user": user, "is_enabled": enabled, "preferred_method": method, "totp_secret": secret, "phone_number": number,
        "backup_email": null, "created_at": "2020-01-31T00:32:32.641Z", "updated_at": "2020-01-31T00:32:32.641Z" } })
}

fn on(user: u64, secret: &str) -> Value {
    settings(&json!(user), true, "totp", Some(secret), None)
}

fn with(mut row: Value, field: &str, value: &Value) -> Value {
    row["fields"][field] = value.clone();
    row
}

fn owned(model: &str, pk: u64, fields: &Value) -> Value {
    json!({ "model": format!("accounts.{model}"), "pk": pk, "fields": fields })
}

fn somebody(name: &str) -> Person {
    Person {
        email: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        secret: SECRET.to_owned(),
        recovery_codes: vec![],
    }
}

impl World {
    fn key_file(&self, keys: &str) -> String {
        self.secret_file("fernet.keys", keys)
    }

    fn secret_file(&self, name: &str, secret: &str) -> String {
        let path: PathBuf = self.path().join(name);
        std::fs::write(&path, secret).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Imports what is given on standard input; whether it succeeded, and all that was said. No secret may be.
    fn import_django(&self, dump: &str, options: &[&str]) -> (bool, String) {
        self.import_from("-", dump, options)
    }

    /// The same, from wherever.
    fn import_from(&self, source: &str, dump: &str, options: &[&str]) -> (bool, String) {
        let output = self.cli(&[&["import", "django", source], options].concat(), dump);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        for secret in [PBKDF2, SECRET, KEY, TOKEN, NUMBER, RECOVERY, "hunter2", "@example"] {
            assert!(!said.contains(secret), "{secret} is shown: {said}");
        }
        (output.status.success(), said)
    }

    async fn everything(&self) -> String {
        self.look.dump_without(&OF_JOBS).await
    }
}

fn says(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.lines().any(|one| one == *line), "{line:?} is not said: {said}");
    }
}

/// Somebody of every kind. `eve` is how her settings refer to her.
fn people(eve: &Value) -> Vec<Value> {
    let backup = json!("ada@example.net");
    vec![
        user(1, "ada", PBKDF2),
        with(user(2, "bob", PBKDF2), "is_active", &json!(false)),
        user(3, "cem", PBKDF2),
        user(4, "dee", PBKDF2),
        with(user(5, "eve", "!ZLDwLkSDSrFcOZdBP6Gjtr4olpkjEuTYftJIItqJ"), "email_verified", &json!(true)),
        user(6, "fay", "md5$salt$hunter2"),
        json!({ "model": "sites.site", "pk": 1, "fields": { "domain": "example.com" } }),
        with(settings(&json!(1), true, "totp", Some(TOKEN), Some(NUMBER)), "backup_email", &backup),
        on(2, TOKEN),
        settings(&json!(3), true, "sms", None, Some(NUMBER)),
        settings(&json!(4), false, "totp", Some(TOKEN), None),
        settings(eve, true, "email", None, None),
        owned("recoverycode", 1, &json!({ "user": 1, "code": RECOVERY, "is_used": false, "used_at": null })),
        owned("recoverycode", 2, &json!({ "user": 1, "code": RECOVERY, "is_used": true, "used_at": null })),
        owned("trusteddevice", 1, &json!({ "user": 1, "device_id": "hunter2" })),
        owned("twofactorcode", 1, &json!({ "user": 1, "code": "hunter2" })),
        owned("twofactorauditlog", 1, &json!({ "user": 1, "action": "verify" })),
    ]
}

/// R-41, R-58: people sign in with the password and the factor they had; a dry run writes nothing, a second run neither.
async fn people_of_a_dump_sign_in(database: Database) {
    let world = World::start(database).await;
    let rows = Value::from(people(&json!(["eve"])));
    let dump = rows.to_string();
    let keys = world.key_file(&format!("{WRONG_KEY}\n{KEY}\n"));
    let options = ["--fernet-key-file", &keys];
    let before = world.everything().await;
    let (done, said) = world.import_django(&dump, &[&options[..], &["--dry-run"]].concat());
    assert!(done, "{said}");
    says(&said, &["users: 6 would be taken, 0 already there, 0 not taken"]);
    assert_eq!(world.everything().await, before);

    let (done, said) = world.import_django(&dump, &options);
    assert!(done, "{said}");
    says(
        &said,
        &[
            "users: 6 taken, 0 already there, 0 not taken",
            "passwords: 4 taken, 0 already there, 2 not taken",
            "  1 not taken: unusable in Django, too",
            "authenticators: 2 taken, 0 already there, 1 not taken",
            "  1 not taken: the second factor is off, and nothing says that this was proved",
            "numbers: 1 taken, 0 already there, 1 not taken",
            "  1 not taken: another method is preferred, and nothing says that this one was proved",
            "codes by e-mail: 1 taken, 0 already there, 0 not taken",
            "backup addresses: 0 taken, 0 already there, 1 not taken",
            "unused recovery codes: 0 taken, 0 already there, 1 not taken",
            "trusted devices: 0 taken, 0 already there, 1 not taken",
            "sent codes: 0 taken, 0 already there, 1 not taken",
            "audit entries: 0 taken, 0 already there, 1 not taken",
        ],
    );
    let before = world.everything().await;
    let (done, said) = world.import_django(&dump, &options);
    assert!(done, "{said}");
    says(
        &said,
        &[
            "user 1: already there, left as it is",
            "users: 0 taken, 6 already there, 0 not taken",
            "authenticators: 0 taken, 2 already there, 1 not taken",
        ],
    );
    assert_eq!(world.everything().await, before);
    for open in [SECRET, NUMBER, TOKEN, KEY] {
        assert!(!before.contains(open), "{open} lies open in the database");
    }
    let joined = world.look.value("SELECT created_at FROM users WHERE email = 'ada@example.com'").await.unwrap();
    let others = world.look.value("SELECT created_at FROM users WHERE email = 'cem@example.com'").await.unwrap();
    assert_eq!(joined, others);

    let browser = world.browser();
    let ada = somebody("ada");
    let token = partial_token(&browser, &ada).await;
    let answer = verify(&browser, &token, &code(SECRET, world.fresh_step().await)).await.expect(200);
    assert_eq!(answer.json["user"]["email_verified"], false, "{}", answer.text);
    assert_eq!(world.audit_count(&ada, "user_imported", true).await, 1);
    assert_eq!(world.audit_count(&ada, "two_factor_enabled", true).await, 1);
    let token = partial_token(&browser, &somebody("cem")).await;
    let answer = verify(&browser, &token, &world.code_to(NUMBER, "login_code", 1).await).await.expect(200);
    assert_eq!(answer.json["method"], "sms");
    // Who was locked out stays out, and whose second factor was off has none.
    let bob = login_with(&browser, "bob@example.com", PASSWORD).await;
    assert!(bob.status >= 400, "{}", bob.text);
    assert_eq!(world.audit_count(&somebody("bob"), "user_disabled", true).await, 1);
    let answer = login_with(&browser, "dee@example.com", PASSWORD).await.expect(200);
    assert_eq!(answer.json["requires_2fa"], false, "{}", answer.text);
    for name in ["eve", "fay"] {
        login_with(&browser, &format!("{name}@example.com"), "hunter2").await.refused(401, "credentials_invalid");
    }
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

/// Each row at fault is said, and costs nobody else theirs. Whose second factor was on and cannot be read does not come.
async fn rows_at_fault_cost_nobody_else(database: Database) {
    let world = World::start(database).await;
    let torn = TOKEN.replace("BrBNsg", "BrBNsh");
    let faults = [
        ("email: is missing", with(user(10, "a", PBKDF2), "email", &json!("")), None),
        ("email:", with(user(11, "b", PBKDF2), "email", &json!("hunter2")), None),
        ("is_active: is neither true nor false", with(user(12, "c", PBKDF2), "is_active", &json!("hunter2")), None),
        ("password: is no text", with(user(13, "d", PBKDF2), "password", &json!(7)), None),
        (
            "date_joined: is no time, or lies in the future",
            with(user(14, "e", PBKDF2), "date_joined", &json!("2999-01-01T00:00:00Z")),
            None,
        ),
        ("totp_secret: does not open with the Fernet key", user(15, "f", PBKDF2), Some(on(15, &torn))),
        ("totp_secret: is not base32 of at least 128 bits", user(16, "g", PBKDF2), Some(on(16, "hunter2"))),
        ("totp_secret: is missing, and is the preferred method's", user(17, "h", PBKDF2), Some(on(17, ""))),
        (
            "phone_number: invalid",
            user(18, "i", PBKDF2),
            Some(settings(&json!(18), true, "sms", None, Some("+1202555"))),
        ),
        (
            "preferred_method: is none of totp, sms and email",
            user(19, "j", PBKDF2),
            Some(settings(&json!(19), true, "hunter2", Some(TOKEN), None)),
        ),
        (
            "preferred_method: is none of totp, sms and email",
            user(20, "k", PBKDF2),
            Some(settings(&json!(20), true, "recovery_code", Some(TOKEN), None)),
        ),
        (
            "is_enabled: is neither true nor false",
            user(21, "l", PBKDF2),
            Some(with(on(21, TOKEN), "is_enabled", &json!("yes"))),
        ),
        ("email: is that of another user, too", with(user(22, "m", PBKDF2), "email", &json!("Same@example.com")), None),
        ("email: is that of another user, too", with(user(23, "n", PBKDF2), "email", &json!("same@example.com")), None),
    ];
    let mut rows = vec![user(1, "ada", PBKDF2), on(1, TOKEN), json!("hunter2"), json!({ "model": "auth.user" })];
    rows.push(on(99, TOKEN));
    for (_, user, settings) in &faults {
        rows.push(user.clone());
        rows.extend(settings.clone());
    }
    rows.push(user(24, "o", PBKDF2));
    rows.extend([on(24, TOKEN), on(24, TOKEN)]);
    rows.push(user(25, "zoe", PBKDF2));
    let keys = world.key_file(KEY);
    let (done, said) = world.import_django(&Value::from(rows).to_string(), &["--fernet-key-file", &keys]);
    assert!(!done, "{said}");
    says(
        &said,
        &[
            "row 3: is no object",
            "row 4: has no model, or no fields",
            "TwoFactorSettings 99: not taken: user: is none of the users",
            "user 24: not taken: has TwoFactorSettings more than once",
            "users: 2 taken, 0 already there, 15 not taken",
            "authenticators: 1 taken, 0 already there, 7 not taken",
        ],
    );
    for (fault, user, _) in &faults {
        let line = format!("user {}: not taken: {fault}", user["pk"]);
        assert!(said.lines().any(|one| one.starts_with(&line)), "{line:?} is not said: {said}");
    }
    assert!(said.contains("18 rows are at fault"), "{said}");
    assert_eq!(world.look.count("SELECT count(*) FROM users WHERE email <> 'demo@example.com'").await, 2);
    let browser = world.browser();
    let token = partial_token(&browser, &somebody("ada")).await;
    verify(&browser, &token, &code(SECRET, world.fresh_step().await)).await.expect(200);
    login_with(&browser, "zoe@example.com", PASSWORD).await.expect(200);
    for name in ["f", "g", "h", "i", "j", "k", "l", "o"] {
        login_with(&browser, &format!("{name}@example.com"), PASSWORD).await.refused(401, "credentials_invalid");
    }
}

/// A wrong key, none, or a file that would lose or mix up second factors: nothing is written at all.
async fn what_cannot_be_right_writes_nothing(database: Database) {
    let world = World::start(database).await;
    let (ada, bob) = (user(1, "ada", PBKDF2), user(2, "bob", PBKDF2));
    let good = json!([ada, bob, on(1, TOKEN)]).to_string();
    let (wrong, none) = ("the Fernet key opens none of the secrets", "name the file of the Fernet key");
    let other =
        json!({ "model": "shop.customuser", "pk": 1, "fields": { "password": PBKDF2, "email": "x@example.com" } });
    let before = world.everything().await;
    for (dump, keys, fault) in [
        (good.clone(), Some(WRONG_KEY), wrong),
        (good.clone(), None, none),
        (good.clone(), Some("hunter2"), "is not one key a line"),
        (good.clone(), Some("\n"), "is not one key a line"),
        (json!([ada, bob]).to_string(), Some(KEY), "there are no TwoFactorSettings"),
        (json!([on(1, TOKEN)]).to_string(), Some(KEY), "there are no users"),
        (json!([ada, other, on(1, TOKEN)]).to_string(), Some(KEY), "two users have one key"),
        (format!("{good}hunter2"), Some(KEY), "is not the JSON list"),
        (good[..good.len() - 1].to_owned(), Some(KEY), "is not the JSON list"),
        (json!({ "users": [] }).to_string(), Some(KEY), "is not the JSON list"),
        (String::new(), Some(KEY), "is not the JSON list"),
    ] {
        let file = keys.map(|keys| world.key_file(keys));
        let options = file.as_deref().map_or_else(Vec::new, |file| vec!["--fernet-key-file", file]);
        let (done, said) = world.import_django(&dump, &options);
        assert!(!done && said.contains(fault), "{fault}: {said}");
        assert_eq!(world.everything().await, before, "{fault}");
    }
}

/// The database of a Django application, with a role that may only read it.
struct Django {
    look: Look,
    database: Database,
    role: String,
}

/// As Django 5.2 makes them, and what else is in such a database.
const TABLES: &str = r#"
    CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
        "password" varchar(128) NOT NULL, "last_login" timestamp with time zone NULL, "is_superuser" boolean NOT NULL,
        "username" varchar(150) NOT NULL UNIQUE, "first_name" varchar(150) NOT NULL, "last_name" varchar(150) NOT NULL,
        "email" varchar(254) NOT NULL, "is_staff" boolean NOT NULL, "is_active" boolean NOT NULL,
        "date_joined" timestamp with time zone NOT NULL, "email_verified" boolean NOT NULL);
    CREATE TABLE "auth_user_groups" ("id" bigint PRIMARY KEY, "user_id" integer NOT NULL, "group_id" integer NOT NULL);
    CREATE TABLE "django_site" ("id" integer NOT NULL PRIMARY KEY, "domain" varchar(100) NOT NULL);
    CREATE TABLE "accounts_twofactorsettings" ("id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
        "is_enabled" boolean NOT NULL, "preferred_method" varchar(10) NOT NULL, "totp_secret" text NULL,
        "phone_number" text NULL, "backup_email" varchar(254) NULL, "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        "user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE "accounts_recoverycode" ("id" bigint NOT NULL PRIMARY KEY, "code" varchar(128) NOT NULL,
        "is_used" boolean NOT NULL, "used_at" timestamp with time zone NULL, "user_id" integer NOT NULL);
    CREATE TABLE "accounts_trusteddevice" ("id" bigint PRIMARY KEY, "device_id" varchar(64), "user_id" integer NOT NULL);
    CREATE TABLE "accounts_twofactorcode" ("id" bigint PRIMARY KEY, "code" text, "user_id" integer NOT NULL);
    CREATE TABLE "accounts_twofactorauditlog" ("id" bigint PRIMARY KEY, "action" varchar(50), "user_id" integer NOT NULL);
"#;

impl Django {
    /// A fresh one, or none where there is no PostgreSQL to make it on.
    async fn start() -> Option<Self> {
        let database = Database::postgres("import_django").await?;
        let Database::Postgres { url, name, .. } = &database else { return None };
        let (look, role) = (Look::Postgres(url.clone()), format!("reader_of_{name}"));
        let made =
            format!("CREATE ROLE {role} LOGIN PASSWORD 'hunter2'; ALTER ROLE {role} SET timezone = 'Asia/Kolkata';");
        look.execute(&made).await;
        let django = Self { look, database, role };
        django.look.execute(TABLES).await;
        django.grant().await;
        Some(django)
    }

    async fn grant(&self) {
        self.look.execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", self.role)).await;
    }

    /// Writes rows of a dump into their tables.
    async fn fill(&self, rows: &[Value]) {
        for row in rows.iter().filter(|row| row["model"] != "sites.site") {
            let table = row["model"].as_str().unwrap().replace('.', "_");
            let mut columns = json!({ "id": row["pk"], "email_verified": false });
            for (name, value) in row["fields"].as_object().unwrap() {
                columns[if name == "user" { "user_id" } else { name }] = value.clone();
            }
            let record = format!("jsonb_populate_record(NULL::{table}, '{columns}')");
            self.look.execute(&format!("INSERT INTO {table} SELECT * FROM {record}")).await;
        }
    }

    /// Where the role finds it.
    fn address(&self) -> url::Url {
        let Database::Postgres { url, .. } = &self.database else { unreachable!("made above") };
        let mut address = url::Url::parse(url).unwrap();
        address.set_username(&self.role).unwrap();
        address.set_password(Some("hunter2")).unwrap();
        address
    }
}

impl Drop for Django {
    fn drop(&mut self) {
        self.database.remove_with(&format!("DROP ROLE IF EXISTS {}", self.role));
    }
}

/// From the database comes what would come from its dump, to the letter.
async fn a_database_gives_what_its_dump_gives(database: Database) {
    let Some(django) = Django::start().await else { return };
    let (rows, world) = (people(&json!(5)), World::start(database).await);
    django.fill(&rows).await;
    let other = World::start(Database::Sqlite).await;
    let keys = world.key_file(&format!("{WRONG_KEY}\n{KEY}\n"));
    let (address, options) = (django.address(), ["--fernet-key-file", &keys]);
    let dry = [&options[..], &["--dry-run"]].concat();
    let before = world.everything().await;
    assert_eq!(
        world.import_from(address.as_str(), "", &dry),
        other.import_django(&Value::from(rows.clone()).to_string(), &dry)
    );
    assert_eq!(world.everything().await, before);

    let mut bare = address.clone();
    bare.set_password(None).unwrap();
    let password = world.secret_file("password", "hunter2\n");
    let read = django.look.dump_without(&[]).await;
    let by_file = [&options[..], &["--password-file", &password]].concat();
    let (done, said) = world.import_from(bare.as_str(), "", &by_file);
    assert!(done, "{said}");
    says(
        &said,
        &["users: 6 taken, 0 already there, 0 not taken", "audit entries: 0 taken, 0 already there, 1 not taken"],
    );
    assert_eq!((done, said), other.import_django(&Value::from(rows).to_string(), &options));
    assert_eq!(django.look.dump_without(&[]).await, read, "the application's database was written to");
    for sql in [
        "SELECT email, email_verified_at IS NULL, disabled_at IS NULL, password_hash IS NULL, locale FROM users \
         WHERE email <> 'demo@example.com' ORDER BY email",
        "SELECT u.email, f.method, f.label FROM factors f JOIN users u ON u.id = f.user_id \
         WHERE u.email <> 'demo@example.com' ORDER BY u.email, f.method",
    ] {
        let bits = |rows: Vec<Vec<Option<String>>>| -> Vec<String> {
            let text =
                |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|");
            rows.into_iter().map(|row| text(row).replace("|t", "|1").replace("|f", "|0")).collect()
        };
        let (here, there) = (bits(world.look.rows(sql).await), bits(other.look.rows(sql).await));
        assert!(here.len() >= 4 && here == there, "{here:?}\n{there:?}");
    }
    let (done, said) = world.import_from(address.as_str(), "", &options);
    assert!(done, "{said}");
    says(&said, &["users: 0 taken, 6 already there, 0 not taken"]);

    let browser = world.browser();
    let token = partial_token(&browser, &somebody("ada")).await;
    verify(&browser, &token, &code(SECRET, world.fresh_step().await)).await.expect(200);
    let token = partial_token(&browser, &somebody("cem")).await;
    verify(&browser, &token, &world.code_to(NUMBER, "login_code", 1).await).await.expect(200);
    let joined = "SELECT count(DISTINCT created_at) FROM users WHERE email <> 'demo@example.com'";
    assert_eq!(world.look.count(joined).await, 1);
}

/// R-41: a database that cannot be reached or read whole, or that would lose or mix up second factors, is said by the name of
/// what is wrong, and never with the password; nothing is written.
async fn a_database_that_cannot_be_right_writes_nothing(database: Database) {
    let Some(django) = Django::start().await else { return };
    let world = World::start(database).await;
    django.fill(&people(&json!(5))).await;
    let keys = world.key_file(KEY);
    let before = world.everything().await;
    let refused = async |address: &str, more: &[&str], fault: &str| {
        let (done, said) = world.import_from(address, "", &[&["--fernet-key-file", &keys], more].concat());
        assert!(!done && said.contains(fault), "{address}: {fault}: {said}");
        assert_eq!(world.everything().await, before, "{fault}");
    };
    let form = "is not of the form postgres://user@host/name";
    for (address, fault) in [
        ("postgres://ada:hunter2@127.0.0.1:1/shop", "unavailable"),
        ("postgres://ada:hunter2@[::1/shop", form),
        ("postgres://ada:hunter2@127.0.0.1:hunter2/shop", form),
        ("postgress://ada:hunter2@127.0.0.1/shop", form),
        ("mysql://ada:hunter2@127.0.0.1/shop", form),
        ("postgres://ada:x?hunter2@127.0.0.1/shop", form),
        ("postgres://ada@127.0.0.1/shop?hunter2=1", "its address cannot be read"),
        ("host=127.0.0.1 password=hunter2", "the file cannot be read"),
        ("postgres://ada:hunter2@db.example.com/shop?sslmode=prefer", "would cross the network unencrypted"),
    ] {
        refused(address, &[], fault).await;
    }
    let address = django.address();
    let mut nowhere = address.clone();
    nowhere.set_path("not_there");
    refused(nowhere.as_str(), &[], "database \"not_there\" does not exist").await;
    refused("-", &["--user-table", "auth_user"], "belong to the address of a database").await;
    refused(address.as_str(), &["--user-table", "accounts_member"], "there is no table accounts_member").await;
    let empty = world.path().join("no.keys");
    refused(address.as_str(), &["--password-file", empty.to_str().unwrap()], "--password-file").await;

    let role = &django.role;
    for (wrong, mended, fault) in [
        (
            format!("REVOKE SELECT ON accounts_twofactorsettings FROM {role}"),
            format!("GRANT SELECT ON accounts_twofactorsettings TO {role}"),
            "permission denied for table accounts_twofactorsettings",
        ),
        (
            format!("REVOKE SELECT ON accounts_twofactorauditlog FROM {role}"),
            format!("GRANT SELECT ON accounts_twofactorauditlog TO {role}"),
            "permission denied for table accounts_twofactorauditlog",
        ),
        (
            "ALTER TABLE accounts_twofactorsettings ENABLE ROW LEVEL SECURITY".to_owned(),
            "ALTER TABLE accounts_twofactorsettings DISABLE ROW LEVEL SECURITY".to_owned(),
            "row-level security policy for table \"accounts_twofactorsettings\"",
        ),
        (
            "ALTER TABLE accounts_twofactorsettings RENAME TO away".to_owned(),
            "ALTER TABLE away RENAME TO accounts_twofactorsettings".to_owned(),
            "no table whose name ends in _twofactorsettings",
        ),
        (
            "ALTER TABLE auth_user RENAME TO members".to_owned(),
            "ALTER TABLE members RENAME TO auth_user".to_owned(),
            "no table of users",
        ),
        (
            "CREATE TABLE shop_customuser AS SELECT * FROM auth_user WHERE false".to_owned(),
            "DROP TABLE shop_customuser".to_owned(),
            "it might be auth_user or shop_customuser",
        ),
        (
            "UPDATE auth_user SET email = ''".to_owned(),
            "UPDATE auth_user SET email = username || '@example.com'".to_owned(),
            "rows are at fault",
        ),
        (
            "ALTER TABLE accounts_twofactorsettings RENAME user_id TO whose".to_owned(),
            "ALTER TABLE accounts_twofactorsettings RENAME whose TO user_id".to_owned(),
            "none of the TwoFactorSettings are of any of the users",
        ),
    ] {
        django.look.execute(&wrong).await;
        refused(address.as_str(), &[], fault).await;
        django.look.execute(&mended).await;
    }
    django.look.execute("ALTER TABLE auth_user RENAME TO members").await;
    let options = ["--fernet-key-file", &keys, "--user-table", "members"];
    let (done, said) = world.import_from(address.as_str(), "", &options);
    assert!(done, "{said}");
    says(&said, &["users: 6 taken, 0 already there, 0 not taken"]);
}

/// A user model of one's own, with keys that are no numbers, in a schema of its own.
async fn keys_and_schemas_are_the_applications_own(database: Database) {
    let Some(django) = Django::start().await else { return };
    let world = World::start(database).await;
    let role = &django.role;
    let tables = format!(
        "CREATE SCHEMA shop; \
         CREATE TABLE shop.\"Accounts_Shop user\" (uid uuid PRIMARY KEY, password text, email text, is_active boolean); \
         CREATE TABLE shop.accounts_twofactorsettings (id bigint PRIMARY KEY, user_id varchar(36), is_enabled boolean, \
         preferred_method text, totp_secret text, phone_number text, backup_email text); \
         INSERT INTO shop.\"Accounts_Shop user\" VALUES ('0191f3a0-0000-7000-8000-000000000001', '{PBKDF2}', \
         'ada@example.com', true), ('0191f3a0-0000-7000-8000-000000000002', '{PBKDF2}', 'hunter2', true); \
         INSERT INTO shop.accounts_twofactorsettings VALUES (1, '0191f3a0-0000-7000-8000-000000000001', true, 'totp', \
         '{SECRET}'); GRANT USAGE ON SCHEMA shop TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {role}; \
         ALTER ROLE {role} SET search_path = shop"
    );
    django.look.execute(&tables).await;
    let (done, said) = world.import_from(django.address().as_str(), "", &[]);
    assert!(!done, "{said}");
    says(
        &said,
        &["users: 1 taken, 0 already there, 1 not taken", "authenticators: 1 taken, 0 already there, 0 not taken"],
    );
    assert!(said.contains("user 0191f3a0-0000-7000-8000-000000000002: not taken: email:"), "{said}");
    let browser = world.browser();
    let token = partial_token(&browser, &somebody("ada")).await;
    verify(&browser, &token, &code(SECRET, world.fresh_step().await)).await.expect(200);
}

on_both_databases![
    people_of_a_dump_sign_in,
    rows_at_fault_cost_nobody_else,
    what_cannot_be_right_writes_nothing,
    a_database_gives_what_its_dump_gives,
    a_database_that_cannot_be_right_writes_nothing,
    keys_and_schemas_are_the_applications_own,
];
