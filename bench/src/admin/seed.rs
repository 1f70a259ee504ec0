//! The people of this measurement and what is in the log about them: their entries lie scattered over a year, as those of real
//! people do, and one of them was under attack.

use std::sync::Arc;

use anyhow::Result;
use domain::application::ExternalId;
use domain::audit::{AuditAction, AuditEntry, AuditHead, Detail, chain};
use domain::command::Origin;
use domain::factor::Method;
use domain::ids::{ApplicationId, AuditId, PersonId, UserId};
use domain::time::{Duration, Timestamp};
use domain::user::{Email, PasswordHash, Settings, User};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use store::Db;
use store::testing::{Person, append_entries};

use crate::population::{Kind, World, give_phones, now, recovery_codes, sign_in, trust_devices};

/// The number of the one under attack.
pub(super) const LOUD: u64 = 0;
/// One of so many has a phone, recovery codes, a trusted device, a session and a message on its way.
const EQUIPPED: u64 = 10;
/// Entries of everybody else.
const EACH: u64 = 10;
/// How long ago the log began.
const SINCE: Duration = Duration::from_days(365);
/// People, or entries, in one transaction.
const CHUNK: u64 = 1_000;

/// Their id.
pub(super) fn user(number: u64) -> UserId {
    UserId::from_uuid(Kind::User.id(number))
}

/// Their address: the beginnings are spread over the alphabet.
pub(super) fn address(number: u64) -> String {
    let letter = |shift: u32| char::from(b'a' + u8::try_from((number >> shift) % 26).unwrap_or(0));
    format!("{}{}{}.{number}@example.com", letter(0), letter(5), letter(10))
}

/// What an application calls its user; every other person is one.
pub(super) fn external(number: u64) -> String {
    format!("customer-{number:09}")
}

/// Entries about the one under attack: of a hundred in the log, one.
pub(super) fn loud_entries(people: u64) -> u64 {
    people * EACH / 100
}

/// Adds people and entries; says how many entries.
pub(super) async fn seed(db: &Db, people: u64) -> Result<u64> {
    let (world, equipped) = (Arc::new(World::new()), people / EQUIPPED);
    for first in (0..people).step_by(usize::try_from(CHUNK)?) {
        let chunk = first..people.min(first + CHUNK);
        let chunk = chunk.map(|number| person(number, &world, number < equipped)).collect::<Result<Vec<_>>>()?;
        db.seed(&chunk).await?;
    }
    give_phones(db, &world, 0..equipped).await?;
    trust_devices(db, 0..equipped).await?;
    sign_in(db, &world, 0..equipped).await?;
    let mut heads = vec![AuditHead::START; usize::try_from(people)?];
    let all = people * EACH;
    for first in (0..all).step_by(usize::try_from(CHUNK)?) {
        log(db, &mut heads, first..all.min(first + CHUNK), people).await?;
    }
    Ok(all)
}

fn person(number: u64, world: &World, equipped: bool) -> Result<Person> {
    let at = now();
    let mut settings = Settings::new(at);
    settings.enabled_at = Some(at);
    let user = User {
        id: user(number),
        person: PersonId::from_uuid(Kind::Person.id(number)),
        application: ApplicationId::DEFAULT,
        external: ExternalId::parse(&external(number)).filter(|_| !number.is_multiple_of(2)),
        name: None,
        phone: None,
        email: Email::stored(address(number)),
        password: PasswordHash::new(String::new()),
        email_verified_at: Some(at),
        disabled_at: None,
        locale: "en".to_owned(),
        created_at: at,
    };
    let recovery_codes = if equipped { recovery_codes(number, user.id, world)? } else { Vec::new() };
    Ok(Person { user, settings, factors: Vec::new(), recovery_codes, challenges: Vec::new() })
}

/// Whom an entry is about.
fn whose(entry: u64, people: u64) -> u64 {
    if entry.is_multiple_of(100) { LOUD } else { entry.wrapping_mul(104_729) % people }
}

async fn log(db: &Db, heads: &mut [AuditHead], numbers: std::ops::Range<u64>, people: u64) -> Result<()> {
    let mut rng = UnwrapErr(SysRng);
    let (begun, step) = (now() - SINCE, SINCE.as_micros() / i64::try_from(people * EACH)?);
    let (mut entries, mut moved) = (Vec::new(), Vec::new());
    for number in numbers {
        let at = Timestamp::from_micros(begun.as_micros() + i64::try_from(number)? * step);
        let whose = whose(number, people);
        let person = PersonId::from_uuid(Kind::Person.id(whose));
        let head = &mut heads[usize::try_from(whose)?];
        entries.extend(chain(head, at, vec![entry(person, number)], || AuditId::new(at, &mut rng)));
        moved.push((person, *head));
    }
    append_entries(db, &entries, &moved).await?;
    Ok(())
}

fn entry(person: PersonId, number: u64) -> AuditEntry {
    AuditEntry {
        person: Some(person),
        user: None,
        application: ApplicationId::DEFAULT,
        action: if number.is_multiple_of(3) { AuditAction::PasswordChecked } else { AuditAction::CodeVerified },
        success: !number.is_multiple_of(10),
        method: (!number.is_multiple_of(3)).then_some(Method::Totp),
        device: None,
        detail: if number.is_multiple_of(10) { Detail::Reason("wrong_code") } else { Detail::None },
        origin: Origin {
            ip: "192.0.2.17".parse().ok(),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0".to_owned()),
            request_id: Some(Kind::Fresh.id(number).to_string()),
            ..Origin::default()
        },
    }
}
