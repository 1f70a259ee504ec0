//! What tests of every layer share: a seeded generator.

use rand::SeedableRng;

/// A generator that draws the same on every run.
pub fn rng(seed: u64) -> rand::rngs::StdRng {
    rand::rngs::StdRng::seed_from_u64(seed)
}
