//! Sixteen holders of one message, sixteen reports of one delivery, sixteen who begin one job or sum one hour.

use domain::decision::Change;
use domain::delivery::{Reported, Trouble, Unsent};
use domain::figures::{HOUR, hour_of};
use domain::message::Channel;
use domain::schedule::Job;
use domain::testing::START;
use domain::time::Duration;
use futures_util::future::join_all;
use store::delivery::{Recorded, Report};
use store::{Ending, StoreError};

use crate::desk::{Desk, RACERS};

const LEASE: Duration = Duration::from_mins(1);

fn accepted() -> Ending {
    Ending::Accepted { provider: "twilio".to_owned(), provider_id: Some("SM1".to_owned()) }
}

/// How many of them went through; what did not is a conflict, and nothing else.
fn wins<T: std::fmt::Debug>(outcomes: &[Result<T, StoreError>]) -> usize {
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict { .. }))).count();
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won + lost, outcomes.len(), "{outcomes:?}");
    won
}

/// A message is settled, given back, expired or dropped by one; who holds it may hold it longer until then, and not after.
pub(crate) async fn end_once(desk: &Desk) {
    let (db, name) = (&desk.db, desk.name);
    let claimed = db.claim_messages(Channel::Email, START, LEASE, 4).await.unwrap();
    let [settled, returned, expired, dropped] = &claimed[..] else { panic!("{} messages", claimed.len()) };
    for message in &claimed {
        db.hold_message(message, START + LEASE).await.unwrap();
    }

    let ending = accepted();
    let tries = (0..RACERS).map(|_| db.settle_message(settled, &ending, START, &[], vec![]));
    assert_eq!(wins(&join_all(tries).await), 1, "{name}: settled");

    let later = START + Duration::from_hours(1);
    let tries = (0..RACERS).map(|_| db.back_off_message(returned, later, (0, Trouble::Unavailable, "busy"), &[]));
    assert_eq!(wins(&join_all(tries).await), 1, "{name}: given back");

    for (message, how) in [(expired, Unsent::Expired { tries: expired.course.tries }), (dropped, Unsent::Dropped)] {
        let id = message.id;
        let tries = (0..RACERS).map(|_| desk.make(move |_| vec![Change::EndMessage(id, how)]));
        assert_eq!(wins(&desk.race(tries).await), 1, "{name}: {how:?}");
    }
    for message in &claimed {
        assert_eq!(wins(&[db.hold_message(message, later).await]), 0, "{name}: held after its end");
    }
}

/// A report that comes sixteen times is taken in once.
pub(crate) async fn is_told_once(desk: &Desk) {
    let report = || Report {
        provider: "twilio".to_owned(),
        provider_id: "SM1".to_owned(),
        reported: Reported::Delivered,
        trouble: Trouble::Undelivered,
        reason: None,
    };
    let told = join_all((0..RACERS).map(|_| desk.db.record_report(report(), START))).await;
    let new = told.iter().filter(|told| matches!(told, Ok(Recorded::New(_)))).count();
    let known = told.iter().filter(|told| matches!(told, Ok(Recorded::Known))).count();
    assert_eq!((new, known), (1, RACERS - 1), "{}: {told:?}", desk.name);
}

/// Of sixteen schedulers one begins the job.
pub(crate) async fn a_job_begins_once(desk: &Desk) {
    let tries = (0..RACERS).map(|_| desk.db.begin_job(Job::Sweep, START, LEASE, |last| last.is_none()));
    let began = join_all(tries).await.into_iter().filter(|outcome| matches!(outcome, Ok(true))).count();
    assert_eq!(began, 1, "{}", desk.name);
}

/// Of sixteen who sum an hour at once one writes it down.
pub(crate) async fn an_hour_is_summed_once(desk: &Desk) {
    let over = hour_of(START) + HOUR;
    let summed = join_all((0..RACERS).map(|_| desk.db.sum_figures(over))).await;
    let hours: usize = summed.into_iter().map(Result::unwrap).sum();
    assert_eq!(hours, 1, "{}", desk.name);
}
