//! Sixteen at once, by the real commands: one is served, and all others are refused in words.

use domain::challenge::Challenge;
use domain::decision::{Change, Refusal};
use domain::disable::Disable;
use domain::email_change::{BeginEmailChange, ConfirmEmailChange, ReadEmailChange};
use domain::enrollment::{BeginEnrollment, BeginSentEnrollment, ConfirmEnrollment};
use domain::ids::ApplicationId;
use domain::link_token::{LinkPurpose, LinkToken};
use domain::login::{FinishLogin, LoggedIn};
use domain::password::{FinishPasswordReset, RequestPasswordReset};
use domain::secret::{SecretText, TokenHash};
use domain::sent_code::{SendCode, SendFor, SessionPurpose, Which};
use domain::session::{Refresh, RefreshHolder, RefreshToken};
use domain::signup::{SignUp, VerifyEmail};
use domain::step_up::{Proof, StepUp};
use domain::testing::{START, origin, rounds};
use domain::time::Duration;
use domain::totp::{Step, TotpSecret};
use domain::trusted_device::DeviceToken;
use domain::unlock::UnlockAccount;
use domain::user::{Email, PasswordHash, PasswordProof};
use domain::verification::Verify;
use domain::{code::TypedCode, destination::Destination, destination::PhoneNumber};
use store::StoreError;
use store::testing::{TestDatabase, databases};

use crate::desk::{Desk, RACERS};

/// Fresh databases, again and again.
async fn every_round(what: &str) -> Vec<TestDatabase> {
    let mut all = Vec::new();
    for _ in 0..rounds(&format!("sixteen at once in the store: {what}"), 2, 10) {
        all.extend(databases().await);
    }
    all
}

type Outcomes<R> = Vec<Result<Result<R, Refusal>, StoreError>>;

/// How many were served. Nobody hears of the database.
fn served<R>(outcomes: &Outcomes<R>) -> usize {
    let failed = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
    assert!(failed.is_none(), "{failed:?}");
    outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count()
}

/// Every entry about the person is a link of the chain, and the chain ends with the last.
async fn chain_is_whole(desk: &Desk) {
    let entries = desk.count("SELECT count(*) FROM two_factor_audit_log WHERE person_id IS NOT NULL").await;
    assert_eq!(entries, desk.count("SELECT max(seq) FROM audit_heads").await, "{}", desk.name);
}

/// A person with open challenges, and their partial tokens.
async fn challenged(database: TestDatabase, count: usize) -> (Desk, Vec<SecretText>) {
    let mut made: Vec<(Challenge, SecretText)> = Vec::new();
    let desk = Desk::with(database, |lab, person| {
        made = (0..count).map(|_| lab.challenge(&person.account)).collect();
    })
    .await;
    let (challenges, tokens): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    desk.put(move |_| challenges.iter().cloned().map(Change::AddChallenge).collect()).await;
    (desk, tokens)
}

fn verify(token: &SecretText, code: TypedCode) -> Verify {
    let token = TokenHash::of(token.expose());
    Verify { token, code, holder: None, remember: false, device: None, origin: origin() }
}

fn step_up(desk: &Desk, code: TypedCode) -> StepUp {
    StepUp { bearer: desk.bearer(), proof: Proof::Code(code), refresh: None, origin: origin() }
}

