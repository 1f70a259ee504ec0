//! What takes a password, for API and pages alike: the commands around its slow check, in their order.
//!
//! A try is charged before it is checked, and a try that could not be checked is given back: overload must not cost a person
//! their tries. Nothing is decided here.

use domain::command::Origin;
use domain::decision::{PasswordFault, Refusal};
use domain::ids::ApplicationId;
use domain::login::{AbandonLogin, BeginLogin, FinishLogin, LoggedIn, PasswordCheck};
use domain::password::{BeginPasswordChange, BeginPasswordReset, FinishPasswordChange, FinishPasswordReset};
use domain::secret::TokenHash;
use domain::session::{Bearer, Grant, RefreshHolder, RefreshToken};
use domain::signup::{BeginSignUp, SignUp};
use domain::step_up::{BeginStepUp, Proof, ReadAddress};
use domain::trusted_device::DeviceToken;
use domain::user::{Email, PasswordProof};
use store::Surroundings;
use zeroize::Zeroizing;

use crate::app::App;
use crate::password::{Checked, check_length, is_too_long};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run, salt};

/// A try to sign in.
pub(crate) struct Credentials {
    /// The address, as it was typed.
    pub email: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// Where the client keeps its refresh token.
    pub holder: RefreshHolder,
    /// The cookie of a trusted device.
    pub device: Option<DeviceToken>,
    /// Where from.
    pub origin: Origin,
}

/// Signs in with a password. [`LoggedIn::HashChanged`] is answered once more; what is left of it is a wrong password.
pub(crate) async fn log_in(app: &App, credentials: &Credentials) -> Result<LoggedIn, Problem> {
    let email = address(&credentials.email)?;
    if check_length(&credentials.password) == Err(PasswordFault::TooLong) {
        return Err(rejected(PasswordFault::TooLong));
    }
    let mut entered = enter(app, &email, credentials, false).await?;
    if matches!(entered, LoggedIn::HashChanged) {
        entered = enter(app, &email, credentials, true).await?;
    }
    if matches!(entered, LoggedIn::HashChanged) {
        return Err(Refusal::CredentialsInvalid.into());
    }
    Ok(entered)
}

/// Charges the try, checks the password, and decides by what that found.
async fn enter(app: &App, email: &Email, credentials: &Credentials, repeated: bool) -> Result<LoggedIn, Problem> {
    let (application, email, origin) = (ApplicationId::DEFAULT, email.clone(), credentials.origin.clone());
    let against = run(app, BeginLogin { application, email: email.clone(), origin: origin.clone() }).await?;
    let Checked { proof, rehashed } = check(app, credentials.password.clone(), against, &email, &origin).await?;
    let (holder, device) = (credentials.holder, credentials.device.clone());
    run(app, FinishLogin { application, email, proof, rehashed, repeated, holder, device, origin }).await
}

/// Makes a pending account.
pub(crate) async fn sign_up(
    app: &App,
    email: &str,
    password: Zeroizing<String>,
    origin: Origin,
) -> Result<(), Problem> {
    if !app.world.policy().signup_enabled {
        return Err(Problem::new(ProblemCode::FeatureDisabled));
    }
    let email = address(email)?;
    check_length(&password).map_err(rejected)?;
    run(app, BeginSignUp { origin: origin.clone() }).await?;
    app.hasher.judge(password.clone(), &email).await?.map_err(rejected)?;
    let password = app.hasher.hash(password, salt(app)).await?;
    run(app, SignUp { application: ApplicationId::DEFAULT, email, password, origin }).await
}

/// Checks the password of somebody who is signed in, as a proof for a step-up.
pub(crate) async fn prove(
    app: &App,
    bearer: Bearer,
    password: Zeroizing<String>,
    origin: &Origin,
) -> Result<Proof, Problem> {
    let email = ask(app, &ReadAddress { bearer }).await?;
    let against = run(app, BeginStepUp { bearer, email: email.clone(), origin: origin.clone() }).await?;
    let Checked { proof, rehashed } = check(app, password, against, &email, origin).await?;
    Ok(Proof::Password { email, proof, rehashed })
}

/// Changes the password of somebody who knows it.
pub(crate) async fn change_password(
    app: &App,
    bearer: Bearer,
    (current, new): (Zeroizing<String>, Zeroizing<String>),
    refresh: Option<RefreshToken>,
    origin: Origin,
) -> Result<Option<Grant>, Problem> {
    let email = ask(app, &ReadAddress { bearer }).await?;
    // Judging costs more than most requests: it is for those who may change their password now, and have paid for a try.
    let begin = BeginPasswordChange { bearer, email: email.clone(), origin: origin.clone() };
    let against = run(app, begin).await?;
    if let Err(problem) = judge(app, &new, &email).await {
        give_back(app, &email, &origin).await?;
        return Err(problem);
    }
    // What nobody's password can be is wrong without being hashed; the try is paid for all the same.
    let proof = if is_too_long(&current) {
        PasswordProof::Wrong
    } else {
        check(app, current, against, &email, &origin).await?.proof
    };
    let password = match &proof {
        PasswordProof::Right(_) => Some(app.hasher.hash(new, salt(app)).await?),
        PasswordProof::Pending | PasswordProof::Wrong => None,
    };
    run(app, FinishPasswordChange { bearer, email, proof, password, refresh, origin }).await
}

/// Sets a new password by a link from a mail.
pub(crate) async fn reset_password(
    app: &App,
    token: TokenHash,
    new: Zeroizing<String>,
    origin: Origin,
) -> Result<(), Problem> {
    let email = run(app, BeginPasswordReset { token, origin: origin.clone() }).await?;
    judge(app, &new, &email).await?;
    let password = app.hasher.hash(new, salt(app)).await?;
    run(app, FinishPasswordReset { token, password, origin }).await
}

/// An address as it was typed.
pub(crate) fn address(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|fault| Problem::new(ProblemCode::EmailRejected).reason(fault.as_str()))
}

/// Gives back the charge of a try that judged nothing. The counters are those of the sign-in everywhere.
async fn give_back(app: &App, email: &Email, origin: &Origin) -> Result<(), Problem> {
    let (application, email, origin) = (ApplicationId::DEFAULT, email.clone(), origin.clone());
    run(app, AbandonLogin(BeginLogin { application, email, origin })).await
}

async fn check(
    app: &App,
    password: Zeroizing<String>,
    against: PasswordCheck,
    email: &Email,
    origin: &Origin,
) -> Result<Checked, Problem> {
    match app.hasher.check(password, against, salt(app)).await {
        Ok(checked) => Ok(checked),
        Err(fault) => {
            give_back(app, email, origin).await?;
            Err(fault.into())
        }
    }
}

async fn judge(app: &App, password: &Zeroizing<String>, email: &Email) -> Result<(), Problem> {
    let judged = match check_length(password) {
        Ok(()) => app.hasher.judge(password.clone(), email).await?,
        short_or_long => short_or_long,
    };
    judged.map_err(rejected)
}

fn rejected(fault: PasswordFault) -> Problem {
    Refusal::PasswordRejected(fault).into()
}
