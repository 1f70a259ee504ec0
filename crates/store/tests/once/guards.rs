//! Sixteen decisions that know nothing of each other, as if nothing had locked and no rule had looked: the guard in the SQL
//! lets one through, or none where the row is not as it must be. A unit that fails leaves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use domain::administrator::key::{AdminKey, AdminScope};
use domain::administrator::reset_request::{ResetOutcome, ResetRequest};
use domain::application::challenge::{Asked, Reason, Status};
use domain::application::hosted::Hosted;
use domain::application::idempotency::KeptAnswer;
use domain::application::return_url::ReturnUrl;
use domain::application::webhook::Webhook;
use domain::application::{ApiKey, KeyScope};
use domain::challenge::Challenge;
use domain::decision::{Change, EndReason};
use domain::delivery::Stage;
use domain::destination::Destination;
use domain::enrollment::Enrollment;
use domain::factor::Method;
use domain::ids::{
    AdminKeyId, ApiKeyId, ApplicationId, ChallengeId, EnrollmentId, FactorId, KeptAnswerId, LinkTokenId,
    PendingSignupId, PersonId, RecoveryCodeId, ResetRequestId, SentCodeId, UserId, WebhookId,
};
use domain::link_token::{LinkPurpose, LinkToken};
use domain::locale::Locale;
use domain::recovery_code::StoredRecoveryCode;
use domain::secret::{Sealed, TokenHash};
use domain::sent_code::{Scope, SentCode};
use domain::session::{RefreshHolder, Session};
use domain::signup::PendingSignup;
use domain::testing::{START, origin};
use domain::throttle::Counter;
use domain::time::Duration;
use domain::totp::Step;
use domain::trusted_device::TrustedDevice;
use domain::user::{Email, EmailKey, PasswordHash};
use store::StoreError;
use store::testing::{TestDatabase, databases};

use crate::desk::{Desk, RACERS};
use crate::messages;

/// A change that is tried sixteen times at once; the number tells the tries apart.
struct Case {
    what: &'static str,
    /// Whether one of them is to win, or none.
    wins: bool,
    change: Box<dyn Fn(usize) -> Change + Send + Sync>,
}

fn one(what: &'static str, change: impl Fn(usize) -> Change + Send + Sync + 'static) -> Case {
    Case { what, wins: true, change: Box::new(change) }
}

fn none(what: &'static str, change: impl Fn(usize) -> Change + Send + Sync + 'static) -> Case {
    Case { what, wins: false, change: Box::new(change) }
}

fn id<T>(number: u128, from: impl FnOnce(uuid::Uuid) -> T) -> T {
    from(uuid::Uuid::from_u128(number))
}

fn hash(number: usize) -> TokenHash {
    TokenHash([u8::try_from(number).unwrap(); 32])
}

/// What is put into the database beside the person, and tried at.
struct Rows {
    open: Challenge,
    counted: Challenge,
    ended: Challenge,
    device: TrustedDevice,
    ended_session: Session,
    enrollments: Vec<Enrollment>,
}

async fn prepared(database: TestDatabase) -> (Desk, Vec<Case>) {
    let mut rows = None;
    let desk = Desk::with(database, |lab, person| {
        let account = &person.account;
        let mut challenge = || lab.challenge(account).0;
        let (open, counted, ended) = (challenge(), challenge(), challenge());
        let (ended_session, _) = lab.session(account, None, RefreshHolder::Body);
        let session = ended_session.clone();
        let (authenticator, _) = lab.enrollment(account, &session);
        let (mut address, _) = lab.enrollment(account, &session);
        let to = Destination::Email(Email::parse("ada@one.example").unwrap());
        let place = Enrollment::destination_place(address.id, account.user.id);
        let sealed = to.seal(&place, &lab.keys, &mut lab.rng);
        (address.method, address.secret, address.destination) = (Method::Email, None, Some(sealed));
        let enrollments = vec![authenticator, address];
        rows = Some(Rows { open, counted, ended, device: lab.trusted_device(account).0, ended_session, enrollments });
    })
    .await;
    let rows = rows.unwrap();
    let mut cases = of_challenges(&desk, &rows).await;
    cases.extend(of_codes(&desk).await);
    cases.extend(of_factors(&desk, &rows).await);
    cases.extend(of_sessions(&desk, &rows).await);
    cases.extend(of_links(&desk).await);
    cases.extend(of_reset_requests(&desk));
    cases.extend(of_users());
    cases.extend(of_applications(&desk).await);
    cases.extend(of_the_administrations_keys(&desk).await);
    cases.extend(of_hosted_challenges(&desk, &rows.open).await);
    (desk, cases)
}

