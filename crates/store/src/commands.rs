//! What each command reads: its view, as one batch.

mod account;
mod address;
mod administrator;
mod application;
mod factor;
mod hosted;
mod password;
mod proof;
mod recovery_code;
mod send_code;
mod sessions;
mod sign_in;
mod sign_up;
mod trusted_device;
mod visit;

use domain::link_token::LinkView;
use domain::secret::TokenHash;
use domain::session::{Bearer, SessionView};
use domain::throttle::{Charged, Counter};

use crate::load::{Answers, Assemble, Handle, Reads};
use crate::user::{Whose, locked};
use crate::{StoreError, link_token, session};

fn charged(counters: &[(Counter, Handle<Charged>)], answers: &Answers) -> Result<Vec<(Counter, Charged)>, StoreError> {
    counters.iter().map(|(counter, handle)| Ok((counter.clone(), answers.get(handle)?))).collect()
}

/// A caller and their session, locked.
fn caller(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<SessionView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
}

/// A link and its person, locked.
fn link_view(token: &TokenHash, reads: &mut Reads<'_>) -> Assemble<LinkView> {
    let account = locked(reads, &Whose::Link(*token));
    let link = link_token::by_token(reads, token);
    Box::new(move |answers| Ok(LinkView { account: answers.get(&account)?, link: answers.get(&link)? }))
}
