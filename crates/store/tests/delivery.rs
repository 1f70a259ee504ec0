//! Messages on both databases: claimed by one, settled by whoever holds them, reported forwards only; jobs begun by one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::collections::BTreeSet;

use domain::delivery::{Reported, Stage, Trouble};
use domain::ids::MessageId;
use domain::message::Channel;
use domain::schedule::{Job, Schedule};
use domain::time::{Duration, Timestamp};
use store::delivery::{Event, Happened, Recorded, Report, Which};
use store::testing::{TestDatabase, databases};
use store::{Claimed, Db, Ending, Plan, Statement, StoreError, Swept, Value, params};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const LEASE: Duration = Duration::from_secs(20);

async fn fresh() -> Vec<(TestDatabase, Db)> {
    let mut fresh = Vec::new();
    for database in databases().await {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        fresh.push((database, db));
    }
    fresh
}

async fn write(db: &Db, writes: Vec<Statement>) {
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await.unwrap();
}

fn id(number: u32) -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(u128::from(number) + (7 << 76)))
}

/// Messages that wait, with contents nobody here opens.
async fn enqueue(db: &Db, channel: Channel, numbers: std::ops::Range<u32>) {
    let sql = "INSERT INTO outbox (id, kind, channel, payload, state, attempts, available_at, expires_at, created_at, \
               destination) VALUES ($1, 'factor_added', $2, $3, 'queued', 0, $4, $5, $4, 'a***@e***.org')";
    let end = NOW + Duration::from_mins(5);
    let row = |number| Statement::new(sql, params![id(number).uuid(), channel.as_str(), [1_u8, 2], NOW, end]);
    write(db, numbers.map(row).collect()).await;
}

async fn claim(db: &Db, at: Timestamp, limit: u32) -> Vec<Claimed> {
    db.claim_messages(Channel::Email, at, LEASE, limit).await.unwrap()
}

async fn one(db: &Db, at: Timestamp) -> Claimed {
    let mut claimed = claim(db, at, 1).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

fn accepted() -> Ending {
    Ending::Accepted { provider: "twilio".to_owned(), provider_id: Some("SM1".to_owned()) }
}

async fn settle(db: &Db, message: &Claimed, at: Timestamp) -> Result<(), StoreError> {
    let told = [Happened::new(Event::Accepted, at).by("twilio")];
    db.settle_message(message, &accepted(), at, &told, vec![]).await
}

async fn number(db: &Db, sql: &'static str, params: Vec<Value>) -> i64 {
    let rows = db.read(vec![Statement::new(sql, params)]).await.unwrap();
    rows[0][0].get(0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_workers_each_message_is_claimed_by_one() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..200).await;
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let options = database.options();
                tokio::spawn(async move {
                    let db = Db::connect(&options).await.unwrap();
                    let mut mine = Vec::new();
                    loop {
                        let claimed = claim(&db, NOW, 7).await;
                        if claimed.is_empty() {
                            return mine;
                        }
                        mine.extend(claimed.into_iter().map(|message| message.id));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (200, 200), "{}", database.name);
    }
}

#[tokio::test]
async fn a_channel_claims_its_own_messages_only() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Sms, 0..3).await;
        assert!(claim(&db, NOW, 10).await.is_empty(), "{}", database.name);
        assert_eq!(db.claim_messages(Channel::Sms, NOW, LEASE, 10).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_worker_that_comes_too_late_changes_nothing_and_its_try_counts_as_lost() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..1).await;
        let late = one(&db, NOW).await;
        assert!(claim(&db, NOW + Duration::from_secs(19), 1).await.is_empty(), "it is held");
        let then = NOW + LEASE;
        let second = one(&db, then).await;
        assert_eq!((second.course.tries, second.course.lost), (2, 1), "{}", database.name);
        let why = (0, Trouble::Unavailable, "late");
        for refused in [
            settle(&db, &late, then).await,
            db.back_off_message(&late, then, why, &[]).await,
            db.hold_message(&late, then + LEASE).await,
        ] {
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{}: {refused:?}", database.name);
        }
        assert_eq!(number(&db, "SELECT count(*) FROM delivery_events", vec![]).await, 0);
        settle(&db, &second, then).await.unwrap();
        let again = settle(&db, &second, then).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        let kept = "SELECT count(*) FROM outbox WHERE payload IS NOT NULL OR lease_until IS NOT NULL";
        assert_eq!(number(&db, kept, vec![]).await, 0, "{}", database.name);
    }
}

#[tokio::test]
async fn what_is_held_stays_held_and_what_is_given_back_comes_when_it_is_due() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..1).await;
        let message = one(&db, NOW).await;
        db.hold_message(&message, NOW + LEASE + LEASE).await.unwrap();
        assert!(claim(&db, NOW + LEASE, 1).await.is_empty(), "{}", database.name);
        let due = NOW + Duration::from_secs(50);
        let told = [Happened::new(Event::PutOff, NOW).trouble(Trouble::Lost).because("no answer")];
        db.back_off_message(&message, due, (1, Trouble::Lost, "no answer"), &told).await.unwrap();
        assert!(claim(&db, due - Duration::from_micros(1), 1).await.is_empty());
        let listed = db.message_summaries(Which::Waiting, 10).await.unwrap();
        assert_eq!(listed[0].stage, Stage::Delayed(Trouble::Lost), "{}", database.name);
        let again = one(&db, due).await;
        assert_eq!((again.course.tries, again.course.lost), (2, 1), "{}", database.name);
    }
}