fn disable(desk: &Desk, code: TypedCode) -> Disable {
    Disable { bearer: desk.bearer(), code, refresh: None, origin: origin() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_challenge_is_answered_once() {
    for database in every_round("one challenge").await {
        let (desk, tokens) = challenged(database, 1).await;
        let before = desk.traces().await;
        let outcomes = desk.race((0..RACERS).map(|_| verify(&tokens[0], desk.code(0)))).await;
        assert_eq!(served(&outcomes), 1, "{}", desk.name);
        let over = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Err(Refusal::AlreadyCompleted)))).count();
        assert_eq!(over, RACERS - 1, "{}", desk.name);
        assert_eq!(desk.traces().await.sessions, before.sessions + 1, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_step_is_used_once_at_all_doors_together() {
    for database in every_round("one step").await {
        let (desk, tokens) = challenged(database, 8).await;
        let before = desk.traces().await;
        let (verified, raised, disabled) = tokio::join!(
            desk.race(tokens.iter().map(|token| verify(token, desk.code(0)))),
            desk.race((0..4).map(|_| step_up(&desk, desk.code(0)))),
            desk.race((0..4).map(|_| disable(&desk, desk.code(0)))),
        );
        let by_login = served(&verified);
        assert_eq!(by_login + served(&raised) + served(&disabled), 1, "{}", desk.name);
        assert_eq!(desk.traces().await.sessions - before.sessions, i64::try_from(by_login).unwrap(), "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_recovery_code_is_redeemed_once_at_all_doors_together() {
    for database in every_round("one recovery code").await {
        let (desk, tokens) = challenged(database, 6).await;
        let (verified, raised, disabled) = tokio::join!(
            desk.race(tokens.iter().map(|token| verify(token, desk.recovery_code(0)))),
            desk.race((0..5).map(|_| step_up(&desk, desk.recovery_code(0)))),
            desk.race((0..5).map(|_| disable(&desk, desk.recovery_code(0)))),
        );
        let off = served(&disabled);
        assert_eq!(served(&verified) + served(&raised) + off, 1, "{}", desk.name);
        let sql = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'recovery_code_used'";
        assert_eq!(desk.count(sql).await, 1, "{}", desk.name);
        let left = desk.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL").await;
        assert_eq!(left, if off == 1 { 0 } else { 9 }, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_sent_code_is_used_once() {
    for database in every_round("one sent code").await {
        let (desk, tokens) = challenged(database, 1).await;
        let (bearer, number) = (desk.bearer(), desk.person.factors[2].id);
        let to_login = SendFor::Challenge(TokenHash::of(tokens[0].expose()), Which::Factor(number));
        desk.run(SendCode { wanted: to_login, origin: origin() }).await.unwrap().unwrap();
        let code = || async { TypedCode::parse(desk.messages().await[0].code.as_deref().unwrap()) };
        let right = code().await;
        let outcomes = desk.race((0..RACERS).map(|_| verify(&tokens[0], right.clone()))).await;
        assert_eq!(served(&outcomes), 1, "{}: at sign-in", desk.name);

        desk.db.execute_batch("DELETE FROM outbox; DELETE FROM two_factor_codes").await.unwrap();
        let within = SendFor::Session(bearer, SessionPurpose::StepUp, Which::Factor(number));
        desk.run(SendCode { wanted: within, origin: origin() }).await.unwrap().unwrap();
        let right = code().await;
        let outcomes = desk.race((0..RACERS).map(|_| step_up(&desk, right.clone()))).await;
        assert_eq!(served(&outcomes), 1, "{}: at step-up", desk.name);
        let used = desk.count("SELECT count(*) FROM two_factor_codes WHERE used_at IS NOT NULL").await;
        assert_eq!(used, 1, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_who_ask_for_a_code_get_one() {
    for database in every_round("asking for a code").await {
        let (desk, tokens) = challenged(database, RACERS).await;
        let number = desk.person.factors[2].id;
        let ask = |token: &SecretText| SendFor::Challenge(TokenHash::of(token.expose()), Which::Factor(number));
        let outcomes = desk.race(tokens.iter().map(|token| SendCode { wanted: ask(token), origin: origin() })).await;
        assert_eq!(served(&outcomes), 1, "{}", desk.name);
        let refused =
            outcomes.iter().filter(|outcome| matches!(outcome, Ok(Err(Refusal::SendCooldown { .. })))).count();
        assert_eq!(refused, RACERS - 1, "{}", desk.name);
        assert_eq!(desk.messages().await.len(), 1, "{}", desk.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_refresh_token_is_traded_once_and_its_session_ends_by_the_second_use() {
    for database in every_round("one refresh token").await {
        let desk = Desk::on(database).await;
        let token = || RefreshToken::parse(desk.grant.refresh.expose()).unwrap();
        let outcomes = desk.race((0..RACERS).map(|_| Refresh { token: token(), origin: origin() })).await;
        assert_eq!(served(&outcomes), 1, "{}", desk.name);
        let ended = desk.count("SELECT count(*) FROM sessions WHERE end_reason = 'token_reused'").await;
        assert_eq!(ended, 1, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_device_secret_is_replaced_once_and_nobody_who_crossed_is_asked() {
    for database in every_round("one device").await {
        let mut shown = None;
        let desk = Desk::with(database, |lab, person| shown = Some(lab.trusted_device(&person.account))).await;
        let (device, cookie) = shown.unwrap();
        desk.put(move |_| vec![Change::AddTrustedDevice(Box::new(device.clone()))]).await;
        let user = &desk.person.account.user;
        let login = || FinishLogin {
            application: ApplicationId::DEFAULT,
            email: user.email.clone(),
            proof: PasswordProof::Right(user.password.clone()),
            rehashed: None,
            repeated: false,
            holder: RefreshHolder::Body,
            device: DeviceToken::parse(cookie.expose()),
            origin: origin(),
        };
        let outcomes = desk.race((0..RACERS).map(|_| login())).await;
        assert_eq!(served(&outcomes), RACERS, "{}", desk.name);
        let given = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Ok(Ok(LoggedIn::TrustedDevice { cookie: Some(_), .. }))));
        assert_eq!(given.count(), 1, "{}", desk.name);
        let asked = desk.count("SELECT count(*) FROM challenges").await;
        assert_eq!(asked, 0, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_link_to_a_new_password_works_once() {
    for database in every_round("one link to a new password").await {
        let desk = Desk::on(database).await;
        let email = desk.person.account.user.email.clone();
        let ask = RequestPasswordReset { application: ApplicationId::DEFAULT, email, origin: origin() };
        desk.run(ask).await.unwrap().unwrap();
        let token = link(&desk).await;
        let password = |number| PasswordHash::new(format!("$argon2id$number {number}"));
        let finish = |number| FinishPasswordReset { token, password: password(number), origin: origin() };
        let outcomes = desk.race((0..RACERS).map(finish)).await;
        assert_eq!(served(&outcomes), 1, "{}", desk.name);
        let told = desk.count("SELECT count(*) FROM outbox WHERE kind = 'password_changed'").await;
        assert_eq!(told, 1, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_link_to_another_address_works_once() {
    for database in every_round("one link to another address").await {
        let desk = Desk::on(database).await;
        let email = Email::parse("ada@new.example").unwrap();
        desk.run(BeginEmailChange { bearer: desk.bearer(), email, origin: origin() }).await.unwrap().unwrap();
        let token = link(&desk).await;
        let wanted = desk.run(ReadEmailChange { token }).await.unwrap().unwrap();
        let confirm = |_| ConfirmEmailChange { token, wanted: wanted.clone(), origin: origin() };
        assert_eq!(served(&desk.race((0..RACERS).map(confirm)).await), 1, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_link_out_of_a_lock_gives_its_guesses_once() {
    for database in every_round("one link out of a lock").await {
        let desk = Desk::on(database).await;
        let (token, user) = (TokenHash::of("the way out"), desk.user());
        let mut locked = desk.person.account.settings.clone();
        locked.guesses.locked_until = Some(START + Duration::from_mins(15));
        desk.put(move |context| {
            let link = LinkToken {
                id: domain::ids::LinkTokenId::new(START, context.rng),
                user,
                purpose: LinkPurpose::Unlock,
                token,
                payload: None,
                created_at: START,
                expires_at: START + Duration::from_mins(15),
                used_at: None,
            };
            vec![Change::PutLinkToken(link), Change::SaveSettings(user, locked.clone())]
        })
        .await;
        let outcomes = desk.race((0..RACERS).map(|_| UnlockAccount { token, origin: origin() })).await;
        assert_eq!(served(&outcomes), 1, "{}", desk.name);
        assert_eq!(desk.count("SELECT unlock_guesses_left FROM two_factor_settings").await, 3, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_link_of_a_sign_up_makes_one_user() {
    for database in every_round("one link of a sign-up").await {
        let desk = Desk::on(database).await;
        let email = Email::parse("grace@example.org").unwrap();
        let password = PasswordHash::new("$argon2id$grace".to_owned());
        let sign_up = SignUp { application: ApplicationId::DEFAULT, email, password, origin: origin() };
        desk.run(sign_up).await.unwrap().unwrap();
        let token = link(&desk).await;
        let outcomes = desk.race((0..RACERS).map(|_| VerifyEmail { token, origin: origin() })).await;
        // Sign-ups have no row to lock: whoever comes second may find the link gone only when it is used up.
        let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(())))).count();
        assert_eq!(won, 1, "{}: {outcomes:?}", desk.name);
        let lost = |outcome: &Result<Result<(), Refusal>, StoreError>| {
            matches!(outcome, Ok(Ok(()) | Err(Refusal::TokenInvalid)) | Err(StoreError::Conflict { .. }))
        };
        assert!(outcomes.iter().all(lost), "{}: {outcomes:?}", desk.name);
        assert_eq!(desk.count("SELECT count(*) FROM users").await, 2, "{}", desk.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_set_up_is_confirmed_once() {
    for database in every_round("one set-up").await {
        let desk = Desk::on(database).await;
        let confirm = |code: &TypedCode| ConfirmEnrollment {
            bearer: desk.bearer(),
            code: code.clone(),
            factor: None,
            refresh: None,
            origin: origin(),
        };
        let setup = desk.run(BeginEnrollment { bearer: desk.bearer(), label: None, origin: origin() }).await;
        let secret = TotpSecret::from_base32(setup.unwrap().unwrap().secret.expose()).unwrap();
        let code = TypedCode::Digits(secret.code(Step::at(START)));
        assert_eq!(served(&desk.race((0..RACERS).map(|_| confirm(&code))).await), 1, "{}", desk.name);
        assert_eq!(desk.count("SELECT count(*) FROM factors").await, 4, "{}", desk.name);

        let destination = Destination::Phone(PhoneNumber::from_e164("+12025550177").unwrap());
        let begin = BeginSentEnrollment { bearer: desk.bearer(), destination, label: None, origin: origin() };
        desk.run(begin).await.unwrap().unwrap();
        let sent = desk.messages().await.into_iter().find_map(|message| message.code.clone()).unwrap();
        let code = TypedCode::parse(&sent);
        assert_eq!(served(&desk.race((0..RACERS).map(|_| confirm(&code))).await), 1, "{}", desk.name);
        assert_eq!(desk.count("SELECT count(*) FROM factors").await, 5, "{}", desk.name);
        chain_is_whole(&desk).await;
    }
}

/// The token of the only link that was sent.
async fn link(desk: &Desk) -> TokenHash {
    let messages = desk.messages().await;
    let tokens = messages.iter().filter_map(|message| message.link.as_deref()?.split_once("#token="));
    let tokens: Vec<TokenHash> = tokens.map(|(_, token)| TokenHash::of(token)).collect();
    assert_eq!(tokens.len(), 1);
    tokens[0]
}
