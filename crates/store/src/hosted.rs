//! Challenges answered at the hosted pages, and where people go back to from there.

use domain::application::hosted::{Hosted, HostedView};
use domain::application::return_url::ReturnUrl;
use domain::factor::Method;
use domain::ids::{ApplicationId, ChallengeId, UserId};
use domain::secret::TokenHash;
use domain::time::Timestamp;

use crate::factor::method;
use crate::load::{Assemble, Handle, Reads, every, only, optional};
use crate::user::{locked_by_hosted_link, locked_by_hosted_result};
use crate::{Db, Row, Statement, StoreError, challenge, params};

macro_rules! hosted_where {
    ($condition:literal) => {
        concat!(
            "SELECT challenge_id, link_hash, return_url, binding_hash, browser_hash, method, trust, result_hash, \
             result_expires_at, redeemed_at FROM hosted_challenges WHERE ",
            $condition
        )
    };
}

/// The hosted side of a challenge.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Option<Hosted>> {
    reads.read(hosted_where!("challenge_id = $1"), params![id.uuid()], |rows| optional(rows, hosted))
}

/// What a link leads to, locked.
pub(crate) fn view_of_link(reads: &mut Reads<'_>, link: &TokenHash) -> Assemble<HostedView> {
    let account = locked_by_hosted_link(reads, link);
    let challenge = challenge::by_hosted_link(reads, link);
    let hosted = reads.read(hosted_where!("link_hash = $1"), params![&link.0], |rows| optional(rows, hosted));
    Box::new(move |answers| {
        Ok(HostedView {
            account: answers.get(&account)?,
            challenge: answers.get(&challenge)?,
            hosted: answers.get(&hosted)?,
        })
    })
}

/// What the token of a result leads to, locked.
pub(crate) fn view_of_result(reads: &mut Reads<'_>, token: &TokenHash) -> Assemble<HostedView> {
    let account = locked_by_hosted_result(reads, token);
    let challenge = challenge::by_hosted_result(reads, token);
    let hosted = reads.read(hosted_where!("result_hash = $1"), params![&token.0], |rows| optional(rows, hosted));
    Box::new(move |answers| {
        Ok(HostedView {
            account: answers.get(&account)?,
            challenge: answers.get(&challenge)?,
            hosted: answers.get(&hosted)?,
        })
    })
}

fn hosted(row: &Row) -> Result<Hosted, StoreError> {
    let hash = |at| Ok::<_, StoreError>(row.get::<Option<_>>(at)?.map(TokenHash));
    let by = row.get::<Option<String>>(5)?.map(|word| method("hosted_challenges", &word)).transpose()?;
    let trust: bool = row.get(6)?;
    Ok(Hosted {
        challenge: ChallengeId::from_uuid(row.get(0)?),
        link: TokenHash(row.get(1)?),
        return_url: ReturnUrl::stored(row.get(2)?),
        binding: hash(3)?,
        browser: hash(4)?,
        approved: by.map(|by| (by, trust)),
        result: hash(7)?.zip(row.get(8)?),
        redeemed_at: row.get(9)?,
    })
}

/// The hosted side of a new challenge.
pub(crate) fn insert(new: &Hosted) -> Statement {
    Statement::new(
        "INSERT INTO hosted_challenges (challenge_id, link_hash, return_url, binding_hash) VALUES ($1, $2, $3, $4)",
        params![
            new.challenge.uuid(),
            &new.link.0,
            new.return_url.as_str(),
            new.binding.as_ref().map(|binding| binding.0.as_slice()),
        ],
    )
}

/// Binds it to a browser; guarded by no other having opened it.
pub(crate) fn open(id: ChallengeId, browser: &TokenHash, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE hosted_challenges SET browser_hash = $2, opened_at = $3 WHERE challenge_id = $1 AND browser_hash IS NULL",
        params![id.uuid(), &browser.0, at],
    )
}

/// Notes what it was answered with; guarded by nobody having answered it.
pub(crate) fn approve(id: ChallengeId, method: Method, trust: bool, result: &(TokenHash, Timestamp)) -> Statement {
    Statement::guarded(
        "UPDATE hosted_challenges SET method = $2, trust = $3, result_hash = $4, result_expires_at = $5 \
         WHERE challenge_id = $1 AND method IS NULL",
        params![id.uuid(), method.as_str(), trust, &result.0.0, result.1],
    )
}