async fn of_challenges(desk: &Desk, rows: &Rows) -> Vec<Case> {
    let all = [&rows.open, &rows.counted, &rows.ended].map(Clone::clone);
    let ids: [ChallengeId; 3] = all.clone().map(|challenge| challenge.id);
    let [open, counted, ended] = ids;
    desk.put(move |_| {
        let mut changes: Vec<Change> = all.iter().cloned().map(Change::AddChallenge).collect();
        changes.push(Change::EndChallenge(ended));
        changes
    })
    .await;
    let attempts = |id, attempts| Change::SaveAttempts { id, attempts, skew: None };
    vec![
        one("a challenge is answered", move |_| Change::CompleteChallenge(open)),
        none("a challenge is answered again", move |_| Change::CompleteChallenge(open)),
        none("wrong codes for an answered challenge", move |_| attempts(open, 1)),
        one("a wrong code of a challenge", move |_| attempts(counted, 1)),
        none("the same wrong code of a challenge", move |_| attempts(counted, 1)),
        none("an ended challenge is answered", move |_| Change::CompleteChallenge(ended)),
        none("wrong codes for an ended challenge", move |_| attempts(ended, 1)),
        none("a challenge nobody began is answered", |_| Change::CompleteChallenge(id(9, ChallengeId::from_uuid))),
    ]
}

async fn of_codes(desk: &Desk) -> Vec<Case> {
    let recovery: Vec<RecoveryCodeId> = desk.person.stored_codes.iter().map(|code| code.id).collect();
    let (first, second, third) = (recovery[0], recovery[1], recovery[2]);
    let bypass = id(61, RecoveryCodeId::from_uuid);
    let (user, factor, pepper) = (desk.user(), desk.person.factors[2].id, desk.person.stored_codes[0].hash);
    let code = move |number: u128, scope| SentCode {
        id: id(number, SentCodeId::from_uuid),
        user,
        scope,
        factor,
        method: Method::Sms,
        destination: [1; 32],
        hash: pepper,
        created_at: START,
        expires_at: START + Duration::from_mins(5),
        used_at: None,
        ended_at: None,
        stage: Stage::Queued,
    };
    let scope = |number| Scope::Login(id(number, ChallengeId::from_uuid));
    let counter = |key: u8, limit| Counter { key: [key; 32], window: Duration::from_days(1), limit };
    let sent = move |code, counter| Change::AddSentCode(Box::new(code), counter, None);
    // The second takes the place of the first; the third is for something else.
    desk.put(move |_| {
        let codes = [code(11, scope(1)), code(12, scope(1)), code(13, scope(2))];
        let mut changes: Vec<Change> = codes.map(|code| sent(code, counter(1, 9))).into();
        changes.push(Change::UseRecoveryCode(second));
        let expires_at = Some(START + Duration::from_mins(5));
        let given = StoredRecoveryCode { id: bypass, hash: pepper, used: false, expires_at };
        changes.push(Change::GiveBypassCode(user, given));
        changes
    })
    .await;
    let redeem = move |number| Change::UseSentCode { id: id(number, SentCodeId::from_uuid), factor };
    vec![
        one("a recovery code is used", move |_| Change::UseRecoveryCode(first)),
        none("a used recovery code is used", move |_| Change::UseRecoveryCode(second)),
        one("a bypass code is used", move |_| Change::UseBypassCode(bypass)),
        none("a bypass code is used again", move |_| Change::UseBypassCode(bypass)),
        none("a code of the set is used as a bypass code", move |_| Change::UseBypassCode(third)),
        none("a recovery code nobody made is used", |_| Change::UseRecoveryCode(id(9, RecoveryCodeId::from_uuid))),
        one("a sent code is used", move |_| redeem(12)),
        none("a sent code is used again", move |_| redeem(12)),
        none("a code that a newer one replaced is used", move |_| redeem(11)),
        none("a code nobody sent is used", move |_| redeem(9)),
        one("the last code of a destination's day", move |number| {
            sent(code(100 + number as u128, scope(100 + number as u128)), counter(2, 1))
        }),
        none("a code beyond a destination's day", move |number| {
            sent(code(200 + number as u128, scope(200 + number as u128)), counter(2, 1))
        }),
    ]
}

