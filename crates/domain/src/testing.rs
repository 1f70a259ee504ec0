//! What tests of every layer share: a frozen clock, seeded randomness, and people who exist in no database.
//!
//! Nothing here is used by the server. It is no `#[cfg(test)]` module because the tests of other crates use it too.

mod effort;
mod summary;
#[cfg(test)]
mod world;

#[cfg(test)]
mod properties;

use rand::SeedableRng;
use rand::rngs::StdRng;

pub use crate::testing::effort::{everything, rounds};
pub use crate::testing::summary::summary;
#[cfg(test)]
pub(crate) use crate::testing::world::{Entered, Used, World};

use crate::audit::{AuditAction, AuditHead};
use crate::challenge::{Challenge, Purpose};
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Decision, OutboxMessage};
use crate::delivery::Stage;
use crate::enrollment::{Enrollment, Proved, import_factor};
use crate::factor::{Factor, Method};
use crate::ids::{
    ApplicationId, ChallengeId, EnrollmentId, FactorId, PersonId, RecoveryCodeId, SentCodeId, TrustedDeviceId, UserId,
};
use crate::message::MessageContent;
use crate::notice;
use crate::policy::Policy;
use crate::recovery_code::{self, RecoveryCode, StoredRecoveryCode};
use crate::secret::{Broken, KeyRing, SecretText, TokenHash, new_token};
use crate::sent_code::{self, Scope, SentCode};
use crate::session::{Bearer, Grant, RefreshHolder, Session};
use crate::time::{Duration, Timestamp};
use crate::totp::{Step, TotpSecret};
use crate::trusted_device::{DeviceToken, TrustedDevice};
use crate::user::{Account, Email, PasswordHash, Settings, User};

/// When tests begin: 2027-01-15T08:00:00Z, the first second of a TOTP step.
pub const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A generator that draws the same on every run.
pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Somebody's browser.
pub fn origin() -> Origin {
    Origin {
        ip: Some(std::net::IpAddr::from([192, 0, 2, 7])),
        user_agent: Some("Firefox".to_owned()),
        actor: None,
        request_id: Some("request-1".to_owned()),
        locale: None,
    }
}

/// Everything outside a view that a decision depends on, standing still.
#[derive(Debug)]
pub struct Lab {
    /// What the clock shows.
    pub clock: Timestamp,
    /// Randomness.
    pub rng: StdRng,
    /// Keys.
    pub keys: KeyRing,
    /// Settings, as they come.
    pub policy: Policy,
}

impl Lab {
    /// At [`START`], with the defaults.
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// At [`START`], with the defaults and other randomness.
    pub fn seeded(seed: u64) -> Self {
        let mut rng = rng(seed);
        Self { clock: START, keys: KeyRing::generate(&mut rng), rng, policy: Policy::default() }
    }

    /// Moves the clock; back, too.
    pub fn pass(&mut self, time: Duration) {
        self.clock = self.clock + time;
    }

