//! What a benchmark and a worker rest on: people added in bulk, recorded statements, and the tick of a message.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::ids::ApplicationId;
use domain::policy::Policy;
use domain::secret::{KeyRing, SecretText, TokenHash};
use domain::signup::SignUp;
use domain::testing::{Lab, origin, rng};
use domain::time::Timestamp;
use domain::user::{Email, PasswordHash};
use domain::verification::Verify;
use rand::CryptoRng;
use store::testing::{CountingProxy, Person, databases};
use store::{Db, Options, Statement, Surroundings};

/// A lab as a command's surroundings: the clock stands still, and every command draws from a seed of its own.
struct Still(Lab, AtomicU64);

impl Surroundings for Still {
    fn now(&self) -> Timestamp {
        self.0.clock
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(rng(self.1.fetch_add(1, Ordering::Relaxed)))
    }

    fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    fn policy(&self) -> &Policy {
        &self.0.policy
    }
}

fn still(lab: Lab) -> Arc<dyn Surroundings> {
    Arc::new(Still(lab, AtomicU64::new(100)))
}

/// Adds one person with so many open challenges; the right answers to them, each with a code of another step.
async fn seeded(db: &Db, lab: &mut Lab) -> Vec<Verify> {
    let person = lab.enrolled();
    let opened: Vec<_> = (0..3).map(|_| lab.challenge(&person.account)).collect();
    let (challenges, tokens): (Vec<_>, Vec<SecretText>) = opened.into_iter().unzip();
    let (secret, user) = (&person.secrets[0], person.account.user);
    let answers = tokens.iter().zip(-1..).map(|(token, step)| Verify {
        token: TokenHash::of(token.expose()),
        code: lab.code(secret, step),
        holder: None,
        remember: false,
        device: None,
        origin: origin(),
    });
    let answers = answers.collect();
    let (settings, factors) = (person.account.settings, person.factors);
    let people = [Person { user, settings, factors, recovery_codes: person.stored_codes, challenges }];
    db.migrate().await.unwrap();
    db.seed(&people).await.unwrap();
    answers
}

#[tokio::test]
async fn a_seeded_person_signs_in_and_the_recording_has_each_statement_once() {
    for database in databases().await {
        let db = database.connect().await;
        let mut lab = Lab::new();
        let answers = seeded(&db, &mut lab).await;
        let still = still(lab);
        db.start_recording();
        for answer in answers {
            let verified = db.run(Arc::new(answer), still.clone()).await.unwrap().unwrap();
            assert_eq!(verified.recovery_codes_remaining, 10, "{}", database.name);
        }
        let units = db.stop_recording();
        assert_eq!(units.len(), 3, "{}", database.name);
        for (turn, unit) in units.into_iter().enumerate() {
            assert!(unit.opening.starts_with("BEGIN") && unit.closing == "COMMIT", "{}", database.name);
            assert!(unit.reads.iter().all(|read| read.sql.starts_with("SELECT")), "{}", database.name);
            let inserts = unit.writes.iter().filter(|write| write.sql.starts_with("INSERT")).count();
            let guards = unit.writes.iter().filter(|write| write.guarded).count();
            // The first sign-in writes the browser down.
            let browsers = usize::from(turn == 0);
            assert_eq!((inserts, guards), (2 + browsers, 4), "{}: session and entry; four guards", database.name);
        }
    }
}

#[tokio::test]
async fn a_worker_is_woken_by_a_message_and_not_by_a_verification() {
    for database in databases().await {
        let db = database.connect().await;
        let mut lab = Lab::new();
        let answers = seeded(&db, &mut lab).await;
        let still = still(lab);
        let messages = db.messages();
        for answer in answers {
            db.run(Arc::new(answer), still.clone()).await.unwrap().unwrap();
        }
        assert!(!messages.has_changed().unwrap(), "{}", database.name);
        let sign_up = SignUp {
            application: ApplicationId::DEFAULT,
            email: Email::parse("new@example.org").unwrap(),
            password: PasswordHash::new("$argon2id$new".to_owned()),
            origin: origin(),
        };
        db.run(Arc::new(sign_up), still).await.unwrap().unwrap();
        assert!(messages.has_changed().unwrap(), "{}", database.name);
    }
}

#[tokio::test]
async fn a_verification_is_two_round_trips_on_postgresql() {
    for database in databases().await.into_iter().filter(|database| database.name == "postgres") {
        let mut lab = Lab::new();
        let mut answers = seeded(&database.connect().await, &mut lab).await;
        let still = still(lab);
        let proxy = CountingProxy::in_front_of(&database.url).await;
        let db = Db::connect(&Options { url: proxy.url(), ..database.options() }).await.unwrap();
        let last = answers.pop().unwrap();
        for answer in answers {
            db.run(Arc::new(answer), still.clone()).await.unwrap().unwrap();
        }
        let before = proxy.round_trips();
        db.run(Arc::new(last), still).await.unwrap().unwrap();
        assert_eq!(proxy.round_trips() - before, 2);
    }
}

/// A set goes in by one statement of its own, and has to come out as any other.
#[tokio::test]
async fn a_seeded_set_of_recovery_codes_is_stored_as_any_other() {
    let sql = "SELECT r.id, r.pepper_id, r.code_hash, r.created_at, r.used_at IS NULL, u.created_at \
               FROM recovery_codes r JOIN users u ON u.id = r.user_id ORDER BY r.id";
    for database in databases().await {
        let mut stored = Vec::new();
        // Ten go in at once, nine one by one.
        for count in [10, 9] {
            let mut lab = Lab::new();
            let person = lab.enrolled();
            let (user, settings) = (person.account.user, person.account.settings);
            let mut codes = person.stored_codes;
            codes.sort_by_key(|code| code.id.uuid());
            codes.truncate(count);
            let db = database.connect().await;
            db.migrate().await.unwrap();
            db.execute_batch("DELETE FROM recovery_codes; DELETE FROM users; DELETE FROM audit_heads").await.unwrap();
            let expected: Vec<_> = codes.iter().map(|code| (code.id.uuid(), code.hash.hash)).collect();
            db.seed(&[Person { user, settings, factors: vec![], recovery_codes: codes, challenges: vec![] }])
                .await
                .unwrap();
            let rows = db.read(vec![Statement::new(sql, [])]).await.unwrap().remove(0);
            let found: Vec<_> = rows.iter().map(|row| (row.get(0).unwrap(), row.get(2).unwrap())).collect();
            assert_eq!(found, expected, "{}: {count}", database.name);
            stored.extend(rows.into_iter().map(|row| {
                assert_eq!(row.get::<Timestamp>(3).unwrap(), row.get::<Timestamp>(5).unwrap());
                (row.get::<String>(1).unwrap(), row.get::<Timestamp>(3).unwrap(), row.get::<bool>(4).unwrap())
            }));
        }
        stored.dedup();
        assert_eq!(stored.len(), 1, "{}: {stored:?}", database.name);
    }
}
