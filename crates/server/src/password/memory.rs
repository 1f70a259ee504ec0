//! The memory that passwords are hashed in.
//!
//! New memory costs about a tenth of a hash: the system makes each page when it is first written, and takes it back at the
//! end. So while passwords wait to be checked, the memory of one check goes on to the next. When none waits any more, all of
//! it goes back to the system.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{Argon2, Block};

/// Memory that lies ready for the next hash.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Vec<Vec<Block>>>);

impl Shelf {
    /// Memory for one hash: what lies ready or, if it is to go on to others, new memory.
    pub(super) fn take(&self, argon2: &Argon2<'_>, for_others_too: bool) -> Option<Vec<Block>> {
        let ready = self.lock().pop();
        ready.or_else(|| for_others_too.then(|| vec![Block::new(); argon2.params().block_count()]))
    }

    /// Lays it ready.
    pub(super) fn put(&self, memory: Vec<Block>) {
        self.lock().push(memory);
    }

    /// Gives everything back to the system.
    pub(super) fn clear(&self) {
        let memory = std::mem::take(&mut *self.lock());
        drop(memory);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}
