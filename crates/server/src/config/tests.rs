//! What an operator may write, and the one line that answers what he may not.

use std::io::Write as _;

use super::*;

mod sms;

const HTTPS: (&str, &str) = ("TWINLOCK_BASE_URL", "https://login.example.com");
const PRODUCTION: (&str, &str) = ("TWINLOCK_ENV", "production");
const KEYS: (&str, &str) = ("TWINLOCK_KEYS", "secret-ring");
const SMTP: (&str, &str) = ("SMTP_URL", "smtps://sender:hunter2@mail.example.com");
const FROM: (&str, &str) = ("EMAIL_FROM", "Example <no-reply@example.com>");

fn load(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    // A named file, so that no test reads what lies in the working directory.
    with_file("", pairs)
}

fn with_file(text: &str, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut file = tempfile::Builder::new().prefix("twinlock").suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::load(&Sources::of_pairs(pairs.iter().copied(), Some(file.path().to_owned())))
}

/// The one line, with the file's accidental name made plain.
fn line(result: Result<Config, ConfigError>) -> String {
    let line = result.expect_err("the setting is wrong").to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

fn check(pairs: &[(&str, &str)], test_mode: bool) -> Result<(), String> {
    load(pairs).unwrap().check_serve(test_mode).map_err(|error| error.to_string())
}

#[test]
fn without_any_setting_it_is_a_development_machine() {
    let config = load(&[]).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.base_url.origin(), "http://127.0.0.1:8080");
    assert_eq!(config.database.to_string(), "sqlite:twinlock.db");
    assert!(config.migrate && config.signup_enabled && config.second_factor.enabled);
    assert!(matches!(config.keys(), Ok(KeySource::Generated(_))));
    assert!(config.warnings().is_empty());
    let expected = SecondFactor {
        enabled: true,
        issuer_name: "Twinlock".into(),
        methods: vec![Method::Totp, Method::Sms, Method::Email],
        max_attempts: 5,
        rate_limit_window: Duration::from_hours(1),
        rate_limit_max: 10,
        lockout_threshold: 100,
        lockout_duration: Duration::from_mins(15),
        code_expiry: Duration::from_mins(5),
        recovery_code_count: 10,
        trusted_device_enabled: true,
        trusted_device_max_age: Duration::from_hours(30 * 24),
        trusted_device_max_count: 5,
        trusted_device_rotation: Duration::ZERO,
    };
    assert_eq!(config.second_factor, expected);
    config.check_serve(true).unwrap();
}

#[test]
fn every_example_and_every_default_is_accepted_by_its_own_parser() {
    for setting in settings::ALL {
        assert_eq!(setting.fault(setting.example()), None, "{}", setting.name());
        assert_eq!(setting.default().and_then(|value| setting.fault(value)), None, "{}", setting.name());
        assert!(setting.about().ends_with('.'), "{}", setting.name());
    }
}

#[test]
fn every_setting_is_read_so_that_a_wrong_value_stops_the_start() {
    // A path cannot be wrong before it is opened, and the ring is read by whoever needs keys.
    let free = ["TWINLOCK_KEYS", "TWINLOCK_KEYS_FILE"];
    for setting in settings::ALL.iter().filter(|setting| !free.contains(&setting.name())) {
        let line = line(load(&[(setting.name(), "certainly : wrong\u{7}")]));
        let expected = format!("; example: {}={}", setting.name(), setting.example());
        assert!(line.starts_with(&format!("{}: ", setting.name())) && line.ends_with(&expected), "{line}");
    }
}

#[test]
fn a_wrong_value_is_one_line_with_the_setting_the_fault_and_an_example() {
    assert_eq!(
        line(load(&[("TWINLOCK_BIND", "nonsense")])),
        "TWINLOCK_BIND: \"nonsense\" is not an address and port; example: TWINLOCK_BIND=127.0.0.1:8080"
    );
    assert_eq!(
        line(load(&[("TWOFA_RECOVERY_CODE_COUNT", "7")])),
        "TWOFA_RECOVERY_CODE_COUNT: \"7\" is not a whole number from 8 to 20; example: TWOFA_RECOVERY_CODE_COUNT=10"
    );
    assert_eq!(
        line(load(&[("TWOFA_METHODS", "totp,sms,totp")])),
        "TWOFA_METHODS: \"totp,sms,totp\" names totp twice; example: TWOFA_METHODS=totp,sms"
    );
}