async fn of_factors(desk: &Desk, rows: &Rows) -> Vec<Case> {
    let (first, second) = (desk.person.factors[0].id, desk.person.factors[1].id);
    let step = Step::at(START);
    let use_step =
        move |ahead: i64| Change::UseStep { factor: first, step: Step(step.0 + ahead), trusted: Step(step.0 + 2880) };
    let put = rows.enrollments.clone();
    let (confirmed, counted): (EnrollmentId, EnrollmentId) = (put[0].id, put[1].id);
    desk.put(move |_| put.iter().cloned().map(Change::PutEnrollment).collect()).await;
    vec![
        one("a step is used", move |_| use_step(0)),
        none("the same step is used", move |_| use_step(0)),
        none("an earlier step is used", move |_| use_step(-1)),
        one("a step far ahead is used, by a clock that is", move |_| Change::UseStep {
            factor: first,
            step: Step(step.0 + 9000),
            trusted: Step(step.0 + 9000 + 2880),
        }),
        one("a step after a wrong clock is used", move |_| use_step(1)),
        none("a step of no factor is used", move |_| Change::UseStep {
            factor: id(9, FactorId::from_uuid),
            step,
            trusted: step,
        }),
        none("no factor is renamed", |_| Change::RenameFactor(id(9, FactorId::from_uuid), "Name".to_owned())),
        one("a factor is removed", move |_| Change::RemoveFactor(second)),
        none("a removed factor is renamed", move |_| Change::RenameFactor(second, "Name".to_owned())),
        one("a wrong code of a set-up", move |_| Change::SaveEnrollmentAttempts {
            id: counted,
            attempts: 1,
            skew: None,
        }),
        none("the same wrong code of a set-up", move |_| Change::SaveEnrollmentAttempts {
            id: counted,
            attempts: 1,
            skew: None,
        }),
        one("a set-up is confirmed", move |_| Change::ConsumeEnrollment(confirmed)),
        none("a wrong code of a confirmed set-up", move |_| Change::SaveEnrollmentAttempts {
            id: confirmed,
            attempts: 1,
            skew: None,
        }),
    ]
}

async fn of_sessions(desk: &Desk, rows: &Rows) -> Vec<Case> {
    let (Session { id: session, family, refresh, .. }, ended) = (desk.session.clone(), rows.ended_session.clone());
    let (over, device) = (ended.id, rows.device.clone());
    let (was, added) = (device.secret, device.clone());
    desk.put(move |_| {
        vec![
            Change::AddSession(ended.clone()),
            Change::EndSession(ended.id, EndReason::SignedOut),
            Change::AddTrustedDevice(Box::new(added.clone())),
        ]
    })
    .await;
    let rotate = move |id, old, number| Change::RotateSession {
        id,
        old,
        family,
        new: hash(number + 1),
        idle_expires_at: START + Duration::from_days(7),
    };
    let old_of_ended = rows.ended_session.refresh;
    let save = move |number| Change::SaveTrustedDevice {
        was,
        device: Box::new(TrustedDevice { secret: hash(number + 1), previous: Some(was), ..device.clone() }),
    };
    let raise = |id| Change::RaiseSession { id, method: None, at: START };
    vec![
        one("a refresh token is replaced", move |number| rotate(session, refresh, number)),
        none("a replaced refresh token is replaced", move |number| rotate(session, refresh, number)),
        none("the token of an ended session is replaced", move |number| rotate(over, old_of_ended, number)),
        none("an ended session is raised", move |_| raise(over)),
        one("the secret of a device is replaced", save.clone()),
        none("a replaced secret of a device is replaced", save),
    ]
}

