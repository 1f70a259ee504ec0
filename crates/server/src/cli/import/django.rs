//! `twinlock import django`: users and their second factors, from a file of Django's `dumpdata` or from its database.
//!
//! Whose second factor was on comes with it or not at all: a person whose factor cannot be read is left out and said, never
//! let in by the password alone. Of what a person has, only the preferred method is a factor here, for that is what the
//! application proved; the rest is counted, with the reason.

use std::collections::{BTreeMap, HashMap};

use domain::account_admin::{ImportUser, explain_email};
use domain::command::Origin;
use domain::destination::Destination;
use domain::enrollment::Proved;
use domain::factor::Method;
use domain::ids::ApplicationId;
use domain::time::Timestamp;
use domain::totp::TotpSecret;
use domain::user::{Email, PasswordHash};
use store::Surroundings as _;

use super::dump::{Dump, Model, Reference, Row};
use super::fernet::Keys;
use crate::app::App;
use crate::cli::say;
use crate::cli::user::import::bring_all;
use crate::django_hash::is_known;

/// Why a password is left.
const UNKNOWN_HASH: &str = "of no form this server verifies, or at costs it does not bear; a reset is the way in";

/// What is told of apart, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    User,
    Password,
    Totp,
    Sms,
    Email,
    BackupEmail,
    RecoveryCode,
    TrustedDevice,
    Code,
    AuditLog,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Password => "passwords",
            Self::Totp => "authenticators",
            Self::Sms => "numbers",
            Self::Email => "codes by e-mail",
            Self::BackupEmail => "backup addresses",
            Self::RecoveryCode => "unused recovery codes",
            Self::TrustedDevice => "trusted devices",
            Self::Code => "sent codes",
            Self::AuditLog => "audit entries",
        }
    }

    /// Of which kind a factor of this method is.
    const fn of(method: Method) -> Self {
        match method {
            Method::Totp => Self::Totp,
            Method::Sms => Self::Sms,
            Method::Email => Self::Email,
            Method::RecoveryCode => Self::RecoveryCode,
        }
    }
}

/// What became of the things of one kind.
#[derive(Default)]
struct Tally {
    taken: u64,
    there: u64,
    /// How many were left, by the reason.
    left: BTreeMap<&'static str, u64>,
}

/// What became of everything.
#[derive(Default)]
struct Report(BTreeMap<Kind, Tally>);

impl Report {
    fn taken(&mut self, kind: Kind) {
        self.0.entry(kind).or_default().taken += 1;
    }

    fn there(&mut self, kind: Kind) {
        self.0.entry(kind).or_default().there += 1;
    }

    fn left(&mut self, kind: Kind, count: u64, why: &'static str) {
        *self.0.entry(kind).or_default().left.entry(why).or_default() += count;
    }

    fn say(&self, dry_run: bool) -> anyhow::Result<()> {
        let taken = if dry_run { "would be taken" } else { "taken" };
        for (kind, tally) in &self.0 {
            let left: u64 = tally.left.values().sum();
            say(&format!("{}: {} {taken}, {} already there, {left} not taken", kind.name(), tally.taken, tally.there))?;
            for (why, count) in &tally.left {
                say(&format!("  {count} not taken: {why}"))?;
            }
        }
        Ok(())
    }
}

/// A user, with their settings of the second factor.
struct Source<'a> {
    user: &'a Row,
    settings: Vec<&'a Row>,
    /// Whether another user has the same address: whose it is cannot be told.
    shares_email: bool,
}

