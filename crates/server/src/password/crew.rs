//! Threads that do nothing but hash.
//!
//! Each goes from one password straight to the next, with its memory at hand: nobody has to be woken in between. New memory
//! costs about a tenth of a hash, for the system makes each page when it is first written; so a thread gives its memory back
//! only when nobody waits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::desk::Desk;
use crate::fault::Fault;

/// What a password is worked on for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Signing in.
    Check,
    /// A new password. It takes one worker at a time and half of the places, so that no flood of sign-ups is in the way of
    /// those who sign in.
    New,
}

/// What is to be done at a desk.
pub(super) type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The threads, for as long as this lives.
pub(super) struct Crew(Arc<Shared>);

struct Shared {
    line: Mutex<Line>,
    called: Condvar,
    places: usize,
}

/// Who waits, in order, and what is worked on.
#[derive(Default)]
struct Line {
    waiting: VecDeque<(Purpose, Job)>,
    checks: usize,
    news: usize,
    is_new_under_way: bool,
    is_closed: bool,
}

impl Crew {
    /// So many threads, each at its desk, and so many places for jobs, those that are worked on among them.
    pub(super) fn start(desks: Vec<Desk>, places: usize) -> Result<Self, Fault> {
        let shared = Arc::new(Shared { line: Mutex::default(), called: Condvar::new(), places });
        let crew = Self(Arc::clone(&shared));
        for desk in desks {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("hasher".to_owned())
                .spawn(move || shared.work(desk))
                .map_err(|error| Fault::new("no thread for passwords could be started", error))?;
        }
        Ok(crew)
    }

    /// Puts a job in line; whether there was a place for it.
    pub(super) fn take_on(&self, purpose: Purpose, job: Job) -> bool {
        let mut line = self.0.line();
        let is_full =
            line.checks + line.news >= self.0.places || (purpose == Purpose::New && line.news >= self.0.places / 2);
        if is_full {
            return false;
        }
        *line.taken_by(purpose) += 1;
        line.waiting.push_back((purpose, job));
        drop(line);
        self.0.called.notify_one();
        true
    }

    /// Jobs that wait or are worked on: checks, and new passwords.
    #[cfg(test)]
    pub(super) fn taken(&self) -> (usize, usize) {
        let line = self.0.line();
        (line.checks, line.news)
    }

    /// Jobs that wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.0.line().waiting.len()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.0.line().is_closed = true;
        self.0.called.notify_all();
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's life: the first job in line that may begin, and so on until all is over.
    fn work(&self, mut desk: Desk) {
        let mut line = self.line();
        loop {
            let Some((purpose, job)) = line.next() else {
                if line.is_closed {
                    return;
                }
                desk.clear();
                line = self.called.wait(line).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(line);
            // A job that panics has answered nobody, which its owner notices; the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut desk))).is_err() {
                desk.clear();
            }
            line = self.line();
            *line.taken_by(purpose) -= 1;
            if purpose == Purpose::New {
                line.is_new_under_way = false;
                // Another new password may have waited for this one, and this thread may go on to something else.
                self.called.notify_one();
            }
        }
    }
}

impl Line {
    fn next(&mut self) -> Option<(Purpose, Job)> {
        let may_begin = |(purpose, _): &(Purpose, Job)| *purpose == Purpose::Check || !self.is_new_under_way;
        let position = self.waiting.iter().position(may_begin)?;
        let next = self.waiting.remove(position)?;
        self.is_new_under_way |= next.0 == Purpose::New;
        Some(next)
    }

    fn taken_by(&mut self, purpose: Purpose) -> &mut usize {
        match purpose {
            Purpose::Check => &mut self.checks,
            Purpose::New => &mut self.news,
        }
    }
}