async fn of_links(desk: &Desk) -> Vec<Case> {
    let user = desk.user();
    let link = move |number: u128, purpose| LinkToken {
        id: id(number, LinkTokenId::from_uuid),
        user,
        purpose,
        token: hash(usize::try_from(number).unwrap()),
        payload: None,
        created_at: START,
        expires_at: START + Duration::from_hours(1),
        used_at: None,
    };
    let email = || Email::parse("grace@example.org").unwrap();
    let pending = move |number: u128| PendingSignup {
        id: id(number, PendingSignupId::from_uuid),
        application: ApplicationId::DEFAULT,
        email: email(),
        password: PasswordHash::new("$argon2id$grace".to_owned()),
        token: Some(hash(usize::try_from(number).unwrap())),
        created_at: START,
        expires_at: START + Duration::from_hours(24),
        origin: origin(),
    };
    desk.put(move |_| {
        vec![
            Change::PutLinkToken(link(21, LinkPurpose::PasswordReset)),
            Change::PutLinkToken(link(22, LinkPurpose::Unlock)),
            // The second takes the place of the first.
            Change::PutLinkToken(link(23, LinkPurpose::Unlock)),
            Change::AddPendingSignup(pending(31)),
        ]
    })
    .await;
    let consume = |number| Change::ConsumeLinkToken(id(number, LinkTokenId::from_uuid));
    let finish = move |number| Change::ConsumePendingSignup {
        id: id(number, PendingSignupId::from_uuid),
        application: ApplicationId::DEFAULT,
        email_key: EmailKey::of(&email()),
    };
    let renew = |number: u128| Change::RenewPendingSignup {
        id: id(number, PendingSignupId::from_uuid),
        token: hash(77),
        expires_at: START,
    };
    vec![
        one("a link is used", move |_| consume(21)),
        none("a used link is used", move |_| consume(21)),
        none("a link that a newer one replaced is used", move |_| consume(22)),
        one("a sign-up is finished", move |_| finish(31)),
        none("a finished sign-up is finished", move |_| finish(31)),
        none("a finished sign-up gets a new link", move |_| renew(31)),
    ]
}

fn of_reset_requests(desk: &Desk) -> Vec<Case> {
    let user = desk.user();
    let (asker, other) = (id(81, PersonId::from_uuid), id(82, PersonId::from_uuid));
    let name = |number: u128| id(number, ResetRequestId::from_uuid);
    let request = move |number: u128, stop| ResetRequest {
        id: name(number),
        user,
        asked_by: asker,
        reason: "called back".to_owned(),
        stop: hash(stop),
        asked_at: START,
        due_at: START,
        expires_at: START + Duration::from_days(7),
        approved_by: None,
        ended_at: None,
    };
    let ask = move |number: u128, stop| Change::AddResetRequest(Box::new(request(number, stop)));
    let early = move |number: u128, stop| {
        let due_at = START + Duration::from_mins(1);
        Change::AddResetRequest(Box::new(ResetRequest { due_at, ..request(number, stop) }))
    };
    let end = move |number: u128, outcome, approved| Change::EndResetRequest { id: name(number), outcome, approved };
    let approve = move |number: u128, by| Change::ApproveResetRequest(name(number), by);
    vec![
        one("a reset is asked for", move |turn| ask(100 + u128::try_from(turn).unwrap(), turn)),
        none("a second reset is asked for", move |turn| ask(200 + u128::try_from(turn).unwrap(), 20 + turn)),
        one("whichever it was is stopped", move |turn| {
            end(100 + u128::try_from(turn).unwrap(), ResetOutcome::Stopped, false)
        }),
        one("another is asked for", move |_| ask(300, 40)),
        none("it is carried out unapproved", move |_| end(300, ResetOutcome::CarriedOut, true)),
        none("whoever asked approves it", move |_| approve(300, asker)),
        one("it is approved", move |_| approve(300, other)),
        none("it is approved again", move |_| approve(300, other)),
        one("it is carried out", move |_| end(300, ResetOutcome::CarriedOut, true)),
        none("it is carried out again", move |_| end(300, ResetOutcome::CarriedOut, false)),
        none("it is stopped too late", move |_| end(300, ResetOutcome::Stopped, false)),
        one("one that has to wait is asked for", move |_| early(301, 41)),
        none("it is carried out early", move |_| end(301, ResetOutcome::CarriedOut, false)),
        one("it is stopped", move |_| end(301, ResetOutcome::Stopped, false)),
        one("one that needs no approval is asked for", move |_| ask(302, 42)),
        one("it is carried out at once", move |_| end(302, ResetOutcome::CarriedOut, false)),
    ]
}