#[tokio::test]
async fn what_a_wrong_clock_put_off_is_brought_back() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..2).await;
        let (first, _) = (one(&db, NOW).await, one(&db, NOW + Duration::from_days(3650)).await);
        db.back_off_message(&first, NOW + Duration::from_days(9), (0, Trouble::Unavailable, ""), &[]).await.unwrap();
        assert_eq!(db.recall_messages(NOW, Duration::from_hours(1)).await.unwrap(), 2, "{}", database.name);
        assert_eq!(claim(&db, NOW, 5).await.len(), 2, "{}", database.name);
    }
}

fn report(provider_id: &str, reported: Reported) -> Report {
    Report {
        provider: "twilio".to_owned(),
        provider_id: provider_id.to_owned(),
        reported,
        trouble: Trouble::Undelivered,
        reason: (reported == Reported::Failed).then(|| "twilio_30003".to_owned()),
    }
}

#[tokio::test]
async fn reports_move_a_message_forwards_only_and_only_one_of_the_provider_that_took_it() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..1).await;
        let message = one(&db, NOW).await;
        assert_eq!(db.record_report(report("SM1", Reported::Sent), NOW).await.unwrap(), Recorded::Foreign);
        settle(&db, &message, NOW).await.unwrap();
        let new = Recorded::New(message.id);
        for (told, recorded, stage) in [
            (Reported::Sent, new, Stage::Accepted),
            (Reported::Failed, new, Stage::Failed(Trouble::Undelivered)),
            (Reported::Sent, Recorded::Known, Stage::Failed(Trouble::Undelivered)),
            (Reported::Delivered, new, Stage::Delivered),
            (Reported::Failed, Recorded::Known, Stage::Delivered),
            (Reported::Delivered, Recorded::Known, Stage::Delivered),
        ] {
            assert_eq!(db.record_report(report("SM1", told), NOW).await.unwrap(), recorded, "{}", database.name);
            let (summary, _) = db.message_summary(message.id).await.unwrap().unwrap();
            assert_eq!(summary.stage, stage, "{} after {told:?}", database.name);
        }
        let foreign = Report { provider: "vonage".to_owned(), ..report("SM1", Reported::Delivered) };
        assert_eq!(db.record_report(foreign, NOW).await.unwrap(), Recorded::Foreign);
        let (_, events) = db.message_summary(message.id).await.unwrap().unwrap();
        let names: Vec<&str> = events.iter().map(|event| event.event.as_str()).collect();
        assert_eq!(names, ["accepted", "sent", "failed", "delivered"], "{}", database.name);
        assert_eq!(events[2].reason.as_deref(), Some("twilio_30003"));
    }
}

