//! The people of the benchmark: everything about one of them follows from their number, so that nothing has to be
//! remembered and a raw twin can name any row without asking.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use domain::challenge::{Challenge, Purpose};
use domain::command::Origin;
use domain::destination::{Destination, PhoneNumber};
use domain::factor::{Factor, Method};
use domain::ids::{
    ApplicationId, ChallengeId, FactorId, PersonId, RecoveryCodeId, SentCodeId, TrustedDeviceId, UserId,
};
use domain::policy::Policy;
use domain::recovery_code::RecoveryCode;
use domain::secret::{KeyRing, TokenHash};
use domain::sent_code::Scope;
use domain::session::RefreshHolder;
use domain::testing::{self, stored_recovery_code};
use domain::time::{Duration, Timestamp};
use domain::totp::{Step, TotpSecret};
use domain::trusted_device::TrustedDevice;
use domain::user::{Email, PasswordHash, Settings, User};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use store::testing::{Belongings, Person};
use store::{Db, Surroundings};
use tokio::task::JoinSet;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "a long password for everybody";
/// People in one transaction of the seeding.
const CHUNK: u64 = 250;
/// Transactions under way at once.
const PARALLEL: usize = 6;
/// How long challenges and codes live: a run takes longer than the minutes of real ones.
const LIFE: Duration = Duration::from_hours(2);
/// Recovery codes of one person, as a real set-up gives them.
const RECOVERY_CODES: u64 = 10;

/// What an id is of. The ids of one kind lie side by side in the order of their numbers, as version 7 UUIDs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User = 1,
    Person = 2,
    Factor = 3,
    Challenge = 4,
    /// The factor that codes are sent by.
    Phone = 5,
    /// The challenge that a code was sent for already.
    SecondChallenge = 6,
    SentCode = 7,
    TrustedDevice = 8,
    /// A row that a twin adds; up to 256 of them per person.
    Fresh = 0x100,
    RecoveryCode = 0x200,
}

impl Kind {
    /// Rows of the kind that each person has.
    pub(crate) const fn each(self) -> u64 {
        match self {
            Self::RecoveryCode => RECOVERY_CODES,
            Self::User
            | Self::Person
            | Self::Factor
            | Self::Challenge
            | Self::Phone
            | Self::SecondChallenge
            | Self::SentCode
            | Self::TrustedDevice
            | Self::Fresh => 1,
        }
    }

    /// The id of a person's row of this kind, or of the first of them.
    pub(crate) fn id(self, number: u64) -> Uuid {
        id(self as u16, number * self.each())
    }
}

/// Everything before the three digits of the kind and the twelve of the number.
pub(crate) const ID_HEAD: &str = "01990000-0000-7";
/// What stands between the two.
pub(crate) const ID_MIDDLE: &str = "-8000-";

/// The id of a person's row.
pub(crate) fn id(kind: u16, number: u64) -> Uuid {
    let (head, version, variant) = (0x0199_u128 << 112, 7_u128 << 76, 8_u128 << 60);
    Uuid::from_u128(head | version | (u128::from(kind) << 64) | variant | u128::from(number))
}

/// What stands behind the number in each part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pads(pub(crate) &'static str);

/// Of the partial token of a person's challenge.
const PARTIAL: Pads = Pads("A");
/// Of the partial token of a person's second challenge.
const SECOND: Pads = Pads("B");
/// Of the cookie of a person's trusted device. Its first part, the family, looks like a partial token.
const COOKIE: Pads = Pads("AB");

/// Of every token a person has.
pub(crate) const TOKENS: [Pads; 3] = [PARTIAL, SECOND, COOKIE];

impl Pads {
    /// A person's token: parts of 43 characters, as real ones have.
    pub(crate) fn token(self, number: u64) -> String {
        let digits = number.to_string();
        let part = |pad: char| digits.chars().chain(std::iter::repeat(pad)).take(43).collect::<String>();
        self.0.chars().map(part).collect()
    }
}

/// The partial token of a person's challenge.
pub(crate) fn partial_token(number: u64) -> String {
    PARTIAL.token(number)
}

/// The partial token of a person's second challenge.
pub(crate) fn second_token(number: u64) -> String {
    SECOND.token(number)
}