/// Nobody is changed who is not there.
fn of_users() -> Vec<Case> {
    let nobody = || id(9, UserId::from_uuid);
    vec![
        none("nobody gets a password", move |_| {
            Change::SetPassword(nobody(), PasswordHash::new("$argon2id$".to_owned()))
        }),
        none("nobody gets an address", move |_| Change::SetEmail(nobody(), Email::parse("a@example.org").unwrap())),
        none("nobody is disabled", move |_| Change::SetDisabled(nobody(), Some(START))),
        none("nobody speaks another language", move |_| Change::SetLocale(nobody(), Locale::German)),
        none("nobody gets a second address", move |_| Change::SetBackupEmail(nobody(), None)),
        none("nobody's settings are saved", move |_| {
            Change::SaveSettings(nobody(), domain::user::Settings::new(START))
        }),
        none("nobody is deleted", move |_| Change::DeleteUser(nobody())),
    ]
}

async fn of_applications(desk: &Desk) -> Vec<Case> {
    let (live, dead) = (id(71, ApiKeyId::from_uuid), id(72, ApiKeyId::from_uuid));
    let key = |key: ApiKeyId, hash| ApiKey {
        id: key,
        application: ApplicationId::DEFAULT,
        hash,
        scopes: KeyScope::ALL.to_vec(),
        created_at: START,
        last_used_at: None,
        revoked_at: None,
    };
    let kept = |number: usize, key| {
        Change::KeepAnswer(KeptAnswer {
            id: id(7100 + number as u128, KeptAnswerId::from_uuid),
            application: ApplicationId::DEFAULT,
            key,
            answer: Some(Sealed::from_bytes(vec![1; 40])),
            created_at: START,
            given_until: START + Duration::from_mins(10),
            expires_at: START + Duration::from_days(1),
        })
    };
    let webhook = Webhook {
        id: id(73, WebhookId::from_uuid),
        application: ApplicationId::DEFAULT,
        host: String::new(),
        target: Sealed::from_bytes(vec![1; 40]),
        events: None,
        created_at: START,
    };
    desk.put(move |_| {
        let keys = [key(live, hash(71)), key(dead, hash(72))].map(Change::AddApiKey);
        let changes = [Change::RevokeApiKey(dead), kept(90, hash(90)), Change::AddWebhook(webhook.clone())];
        keys.into_iter().chain(changes).collect()
    })
    .await;
    vec![
        one("a key is revoked", move |_| Change::RevokeApiKey(live)),
        none("a revoked key is revoked", move |_| Change::RevokeApiKey(dead)),
        one("a webhook is removed", |_| Change::RemoveWebhook(id(73, WebhookId::from_uuid))),
        none("a removed webhook is removed", |_| Change::RemoveWebhook(id(73, WebhookId::from_uuid))),
        none("nobody's number is kept", |_| Change::SetContact(id(9, UserId::from_uuid), None, None)),
        one("an answer is kept", move |number| kept(number, hash(91))),
        none("an answer is kept beside another", move |number| kept(100 + number, hash(90))),
    ]
}

