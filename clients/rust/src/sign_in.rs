//! The hosted second factor, for any framework with a session.

use std::sync::Arc;

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::answers::{Approval, Challenge, Secret};
use crate::client::{Asked, Twinlock};
use crate::error::Error;

/// The longest token of a device that is handed on.
const LONGEST_TOKEN: usize = 512;
/// The longest name of a language, in characters.
const LONGEST_LOCALE: usize = 35;

/// What is kept of a sign-in in the browser's session: who is expected, and what the result is bound to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    user: String,
    binding: Secret,
    /// What you gave `begin`.
    pub carry: String,
}

/// What a right password comes to.
#[derive(Debug)]
pub enum Begun {
    /// Put this into the browser's session, sign nobody in, and send the browser to `url`.
    Away {
        /// For the session.
        waiting: Waiting,
        /// Where to.
        url: String,
    },
    /// Sign the user of this result in.
    In(Approval),
    /// Nobody is signed in; the status says why: `locked`, or `enrollment_required` where nothing can be set up.
    Refused(Box<Challenge>),
}

/// Between the right password and the signed-in person. Who is expected is kept in the browser's session, never in an address;
/// so a link that somebody else was sent back with signs nobody in.
#[derive(Clone, Debug)]
pub struct SignIn(Arc<Twinlock>);

impl SignIn {
    /// By this client.
    pub fn new(client: Arc<Twinlock>) -> Self {
        Self(client)
    }

    /// Ask. `carry` comes back from `finish`. `asked.device_token` and `asked.locale` (the browser's Accept-Language) are taken
    /// as the browser sent them; a `return_url` has to be there.
    pub async fn begin(&self, user: &str, mut asked: Asked, carry: &str) -> Result<Begun, Error> {
        let mut rng: StdRng = rand::make_rng();
        let binding = Secret::from(&*data_encoding::BASE64URL_NOPAD.encode(&rng.random::<[u8; 32]>()));
        asked.browser_binding = Some(binding.clone());
        asked.device_token = asked.device_token.filter(|token| token.expose().len() <= LONGEST_TOKEN);
        let first =
            |text: String| text.split([',', ';']).next().map(|tag| tag.trim().chars().take(LONGEST_LOCALE).collect());
        asked.locale = asked.locale.and_then(first).filter(|tag: &String| !tag.is_empty());
        let mut challenge = self.0.challenge(user, &asked).await?;
        Ok(match (challenge.url.take(), challenge.result.take()) {
            (Some(url), _) => {
                Begun::Away { waiting: Waiting { user: user.to_owned(), binding, carry: carry.to_owned() }, url }
            }
            (None, Some(result)) => Begun::In(result),
            (None, None) => Begun::Refused(Box::new(challenge)),
        })
    }

    /// The browser is back with `tfa` in its address. Take what waits out of its session, sign in the user of the result, and
    /// begin a new session for them. Where it fails, what waits stays in the session: somebody else's link ends no sign-in.
    pub async fn finish(&self, waiting: &Waiting, token: &str) -> Result<Approval, Error> {
        self.0.redeem(token, &waiting.user, Some(&waiting.binding)).await
    }
}