/// The cookie of a person's trusted device.
pub(crate) fn cookie(number: u64) -> String {
    COOKIE.token(number)
}

/// The first recovery code of a person.
pub(crate) fn recovery_code(number: u64) -> String {
    recovery_code_text(number * RECOVERY_CODES)
}

fn recovery_code_text(row: u64) -> String {
    format!("{row:012}")
}

/// The code that was sent for a person's second challenge.
pub(crate) fn sent_code(number: u64) -> u32 {
    u32::try_from(number % 1_000_000).unwrap_or_default()
}

/// The address a person signs in with.
pub(crate) fn email(number: u64) -> String {
    format!("person{number}@bench.example")
}

/// The secret of a person's authenticator.
pub(crate) fn secret(number: u64) -> TotpSecret {
    let digest = Sha256::digest(format!("secret {number}").as_bytes());
    TotpSecret::from_bytes(Zeroizing::new(digest[..20].to_vec()))
}

/// The code a person's authenticator shows now.
pub(crate) fn code(number: u64) -> u32 {
    secret(number).code(Step::at(now()))
}

/// The time it is.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_datetime(time::OffsetDateTime::now_utc())
}

/// A clock, keys, randomness and policy as a server has them.
pub(crate) struct World {
    keys: KeyRing,
    policy: Policy,
}

impl World {
    /// A world with new keys.
    pub(crate) fn new() -> Self {
        Self { keys: KeyRing::generate(&mut UnwrapErr(SysRng)), policy: Policy::default() }
    }
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        now()
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(UnwrapErr(SysRng))
    }

    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// Where the load client is, as the server notes it.
pub(crate) fn origin() -> Origin {
    Origin {
        ip: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        user_agent: Some(crate::http::USER_AGENT.to_owned()),
        actor: None,
        locale: None,
        request_id: Some(id(Kind::Fresh as u16, 0).to_string()),
    }
}

/// Adds the people of these numbers, each with an authenticator, ten recovery codes and one open challenge.
pub(crate) async fn seed(db: &Db, world: &Arc<World>, password: &str, numbers: Range<u64>) -> Result<()> {
    let password = password.to_owned();
    in_chunks(numbers, |chunk| {
        let (db, world, password) = (db.clone(), Arc::clone(world), PasswordHash::new(password.clone()));
        async move {
            let people = chunk.map(|number| person(number, &password, &world)).collect::<Result<Vec<Person>>>()?;
            Ok(db.seed(&people).await?)
        }
    })
    .await
}

/// Lets the people of these numbers trust a device.
pub(crate) async fn trust_devices(db: &Db, numbers: Range<u64>) -> Result<()> {
    in_chunks(numbers, |chunk| {
        let db = db.clone();
        let device = |number| Belongings { trusted_devices: vec![trusted_device(number)], ..Belongings::default() };
        let devices: Vec<Belongings> = chunk.map(device).collect();
        async move { Ok(db.seed_belongings(&devices).await?) }
    })
    .await
}

/// Gives the people of these numbers a phone, and a second challenge for which a code was sent to it.
pub(crate) async fn give_phones(db: &Db, world: &Arc<World>, numbers: Range<u64>) -> Result<()> {
    in_chunks(numbers, |chunk| {
        let (db, world) = (db.clone(), Arc::clone(world));
        async move {
            let phones = chunk.map(|number| phone(number, &world)).collect::<Result<Vec<Belongings>>>()?;
            Ok(db.seed_belongings(&phones).await?)
        }
    })
    .await
}

/// Does something for so many people at a time.
async fn in_chunks<F>(numbers: Range<u64>, add: impl Fn(Range<u64>) -> F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    let mut start = numbers.start;
    while start < numbers.end || !under_way.is_empty() {
        if start < numbers.end && under_way.len() < PARALLEL {
            let chunk = start..numbers.end.min(start + CHUNK);
            start = chunk.end;
            under_way.spawn(add(chunk));
        } else if let Some(done) = under_way.join_next().await {
            done?.context("people could not be added")?;
        }
    }
    Ok(())
}