/// A person to be brought, and what of theirs is and is not.
struct Person {
    import: ImportUser,
    taken: Vec<Kind>,
    left: Vec<(Kind, &'static str)>,
}

/// Imports what was read, or only checks it.
pub(super) async fn run(app: &App, dump: &Dump, keys: &Keys, dry_run: bool) -> anyhow::Result<()> {
    let mut faults = dump.faults.clone();
    let mut report = Report::default();
    let (mut people, mut held) = (Vec::new(), HashMap::new());
    for source in sources(dump, &mut faults)? {
        let place = source.user.to_string();
        match person(app, &source, keys).await {
            Ok(person) => {
                people.push((place.clone(), person.import));
                held.insert(place, (person.taken, person.left));
            }
            Err(fault) => {
                faults.push(format!("{place}: not taken: {fault}"));
                report.left(Kind::User, 1, "see above");
                for kind in held_by(&source) {
                    report.left(kind, 1, "the person was not taken");
                }
            }
        }
    }
    keys.ensure_right()?;
    for fault in &faults {
        say(fault)?;
    }
    count_unfit(dump, &mut report);

    bring_all(app, people, dry_run, |place, new| {
        let (taken, left) = held.remove(place).unwrap_or_default();
        for kind in [Kind::User].into_iter().chain(taken) {
            if new { report.taken(kind) } else { report.there(kind) }
        }
        for (kind, why) in left {
            report.left(kind, 1, why);
        }
        if new { Ok(()) } else { say(&format!("{place}: already there, left as it is")) }
    })
    .await?;
    report.say(dry_run)?;
    anyhow::ensure!(faults.is_empty(), "{} rows are at fault; everybody else was dealt with", faults.len());
    Ok(())
}

/// Every user with their settings. Refuses what would lose everybody's second factor, or says not whose is what.
fn sources<'a>(dump: &'a Dump, faults: &mut Vec<String>) -> anyhow::Result<Vec<Source<'a>>> {
    let of = |model| dump.rows.iter().filter(move |row| row.model == model);
    anyhow::ensure!(of(Model::User).next().is_some(), "there are no users; nothing was imported");
    anyhow::ensure!(
        of(Model::Settings).next().is_some(),
        "there are no TwoFactorSettings, and everybody would lose their second factor; nothing was imported"
    );
    let mut sources: Vec<Source<'_>> = Vec::new();
    let mut whose: HashMap<Reference, Option<usize>> = HashMap::new();
    for user in of(Model::User) {
        if let Some(key) = user.key() {
            let before = whose.insert(key, Some(sources.len()));
            anyhow::ensure!(before.is_none(), "two users have one key; nothing was imported");
        }
        if let Some(name) = user.name() {
            whose.entry(name).and_modify(|user| *user = None).or_insert(Some(sources.len()));
        }
        sources.push(Source { user, settings: Vec::new(), shares_email: false });
    }
    for settings in of(Model::Settings) {
        match settings.owner().and_then(|owner| *whose.get(&owner)?) {
            Some(user) => sources[user].settings.push(settings),
            None => faults.push(format!("{settings}: not taken: user: is none of the users")),
        }
    }
    anyhow::ensure!(
        sources.iter().any(|source| !source.settings.is_empty()),
        "none of the TwoFactorSettings are of any of the users, who would lose their second factor; nothing was imported"
    );
    let mut emails: HashMap<String, usize> = HashMap::new();
    let email = |source: &Source<'_>| source.user.text("email").ok().flatten().map(str::to_ascii_lowercase);
    for key in sources.iter().filter_map(email) {
        *emails.entry(key).or_default() += 1;
    }
    for source in &mut sources {
        source.shares_email = email(source).is_some_and(|key| emails[&key] > 1);
    }
    Ok(sources)
}

/// What somebody has, by the columns that are filled.
fn held_by(source: &Source<'_>) -> Vec<Kind> {
    let filled = |row: &Row, name: &str| matches!(row.text(name), Ok(Some(_)) | Err(_));
    let mut held = Vec::new();
    if filled(source.user, "password") {
        held.push(Kind::Password);
    }
    for settings in &source.settings {
        for (name, kind) in
            [("totp_secret", Kind::Totp), ("phone_number", Kind::Sms), ("backup_email", Kind::BackupEmail)]
        {
            if filled(settings, name) {
                held.push(kind);
            }
        }
        if matches!(settings.text("preferred_method"), Ok(Some("email"))) {
            held.push(Kind::Email);
        }
    }
    held
}

/// What is of no use here, whosever it is.
fn count_unfit(dump: &Dump, report: &mut Report) {
    for (model, count) in &dump.unfit {
        let (kind, why) = match model {
            Model::User | Model::Settings => continue,
            Model::RecoveryCode => (
                Kind::RecoveryCode,
                "codes here are kept under a key of this server, which no hash of another system can be turned into",
            ),
            Model::TrustedDevice => (Kind::TrustedDevice, "what the browser holds is no secret of this server"),
            Model::Code => (Kind::Code, "a code lives for minutes"),
            Model::AuditLog => (Kind::AuditLog, "the audit log holds what this server saw"),
        };
        report.left(kind, *count, why);
    }
}

