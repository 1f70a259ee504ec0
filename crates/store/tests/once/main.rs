//! What may happen once happens once, on both databases.
//!
//! `races`: sixteen tasks do the same by the real commands; the lock of the user's row and the rules let one win. `guards`:
//! sixteen do it by decisions that know nothing of each other, as if rules and lock had failed; the guard in the SQL lets one
//! win, and of the others no session, audit entry or message is left.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps of a test may fail it")]

mod desk;
mod guards;
mod messages;
mod races;