fn person(number: u64, password: &PasswordHash, world: &World) -> Result<Person> {
    let at = now();
    let user = UserId::from_uuid(Kind::User.id(number));
    let factor = FactorId::from_uuid(Kind::Factor.id(number));
    let mut settings = Settings::new(at);
    settings.enabled_at = Some(at);
    settings.preferred_factor = Some(factor);
    let sealed = world.keys.seal(&Factor::place(factor, user), secret(number).as_bytes(), world.rng().as_mut());
    let recovery_code = |row: u64| {
        let code = RecoveryCode::parse(&recovery_code_text(row)).context("no recovery code")?;
        let id = RecoveryCodeId::from_uuid(id(Kind::RecoveryCode as u16, row));
        Ok(stored_recovery_code(id, &code, user, &world.keys))
    };
    let rows = number * RECOVERY_CODES..(number + 1) * RECOVERY_CODES;
    Ok(Person {
        user: User {
            id: user,
            person: PersonId::from_uuid(Kind::Person.id(number)),
            application: ApplicationId::DEFAULT,
            email: Email::stored(email(number)),
            password: password.clone(),
            email_verified_at: Some(at),
            disabled_at: None,
            locale: "en".to_owned(),
            created_at: at,
        },
        settings,
        factors: vec![Factor {
            id: factor,
            user,
            method: Method::Totp,
            label: "Authenticator".to_owned(),
            secret: Some(sealed),
            destination: None,
            last_used_step: None,
            last_used_at: None,
            created_at: at,
        }],
        recovery_codes: rows.map(recovery_code).collect::<Result<_>>()?,
        challenges: vec![challenge(Kind::Challenge, number, &partial_token(number))],
    })
}

fn challenge(kind: Kind, number: u64, token: &str) -> Challenge {
    let at = now();
    Challenge {
        id: ChallengeId::from_uuid(kind.id(number)),
        user: UserId::from_uuid(Kind::User.id(number)),
        token: TokenHash::of(token),
        purpose: Purpose::Login,
        holder: RefreshHolder::Body,
        attempts: 0,
        skew: None,
        created_at: at,
        expires_at: at + LIFE,
        completed_at: None,
        ended_at: None,
        origin: origin(),
    }
}

fn trusted_device(number: u64) -> TrustedDevice {
    let at = now();
    TrustedDevice {
        id: TrustedDeviceId::from_uuid(Kind::TrustedDevice.id(number)),
        user: UserId::from_uuid(Kind::User.id(number)),
        name: "Unknown browser".to_owned(),
        family: TokenHash::of(&cookie(number)[..43]),
        secret: TokenHash::of(&cookie(number)),
        previous: None,
        rotated_at: at,
        shown_at: None,
        created_at: at,
        last_used_at: at,
        expires_at: at + Policy::default().trust_life,
        revoked_at: None,
        origin: origin(),
    }
}

fn phone(number: u64, world: &World) -> Result<Belongings> {
    let at = now();
    let (user, id) = (UserId::from_uuid(Kind::User.id(number)), FactorId::from_uuid(Kind::Phone.id(number)));
    let dialed = PhoneNumber::from_e164(&format!("+1202{number:07}")).context("no phone number")?;
    let place = Factor::destination_place(id, user);
    let factor = Factor {
        id,
        user,
        method: Method::Sms,
        label: "Phone".to_owned(),
        secret: None,
        destination: Some(Destination::Phone(dialed).seal(&place, &world.keys, world.rng().as_mut())),
        last_used_step: None,
        last_used_at: None,
        created_at: at,
    };
    let second = challenge(Kind::SecondChallenge, number, &second_token(number));
    let (id, scope) = (SentCodeId::from_uuid(Kind::SentCode.id(number)), Scope::Login(second.id));
    // So long ago that the next one has to wait for nothing.
    let sent_at = at - Duration::from_hours(2);
    let sent = testing::sent_code(id, sent_code(number), &factor, scope, sent_at, at + LIFE, &world.keys);
    let sent_codes = sent.map_err(|broken| anyhow!("{broken}"))?.into_iter().collect();
    Ok(Belongings { factors: vec![factor], challenges: vec![second], sent_codes, trusted_devices: Vec::new() })
}