#[test]
fn a_misspelled_log_level_is_refused() {
    for right in ["info", "info,twinlock=debug", "warn, tokio_postgres=info, twinlock::run=trace", "off"] {
        load(&[("TWINLOCK_LOG", right)]).unwrap();
    }
    for wrong in ["infoo", "twinlock", "twinlock=loud", "info,,x", "[span]=info", "=info", ","] {
        assert!(load(&[("TWINLOCK_LOG", wrong)]).is_err(), "{wrong}");
    }
}

#[test]
fn a_wrong_value_with_control_characters_stays_one_short_line() {
    let value = format!("a\nb\u{1b}[31m{}", "x".repeat(500));
    let line = line(load(&[("TWINLOCK_BIND", &value)]));
    assert!(line.starts_with("TWINLOCK_BIND: \"a\\nb\\u{1b}[31mxxx") && line.len() < 250, "{line}");
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    let from_environment = line(load(&[("DATABASE_URL", "mysql://root:hunter2@db/x")]));
    let from_file = line(with_file("database_url = 'mysql://root:hunter2@db/x'", &[]));
    let from_broken_file = line(with_file("database_url = 'postgres://root:hunter2@db/x", &[]));
    for line in [from_environment, from_file, from_broken_file] {
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn the_environment_comes_before_the_file_and_the_file_before_the_defaults() {
    let text =
        "twinlock_bind = '127.0.0.1:1'\ntwofa_max_attempts = 3\ntwinlock_trusted_proxies = ['10.0.0.0/8', '::1']";
    let config = with_file(text, &[("TWINLOCK_BIND", "127.0.0.1:2")]).unwrap();
    assert_eq!(config.bind.port(), 2);
    assert_eq!(config.second_factor.max_attempts, 3);
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.second_factor.rate_limit_max, 10);
}

#[test]
fn a_wrong_value_in_the_file_names_the_file() {
    let line = line(with_file("twofa_max_attempts = 0", &[]));
    assert!(
        line.starts_with("twofa_max_attempts in /") && line.contains(".toml: \"0\" is not a whole number"),
        "{line}"
    );
    assert!(line.ends_with("; example: twofa_max_attempts = \"5\""), "{line}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_name() {
    assert_eq!(
        line(load(&[("TWINLOCK_BIN", "x")])),
        "TWINLOCK_BIN: there is no such setting; did you mean TWINLOCK_BIND?"
    );
    assert_eq!(
        line(load(&[("TWOFA_MAX_ATTEMPT", "5")])),
        "TWOFA_MAX_ATTEMPT: there is no such setting; did you mean TWOFA_MAX_ATTEMPTS?"
    );
    let in_file = line(with_file("twinlock_bnd = 'x'", &[]));
    assert!(
        in_file.starts_with("\"twinlock_bnd\" in /") && in_file.ends_with("did you mean twinlock_bind?"),
        "{in_file}"
    );
    let in_table = line(with_file("[twinlock]\nbind = 'x'", &[]));
    assert!(in_table.starts_with("\"twinlock\" in /"), "{in_table}");
    let upper = line(with_file("TWINLOCK_BIND = '127.0.0.1:1'", &[]));
    assert!(upper.ends_with("did you mean twinlock_bind?"), "{upper}");
}

#[test]
fn variables_of_other_programs_and_of_the_platform_are_left_alone() {
    let links = [
        ("PATH", "/bin"),
        ("BIND", "x"),
        ("TWINLOCK_TEST_POSTGRES", "postgres://x"),
        ("TWINLOCK_SERVICE_HOST", "10.0.0.1"),
        ("TWINLOCK_SERVICE_PORT_HTTP", "80"),
        ("TWINLOCK_PORT", "tcp://10.0.0.1:80"),
        ("TWINLOCK_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    load(&links).unwrap();
}

#[test]
fn a_setting_set_to_nothing_is_not_set() {
    let config = load(&[("TWINLOCK_BIND", ""), ("TWINLOCK_BASE_URL", ""), ("TWINLOCK_KEYS", "")]).unwrap();
    assert_eq!(config.base_url.origin(), "http://127.0.0.1:8080");
    assert!(matches!(config.keys(), Ok(KeySource::Generated(_))));
}

#[test]
fn a_named_file_that_is_not_there_is_refused() {
    let sources = Sources::of_pairs([("TWINLOCK_CONFIG", "/nowhere/twinlock.toml")], None);
    let line = line(Config::load(&sources));
    assert!(
        line.starts_with("TWINLOCK_CONFIG: \"/nowhere/twinlock.toml\" cannot be read (entity not found)"),
        "{line}"
    );
}

#[test]
fn debug_shows_neither_keys_nor_the_database_password() {
    let config = load(&[KEYS, SMTP, FROM, ("DATABASE_URL", "postgres://u:hunter2@db/x?password=hunter2")]).unwrap();
    let debug = format!("{config:?}");
    assert!(!debug.contains("hunter2") && !debug.contains("secret-ring"), "{debug}");
    assert!(debug.contains("postgres://db/x"), "{debug}");
}

#[test]
fn production_refuses_what_is_only_convenient() {
    let all = [PRODUCTION, HTTPS, KEYS, SMTP, FROM];
    assert_eq!(check(&all, false), Ok(()));
    let without = |missing: &str| -> String {
        let pairs: Vec<_> = all.iter().copied().filter(|(name, _)| *name != missing).collect();
        check(&pairs, false).unwrap_err()
    };
    assert!(without("TWINLOCK_BASE_URL").starts_with("TWINLOCK_BASE_URL: is not an https address"));
    assert!(without("TWINLOCK_KEYS").starts_with("TWINLOCK_KEYS: is not set, and production"));
    let line = check(&[PRODUCTION, HTTPS, KEYS], false).unwrap_err();
    assert!(line.starts_with("SMTP_URL: is not set, and production reaches people by mail"), "{line}");
    assert!(check(&all, true).unwrap_err().contains("test mode is refused"));
    assert!(!load(&all).unwrap().migrate);
}

#[test]
fn mail_has_a_server_and_a_sender_or_neither() {
    let mail = load(&[SMTP, FROM]).unwrap().mail.unwrap();
    assert_eq!(mail.server.to_string(), "mail.example.com:465 (TLS)");
    assert_eq!(
        line(load(&[SMTP])),
        "EMAIL_FROM: is not set, and mail that leaves by SMTP_URL has to be from somebody; example: EMAIL_FROM=Example \
         <no-reply@example.com>"
    );
    let alone = load(&[FROM]).unwrap();
    assert!(alone.mail.is_none());
    assert_eq!(alone.warnings(), ["EMAIL_FROM has no effect without SMTP_URL"]);
    assert_eq!(
        line(load(&[("SMTP_URL", "smtps://sender:hunter2@mail.example.com?tls=none"), FROM])),
        "SMTP_URL: the value is smtps with tls=none; example: SMTP_URL=smtps://user:password@mail.example.com"
    );
    let wrong = line(load(&[SMTP, ("EMAIL_FROM", "Example\r\nBcc: e@example.com <no-reply@example.com>")]));
    assert!(wrong.starts_with("EMAIL_FROM: \"Example\\r\\nBcc") && wrong.contains("on one line"), "{wrong}");
}

#[test]
fn mail_does_not_cross_a_network_unencrypted_in_production() {
    for (server, plain) in [
        ("smtp://relay.example.com?tls=none", true),
        ("smtp://10.0.0.1:25?tls=none", true),
        ("smtp://relay.example.com", false),
        ("smtp://localhost:1025", false),
        ("smtp://127.0.0.1?tls=none", false),
    ] {
        let refused = line_or_nothing(load(&[PRODUCTION, HTTPS, KEYS, FROM, ("SMTP_URL", server)]));
        assert_eq!(
            refused.contains("production sends nothing over a network unencrypted"),
            plain,
            "{server}: {refused}"
        );
        let config = load(&[FROM, ("SMTP_URL", server)]).unwrap();
        assert_eq!(config.warnings().iter().any(|warning| warning.contains("tls=none")), plain, "{server}");
    }
}

fn line_or_nothing(result: Result<Config, ConfigError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn plain_http_is_for_this_machine_only() {
    assert_eq!(check(&[("TWINLOCK_BASE_URL", "http://localhost:8080")], false), Ok(()));
    assert_eq!(check(&[("TWINLOCK_BASE_URL", "http://[::1]:8080")], false), Ok(()));
    assert_eq!(check(&[("TWINLOCK_BIND", "0.0.0.0:8080")], false), Ok(()));
    for address in
        ["http://login.example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1"]
    {
        let line = check(&[("TWINLOCK_BASE_URL", address)], false).unwrap_err();
        assert!(line.starts_with("TWINLOCK_BASE_URL: is plain http to a host that is not this machine"), "{line}");
    }
    assert!(check(&[("TWINLOCK_BIND", "10.0.0.1:8080")], false).is_err());
}

#[test]
fn test_mode_listens_on_loopback_only() {
    assert_eq!(check(&[("TWINLOCK_BIND", "127.0.0.1:0")], true), Ok(()));
    assert!(
        check(&[("TWINLOCK_BIND", "0.0.0.0:0")], true)
            .unwrap_err()
            .starts_with("TWINLOCK_BIND: is not a loopback address")
    );
}

#[test]
fn nodes_on_postgresql_share_their_keys() {
    let postgres = ("DATABASE_URL", "postgres://db/twinlock");
    let line = check(&[postgres], false).unwrap_err();
    assert!(
        line.starts_with("TWINLOCK_KEYS: is not set, and nodes on PostgreSQL")
            && line.contains("`twinlock keys generate`"),
        "{line}"
    );
    assert_eq!(check(&[postgres, KEYS], false), Ok(()));
    assert_eq!(check(&[postgres, ("TWINLOCK_KEYS_FILE", "/etc/keys")], false), Ok(()));
    assert!(line_of_two_rings().starts_with("TWINLOCK_KEYS: is set beside TWINLOCK_KEYS_FILE"));
}

fn line_of_two_rings() -> String {
    line(load(&[KEYS, ("TWINLOCK_KEYS_FILE", "/etc/keys")]))
}

#[test]
fn a_base_url_has_no_path_and_no_user() {
    for address in [
        "https://a.example/path",
        "https://a.example/?q",
        "https://u@a.example",
        "ftp://a.example",
        "a.example",
        "https://",
    ] {
        assert!(load(&[("TWINLOCK_BASE_URL", address)]).is_err(), "{address}");
    }
}

#[test]
fn the_address_of_a_free_port_becomes_the_base_url_unless_one_is_set() {
    let bound = "127.0.0.1:49152".parse().unwrap();
    let mut config = load(&[("TWINLOCK_BIND", "127.0.0.1:0")]).unwrap();
    config.bound_to(bound);
    assert_eq!(config.base_url.origin(), "http://127.0.0.1:49152");
    let mut config = load(&[("TWINLOCK_BIND", "127.0.0.1:0"), HTTPS]).unwrap();
    config.bound_to(bound);
    assert_eq!(config.base_url.origin(), "https://login.example.com");
}

#[test]
fn a_network_contains_its_addresses_and_no_others() {
    let contains = |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
    assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
    assert!(contains("0.0.0.0/0", "1.2.3.4") && !contains("0.0.0.0/0", "::1"));
    assert!(contains("127.0.0.1", "127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
    assert!(contains("fd00::/8", "fdff::1") && !contains("fd00::/8", "fe80::1"));
    assert!(contains("::/0", "2001:db8::1") && contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    for wrong in ["10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "10.0.0/8", "::/129", "x"] {
        assert_eq!(Network::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_database_elsewhere_is_not_spoken_to_in_plain_text_in_production() {
    let production = ("TWINLOCK_ENV", "production");
    for (url, plain) in [
        ("postgres://u:p@db.example.com/x?sslmode=disable", true),
        ("postgres://u:p@192.0.2.1/x?sslmode=prefer", true),
        ("postgres://u:p@127.0.0.1,192.0.2.1/x?sslmode=prefer", true),
        ("postgres://u:p@localhost/x?hostaddr=192.0.2.1&sslmode=prefer", true),
        ("postgres://u:p@db.example.com/x", false),
        ("postgres://u:p@db.example.com/x?sslmode=require", false),
        ("postgres://u:p@localhost/x?sslmode=disable", false),
        ("postgres://u:p@[::1]:5433/x?sslmode=prefer", false),
        ("postgres:///x?host=/run/postgresql&sslmode=disable", false),
    ] {
        let database = ("DATABASE_URL", url);
        let refused = load(&[KEYS, production, database]).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(refused.contains("sslmode"), plain, "{url}: {refused}");
        let warned = load(&[KEYS, database]).map(|config| config.warnings().iter().any(|w| w.contains("sslmode")));
        assert_eq!(warned.unwrap_or(false), plain, "{url}");
    }
}

#[test]
fn trusting_every_address_is_warned_about() {
    for (networks, warned) in [("0.0.0.0/0", true), ("10.0.0.0/8,::/0", true), ("10.0.0.0/8", false)] {
        let config = load(&[("TWINLOCK_TRUSTED_PROXIES", networks)]).unwrap();
        assert_eq!(config.warnings().iter().any(|warning| warning.contains("every address")), warned, "{networks}");
    }
}

#[test]
fn test_mode_is_for_an_address_of_this_machine() {
    let config = load(&[("TWINLOCK_BASE_URL", "https://login.example.com")]).unwrap();
    assert!(config.check_serve(true).unwrap_err().to_string().contains("TWINLOCK_BASE_URL"));
    assert!(config.check_serve(false).is_ok());
    assert!(load(&[]).unwrap().check_serve(true).is_ok());
}
