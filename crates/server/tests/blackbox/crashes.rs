//! A server killed in the middle of a delivery, at each of four points: no code is lost while it lives, at most one comes
//! twice and then it is the same one, and none comes late.

use std::time::Duration;

use domain::testing::rounds;
use messaging::testing::{Dialect, FakeProvider, Mood};
use tokio::net::TcpListener;

use crate::database::Database;
use crate::delivery::{carried_by, code_in, until};
use crate::harness::World;
use crate::people::{Person, partial_token, verify};

/// Twilio, a world that sends by it, and what a round needs.
struct Desk {
    world: World,
    twilio: FakeProvider,
}

impl Desk {
    async fn on(database: Database) -> Self {
        let twilio = FakeProvider::start(Dialect::Twilio).await;
        Self { world: carried_by(database, "twilio", &[&twilio]).await, twilio }
    }

    /// Somebody new, with a number of their own.
    async fn person(&self, round: u32) -> Person {
        self.world.person_with("sms", &format!("+1202555{:04}", 100 + round)).await.0
    }

    async fn asks(&self, person: &Person) -> String {
        partial_token(&self.world.browser(), person).await
    }

    /// Waits until the code that was asked for last is in this state.
    async fn code_is(&self, state: &str) {
        let sql = format!(
            "SELECT count(*) FROM outbox WHERE kind = 'login_code' AND settled_at IS NULL AND attempts > 0 AND state = '{state}'"
        );
        until(state, async || self.world.look.count(&sql).await == 1).await;
    }

    /// SIGKILL, and a new start; what the dead worker held is free again.
    async fn killed(&mut self) {
        self.world.nodes[0].kill();
        self.world.start_again(0).await;
        self.world.advance(25).await;
    }

    /// The code arrived, `copies` times at most, and works.
    async fn arrives(&self, token: &str, before: usize, copies: usize) {
        until("the code arrives", async || self.twilio.taken().len() > before).await;
        let open = "SELECT count(*) FROM outbox WHERE kind = 'login_code' AND settled_at IS NULL";
        until("it is settled", async || self.world.look.count(open).await == 0).await;
        let arrived = self.twilio.taken();
        let mut codes: Vec<String> = arrived[before..].iter().map(code_in).collect();
        assert!((1..=copies).contains(&codes.len()), "{} copies", codes.len());
        codes.dedup();
        assert_eq!(codes.len(), 1, "the copies differ");
        verify(&self.world.browser(), token, &codes[0]).await.expect(200);
    }
}

/// after the commit, before anybody claimed it.
async fn before_the_claim(database: Database) {
    let mut desk = Desk::on(database).await;
    for round in 0..rounds("kill -9 before a message is claimed", 1, 25) {
        let person = desk.person(round).await;
        desk.world.arguments.push("--without-worker".to_owned());
        desk.killed().await;
        let before = desk.twilio.taken().len();
        let token = desk.asks(&person).await;
        desk.world.arguments.pop();
        desk.killed().await;
        desk.arrives(&token, before, 1).await;
    }
}

/// after the claim, before the provider has seen anything.
async fn before_the_sending(database: Database) {
    let mut desk = Desk::on(database).await;
    for round in 0..rounds("kill -9 before a message is sent", 1, 25) {
        let person = desk.person(round).await;
        let before = desk.twilio.taken().len();
        // Somebody who takes the connection and never reads.
        desk.twilio.close().await;
        let address = desk.twilio.url().replace("http://", "");
        let deaf = TcpListener::bind(&address).await.unwrap();
        let token = desk.asks(&person).await;
        let (connection, _) = deaf.accept().await.unwrap();
        desk.code_is("leased").await;
        desk.world.nodes[0].kill();
        drop((connection, deaf));
        desk.twilio.open().await;
        desk.killed().await;
        desk.arrives(&token, before, 1).await;
    }
}

/// after the provider took it, before that was written down.
async fn before_the_mark(database: Database) {
    let mut desk = Desk::on(database).await;
    for round in 0..rounds("kill -9 before a message is marked", 1, 25) {
        let person = desk.person(round).await;
        let before = desk.twilio.taken().len();
        desk.twilio.be(Mood::Slow(Duration::from_secs(3)));
        let token = desk.asks(&person).await;
        until("the provider has it", async || desk.twilio.taken().len() == before + 1).await;
        desk.world.nodes[0].kill();
        desk.twilio.be(Mood::Well);
        desk.killed().await;
        until("it is sent once more", async || desk.twilio.taken().len() == before + 2).await;
        desk.arrives(&token, before, 2).await;
    }
}

/// while it waits for its next try.
async fn while_backing_off(database: Database) {
    let mut desk = Desk::on(database).await;
    for round in 0..rounds("kill -9 while a message backs off", 1, 25) {
        let person = desk.person(round).await;
        let before = desk.twilio.taken().len();
        desk.twilio.be(Mood::refusing(503, ""));
        let token = desk.asks(&person).await;
        desk.code_is("queued").await;
        desk.world.nodes[0].kill();
        desk.twilio.be(Mood::Well);
        desk.killed().await;
        desk.arrives(&token, before, 1).await;
    }
}

/// a code whose time ran out while the server was down is never sent, and that is written down.
async fn past_its_life(database: Database) {
    let mut desk = Desk::on(database).await;
    for round in 0..rounds("kill -9 until a message is past its life", 1, 25) {
        let person = desk.person(round).await;
        let before = desk.twilio.taken().len();
        desk.twilio.be(Mood::refusing(503, ""));
        desk.asks(&person).await;
        desk.code_is("queued").await;
        desk.world.nodes[0].kill();
        desk.twilio.be(Mood::Well);
        desk.world.look.execute("UPDATE outbox SET expires_at = created_at WHERE settled_at IS NULL").await;
        desk.killed().await;
        let expired = "SELECT count(*) FROM outbox WHERE state = 'expired' AND payload IS NULL";
        until("it is written off", async || desk.world.look.count(expired).await == i64::from(round) + 1).await;
        assert_eq!(desk.twilio.taken().len(), before, "a late code was sent");
        let written =
            "SELECT count(*) FROM two_factor_audit_log WHERE action = 'delivery_expired' AND person_id IS NOT NULL";
        assert_eq!(desk.world.look.count(written).await, i64::from(round) + 1);
    }
    assert!(desk.world.cli(&["audit", "verify"], "").status.success());
}

on_both_databases![before_the_claim, before_the_sending, before_the_mark, while_backing_off, past_its_life];