/// Replaces the token of a result; guarded by there being one that nobody has taken.
pub(crate) fn renew(id: ChallengeId, result: &(TokenHash, Timestamp)) -> Statement {
    Statement::guarded(
        "UPDATE hosted_challenges SET result_hash = $2, result_expires_at = $3 \
         WHERE challenge_id = $1 AND method IS NOT NULL AND redeemed_at IS NULL",
        params![id.uuid(), &result.0.0, result.1],
    )
}

/// Takes the result; guarded by nobody having taken it.
pub(crate) fn redeem(id: ChallengeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE hosted_challenges SET redeemed_at = $2 \
         WHERE challenge_id = $1 AND method IS NOT NULL AND redeemed_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Takes back what a person's challenges came to, where nobody has taken the result: it is exchanged for nothing, and no new
/// token is drawn for it.
pub(crate) fn take_back_of(user: UserId) -> Statement {
    Statement::new(
        "UPDATE hosted_challenges SET method = NULL, trust = FALSE, result_hash = NULL, result_expires_at = NULL \
         WHERE redeemed_at IS NULL AND method IS NOT NULL \
         AND challenge_id IN (SELECT id FROM challenges WHERE user_id = $1)",
        params![user.uuid()],
    )
}

/// Lets no trust begin by what a person's challenges came to, where nobody has taken the result.
pub(crate) fn distrust_of(user: UserId) -> Statement {
    Statement::new(
        "UPDATE hosted_challenges SET trust = FALSE WHERE redeemed_at IS NULL AND trust \
         AND challenge_id IN (SELECT id FROM challenges WHERE user_id = $1)",
        params![user.uuid()],
    )
}

/// Whether people may go back to where an application wants them to.
pub(crate) fn may_return(reads: &mut Reads<'_>, application: ApplicationId, url: &ReturnUrl) -> Handle<bool> {
    reads.read(
        "SELECT 1 FROM application_return_urls WHERE application_id = $1 AND url = $2",
        params![application.uuid(), url.as_str()],
        |rows| Ok(!rows.is_empty()),
    )
}

/// Where people may go back to, by the application's name.
pub(crate) fn return_urls(reads: &mut Reads<'_>, name: &str) -> Handle<Vec<ReturnUrl>> {
    reads.read(URLS_BY_NAME, params![name], |rows| every(rows, return_url))
}

/// The same, by its id.
pub(crate) fn return_urls_of(reads: &mut Reads<'_>, id: ApplicationId) -> Handle<Vec<ReturnUrl>> {
    reads.read(
        "SELECT url FROM application_return_urls WHERE application_id = $1 ORDER BY created_at, url",
        params![id.uuid()],
        |rows| every(rows, return_url),
    )
}

const URLS_BY_NAME: &str = "SELECT r.url FROM application_return_urls r JOIN applications a ON a.id = r.application_id \
     WHERE a.name = $1 ORDER BY r.created_at, r.url";

fn return_url(row: &Row) -> Result<ReturnUrl, StoreError> {
    Ok(ReturnUrl::stored(row.get(0)?))
}

impl Db {
    /// Where people may go back to, by the application's name.
    pub async fn return_urls(&self, name: &str) -> Result<Vec<ReturnUrl>, StoreError> {
        every(&only(self.read(vec![Statement::new(URLS_BY_NAME, params![name])]).await?), return_url)
    }
}

/// Lets people go back to an address.
pub(crate) fn add_return_url(application: ApplicationId, url: &ReturnUrl, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO application_return_urls (application_id, url, created_at) VALUES ($1, $2, $3)",
        params![application.uuid(), url.as_str(), at],
    )
}

/// Lets people go back to it no longer.
pub(crate) fn remove_return_url(application: ApplicationId, url: &ReturnUrl) -> Statement {
    Statement::new(
        "DELETE FROM application_return_urls WHERE application_id = $1 AND url = $2",
        params![application.uuid(), url.as_str()],
    )
}