async fn of_the_administrations_keys(desk: &Desk) -> Vec<Case> {
    let (live, dead) = (id(74, AdminKeyId::from_uuid), id(75, AdminKeyId::from_uuid));
    let key = |key: AdminKeyId, hash| AdminKey {
        id: key,
        name: "runbook".to_owned(),
        hash,
        scope: AdminScope::Read,
        created_at: START,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    desk.put(move |_| {
        let keys = [key(live, hash(74)), key(dead, hash(75))].map(Change::AddAdminKey);
        keys.into_iter().chain([Change::RevokeAdminKey(dead)]).collect()
    })
    .await;
    vec![
        one("a key of the administration is revoked", move |_| Change::RevokeAdminKey(live)),
        none("a revoked key of the administration is revoked", move |_| Change::RevokeAdminKey(dead)),
    ]
}

async fn of_hosted_challenges(desk: &Desk, open: &Challenge) -> Vec<Case> {
    let ids: Vec<ChallengeId> = (81..86).map(|number| id(number, ChallengeId::from_uuid)).collect();
    let [new, opened, approved, redeemed, dead] = ids[..] else { panic!("five of them") };
    let result = |number| (hash(number), START + Duration::from_mins(2));
    let approve =
        move |id, number| Change::ApproveHosted { id, method: Method::Totp, trust: false, result: result(number) };
    let template = open.clone();
    desk.put(move |_| {
        let mut changes = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            let asked =
                Some(Asked { reason: Reason::Login, status: Status::Pending, why: "factor_due".into(), text: None });
            changes.push(Change::AddChallenge(Challenge {
                id: *id,
                token: hash(80 + number),
                asked,
                ..template.clone()
            }));
            changes.push(Change::AddHosted(Box::new(Hosted {
                challenge: *id,
                link: hash(80 + number),
                return_url: ReturnUrl::parse("https://shop.example.com/").unwrap(),
                binding: None,
                browser: None,
                approved: None,
                result: None,
                redeemed_at: None,
            })));
        }
        changes.extend([opened, approved, redeemed].map(|id| Change::OpenHosted(id, hash(1))));
        changes.extend([approve(approved, 100), approve(redeemed, 101), Change::RedeemHosted(redeemed)]);
        changes
    })
    .await;
    vec![
        one("a link is opened", move |number| Change::OpenHosted(new, hash(number))),
        none("a link is opened by another browser", move |number| Change::OpenHosted(opened, hash(number + 20))),
        one("a hosted challenge is approved", move |number| approve(opened, 110 + number)),
        none("a hosted challenge is approved again", move |number| approve(approved, 130 + number)),
        none("the way back of what was not approved", move |number| {
            Change::RenewHostedResult(dead, result(150 + number))
        }),
        none("the way back of what was redeemed", move |number| {
            Change::RenewHostedResult(redeemed, result(170 + number))
        }),
        one("a result is redeemed", move |_| Change::RedeemHosted(approved)),
        none("a result is redeemed again", move |_| Change::RedeemHosted(redeemed)),
        none("what was not approved is redeemed", move |_| Change::RedeemHosted(dead)),
    ]
}

/// Tries a change sixteen times at once, half of them as refusals: one unit is kept, or none, and with it one session, one
/// entry and one message.
async fn try_at_once(desk: &Desk, case: Case) {
    let before = desk.traces().await;
    let (what, change) = (case.what, std::sync::Arc::new(case.change));
    // A refusal whose answer cannot be kept is charged all the same, without it.
    let refusals = !matches!(change(0), Change::KeepAnswer(_));
    let tries = (0..RACERS).map(|number| {
        let change = std::sync::Arc::clone(&change);
        let makes = move |_: &mut domain::command::Context<'_>| vec![change(number)];
        if refusals && number % 2 == 1 { desk.refuse(makes) } else { desk.make(makes) }
    });
    let outcomes = desk.race(tries).await;
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(kept, usize::from(case.wins), "{}: {what}: {outcomes:?}", desk.name);
    let failed = |outcome: &&Result<_, StoreError>| !matches!(outcome, Ok(_) | Err(StoreError::Conflict { .. }));
    assert!(outcomes.iter().find(failed).is_none(), "{}: {what}: {outcomes:?}", desk.name);
    let after = desk.traces().await;
    assert_eq!(after, before.plus(i64::try_from(kept).unwrap()), "{}: {what} left something behind", desk.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_guard_lets_one_of_sixteen_through_and_the_others_leave_nothing() {
    for database in databases().await {
        let (desk, cases) = prepared(database).await;
        desk.db.start_recording();
        for case in cases {
            try_at_once(&desk, case).await;
        }
        moving_the_head(&desk).await;
        messages::end_once(&desk).await;
        messages::is_told_once(&desk).await;
        messages::a_job_begins_once(&desk).await;
        messages::an_hour_is_summed_once(&desk).await;
        let units = desk.db.stop_recording();
        let writes = units.into_iter().flat_map(|unit| unit.writes).filter(|write| write.guarded);
        let tried: BTreeSet<String> = writes.map(|write| write.sql).collect();
        let guards = guards_in(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
        assert_eq!(tried.len(), guards, "{}: guards in the source, and those tried here: {tried:#?}", desk.name);
    }
}

/// Of sixteen who read the same end of the audit chain, one goes on from there.
async fn moving_the_head(desk: &Desk) {
    let before = desk.traces().await;
    let outcomes = desk.race((0..RACERS).map(|_| desk.chained(desk.person.account.head))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{}: {outcomes:?}", desk.name);
    assert_eq!(desk.traces().await, before.plus(1), "{}", desk.name);
}

/// How many guarded statements there are in the source, its tests left out.
fn guards_in(folder: &Path) -> usize {
    let mut guards = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            guards += guards_in(&path);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            guards += code.matches("Statement::guarded(").count();
        }
    }
    guards
}
