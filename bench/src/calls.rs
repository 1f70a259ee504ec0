//! What each call costs the database, and the very statements: commands as the server runs them for a request, noted by the
//! store and counted at a proxy. No worker takes part, so nothing but the call is counted.

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use domain::application::challenge::{AnswerAsked, Reason, RequestChallenge};
use domain::application::contact::Mentioned;
use domain::application::idempotency::{Once, Words};
use domain::application::keyed::{ByKey, KeyHolder, Told, Wording};
use domain::application::{AddApiKey, AddApplication, ExternalId, KeyScope};
use domain::code::TypedCode;
use domain::factor::Method;
use domain::ids::ApplicationId;
use domain::login::{BeginLogin, FinishLogin, LoggedIn};
use domain::secret::{SecretText, TokenHash};
use domain::sent_code::{SendCode, SendFor, Which};
use domain::session::{Bearer, RefreshHolder};
use domain::status::ReadStatus;
use domain::trusted_device::DeviceToken;
use domain::user::{Email, PasswordHash, PasswordProof};
use domain::verification::Verify;
use store::testing::{CountingProxy, RecordedUnit};
use store::{Db, Load, Surroundings};

use crate::population::{
    World, code, cookie, email, external, origin, partial_token, recovery_code, second_token, sent_code,
};
use crate::report::Cost;
use crate::twin::Script;

/// People who make each call. The first ones have the connection prepare its statements.
const PEOPLE: u64 = 3;

/// A call of the login API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// The code of an authenticator.
    Verify,
    /// A recovery code.
    RecoveryCode,
    /// A code that was sent.
    SentCode,
    /// One more code is sent.
    SendCode,
    /// One after the other.
    SendThenVerify,
    /// The right password of somebody with a factor.
    Login,
    /// The right password on a trusted device.
    TrustedDevice,
    /// The two calls of an application for one of its own.
    TwoCalls,
    /// The status of somebody signed in.
    Status,
}

impl Call {
    pub(crate) const ALL: [Self; 9] = [
        Self::Verify,
        Self::RecoveryCode,
        Self::SentCode,
        Self::SendCode,
        Self::SendThenVerify,
        Self::Login,
        Self::TrustedDevice,
        Self::TwoCalls,
        Self::Status,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify, authenticator",
            Self::RecoveryCode => "verify, recovery code",
            Self::SentCode => "verify, sent code",
            Self::SendCode => "send-code",
            Self::SendThenVerify => "send-code, then verify",
            Self::Login => "login, a factor is due",
            Self::TrustedDevice => "login, trusted device",
            Self::TwoCalls => "/v1 challenge, then verify",
            Self::Status => "status",
        }
    }
}

/// Where the people begin of whom some have something.
pub(crate) struct Starts {
    /// A phone.
    pub(crate) phones: u64,
    /// Neither.
    pub(crate) plain: u64,
    /// A trusted device.
    pub(crate) devices: u64,
    /// Those of an application.
    pub(crate) theirs: u64,
}

/// What was noted of one call.
pub(crate) struct Noted {
    call: Call,
    /// Who called, and the transactions it took.
    runs: Vec<(u64, Vec<RecordedUnit>)>,
    /// Of the last one.
    round_trips: Option<usize>,
}

impl Noted {
    /// Makes every call, each for others.
    pub(crate) async fn all(desk: &Desk<'_>, starts: Starts) -> Result<Vec<Self>> {
        let mut noted = Vec::new();
        for (place, call) in (0..).zip(Call::ALL) {
            let people = place * PEOPLE
                + match call {
                    Call::SentCode | Call::SendCode | Call::SendThenVerify => starts.phones,
                    Call::TrustedDevice => starts.devices,
                    Call::TwoCalls => starts.theirs,
                    Call::Verify | Call::RecoveryCode | Call::Login | Call::Status => starts.plain,
                };
            if call == Call::TwoCalls {
                // That a key is used is written down now and then, and with its first call.
                desk.two_calls(people + PEOPLE).await?;
            }
            let (mut runs, mut round_trips) = (Vec::new(), None);
            for number in people..people + PEOPLE {
                let (units, trips) = desk.note(call, number).await?;
                runs.push((number, units));
                round_trips = trips;
            }
            noted.push(Self { call, runs, round_trips });
        }
        Ok(noted)
    }

    /// The scripts of a call, one for each of its transactions, learned from two people.
    pub(crate) fn scripts(noted: &[Self], call: Call) -> Result<Vec<Script>> {
        let runs = noted.iter().find(|noted| noted.call == call).map(|noted| noted.runs.as_slice());
        let Some([(one, first), (other, second), ..]) = runs else { return Err(anyhow!("{call:?} was not noted")) };
        Script::learn((*one, first), (*other, second))
    }

