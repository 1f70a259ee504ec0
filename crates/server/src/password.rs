//! Passwords: hashed and checked with Argon2id, off the runtime and off the database's threads.
//!
//! As many threads as the machine has processors work; beyond a short queue the answer is "unavailable", so that no flood of sign-ins can
//! take the machine. A password that has nothing to be checked against is checked against a hash of nobody: an unknown
//! address costs what a known one costs.

mod crew;
mod desk;

use std::sync::Arc;

use domain::decision::PasswordFault;
use domain::login::PasswordCheck;
use domain::user::{Email, PasswordHash, PasswordProof};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use self::crew::{Crew, Purpose};
use self::desk::{Desk, is_todays};
use crate::django_hash::is_known;
use crate::fault::Fault;

/// Characters of a password.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;
/// Checks that may wait for each one under way. At 25 ms each the last one waits about a second and a half.
const WAITING_PER_WORKER: usize = 64;
/// Below this many guesses, as a power of ten, a password is among the first that would be tried.
const TOO_COMMON_LOG10: f64 = 4.0;
/// A hash of nobody's password, with today's parameters. Written down, for making it would take the start 19 MiB and the
/// time of a sign-in.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$ACLZoEAOVPkfKguZYbSFrpX7QbJAa2axonBu1tLaRIk";
/// How many characters of a password its strength is judged by. Judging takes longer than in proportion to the length: with
/// letters written as digits and signs a hundred characters take over a second, these a tenth of one.
const JUDGED: usize = 32;

/// Those who hash.
#[derive(Clone)]
pub struct Hasher(Arc<Crew>);

/// What a check found, and the password hashed anew where its hash has other parameters.
#[derive(Debug)]
pub struct Checked {
    /// Whose password it is.
    pub proof: PasswordProof,
    /// To be stored instead.
    pub rehashed: Option<PasswordHash>,
}

impl Hasher {
    /// As many workers as the machine has processors.
    pub fn new() -> Result<Self, Fault> {
        Self::with_workers(std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn with_workers(workers: usize) -> Result<Self, Fault> {
        let desks = (0..workers).map(|_| Desk::new()).collect::<Result<_, _>>()?;
        Crew::start(desks, workers * WAITING_PER_WORKER).map(|crew| Self(Arc::new(crew)))
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<PasswordHash, Fault> {
        self.work(Purpose::New, move |desk| desk.hash(&password, &salt)).await?
    }

    /// Checks a password. A right one costs one check; a wrong one costs two, whatever there was to check against.
    pub async fn check(
        &self,
        password: Zeroizing<String>,
        check: PasswordCheck,
        salt: [u8; 16],
    ) -> Result<Checked, Fault> {
        self.work(Purpose::Check, move |desk| {
            // A user without a password costs what nobody costs.
            let user = check.user.as_ref().filter(|hash| is_known(hash.as_str()));
            let is_users = desk.verify(&password, against(user)) && user.is_some();
            if let (true, Some(hash_of_user)) = (is_users, user) {
                let rehashed = (!is_todays(hash_of_user.as_str())).then(|| desk.hash(&password, &salt)).transpose()?;
                return Ok(Checked { proof: PasswordProof::Right(hash_of_user.clone()), rehashed });
            }
            let pending = check.pending.as_ref();
            let is_pendings = desk.verify(&password, against(pending)) && pending.is_some();
            let proof = if is_pendings { PasswordProof::Pending } else { PasswordProof::Wrong };
            Ok(Checked { proof, rehashed: None })
        })
        .await?
    }

    /// Judges a new password.
    pub async fn judge(&self, password: Zeroizing<String>, email: &Email) -> Result<Result<(), PasswordFault>, Fault> {
        let known = vec![email.as_str().to_owned(), email.local_part().to_owned()];
        self.work(Purpose::New, move |_| judge(&password, &known)).await
    }

    /// A job that has begun runs to its end even when its request is gone: whoever hangs up frees no worker. One that has
    /// not is left out.
    async fn work<T: Send + 'static>(
        &self,
        purpose: Purpose,
        job: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let job = move |desk: &mut Desk| {
            if !answer.is_closed() {
                // Whether anybody still waits for it is no concern of the worker's.
                drop(answer.send(job(desk)));
            }
        };
        if !self.0.take_on(purpose, Box::new(job)) {
            return Err(Fault::plain("more passwords wait to be checked than can be"));
        }
        answered.await.map_err(|error| Fault::new("checking a password did not come to its end", error))
    }
}

/// Whether a text is longer than any password.
pub fn is_too_long(password: &str) -> bool {
    check_length(password) == Err(PasswordFault::TooLong)
}

/// Whether a password has a length this server takes; counted in characters.
pub fn check_length(password: &str) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length > *LENGTHS.end() {
        Err(PasswordFault::TooLong)
    } else if length < *LENGTHS.start() {
        Err(PasswordFault::TooShort)
    } else {
        Ok(())
    }
}

fn judge(password: &str, known: &[String]) -> Result<(), PasswordFault> {
    check_length(password)?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let judged: Zeroizing<String> = Zeroizing::new(password.chars().take(JUDGED).collect());
    if zxcvbn::zxcvbn(&judged, &known).guesses_log10() < TOO_COMMON_LOG10 {
        return Err(PasswordFault::TooCommon);
    }
    Ok(())
}

/// What to check against, where there may be nothing.
fn against(stored: Option<&PasswordHash>) -> &str {
    stored.map_or(NOBODY, PasswordHash::as_str)
}

#[cfg(test)]
mod tests;
