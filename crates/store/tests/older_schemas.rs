//! A database as each earlier version of the schema left it, with a person, their codes and a message that waits: migrated, all
//! of it works.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::code::TypedCode;
use domain::ids::{ApplicationId, MessageId};
use domain::message::{Channel, MessageContent, MessageKind};
use domain::notice;
use domain::policy::Policy;
use domain::secret::{KeyRing, TokenHash};
use domain::testing::{Lab, Person, origin, rng};
use domain::time::{Duration, Timestamp};
use domain::verification::Verify;
use rand::CryptoRng;
use store::testing::{TestDatabase, databases};
use store::{Db, Ending, Plan, Statement, Surroundings, params};

struct World {
    lab: Lab,
    drawn: AtomicU64,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        self.lab.clock
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(rng(self.drawn.fetch_add(1, Ordering::Relaxed)))
    }

    fn keys(&self) -> &KeyRing {
        &self.lab.keys
    }

    fn policy(&self) -> &Policy {
        &self.lab.policy
    }
}

/// What the first version wrote: the columns it had, and no others.
fn first_rows(lab: &mut Lab, person: &Person, tokens: &[TokenHash]) -> Vec<Statement> {
    let (user, settings, at) = (&person.account.user, &person.account.settings, lab.clock);
    let mut rows = vec![
        Statement::new(
            "INSERT INTO users (id, application_id, person_id, email, email_key, password_hash, email_verified_at, locale, \
             created_at) VALUES ($1, $2, $3, $4, $4, '!', $5, 'de', $5)",
            params![user.id.uuid(), ApplicationId::DEFAULT.uuid(), user.person.uuid(), "ada@example.com", at],
        ),
        Statement::new(
            "INSERT INTO two_factor_settings (user_id, enabled_at, preferred_factor_id, recent_guesses, guesses_in_a_row, \
             lock_level, last_seen_at, updated_at) VALUES ($1, $2, $3, $4, 0, 0, $2, $2)",
            params![
                user.id.uuid(),
                at,
                settings.preferred_factor.map(domain::ids::FactorId::uuid),
                serde_json::json!([])
            ],
        ),
        Statement::new(
            "INSERT INTO audit_heads (person_id, seq, hash) VALUES ($1, 0, $2)",
            params![user.person.uuid(), vec![0_u8; 32]],
        ),
    ];
    for factor in &person.factors {
        let secret = factor.secret.as_ref().map(|sealed| sealed.as_bytes().to_vec());
        rows.push(Statement::new(
            "INSERT INTO factors (id, user_id, method, label, secret, created_at) VALUES ($1, $2, 'totp', 'Phone', $3, $4)",
            params![factor.id.uuid(), user.id.uuid(), secret, at],
        ));
    }
    for code in &person.stored_codes {
        rows.push(Statement::new(
            "INSERT INTO recovery_codes (id, user_id, pepper_id, code_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
            params![code.id.uuid(), user.id.uuid(), code.hash.pepper.to_string(), code.hash.hash, at],
        ));
    }
    for token in tokens {
        let id = domain::ids::ChallengeId::new(at, &mut lab.rng);
        rows.push(Statement::new(
            "INSERT INTO challenges (id, user_id, token_hash, purpose, refresh_holder, attempts, created_at, expires_at) \
             VALUES ($1, $2, $3, 'login', 'cookie', 0, $4, $5)",
            params![id.uuid(), user.id.uuid(), &token.0, at, at + Duration::from_mins(10)],
        ));
    }
    // The words of a message as they were from the beginning; what came later may be missing.
    let id = MessageId::new(at, &mut lab.rng);
    let words = br#"{"kind":"password_changed","channel":"email","to":"ada@example.com","locale":"de","event":{"at":"2027-01-15T08:00:00Z"}}"#;
    let payload = lab.keys.seal(&notice::place(id), words, &mut lab.rng);
    rows.push(Statement::new(
        "INSERT INTO outbox (id, user_id, kind, channel, payload, state, attempts, available_at, expires_at, created_at) \
         VALUES ($1, $2, 'password_changed', 'email', $3, 'queued', 0, $4, $5, $4)",
        params![id.uuid(), user.id.uuid(), payload.as_bytes(), at, at + Duration::from_days(1)],
    ));
    rows
}

async fn verify(db: &Db, world: &Arc<World>, token: &TokenHash, code: TypedCode) -> bool {
    let (holder, device) = (None, None);
    let command = Verify { token: *token, code, holder, remember: true, device, origin: origin() };
    db.run(Arc::new(command), Arc::clone(world) as Arc<dyn Surroundings>).await.unwrap().is_ok()
}

async fn grows_up(database: &TestDatabase, version: u32) {
    let db = database.connect().await;
    db.migrate_as_of(version).await.unwrap();
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let tokens: Vec<TokenHash> = ["one", "two", "three"].map(TokenHash::of).to_vec();
    let rows = first_rows(&mut lab, &person, &tokens);
    db.transact(vec![], move |_| Ok(Plan { writes: rows.clone(), reply: () })).await.unwrap();
    assert!(!db.migrate().await.unwrap().is_empty(), "V{version} is the newest");

    let recovery = TypedCode::parse(person.recovery_codes[0].expose());
    let digits = lab.code(&person.secrets[0], 0);
    let world = Arc::new(World { lab, drawn: AtomicU64::new(100) });
    let name = database.name;
    assert!(verify(&db, &world, &tokens[0], digits.clone()).await, "{name}, V{version}: a code");
    assert!(!verify(&db, &world, &tokens[1], digits).await, "{name}, V{version}: the same code");
    assert!(verify(&db, &world, &tokens[1], recovery.clone()).await, "{name}, V{version}: a recovery code");
    assert!(!verify(&db, &world, &tokens[2], recovery).await, "{name}, V{version}: the same recovery code");

    let now = world.lab.clock;
    let claimed = db.claim_messages(Channel::Email, now, Duration::from_mins(1), 10).await.unwrap();
    let waited = claimed.iter().find(|message| message.kind == Some(MessageKind::PasswordChanged)).unwrap();
    let opened = world.lab.keys.open(&notice::place(waited.id), waited.payload.as_ref().unwrap()).unwrap();
    let content = MessageContent::from_bytes(&opened).unwrap();
    assert_eq!((content.to.as_str(), content.locale.as_str()), ("ada@example.com", "de"), "{name}, V{version}");
    let ending = Ending::Accepted { provider: "mailbox".to_owned(), provider_id: None };
    db.settle_message(waited, &ending, now, &[], vec![]).await.unwrap();
}

#[tokio::test]
async fn what_every_older_schema_held_works_after_the_migration() {
    let names = databases().await[0].connect().await.pending_migrations().await.unwrap();
    let versions: Vec<u32> = names.iter().map(|name| name[1..].split("__").next().unwrap().parse().unwrap()).collect();
    assert!(versions.len() > 8, "{names:?}");
    for version in &versions[..versions.len() - 1] {
        for database in databases().await {
            grows_up(&database, *version).await;
        }
    }
}
