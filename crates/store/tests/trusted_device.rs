//! Trusted devices as stored, on both databases: a secret is replaced once, and trust that ended stays ended.

#![expect(clippy::expect_used, reason = "the steps of a test may fail it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::command::{Context, Decide};
use domain::decision::{Change, Decision};
use domain::ids::UserId;
use domain::policy::Policy;
use domain::secret::{Broken, KeyRing, TokenHash};
use domain::testing::{Lab, START, rng};
use domain::time::{Duration, Timestamp};
use domain::trusted_device::TrustedDevice;
use rand::CryptoRng;
use store::testing::{Person, TestDatabase, databases};
use store::{Assemble, Db, Load, Reads, Row, Statement, StoreError, Surroundings, params};

/// A still world.
struct World {
    keys: KeyRing,
    policy: Policy,
    drawn: AtomicU64,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        START
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(rng(self.drawn.fetch_add(1, Ordering::Relaxed)))
    }

    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// A command that makes one change and knows nothing.
enum Make {
    Add(TrustedDevice),
    Save(TokenHash, TrustedDevice),
    Revoke(TrustedDevice),
    RevokeAll(UserId),
}

impl Decide for Make {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        Ok(Decision::new(Ok(()), context.clock).change(match self {
            Self::Add(device) => Change::AddTrustedDevice(Box::new(device.clone())),
            Self::Save(was, device) => Change::SaveTrustedDevice { was: *was, device: Box::new(device.clone()) },
            Self::Revoke(device) => Change::RevokeTrustedDevice(device.id),
            Self::RevokeAll(user) => Change::RevokeTrust(*user),
        }))
    }
}

impl Load for Make {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

/// A database with one person and their trusted device.
struct Desk {
    name: &'static str,
    db: Db,
    world: Arc<World>,
    device: TrustedDevice,
    _database: TestDatabase,
}

impl Desk {
    async fn on(database: TestDatabase) -> Self {
        let db = database.connect().await;
        db.migrate().await.expect("a schema");
        let mut lab = Lab::new();
        let account = lab.account();
        let (device, _) = lab.trusted_device(&account);
        let (user, settings) = (account.user, account.settings);
        let person = Person { user, settings, factors: vec![], recovery_codes: vec![], challenges: vec![] };
        db.seed(&[person]).await.expect("a person");
        let world = Arc::new(World { keys: lab.keys, policy: lab.policy, drawn: AtomicU64::new(1) });
        let desk = Self { name: database.name, db, world, device, _database: database };
        desk.make(Make::Add(desk.device.clone())).await.expect("a device");
        desk
    }

    async fn make(&self, make: Make) -> Result<(), StoreError> {
        let world = Arc::clone(&self.world) as Arc<dyn Surroundings>;
        self.db.run(Arc::new(make), world).await.map(|reply| reply.expect("nothing is refused"))
    }

    /// The device as it is after a use that replaced its secret.
    fn used(&self, number: u8) -> TrustedDevice {
        let later = START + Duration::from_mins(5);
        TrustedDevice {
            secret: TokenHash([number; 32]),
            previous: Some(self.device.secret),
            rotated_at: later,
            shown_at: None,
            last_used_at: later,
            // An end that is told to move does not.
            expires_at: later + Duration::from_days(99),
            ..self.device.clone()
        }
    }

    async fn row(&self) -> Row {
        let sql =
            "SELECT secret_hash, previous_hash, rotated_at, expires_at, revoked_at FROM trusted_devices WHERE id = $1";
        let mut rows = self.db.read(vec![Statement::new(sql, params![self.device.id.uuid()])]).await.expect("a row");
        rows.remove(0).remove(0)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_that_replace_one_secret_one_wins() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let tries = (1..=16_u8).map(|number| desk.make(Make::Save(desk.device.secret, desk.used(number))));
        let outcomes = futures_util::future::join_all(tries).await;
        let won: Vec<u8> =
            (1..).zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| number).collect();
        assert_eq!(won.len(), 1, "{}: {outcomes:?}", desk.name);
        assert!(outcomes.iter().all(|it| matches!(it, Ok(()) | Err(StoreError::Conflict { .. }))), "{outcomes:?}");
        let row = desk.row().await;
        assert_eq!(row.get::<[u8; 32]>(0).unwrap(), [won[0]; 32], "{}", desk.name);
        assert_eq!(row.get::<[u8; 32]>(1).unwrap(), desk.device.secret.0, "{}", desk.name);
        assert_eq!(row.get::<Timestamp>(2).unwrap(), START + Duration::from_mins(5), "{}", desk.name);
        assert_eq!(row.get::<Timestamp>(3).unwrap(), desk.device.expires_at, "{}: the end moved", desk.name);
    }
}

#[tokio::test]
async fn a_device_whose_trust_ended_is_not_used_again() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        desk.make(Make::Revoke(desk.device.clone())).await.expect("an end");
        let after = desk.make(Make::Save(desk.device.secret, desk.used(1))).await;
        assert!(matches!(after, Err(StoreError::Conflict { .. })), "{}: {after:?}", desk.name);
        let ended = desk.row().await.get::<Option<Timestamp>>(4).unwrap();
        assert_eq!(ended, Some(START), "{}", desk.name);
    }
}

#[tokio::test]
async fn the_end_of_all_trust_is_the_end_of_a_persons_own_only() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let somebody_else = UserId::from_uuid(uuid::Uuid::nil());
        desk.make(Make::RevokeAll(somebody_else)).await.expect("no change");
        assert_eq!(desk.row().await.get::<Option<Timestamp>>(4).unwrap(), None, "{}", desk.name);
        desk.make(Make::RevokeAll(desk.device.user)).await.expect("an end");
        assert_eq!(desk.row().await.get::<Option<Timestamp>>(4).unwrap(), Some(START), "{}", desk.name);
    }
}
