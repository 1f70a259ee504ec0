//! Messages that wait, on both databases: what opens an account is dropped with it, what warns its owner is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::command::{Context, Decide};
use domain::decision::{Change, Decision};
use domain::message::{Channel, MessageKind};
use domain::notice::{Link, notice, with_link};
use domain::policy::Policy;
use domain::secret::{Broken, KeyRing, SecretText};
use domain::testing::{Lab, START, origin, rng};
use domain::time::{Duration, Timestamp};
use domain::user::Account;
use rand::CryptoRng;
use store::testing::{Person, databases};
use store::{Assemble, Load, Reads, Surroundings};

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

/// Tells a person something, or drops what waits for them.
enum Make {
    Tell(Account),
    Drop(Account),
}

impl Decide for Make {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let decision = Decision::new(Ok(()), now);
        let account = match self {
            Self::Drop(account) => return Ok(decision.change(Change::DropMessagesOf(account.user.id))),
            Self::Tell(account) => account,
        };
        let token = SecretText::new("token".to_owned());
        let link = Link { path: "x", token: &token, expires_at: now + Duration::from_hours(1) };
        let told = notice(MessageKind::FactorRemoved, account, &origin(), now, context, |_| {});
        let acting = MessageKind::ACTING
            .map(|kind| with_link(kind, account, &account.user.email, &link, &origin(), now, context));
        Ok(acting.into_iter().fold(decision.send(told), Decision::send))
    }
}

impl Load for Make {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

#[tokio::test]
async fn codes_and_links_are_dropped_and_the_notice_that_warns_of_it_all_is_not() {
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.expect("a schema");
        let mut lab = Lab::new();
        let (account, other) = (lab.account(), {
            let mut other = lab.account();
            other.user.email = domain::user::Email::parse("other@example.org").unwrap();
            other
        });
        let people = [&account, &other].map(|account| Person {
            user: account.user.clone(),
            settings: account.settings.clone(),
            factors: vec![],
            recovery_codes: vec![],
            challenges: vec![],
        });
        db.seed(&people).await.expect("people");
        let world: Arc<dyn Surroundings> =
            Arc::new(World { keys: lab.keys, policy: lab.policy, drawn: AtomicU64::new(1) });
        for make in [Make::Tell(account.clone()), Make::Tell(other), Make::Drop(account)] {
            db.run(Arc::new(make), world.clone()).await.unwrap().unwrap();
        }
        let waiting = db.claim_messages(Channel::Email, START, Duration::from_secs(60), 100).await.unwrap();
        let notices = waiting.iter().filter(|message| message.kind == Some(MessageKind::FactorRemoved)).count();
        assert_eq!((notices, waiting.len()), (2, 2 + MessageKind::ACTING.len()), "{}", database.name);
    }
}