#[tokio::test]
async fn an_outage_is_told_until_it_ends_and_not_by_a_clock_from_the_future() {
    for (database, db) in fresh().await {
        let (wait, later) = (Duration::from_secs(20), NOW + Duration::from_secs(19));
        assert_eq!(db.outage(Channel::Sms, NOW).await.unwrap(), None);
        db.report_outage(Channel::Sms, Some(wait), NOW).await.unwrap();
        assert_eq!(db.outage(Channel::Sms, later).await.unwrap(), Some(NOW + wait), "{}", database.name);
        assert_eq!(db.outage(Channel::Sms, NOW + wait).await.unwrap(), None);
        assert_eq!(db.outage(Channel::Sms, NOW - Duration::from_days(9)).await.unwrap(), None);
        db.report_outage(Channel::Sms, None, NOW).await.unwrap();
        assert_eq!(db.outage(Channel::Sms, later).await.unwrap(), None, "{}", database.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_nodes_one_begins_a_job_and_one_that_died_is_followed_by_another() {
    let (job, lease) = (Job::CleanupExpiredTrustedDevices, Duration::from_mins(2));
    let at_two = Schedule::Daily(Duration::from_hours(2));
    for (database, db) in fresh().await {
        let nodes: Vec<_> = (0..8)
            .map(|_| {
                let options = database.options();
                tokio::spawn(async move {
                    let db = Db::connect(&options).await.unwrap();
                    db.begin_job(job, NOW, lease, move |last| at_two.is_due(last, NOW)).await.unwrap()
                })
            })
            .collect();
        let mut began = 0;
        for node in nodes {
            began += u32::from(node.await.unwrap());
        }
        assert_eq!(began, 1, "{}", database.name);

        // It died. While it may still be at it nobody else is, not even when told to; afterwards somebody is.
        let (soon, later) = (NOW + Duration::from_mins(1), NOW + Duration::from_mins(2));
        assert!(!db.begin_job(job, soon, lease, |_| true).await.unwrap());
        assert!(db.begin_job(job, later, lease, |_| true).await.unwrap());
        // The one that was thought dead does not end the other's.
        db.finish_job(job, NOW, later, None).await.unwrap();
        assert_eq!(db.jobs().await.unwrap()[0].finished_at, None, "{}", database.name);
        db.finish_job(job, later, later, Some("no".to_owned())).await.unwrap();
        let record = db.jobs().await.unwrap().remove(0);
        assert_eq!((record.runs, record.failure.as_deref()), (2, Some("no")), "{}", database.name);
        assert!(!db.begin_job(job, later, lease, move |last| at_two.is_due(last, later)).await.unwrap(), "not due");
        let tomorrow = NOW + Duration::from_days(1);
        assert!(db.begin_job(job, tomorrow, lease, move |last| at_two.is_due(last, tomorrow)).await.unwrap());
    }
}

/// An application whose addresses answer late has its share of what is under way, and no more: what came after it to another
/// one is claimed at once, and its own goes on as its own comes back.
#[tokio::test]
async fn each_application_has_its_share_of_the_webhooks_under_way() {
    for (database, db) in fresh().await {
        let (slow, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let made = "INSERT INTO applications (id, name, created_at) VALUES ($1, $2, $3)";
        let application = |id, name: &str| Statement::new(made, params![id, name, NOW]);
        write(&db, vec![application(slow, "slow"), application(other, "other")]).await;
        enqueue(&db, Channel::Webhook, 0..40).await;
        let belongs = |from: u32, to: u32, application: Uuid| {
            let sql = "UPDATE outbox SET application_id = $1, webhook_id = $1 WHERE id >= $2 AND id < $3";
            Statement::new(sql, params![application, id(from).uuid(), id(to).uuid()])
        };
        write(&db, vec![belongs(0, 38, slow), belongs(38, 40, other)]).await;
        let claim = async |at: Timestamp| db.claim_messages(Channel::Webhook, at, LEASE, 16).await.unwrap();
        let is_of =
            |message: &Claimed, application: Uuid| message.called.is_some_and(|(id, _)| id.uuid() == application);
        let of = |claimed: &[Claimed], application: Uuid| {
            claimed.iter().filter(|message| is_of(message, application)).count()
        };
        let first = claim(NOW).await;
        assert_eq!((of(&first, slow), of(&first, other)), (6, 2), "{}", database.name);
        assert!(claim(NOW).await.is_empty(), "{}: more than its share", database.name);
        let back = first.iter().find(|message| is_of(message, slow)).unwrap();
        settle(&db, back, NOW).await.unwrap();
        assert_eq!(of(&claim(NOW).await, slow), 6, "{}: there is room again", database.name);
        assert!(claim(NOW).await.is_empty(), "{}: more than its share", database.name);
        let ids: BTreeSet<MessageId> = claim(NOW + LEASE).await.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), 8, "{}: after lost leases it is shared anew", database.name);
    }
}

/// two days later nothing is left of what ended, but for the audit log; what lives stays.
#[tokio::test]
async fn what_ended_two_days_ago_is_gone_and_what_lives_is_not() {
    for (database, db) in fresh().await {
        enqueue(&db, Channel::Email, 0..4).await;
        let message = one(&db, NOW).await;
        settle(&db, &message, NOW).await.unwrap();
        let later = NOW + Duration::from_days(2);
        let entry = "INSERT INTO two_factor_audit_log (id, application_id, action, success, detail, created_at) \
                     VALUES ($1, $2, 'signup_requested', $3, '', $4)";
        let application = domain::ids::ApplicationId::DEFAULT.uuid();
        write(&db, vec![Statement::new(entry, params![Uuid::from_u128(1), application, true, NOW])]).await;
        assert_eq!(db.sweep(later, false).await.unwrap(), Swept::ClockDoubted, "{}", database.name);
        assert_eq!(number(&db, "SELECT count(*) FROM outbox", vec![]).await, 4, "{}", database.name);
        write(&db, vec![Statement::new(entry, params![Uuid::from_u128(2), application, true, later])]).await;
        enqueue(&db, Channel::Email, 9..10).await;
        write(
            &db,
            vec![Statement::new("UPDATE outbox SET expires_at = $2 WHERE id = $1", params![id(9).uuid(), later])],
        )
        .await;
        db.sweep(later, false).await.unwrap();
        let payloads = "SELECT count(*) FROM outbox WHERE payload IS NOT NULL";
        assert_eq!(number(&db, payloads, vec![]).await, 1, "{}: the one that lives", database.name);
        let events = "SELECT count(*) FROM delivery_events";
        assert_eq!(number(&db, events, vec![]).await, 1, "{}: told for thirty days", database.name);
        assert_eq!(number(&db, "SELECT count(*) FROM two_factor_audit_log", vec![]).await, 2);
        db.sweep(NOW + Duration::from_days(31), true).await.unwrap();
        assert_eq!(number(&db, events, vec![]).await, 0, "{}", database.name);
        assert_eq!(number(&db, "SELECT count(*) FROM outbox WHERE payload IS NOT NULL", vec![]).await, 0);
    }
}
