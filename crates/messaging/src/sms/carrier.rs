//! Sends a message through the providers of the list: the only place where their rules meet their network.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::{Duration, Timestamp};

use super::breaker::{Breaker, Phase, Rules};
use super::failover::{Course, Outcome, Step};
use super::{Callback, CallbackFault, ReceiptUpdate, Sms, SmsProvider};

/// The providers in their order, each with its breaker. Shared by every thread of a process.
#[derive(Debug)]
pub struct Carrier {
    providers: Vec<Box<dyn SmsProvider>>,
    names: Vec<&'static str>,
    breakers: Vec<Mutex<Breaker>>,
}

impl Carrier {
    /// The first provider is the one that is used as long as it serves.
    pub fn new(providers: Vec<Box<dyn SmsProvider>>, rules: Rules) -> Self {
        let names = providers.iter().map(|provider| provider.name()).collect();
        let breakers = providers.iter().map(|_| Mutex::new(Breaker::new(rules))).collect();
        Self { providers, names, breakers }
    }

    /// The providers by name, in order.
    pub fn providers(&self) -> &[&'static str] {
        &self.names
    }

    /// Hands the message to the first provider that takes it. `clock` is asked before and after each try.
    ///
    /// One call takes as long as two hanging providers at most. Dropped half-way, it leaves no breaker stuck.
    pub async fn send(&self, sms: &Sms, clock: &(dyn Fn() -> Timestamp + Sync)) -> Outcome {
        let mut course = Course::new();
        loop {
            let at = clock();
            let step = course.step(&self.names, |place| self.breaker(place).admit(at), at);
            let Step::Ask(place, pass) = step else { return course.end() };
            let name = self.names[place];
            let answer = self.providers[place].send(&reporting_to(sms, name), clock()).await;
            course.take(name, answer, at, clock(), (&mut self.breaker(place), pass));
        }
    }

    /// How long no provider can be tried; zero when one can. Then a message would be carried, or at least tried.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        (0..self.breakers.len()).map(|place| self.breaker(place).wait(now)).min()
    }

    /// Each provider and the state of its breaker, for metrics and the operator.
    pub fn phases(&self) -> Vec<(&'static str, Phase)> {
        self.names.iter().enumerate().map(|(place, name)| (*name, self.breaker(place).phase())).collect()
    }

    /// Reads a report that came to the path of that provider.
    pub fn read_callback(
        &self,
        provider: &str,
        callback: &Callback<'_>,
        now: Timestamp,
    ) -> Result<ReceiptUpdate, CallbackFault> {
        let found = self.providers.iter().find(|known| known.name() == provider);
        found.ok_or(CallbackFault::NoReports)?.read_callback(callback, now)
    }

    fn breaker(&self, place: usize) -> MutexGuard<'_, Breaker> {
        // A breaker is whole after each of its methods: a thread that panicked elsewhere left it as good as it was.
        self.breakers[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message with the provider's name at the end of the callback's path.
fn reporting_to(sms: &Sms, provider: &str) -> Sms {
    let mut sms = sms.clone();
    if let Some(url) = &mut sms.status_callback {
        // An http address always has segments; one without is left as it is, and its reports find no route.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(provider);
        }
    }
    sms
}
