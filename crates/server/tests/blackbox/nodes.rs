//! Several nodes: they start together, one dies, somebody starts one too many. Nobody is served twice or not at all.

use std::time::Duration;

use crate::database::Database;
use crate::harness::{World, free_port};
use crate::people::{Person, partial_token, verification};
use crate::totp::code;

/// Two nodes that find an empty database at the same moment migrate it once and both serve.
async fn two_nodes_start_on_an_empty_database_at_once(database: Database) {
    let mut world = World::on(database).build().await;
    let base = format!("http://127.0.0.1:{}", free_port());
    world.set("TWINLOCK_BASE_URL", &base);
    let (one, other) = tokio::join!(world.spawn_at(free_port()), world.spawn_at(free_port()));
    for node in [one, other] {
        world.nodes.push(node.unwrap_or_else(|log| panic!("a node did not start:\n{log}")));
    }
    world.base = Some(base);
    let person = world.sign_up().await;
    crate::people::login(&world.browser_at(1), &person).await.expect(200);
    let demos = world.look.count("SELECT count(*) FROM users WHERE email <> 'person0@example.com'").await;
    assert!(demos <= 1, "{demos} demo accounts");
}

/// the death of one node under load is not noticed by those the other one serves.
async fn the_death_of_one_node_is_not_felt_on_the_other(database: Database) {
    let mut world = World::on(database).in_cluster().start().await;
    let people: Vec<Person> = (0..6).map(|_| world.add_person_with_totp()).collect();
    let now = world.fresh_step().await;
    let mut calls = Vec::new();
    for (turn, person) in people.iter().cycle().take(18).enumerate() {
        let token = partial_token(&world.browser_at(turn), person).await;
        let body = verification(&token, &code(&person.secret, now));
        calls.push(world.browser_at(turn).submit("/auth/2fa/verify/").json(&body));
    }
    let tasks: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.try_send())).collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.nodes[0].kill();
    let mut wins = 0;
    for (turn, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(answer) => {
                assert!(matches!(answer.status, 200 | 422), "{} {}", answer.status, answer.text);
                wins += u32::from(answer.status == 200);
            }
            Err(error) => assert!(turn % 2 == 0, "the living node gave no answer: {error}"),
        }
    }
    assert!(wins <= 6, "{wins} of six codes were accepted");
    world.nodes.remove(0);
    for person in &people {
        assert!(world.audit_count(person, "code_verified", true).await <= 1);
        world.sign_in(&world.browser(), person).await;
    }
}

/// a second server on the same SQLite file is a mistake, and still no code is accepted twice.
async fn two_processes_on_one_file_accept_a_code_once(database: Database) {
    let mut world = World::start(database).await;
    world.add_node().await;
    let person = world.add_person_with_totp();
    for _ in 0..3 {
        // The losers lock the account; each lock is twice as long as the one before.
        world.advance(2 * 86_400).await;
        let mut tokens = Vec::new();
        for turn in 0..10 {
            tokens.push(partial_token(&world.browser_at(turn), &person).await);
        }
        let code = code(&person.secret, world.fresh_step().await);
        let calls = (0..20)
            .map(|turn| {
                let body = verification(&tokens[turn % 10], &code);
                world.browser_at(turn / 10).submit("/auth/2fa/verify/").json(&body)
            })
            .collect();
        let answers = world.burst(calls).await;
        let wins = answers.iter().filter(|answer| answer.is_success()).count();
        assert_eq!(wins, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| answer.status < 500));
    }
}

on_sqlite![two_processes_on_one_file_accept_a_code_once];
on_postgresql![two_nodes_start_on_an_empty_database_at_once, the_death_of_one_node_is_not_felt_on_the_other];
