//! What there is without a server: the store alone, and Argon2 alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use store::{Db, Surroundings};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::answer;
use crate::load::Numbers;
use crate::population::{PASSWORD, World, code, partial_token};
use crate::process::spent_by_all;
use crate::stats::Run;

/// Runs one verification, which must succeed.
pub(crate) async fn verify(db: &Db, world: &Arc<World>, number: u64) -> Result<()> {
    let world = Arc::clone(world) as Arc<dyn Surroundings>;
    let answer = answer(&partial_token(number), &format!("{:06}", code(number)));
    match db.run(Arc::new(answer), world).await? {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("a right code was refused: {refusal:?}"),
    }
}

/// Verifications by the store alone: so many tasks, each with the next as soon as one is committed.
pub(crate) async fn store(
    db: &Db,
    world: &Arc<World>,
    tasks: usize,
    numbers: Arc<Numbers>,
    warm_up: Duration,
    time: Duration,
    database: Option<u32>,
) -> Result<Run> {
    let count = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let mut loops = JoinSet::new();
    for _ in 0..tasks {
        let (db, world, numbers) = (db.clone(), Arc::clone(world), Arc::clone(&numbers));
        let (count, over) = (Arc::clone(&count), Arc::clone(&over));
        loops.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                verify(&db, &world, numbers.take().context("nobody was left: seed more people")?).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(warm_up).await;
    let (begun, before, spent) = (Instant::now(), count.load(Ordering::Relaxed), spent_by_all(database));
    sleep(time).await;
    let spent = spent_by_all(database).saturating_sub(spent);
    let run = Run::new(count.load(Ordering::Relaxed) - before, begun.elapsed(), spent);
    over.store(true, Ordering::Relaxed);
    while let Some(done) = loops.join_next().await {
        done??;
    }
    Ok(run)
}

/// The parameters that the server hashes with.
fn parameters() -> Result<Params> {
    Params::new(19 * 1024, 2, 1, None).map_err(|error| anyhow!("Argon2 refuses its parameters: {error}"))
}

/// The hash of everybody's password.
pub(crate) fn password_hash() -> Result<String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters()?);
    let hash = argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]);
    Ok(hash.map_err(|error| anyhow!("the password could not be hashed: {error}"))?.to_string())
}

/// Hashes by so many threads that do nothing else, each with its memory at hand.
pub(crate) fn argon2(threads: usize, time: Duration) -> Result<Run> {
    let over = AtomicBool::new(false);
    let (begun, spent) = (Instant::now(), spent_by_all(None));
    let hashing = || -> Result<u64> {
        let parameters = parameters()?;
        let mut memory = vec![Block::default(); parameters.block_count()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let mut count = 0;
        let mut hash = [0; 32];
        while !over.load(Ordering::Relaxed) {
            argon2
                .hash_password_into_with_memory(PASSWORD.as_bytes(), &[7; 16], &mut hash, &mut memory)
                .map_err(|error| anyhow!("the password could not be hashed: {error}"))?;
            count += 1;
        }
        Ok(count)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(hashing)).collect();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let mut count = 0;
        for thread in threads {
            count += thread.join().map_err(|_| anyhow!("a hashing thread panicked"))??;
        }
        Ok(Run::new(count, begun.elapsed(), spent_by_all(None).saturating_sub(spent)))
    })
}
