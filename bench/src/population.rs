//! The people of the benchmark: everything about one of them follows from their number, so that nothing has to be
//! remembered and a raw twin can name any row without asking.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::challenge::{Challenge, Purpose};
use domain::command::Origin;
use domain::factor::{Factor, Method};
use domain::ids::{ApplicationId, ChallengeId, FactorId, PersonId, RecoveryCodeId, UserId};
use domain::policy::Policy;
use domain::recovery_code::StoredRecoveryCode;
use domain::secret::{KeyRing, PepperedHash, TokenHash};
use domain::session::RefreshHolder;
use domain::time::{Duration, Timestamp};
use domain::totp::{Step, TotpSecret};
use domain::user::{Email, PasswordHash, Settings, User};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use store::testing::Person;
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
/// Recovery codes of one person, as a real set-up gives them.
const RECOVERY_CODES: u64 = 10;

/// What an id is of. The ids of one kind lie side by side in the order of their numbers, as version 7 UUIDs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User = 1,
    Person = 2,
    Factor = 3,
    Challenge = 4,
    /// A row that a twin adds; up to 256 of them per person.
    Fresh = 0x100,
    RecoveryCode = 0x200,
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

/// The partial token of a person's challenge: 43 characters, as real ones have.
pub(crate) fn partial_token(number: u64) -> String {
    format!("{number:A<43}")
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
    let mut under_way = JoinSet::new();
    let mut start = numbers.start;
    while start < numbers.end || !under_way.is_empty() {
        if start < numbers.end && under_way.len() < PARALLEL {
            let chunk = start..numbers.end.min(start + CHUNK);
            start = chunk.end;
            let (db, world, password) = (db.clone(), Arc::clone(world), PasswordHash::new(password.to_owned()));
            under_way.spawn(async move {
                let people: Vec<Person> = chunk.map(|number| person(number, &password, &world)).collect();
                db.seed(&people).await
            });
        } else if let Some(done) = under_way.join_next().await {
            done?.context("people could not be added")?;
        }
    }
    Ok(())
}

fn person(number: u64, password: &PasswordHash, world: &World) -> Person {
    let uuid = |kind: Kind| id(kind as u16, number);
    let at = now();
    let user = UserId::from_uuid(uuid(Kind::User));
    let factor = FactorId::from_uuid(uuid(Kind::Factor));
    let mut settings = Settings::new(at);
    settings.enabled_at = Some(at);
    settings.preferred_factor = Some(factor);
    let sealed = world.keys.seal(&Factor::place(factor, user), secret(number).as_bytes(), world.rng().as_mut());
    let pepper = world.keys.peppered("recovery code", &[]).pepper;
    Person {
        user: User {
            id: user,
            person: PersonId::from_uuid(uuid(Kind::Person)),
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
        recovery_codes: (0..RECOVERY_CODES)
            .map(|code| StoredRecoveryCode {
                id: RecoveryCodeId::from_uuid(id(Kind::RecoveryCode as u16, number * RECOVERY_CODES + code)),
                hash: PepperedHash { pepper, hash: Sha256::digest(format!("{number} {code}").as_bytes()).into() },
                used: false,
            })
            .collect(),
        challenges: vec![Challenge {
            id: ChallengeId::from_uuid(uuid(Kind::Challenge)),
            user,
            token: TokenHash::of(&partial_token(number)),
            purpose: Purpose::Login,
            holder: RefreshHolder::Body,
            attempts: 0,
            skew: None,
            created_at: at,
            // A run takes longer than the ten minutes of a real one.
            expires_at: at + Duration::from_hours(2),
            completed_at: None,
            ended_at: None,
            origin: origin(),
        }],
    }
}
