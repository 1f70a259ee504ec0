//! The one way to run a command.
//!
//! A command is spawned, so that a request that hangs up cannot cancel it half-way: it is decided and committed, or neither.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::new_uuid;
use domain::session::Grant;
use store::{Load, Surroundings};

use crate::app::App;
use crate::fault::Fault;
use crate::problem::Problem;

/// Runs a command. What comes back is committed.
pub async fn run<C: Load>(app: &App, command: C) -> Result<C::Reply, Problem> {
    let (db, world) = (app.db.clone(), Arc::clone(&app.world));
    let task = tokio::spawn(async move { db.run(Arc::new(command), world as Arc<dyn Surroundings>).await });
    let reply = task.await.map_err(|error| Fault::new("a command did not come to its end", error))??;
    reply.map_err(Problem::from)
}

/// How long an answer takes that must not tell by its time what was found, or a multiple of it.
const BEAT: Duration = Duration::from_millis(100);

/// As [`run`], for commands whose one answer hides whether an address is somebody's: a mail to write takes the database
/// longer than none, so the answer waits for the next beat after the request came.
pub async fn run_on_the_beat<C: Load>(app: &App, command: C) -> Result<C::Reply, Problem> {
    let came = tokio::time::Instant::now();
    let reply = run(app, command).await;
    let beats = came.elapsed().as_millis() / BEAT.as_millis() + 1;
    tokio::time::sleep_until(came + BEAT * u32::try_from(beats).unwrap_or(u32::MAX)).await;
    reply
}

/// Answers a question, which changes nothing.
pub async fn ask<C: Load>(app: &App, question: &C) -> Result<C::Reply, Problem> {
    app.db.ask(question, app.world.as_ref()).await?.map_err(Problem::from)
}

/// Signs the access token of a grant: after the commit, off the database's threads.
pub fn access_token(app: &App, grant: &Grant) -> String {
    let id = new_uuid(grant.issued_at, app.world.rng().as_mut());
    app.tokens.sign(grant, id)
}

/// Salt for a new password hash.
pub fn salt(app: &App) -> [u8; 16] {
    let mut salt = [0; 16];
    app.world.rng().fill_bytes(&mut salt);
    salt
}