    /// What it costs.
    pub(crate) fn cost(&self, database: &'static str) -> Cost {
        let units = self.runs.last().map(|(_, units)| units.as_slice()).unwrap_or_default();
        let count = |statements: fn(&RecordedUnit) -> usize| units.iter().map(statements).sum();
        Cost {
            database,
            call: self.call.name(),
            transactions: units.len(),
            reads: count(|unit| unit.reads.len()),
            writes: count(|unit| unit.writes.len()),
            round_trips: self.round_trips,
        }
    }
}

/// Where calls are made.
pub(crate) struct Desk<'a> {
    pub(crate) db: &'a Db,
    pub(crate) world: &'a Arc<World>,
    /// The hash of everybody's password.
    pub(crate) password: &'a str,
    pub(crate) proxy: Option<&'a CountingProxy>,
    /// The key of an application.
    pub(crate) holder: KeyHolder,
}

impl Desk<'_> {
    /// The transactions of a call, and its round trips.
    async fn note(&self, call: Call, number: u64) -> Result<(Vec<RecordedUnit>, Option<usize>)> {
        // Asked by somebody who is signed in.
        let bearer = if call == Call::Status { Some(self.sign_in(number).await?) } else { None };
        let trips = || self.proxy.map(CountingProxy::round_trips);
        let before = trips();
        self.db.start_recording();
        self.make(call, number, bearer).await.with_context(|| format!("{call:?} of person {number}"))?;
        let units = self.db.stop_recording();
        Ok((units, trips().zip(before).map(|(after, before)| after - before)))
    }

    async fn make(&self, call: Call, number: u64, bearer: Option<Bearer>) -> Result<()> {
        match call {
            Call::Verify => self.answer(&partial_token(number), &format!("{:06}", code(number))).await.map(drop),
            Call::RecoveryCode => self.answer(&partial_token(number), &recovery_code(number)).await.map(drop),
            Call::SentCode => self.answer_sent(number).await,
            Call::SendCode => self.send(number).await,
            Call::SendThenVerify => {
                self.send(number).await?;
                self.answer_sent(number).await
            }
            Call::Login => self.log_in(number, None).await.map(drop),
            Call::TrustedDevice => {
                let entered = self.log_in(number, DeviceToken::parse(&cookie(number))).await?;
                ensure!(matches!(entered, LoggedIn::TrustedDevice { .. }), "the device was not recognized");
                Ok(())
            }
            Call::TwoCalls => self.two_calls(number).await,
            Call::Status => self.ask_status(bearer.context("nobody is signed in")?).await,
        }
    }

    pub(crate) async fn ask_status(&self, bearer: Bearer) -> Result<()> {
        let status = self.db.ask(&ReadStatus { bearer }, self.world.as_ref()).await?;
        ensure!(status.is_ok_and(|status| status.is_enabled), "a status that is not what was seeded");
        Ok(())
    }

    async fn send(&self, number: u64) -> Result<()> {
        let wanted = SendFor::Challenge(TokenHash::of(&partial_token(number)), Which::Method(Method::Sms));
        self.run(SendCode { wanted, origin: origin() }).await.map(drop)
    }

    async fn answer_sent(&self, number: u64) -> Result<()> {
        self.answer(&second_token(number), &format!("{:06}", sent_code(number))).await.map(drop)
    }

    /// As the server does, but for the check of the password.
    async fn log_in(&self, number: u64, device: Option<DeviceToken>) -> Result<LoggedIn> {
        let (application, email) = (ApplicationId::DEFAULT, Email::stored(email(number)));
        self.run(BeginLogin { application, email: email.clone(), origin: origin() }).await?;
        let proof = PasswordProof::Right(PasswordHash::new(self.password.to_owned()));
        let (holder, origin) = (RefreshHolder::Body, origin());
        self.run(FinishLogin { application, email, proof, rehashed: None, repeated: false, holder, device, origin })
            .await
    }

    /// As an application's server makes them, each with an idempotency key.
    async fn two_calls(&self, number: u64) -> Result<()> {
        let application = self.holder.application;
        let id = ExternalId::parse(&external(number)).context("no name of a user")?;
        let ask = RequestChallenge {
            user: Mentioned { application, id, email: None, phone: None, name: None },
            reason: Reason::Login,
            max_age: None,
            text: None,
            device: None,
            hosted: None,
            origin: origin(),
        };
        let asked = told(self.run(self.once(&format!("ask {number}"), ask)).await?)?;
        let code = TypedCode::parse(&format!("{:06}", code(number)));
        let request_id = origin().request_id;
        let answer = AnswerAsked { application, id: asked.id, code, trust: false, request_id };
        told(self.run(self.once(&format!("answer {number}"), answer)).await?).map(drop)
    }

    /// Asked for with the application's key and an idempotency key.
    fn once<C: Load>(&self, key: &str, command: C) -> ByKey<C> {
        // As many bytes as an answer has.
        let words: Wording<C::Reply> = |answer| {
            answer.is_ok().then(|| Words { status: 200, body: SecretText::new("x".repeat(400)), secret: false })
        };
        let key = TokenHash::of(key);
        let once = Some((Once { key, call: key.0 }, words));
        ByKey { holder: self.holder, scope: KeyScope::Challenges, once, question: false, command }
    }

    async fn answer(&self, token: &str, code: &str) -> Result<Bearer> {
        let grant = self.run(answer(token, code)).await?.grant;
        Ok(Bearer { user: grant.user, session: grant.session, expires_at: grant.access_expires_at, application: None })
    }

    /// Signs somebody in with their authenticator.
    pub(crate) async fn sign_in(&self, number: u64) -> Result<Bearer> {
        self.answer(&partial_token(number), &format!("{:06}", code(number))).await
    }

    async fn run<C: Load>(&self, command: C) -> Result<C::Reply> {
        let world = Arc::clone(self.world) as Arc<dyn Surroundings>;
        let reply = self.db.run(Arc::new(command), world).await?;
        reply.map_err(|refusal| anyhow!("what is right was refused: {refusal:?}"))
    }
}

