//! The people of the benchmark: everything about one of them follows from their number, so that nothing has to be
//! remembered and a raw twin can name any row without asking.

mod names;

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use domain::application::ExternalId;
use domain::challenge::{Challenge, Purpose};
use domain::command::Origin;
use domain::decision::OutboxMessage;
use domain::destination::{Destination, PhoneNumber};
use domain::factor::{Factor, Method};
use domain::ids::{
    ApplicationId, ChallengeId, FactorId, MessageId, PersonId, RecoveryCodeId, SentCodeId, SessionId, TrustedDeviceId,
    UserId,
};
use domain::message::{Channel, MessageKind};
use domain::policy::Policy;
use domain::recovery_code::{RecoveryCode, StoredRecoveryCode};
use domain::secret::{KeyRing, TokenHash};
use domain::sent_code::Scope;
use domain::session::{RefreshHolder, Session};
use domain::testing::{self, stored_recovery_code};
use domain::time::{Duration, Timestamp};
use domain::trusted_device::TrustedDevice;
use domain::user::{Email, PasswordHash, Settings, User};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use store::testing::{Belongings, Person};
use store::{Db, Surroundings};
use tokio::task::JoinSet;

pub(crate) use self::names::{
    ID_HEAD, ID_MIDDLE, Kind, Pads, TOKENS, code, cookie, email, external, id, partial_token, recovery_code,
    second_token, sent_code,
};
use self::names::{RECOVERY_CODES, recovery_code_text, secret};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "a long password for everybody";
/// People in one transaction of the seeding.
const CHUNK: u64 = 250;
/// Transactions under way at once.
const PARALLEL: usize = 6;
/// How long challenges and codes live: a run takes longer than the minutes of real ones.
const LIFE: Duration = Duration::from_hours(2);

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

/// Adds the people of these numbers, each with an authenticator, ten recovery codes and one open challenge, to an application.
pub(crate) async fn seed(
    db: &Db,
    world: &Arc<World>,
    password: &str,
    application: ApplicationId,
    numbers: Range<u64>,
) -> Result<()> {
    let password = password.to_owned();
    in_chunks(numbers, |chunk| {
        let (db, world, password) = (db.clone(), Arc::clone(world), PasswordHash::new(password.clone()));
        async move {
            let people =
                chunk.map(|number| person(number, application, &password, &world)).collect::<Result<Vec<Person>>>()?;
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

fn person(number: u64, application: ApplicationId, password: &PasswordHash, world: &World) -> Result<Person> {
    let at = now();
    let user = UserId::from_uuid(Kind::User.id(number));
    let factor = FactorId::from_uuid(Kind::Factor.id(number));
    let mut settings = Settings::new(at);
    settings.enabled_at = Some(at);
    settings.preferred_factor = Some(factor);
    let sealed = world.keys.seal(&Factor::place(factor, user), secret(number).as_bytes(), world.rng().as_mut());
    Ok(Person {
        user: User {
            id: user,
            person: PersonId::from_uuid(Kind::Person.id(number)),
            application,
            external: ExternalId::parse(&external(number)).filter(|_| application != ApplicationId::DEFAULT),
            name: None,
            phone: None,
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
        recovery_codes: recovery_codes(number, user, world)?,
        challenges: vec![challenge(Kind::Challenge, number, &partial_token(number))],
    })
}

/// All recovery codes of one person.
pub(crate) fn recovery_codes(number: u64, user: UserId, world: &World) -> Result<Vec<StoredRecoveryCode>> {
    let rows = number * RECOVERY_CODES..(number + 1) * RECOVERY_CODES;
    let stored = |row: u64| {
        let code = RecoveryCode::parse(&recovery_code_text(row)).context("no recovery code")?;
        let id = RecoveryCodeId::from_uuid(id(Kind::RecoveryCode as u16, row));
        Ok(stored_recovery_code(id, &code, user, &world.keys))
    };
    rows.map(stored).collect()
}

/// Signs the people of these numbers in, and leaves a message to each.
pub(crate) async fn sign_in(db: &Db, world: &Arc<World>, numbers: Range<u64>) -> Result<()> {
    in_chunks(numbers, |chunk| {
        let db = db.clone();
        let signed_in: Vec<Belongings> = chunk.map(|number| signed_in(number, world)).collect();
        async move { Ok(db.seed_belongings(&signed_in).await?) }
    })
    .await
}

fn signed_in(number: u64, world: &World) -> Belongings {
    let (at, user) = (now(), UserId::from_uuid(Kind::User.id(number)));
    let mut rng = world.rng();
    let id = MessageId::new(at, rng.as_mut());
    let session = Session {
        id: SessionId::new(at, rng.as_mut()),
        user,
        family: TokenHash::of(&format!("family {number}")),
        refresh: TokenHash::of(&format!("refresh {number}")),
        holder: RefreshHolder::Cookie,
        method: Some(Method::Totp),
        authenticated_at: at,
        fresh_at: Some(at),
        created_at: at,
        idle_expires_at: at + LIFE,
        expires_at: at + LIFE,
        ended_at: None,
        origin: origin(),
        return_url: None,
    };
    let message = OutboxMessage {
        id,
        user: Some(user),
        kind: MessageKind::FactorRemoved,
        channel: Channel::Email,
        // Sealed as a message is, and nobody opens it.
        payload: world.keys.seal(&Factor::place(FactorId::from_uuid(id.uuid()), user), &[0; 200], rng.as_mut()),
        destination: "a***@example.com".to_owned(),
        expires_at: None,
    };
    Belongings { sessions: vec![session], messages: vec![(message, at)], ..Belongings::default() }
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
        asked: None,
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
        proved_at: Some(at),
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
    Ok(Belongings { factors: vec![factor], challenges: vec![second], sent_codes, ..Belongings::default() })
}