    /// What a decision is made in.
    pub fn context(&mut self) -> Context<'_> {
        Context { clock: self.clock, rng: &mut self.rng, keys: &self.keys, policy: &self.policy }
    }

    /// Decides, and holds every decision to what all must keep.
    ///
    /// # Panics
    /// Where an entry about a person does not go on that person's chain.
    pub fn decide<C: Decide>(&mut self, command: &C, view: C::View) -> Result<Decision<C::Reply>, Broken> {
        let decision = command.decide(view, &mut self.context())?;
        for person in decision.audit.iter().filter_map(|entry| entry.person) {
            assert_eq!(
                decision.chain.map(|chain| chain.person),
                Some(person),
                "an entry is on a chain that is not its own"
            );
        }
        Ok(decision)
    }

    /// A person without a second factor.
    pub fn account(&mut self) -> Account {
        let (now, rng) = (self.clock, &mut self.rng);
        let user = User {
            id: UserId::new(now, rng),
            person: PersonId::new(now, rng),
            application: ApplicationId::DEFAULT,
            external: None,
            email: Email::stored("Ada@example.org".to_owned()),
            name: None,
            phone: None,
            password: PasswordHash::new("$argon2id$ada".to_owned()),
            email_verified_at: Some(now),
            disabled_at: None,
            locale: "en".to_owned(),
            created_at: now,
        };
        Account { user, settings: Settings::new(now), head: AuditHead::START, backup_email: None, role: None }
    }

    /// A person with one authenticator and ten recovery codes.
    pub fn enrolled(&mut self) -> Person {
        let mut person = Person::of(self.account());
        self.add_authenticator(&mut person);
        let (user, now) = (person.account.user.id, self.clock);
        let count = self.policy.recovery_codes;
        (person.recovery_codes, person.stored_codes) =
            recovery_code::generate_set(user, count, now, &self.keys, &mut self.rng);
        person
    }

    /// Gives a person one more authenticator; the first is the preferred one.
    pub fn add_authenticator(&mut self, person: &mut Person) {
        let secret = TotpSecret::generate(&mut self.rng);
        let preferred = person.account.settings.preferred_factor;
        let now = self.clock;
        let proved = Proved::Totp(secret.clone());
        let change = import_factor(&mut person.account, "Phone", &proved, now, &mut self.context());
        if let crate::decision::Change::AddFactor(factor) = change {
            person.factors.push(factor);
        }
        person.secrets.push(secret);
        if preferred.is_some() {
            person.account.settings.preferred_factor = preferred;
        }
    }

    /// A live challenge of a person, with its partial token.
    pub fn challenge(&mut self, account: &Account) -> (Challenge, SecretText) {
        let token = new_token(&mut self.rng);
        let challenge = Challenge {
            id: ChallengeId::new(self.clock, &mut self.rng),
            user: account.user.id,
            token: TokenHash::of(token.expose()),
            purpose: Purpose::Login,
            holder: RefreshHolder::Cookie,
            attempts: 0,
            skew: None,
            created_at: self.clock,
            expires_at: self.clock + self.policy.challenge_life,
            completed_at: None,
            ended_at: None,
            origin: origin(),
            asked: None,
        };
        (challenge, token)
    }

    /// A session of a person that begins now.
    pub fn session(&mut self, account: &Account, method: Option<Method>, holder: RefreshHolder) -> (Session, Grant) {
        let now = self.clock;
        Session::start(account, method, holder, &origin(), now, &mut self.context())
    }

    /// A device a person trusts from now on, with its cookie.
    pub fn trusted_device(&mut self, account: &Account) -> (TrustedDevice, SecretText) {
        let (token, cookie) = DeviceToken::draw(&mut self.rng);
        let now = self.clock;
        let device = TrustedDevice {
            id: TrustedDeviceId::new(now, &mut self.rng),
            user: account.user.id,
            name: "Firefox on Linux".to_owned(),
            family: token.family(),
            secret: token.whole(),
            previous: None,
            rotated_at: now,
            shown_at: None,
            created_at: now,
            proved_at: Some(now),
            last_used_at: now,
            expires_at: now + self.policy.trust_life,
            revoked_at: None,
            origin: origin(),
        };
        (device, cookie)
    }

    /// A set-up that waits for its proof, and the secret to prove.
    pub fn enrollment(&mut self, account: &Account, session: &Session) -> (Enrollment, TotpSecret) {
        let secret = TotpSecret::generate(&mut self.rng);
        let (now, id) = (self.clock, EnrollmentId::new(self.clock, &mut self.rng));
        let place = Enrollment::place(id, account.user.id);
        let enrollment = Enrollment {
            id,
            factor: FactorId::new(now, &mut self.rng),
            user: account.user.id,
            session: session.id,
            method: Method::Totp,
            label: "New phone".to_owned(),
            secret: Some(self.keys.seal(&place, secret.as_bytes(), &mut self.rng)),
            destination: None,
            attempts: 0,
            skew: None,
            created_at: now,
            expires_at: now + self.policy.enrollment_life,
        };
        (enrollment, secret)
    }

    /// The code a secret gives so many steps from now.
    pub fn code(&self, secret: &TotpSecret, steps: i64) -> TypedCode {
        TypedCode::Digits(secret.code(Step(Step::at(self.clock).0 + steps)))
    }

    /// What a message says, opened with the keys.
    pub fn read(&self, message: &OutboxMessage) -> Option<MessageContent> {
        let plain = self.keys.open(&notice::place(message.id), &message.payload).ok()?;
        MessageContent::from_bytes(&plain).ok()
    }
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

/// A person with everything they prove themselves with.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub account: Account,
    /// Their factors.
    pub factors: Vec<Factor>,
    /// The factors' secrets, in the same order.
    pub secrets: Vec<TotpSecret>,
    /// Their recovery codes.
    pub recovery_codes: Vec<SecretText>,
    /// The same as stored.
    pub stored_codes: Vec<StoredRecoveryCode>,
}

impl Person {
    /// A person with nothing to prove themselves with.
    pub const fn of(account: Account) -> Self {
        Self { account, factors: Vec::new(), secrets: Vec::new(), recovery_codes: Vec::new(), stored_codes: Vec::new() }
    }
}

/// The access token of a grant, as the edge takes it apart.
pub const fn bearer(grant: &Grant) -> Bearer {
    Bearer { user: grant.user, session: grant.session, expires_at: grant.access_expires_at, application: None }
}

/// A recovery code as stored.
pub fn stored_recovery_code(
    id: RecoveryCodeId,
    code: &RecoveryCode,
    user: UserId,
    keys: &KeyRing,
) -> StoredRecoveryCode {
    StoredRecoveryCode { id, hash: code.hash(user, keys), used: false, expires_at: None }
}

/// A code as stored that a factor sent at `at`.
///
/// # Errors
/// Where the factor's destination does not open.
pub fn sent_code(
    id: SentCodeId,
    code: u32,
    factor: &Factor,
    scope: Scope,
    at: Timestamp,
    expires_at: Timestamp,
    keys: &KeyRing,
) -> Result<Option<SentCode>, Broken> {
    let Some((destination, key)) = factor.addressed(keys)? else { return Ok(None) };
    Ok(Some(SentCode {
        id,
        user: factor.user,
        scope,
        factor: factor.id,
        method: factor.method,
        destination: key,
        hash: sent_code::hash(code, factor.user, scope, &destination, keys),
        created_at: at,
        expires_at,
        used_at: None,
        ended_at: None,
        stage: Stage::Queued,
    }))
}

/// How many entries of a kind a decision writes down, and whether each came out well.
pub fn entries_of<R>(decision: &Decision<R>, action: AuditAction) -> Vec<bool> {
    decision.audit.iter().filter(|entry| entry.action == action).map(|entry| entry.success).collect()
}
