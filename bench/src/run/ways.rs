//! The other ways to sign in: a recovery code, a trusted device, a code that was sent.

use anyhow::Result;

use super::{Effort, PHONES, Subject, TARGET_CONNECTIONS};
use crate::calls::{Call, Noted};
use crate::databases::SEEDED;
use crate::load::{Errand, Numbers};
use crate::report::{Report, Target};
use crate::run::stage::Row;

impl Subject {
    /// The calls that check a password, and nothing else.
    pub(super) async fn logins(&self, report: &mut Report) -> Result<()> {
        self.begin(SEEDED, TARGET_CONNECTIONS).await?.login(report).await?;
        self.on_trusted_devices(report).await
    }

    async fn on_trusted_devices(&self, report: &mut Report) -> Result<()> {
        let errand = Errand::TrustedDevice(Numbers::new(self.effort.with_password()));
        let stage = self.begin(SEEDED, TARGET_CONNECTIONS).await?;
        stage.beside_argon2("login, trusted device", errand, report).await
    }

    /// The two calls of an application, for people of its own.
    pub(super) async fn two_calls(&self, report: &mut Report) -> Result<()> {
        let people = self.effort.of_application();
        let row = Row {
            what: "/v1 challenge and verify",
            errand: Errand::TwoCalls { key: self.api_key.clone(), numbers: Numbers::new(people.clone()) },
            scripts: &Noted::scripts(&self.noted, Call::TwoCalls)?,
            people,
            target: Some(Target::AtLeast(0.6)),
        };
        self.begin(SEEDED, TARGET_CONNECTIONS).await?.row(row, report).await?;
        Ok(())
    }

    /// Each with its own fresh copies and its own server.
    pub(super) async fn ways(&self, report: &mut Report) -> Result<()> {
        let Effort { people, phones, .. } = self.effort;
        let row = Row {
            what: "verify, recovery code",
            errand: Errand::RecoveryCode(Numbers::new(0..self.effort.kept())),
            scripts: &Noted::scripts(&self.noted, Call::RecoveryCode)?,
            people: 0..people,
            target: Some(Target::AtLeast(0.6)),
        };
        self.begin(SEEDED, TARGET_CONNECTIONS).await?.row(row, report).await?;

        self.on_trusted_devices(report).await?;

        let scripts = Noted::scripts(&self.noted, Call::SendThenVerify)?;
        let errand = Errand::SentCode(Numbers::new(0..phones));
        let row = Row { what: "send-code and verify", errand, scripts: &scripts, people: 0..phones, target: None };
        self.begin(PHONES, TARGET_CONNECTIONS).await?.row(row, report).await?;
        self.two_calls(report).await
    }
}