fn told<R>(answer: Told<R>) -> Result<R> {
    match answer {
        Told::Now(reply) => Ok(reply),
        Told::Again(_) => Err(anyhow!("it was asked before")),
    }
}

/// An application with a key: who holds it, and its text.
pub(crate) async fn application(db: &Db, world: &Arc<World>) -> Result<(KeyHolder, String)> {
    let name = "shop".to_owned();
    let world = || Arc::clone(world) as Arc<dyn Surroundings>;
    let add = AddApplication { name: name.clone(), required: false, origin: origin() };
    db.run(Arc::new(add), world()).await?.map_err(|refusal| anyhow!("no application: {refusal:?}"))?;
    let add = AddApiKey { application: name, scopes: KeyScope::ALL.to_vec(), origin: origin() };
    let (_, text) = db.run(Arc::new(add), world()).await?.map_err(|refusal| anyhow!("no key: {refusal:?}"))?;
    let key = db.api_key(&TokenHash::of(text.expose())).await?.context("no such key")?;
    Ok((KeyHolder { key: key.id, application: key.application }, text.expose().to_owned()))
}

/// The command of an answer to a challenge, as the server makes it of a request.
pub(crate) fn answer(token: &str, code: &str) -> Verify {
    Verify {
        token: TokenHash::of(token),
        code: TypedCode::parse(code),
        holder: Some(RefreshHolder::Body),
        remember: false,
        device: None,
        origin: origin(),
    }
}

#[cfg(test)]
mod tests {
    use store::testing::{TestDatabase, sqlite_connection};

    use super::*;
    use crate::population::{Kind, give_phones, seed, trust_devices};
    use crate::twin::sqlite::once;

    /// What a benchmark rests on: people who can make every call, and twins that find the rows of the next one.
    #[tokio::test]
    async fn every_call_is_made_and_its_twin_hits_the_rows_of_others() {
        let (database, world) = (TestDatabase::sqlite(), Arc::new(World::new()));
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let password = "$argon2id$everybody";
        let (holder, _) = application(&db, &world).await.unwrap();
        seed(&db, &world, password, ApplicationId::DEFAULT, 0..80).await.unwrap();
        seed(&db, &world, password, holder.application, 100..160).await.unwrap();
        trust_devices(&db, 50..80).await.unwrap();
        give_phones(&db, &world, 0..20).await.unwrap();
        let desk = Desk { db: &db, world: &world, password, proxy: None, holder };
        let noted = Noted::all(&desk, Starts { phones: 0, plain: 20, devices: 50, theirs: 100 }).await.unwrap();
        db.close().await;

        let connection = sqlite_connection(database.url.trim_start_matches("sqlite:").as_ref()).unwrap();
        let count = |sql: &str, number: u64| {
            let user = Kind::User.id(number).as_bytes().to_vec();
            connection.query_row(sql, [user], |row| row.get::<_, i64>(0)).unwrap()
        };
        for (call, number) in [
            (Call::Verify, 47),
            (Call::RecoveryCode, 48),
            (Call::SentCode, 17),
            (Call::SendCode, 18),
            (Call::SendThenVerify, 19),
            (Call::Login, 49),
            (Call::TrustedDevice, 79),
            (Call::TwoCalls, 159),
            (Call::Status, 43),
        ] {
            for script in Noted::scripts(&noted, call).unwrap() {
                once(&connection, &script, number).unwrap_or_else(|error| panic!("{call:?}: {error:#}"));
            }
            let sessions = count("SELECT count(*) FROM sessions WHERE user_id = ?1", number);
            let signs_in = !matches!(call, Call::SendCode | Call::Login | Call::TwoCalls | Call::Status);
            assert_eq!(sessions, i64::from(signs_in), "{call:?}");
            let seq = "SELECT seq FROM audit_heads WHERE person_id = (SELECT person_id FROM users WHERE id = ?1)";
            assert_eq!(count(seq, number) > 0, call != Call::Status, "{call:?}");
        }
        let used = "SELECT count(*) FROM recovery_codes WHERE user_id = ?1 AND used_at IS NOT NULL";
        assert_eq!((count(used, 48), count(used, 47)), (1, 0));
    }
}
