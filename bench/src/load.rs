//! The load client: a closed loop that asks as fast as it is answered, and an open loop that asks at a fixed rate whether it
//! is answered or not.
//!
//! One thread with its own runtime, so that its cost stays small and can be told apart. Whatever is not a 200 ends the run.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::http::{Connection, field};
use crate::population::{
    PASSWORD, code, cookie, email, external, partial_token, recovery_code, second_token, sent_code,
};
use crate::process::{Cpu, Meter};

/// What is asked, again and again.
pub(crate) enum Errand {
    /// A right code for the challenge of somebody new each time.
    Verify(Numbers),
    /// The status of one of these signed-in people, in turn.
    Status { access: Vec<String>, next: AtomicU64 },
    /// The page where people sign in.
    SignInPage,
    /// Password and code of somebody new each time: two requests.
    Login(Numbers),
    /// The first recovery code of somebody new each time, for their challenge.
    RecoveryCode(Numbers),
    /// The password of somebody new each time, on a device they trust.
    TrustedDevice(Numbers),
    /// The password of somebody new each time, to whom a code goes out by text message, or cannot.
    TextedCode(Numbers),
    /// A challenge asked for and answered by an application with this key, for somebody of its own new each time: two requests.
    TwoCalls { key: String, numbers: Numbers },
    /// A code sent to somebody new each time, and a sent code for their second challenge: two requests.
    SentCode(Numbers),
}

/// Numbers of people, each given out once.
pub(crate) struct Numbers {
    next: AtomicU64,
    end: u64,
}

impl Numbers {
    pub(crate) fn new(range: Range<u64>) -> Self {
        Self { next: AtomicU64::new(range.start), end: range.end }
    }

    /// The next one, while there is one.
    pub(crate) fn take(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.end).then_some(number)
    }
}

impl Errand {
    /// Runs it once; false when nobody is left to run it for.
    async fn run(&self, connection: &mut Connection) -> Result<bool> {
        match self {
            Self::Verify(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                verify(connection, &partial_token(number), number).await?;
            }
            Self::Status { access, next } => {
                let next = usize::try_from(next.fetch_add(1, Ordering::Relaxed))?;
                connection.get("/auth/2fa/status/", &access[next % access.len()]).await?;
            }
            Self::SignInPage => {
                let page = connection.page("/sign-in").await?;
                ensure!(page.contains("id=\"password\""), "that is no sign-in page: {page}");
            }
            Self::Login(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(number));
                let token = field(connection.post("/auth/login/", &body).await?, "partial_token")?.to_owned();
                verify(connection, &token, number).await?;
            }
            Self::TextedCode(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(number));
                let due = connection.post("/auth/login/", &body).await?;
                ensure!(field(due, "method")? == "sms", "no code by text message is due: {due}");
            }
            Self::RecoveryCode(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                answer(connection, &partial_token(number), &recovery_code(number)).await?;
            }
            Self::TrustedDevice(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                let email = email(number);
                let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}","refresh_in_body":true}}"#);
                let signed_in = connection.post_as_device("/auth/login/", &cookie(number), &body).await?;
                ensure!(field(signed_in, "reason")? == "trusted_device", "not by the device: {signed_in}");
            }
            Self::TwoCalls { key, numbers } => {
                let Some(number) = numbers.take() else { return Ok(false) };
                let (user, agent) = (external(number), crate::http::USER_AGENT);
                let body =
                    format!(r#"{{"user":{{"id":"{user}"}},"ip":"127.0.0.1","user_agent":"{agent}","reason":"login"}}"#);
                let asked =
                    connection.post_as_application("/v1/challenges", key, &format!("ask-{number}"), &body).await?;
                ensure!(field(asked, "status")? == "pending", "no factor is due: {asked}");
                let path = format!("/v1/challenges/{}/verify", field(asked, "id")?);
                let body = format!(r#"{{"code":"{:06}"}}"#, code(number));
                let approved = connection.post_as_application(&path, key, &format!("answer-{number}"), &body).await?;
                ensure!(field(approved, "status")? == "approved", "not approved: {approved}");
            }
            Self::SentCode(numbers) => {
                let Some(number) = numbers.take() else { return Ok(false) };
                let body = format!(r#"{{"partial_token":"{}","method":"sms"}}"#, partial_token(number));
                connection.post("/auth/2fa/send-code/", &body).await?;
                let code = format!("{:06}", sent_code(number));
                let signed_in = answer(connection, &second_token(number), &code).await?;
                ensure!(signed_in.contains(r#""method":"sms""#), "not by the sent code: {signed_in}");
            }
        }
        Ok(true)
    }
}

/// Answers a challenge with the code of a person's authenticator; the answer's body.
pub(crate) async fn verify<'a>(connection: &'a mut Connection, token: &str, number: u64) -> Result<&'a str> {
    answer(connection, token, &format!("{:06}", code(number))).await
}

