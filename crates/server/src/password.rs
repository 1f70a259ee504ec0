//! Passwords: hashed and checked with Argon2id, off the runtime and off the database's threads.
//!
//! A pool as wide as the machine works; beyond a short queue the answer is "unavailable", so that no flood of sign-ins can
//! take the machine. A password that has nothing to be checked against is checked against a hash of nobody: an unknown
//! address costs what a known one costs.

mod memory;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use domain::decision::PasswordFault;
use domain::login::PasswordCheck;
use domain::user::{Email, PasswordHash, PasswordProof};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use self::memory::Shelf;
use crate::django_hash::{self, is_known};
use crate::fault::Fault;

/// Parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Characters of a password.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;
/// Checks that may wait for each one under way. At 25 ms each the last one waits about a second and a half.
const WAITING_PER_WORKER: usize = 64;
/// Below this many guesses, as a power of ten, a password is among the first that would be tried.
const TOO_COMMON_LOG10: f64 = 4.0;
/// A hash of nobody's password, with the parameters above. Written down, for making it would take the start 19 MiB and the
/// time of a sign-in.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$ACLZoEAOVPkfKguZYbSFrpX7QbJAa2axonBu1tLaRIk";
/// How many characters of a password its strength is judged by. Judging takes longer than in proportion to the length: with
/// letters written as digits and signs a hundred characters take over a second, these a tenth of one.
const JUDGED: usize = 32;

/// The pool of hashers.
#[derive(Clone)]
pub struct Hasher(Arc<Pool>);

struct Pool {
    argon2: Argon2<'static>,
    all_workers: usize,
    all_places: usize,
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    signup_worker: Arc<Semaphore>,
    signup_places: Arc<Semaphore>,
    memory: Shelf,
}

/// What a password is worked on for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Signing in.
    Check,
    /// A new password. It takes one worker at a time and half of the places, so that no flood of sign-ups is in the way of
    /// those who sign in.
    New,
}

/// What a check found, and the password hashed anew where its hash has other parameters.
#[derive(Debug)]
pub struct Checked {
    /// Whose password it is.
    pub proof: PasswordProof,
    /// To be stored instead.
    pub rehashed: Option<PasswordHash>,
}

impl Hasher {
    /// A pool of as many workers as the machine has processors.
    pub fn new() -> Result<Self, Fault> {
        Self::with_workers(std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn with_workers(workers: usize) -> Result<Self, Fault> {
        let places = workers * WAITING_PER_WORKER;
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| Fault::plain(format!("Argon2 refuses its parameters: {error}")))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self(Arc::new(Pool {
            argon2,
            all_workers: workers,
            all_places: places,
            workers: Arc::new(Semaphore::new(workers)),
            places: Arc::new(Semaphore::new(places)),
            signup_worker: Arc::new(Semaphore::new(1)),
            signup_places: Arc::new(Semaphore::new(places / 2)),
            memory: Shelf::default(),
        })))
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<PasswordHash, Fault> {
        self.work(Purpose::New, move |pool| hash(&pool.argon2, &password, &salt)).await?
    }

    /// Checks a password. A right one costs one check; a wrong one costs two, whatever there was to check against.
    pub async fn check(
        &self,
        password: Zeroizing<String>,
        check: PasswordCheck,
        salt: [u8; 16],
    ) -> Result<Checked, Fault> {
        self.work(Purpose::Check, move |pool| {
            // A user without a password costs what nobody costs.
            let user = check.user.as_ref().filter(|hash| is_known(hash.as_str()));
            let is_users = pool.verify(&password, against(user)) && user.is_some();
            if let (true, Some(hash_of_user)) = (is_users, user) {
                let rehashed =
                    (!is_todays(hash_of_user.as_str())).then(|| hash(&pool.argon2, &password, &salt)).transpose()?;
                return Ok(Checked { proof: PasswordProof::Right(hash_of_user.clone()), rehashed });
            }
            let pending = check.pending.as_ref();
            let is_pendings = pool.verify(&password, against(pending)) && pending.is_some();
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

    async fn work<T: Send + 'static>(
        &self,
        purpose: Purpose,
        job: impl FnOnce(&Pool) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let pool = Arc::clone(&self.0);
        let place = |of: &Arc<Semaphore>| {
            let busy = |_| Fault::plain("more passwords wait to be checked than can be");
            Arc::clone(of).try_acquire_owned().map_err(busy)
        };
        let worker = async |of: &Arc<Semaphore>| {
            Arc::clone(of).acquire_owned().await.map_err(|_| Fault::plain("the hashers are gone"))
        };
        let mut permits = Vec::with_capacity(4);
        if purpose == Purpose::New {
            permits.push(place(&pool.signup_places)?);
        }
        permits.push(place(&pool.places)?);
        if purpose == Purpose::New {
            permits.push(worker(&pool.signup_worker).await?);
        }
        permits.push(worker(&pool.workers).await?);
        // The job runs to its end even when its request is gone, so the permits are the job's: whoever hangs up frees nothing.
        let job = move || {
            let done = job(&pool);
            if !pool.has_waiting() {
                pool.memory.clear();
            }
            drop(permits);
            done
        };
        tokio::task::spawn_blocking(job)
            .await
            .map_err(|error| Fault::new("checking a password did not come to its end", error))
    }
}

impl Pool {
    /// Whether a password waits for a worker: more places are taken than workers.
    fn has_waiting(&self) -> bool {
        self.all_places - self.places.available_permits() > self.all_workers - self.workers.available_permits()
    }

    /// Whether a password is that of a hash.
    fn verify(&self, password: &str, stored: &str) -> bool {
        let memory = if is_todays(stored) { self.memory.take(&self.argon2, self.has_waiting()) } else { None };
        let Some(mut memory) = memory else { return django_hash::verify(password, stored) };
        let is_its = self.verify_in(&mut memory, password, stored).unwrap_or(false);
        self.memory.put(memory);
        is_its
    }

    /// The same for a hash made with today's parameters, in memory that is there.
    fn verify_in(&self, memory: &mut [Block], password: &str, stored: &str) -> Option<bool> {
        let stored = Phc::new(stored).ok()?;
        let (salt, hash) = (stored.salt?, stored.hash?);
        let mut made = Zeroizing::new(vec![0; hash.len()]);
        self.argon2.hash_password_into_with_memory(password.as_bytes(), &salt, made.as_mut(), memory).ok()?;
        Some(made.ct_eq(hash.as_bytes()).into())
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

fn hash(argon2: &Argon2<'static>, password: &str, salt: &[u8; 16]) -> Result<PasswordHash, Fault> {
    let made: Phc = argon2
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| Fault::plain(format!("a password could not be hashed: {error}")))?;
    Ok(PasswordHash::new(made.to_string()))
}

/// What to check against, where there may be nothing.
fn against(stored: Option<&PasswordHash>) -> &str {
    stored.map_or(NOBODY, PasswordHash::as_str)
}

/// Whether a hash was made with the parameters of today.
fn is_todays(stored: &str) -> bool {
    stored.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests;