/// Reads a person. An error says the field, and not what it holds.
async fn person(app: &App, source: &Source<'_>, keys: &Keys) -> Result<Person, String> {
    let user = source.user;
    let email = user.text("email")?.ok_or("email: is missing")?;
    let email = Email::parse(email).map_err(|fault| format!("email: {}", explain_email(fault)))?;
    if source.shares_email {
        return Err("email: is that of another user, too".to_owned());
    }
    let mut held = held_by(source);
    let mut left = Vec::new();
    let mut leave = |kind, why| {
        if let Some(place) = held.iter().position(|held| *held == kind) {
            left.push((held.remove(place), why));
        }
    };
    // Django writes `!` and noise where there is no usable password.
    let password = user.text("password")?.filter(|hash| {
        let known = is_known(hash);
        if !known {
            let unusable = hash.starts_with('!');
            leave(Kind::Password, if unusable { "unusable in Django, too" } else { UNKNOWN_HASH });
        }
        known
    });
    leave(Kind::BackupEmail, "nothing says that it was proved");
    let proved = match source.settings.as_slice() {
        [] => None,
        [settings] => proved(app, settings, &email, keys).await?,
        _ => return Err("has TwoFactorSettings more than once".to_owned()),
    };
    let factor = proved.as_ref().map(Proved::method);
    for method in [Method::Totp, Method::Sms, Method::Email] {
        match factor {
            Some(factor) if factor == method => {}
            Some(_) => {
                leave(Kind::of(method), "another method is preferred, and nothing says that this one was proved");
            }
            None => leave(Kind::of(method), "the second factor is off, and nothing says that this was proved"),
        }
    }
    let flag = |name| user.flag(name);
    let verified = flag("email_verified")?.or(flag("is_email_verified")?).unwrap_or(false);
    let disabled = !flag("is_active")?.unwrap_or(true);
    let created_at = user.text("date_joined")?.map(|text| joined(text, app.world.now())).transpose()?;
    Ok(Person {
        import: ImportUser {
            application: ApplicationId::DEFAULT,
            email,
            email_verified: verified || factor == Some(Method::Email),
            password: password.map(|hash| PasswordHash::new(hash.to_owned())),
            factor: proved.map(|proved| {
                let label = match proved.method() {
                    Method::Sms => "Phone",
                    Method::Email => "E-mail",
                    Method::Totp | Method::RecoveryCode => "Authenticator",
                };
                (proved, label.to_owned())
            }),
            disabled,
            created_at,
            origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
        },
        taken: held,
        left,
    })
}

/// What was proved: the preferred method of a second factor that is on.
async fn proved(app: &App, settings: &Row, email: &Email, keys: &Keys) -> Result<Option<Proved>, String> {
    if !settings.flag("is_enabled")?.ok_or("is_enabled: is missing")? {
        return Ok(None);
    }
    let method = settings.text("preferred_method")?.and_then(Method::parse);
    let method = method.ok_or("preferred_method: is none of totp, sms and email")?;
    if !app.world.policy().allows(method) {
        return Err(format!("preferred_method: {method} is switched off on this server"));
    }
    let revealed = |name: &str| {
        let text = settings.text(name)?.ok_or_else(|| format!("{name}: is missing, and is the preferred method's"))?;
        keys.reveal(text).ok_or_else(|| format!("{name}: does not open with the Fernet key"))
    };
    Ok(Some(match method {
        Method::Totp => {
            let secret = TotpSecret::from_base32(&revealed("totp_secret")?);
            Proved::Totp(secret.ok_or("totp_secret: is not base32 of at least 128 bits")?)
        }
        Method::Sms => {
            let number = app.phones.read(revealed("phone_number")?.to_string()).await;
            let number = number.map_err(|_| "phone_number: could not be read this time")?;
            let number = number.map_err(|fault| format!("phone_number: {}", fault.as_str()))?;
            Proved::Sent(Destination::Phone(number))
        }
        Method::Email => Proved::Sent(Destination::Email(email.clone())),
        Method::RecoveryCode => return Err("preferred_method: is none of totp, sms and email".to_owned()),
    }))
}

/// A time of Django, which has no zone where `USE_TZ` is off: then it is taken for UTC.
fn joined(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")));
    at.filter(|at| *at <= now).ok_or_else(|| "date_joined: is no time, or lies in the future".to_owned())
}