async fn answer<'a>(connection: &'a mut Connection, token: &str, code: &str) -> Result<&'a str> {
    let body = format!(r#"{{"partial_token":"{token}","code":"{code}","refresh_in_body":true}}"#);
    connection.post("/auth/2fa/verify/", &body).await
}

/// What a closed loop did while it was measured.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// Errands done.
    pub(crate) count: u64,
    /// In this time.
    pub(crate) elapsed: Duration,
    /// At this cost.
    pub(crate) cpu: Cpu,
}

impl Sample {
    pub(crate) fn per_second(&self) -> f64 {
        crate::stats::per_second(self.count, self.elapsed)
    }
}

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

/// Runs the errand on so many connections at once, each asking as soon as it was answered.
///
/// Ends early when nobody is left to ask for, and fails when that is before half of the time.
pub(crate) fn closed(
    port: u16,
    errand: &Arc<Errand>,
    connections: usize,
    warm_up: Duration,
    time: Duration,
    meter: &Meter,
) -> Result<Sample> {
    runtime()?.block_on(async {
        let phase = Arc::new(AtomicU8::new(WARMING_UP));
        let count = Arc::new(AtomicU64::new(0));
        let mut loops = JoinSet::new();
        for _ in 0..connections {
            let mut connection = Connection::open(port).await?;
            let (errand, phase, count) = (Arc::clone(errand), Arc::clone(&phase), Arc::clone(&count));
            loops.spawn(async move {
                while phase.load(Ordering::Relaxed) != OVER && errand.run(&mut connection).await? {
                    if phase.load(Ordering::Relaxed) == MEASURING {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
                anyhow::Ok(())
            });
        }
        let mut ended = None;
        let waited = async |time: Duration, loops: &mut JoinSet<Result<()>>| {
            tokio::select! {
                () = sleep(time) => None,
                ended = loops.join_next() => ended,
            }
        };
        if let Some(early) = waited(warm_up, &mut loops).await {
            early??;
            anyhow::bail!("nobody was left after the warm-up: seed more people");
        }
        let begun = (Instant::now(), meter.read());
        phase.store(MEASURING, Ordering::Relaxed);
        if let Some(early) = waited(time, &mut loops).await {
            ended = Some(early??);
        }
        phase.store(OVER, Ordering::Relaxed);
        let sample = Sample {
            count: count.load(Ordering::Relaxed),
            elapsed: begun.0.elapsed(),
            cpu: meter.read().since(&begun.1),
        };
        while let Some(done) = loops.join_next().await {
            done??;
        }
        ensure!(
            ended.is_none() || sample.elapsed >= time / 2,
            "nobody was left after {:?}: seed more people",
            sample.elapsed
        );
        Ok(sample)
    })
}

/// Runs the errand at a fixed rate for a time; the latencies, each from the moment it should have been asked.
pub(crate) fn open(
    port: u16,
    errand: &Arc<Errand>,
    connections: usize,
    rate: f64,
    warm_up: Duration,
    time: Duration,
) -> Result<Vec<Duration>> {
    runtime()?.block_on(async {
        let (due, waiting) = mpsc::unbounded_channel::<Instant>();
        let waiting = Arc::new(Mutex::new(waiting));
        let measured_from = Instant::now() + warm_up;
        let mut loops = JoinSet::new();
        for _ in 0..connections {
            let mut connection = Connection::open(port).await?;
            let (errand, waiting) = (Arc::clone(errand), Arc::clone(&waiting));
            loops.spawn(async move {
                let mut latencies = Vec::new();
                loop {
                    let next = waiting.lock().await.recv().await;
                    let Some(intended) = next else { return anyhow::Ok(latencies) };
                    ensure!(errand.run(&mut connection).await?, "nobody was left: seed more people");
                    if intended >= measured_from {
                        latencies.push(intended.elapsed());
                    }
                }
            });
        }
        // A thread of its own: the runtime's timers know whole milliseconds only.
        let pace = std::thread::spawn(move || {
            let begun = Instant::now();
            for number in 0_u32.. {
                let intended = begun + Duration::from_secs_f64(f64::from(number) / rate);
                if intended > begun + warm_up + time {
                    return;
                }
                std::thread::sleep(intended.saturating_duration_since(Instant::now()));
                if due.send(intended).is_err() {
                    return;
                }
            }
        });
        let mut latencies = Vec::new();
        while let Some(done) = loops.join_next().await {
            latencies.extend(done??);
        }
        ensure!(pace.join().is_ok(), "the pace-maker panicked");
        Ok(latencies)
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
