//! What somebody may do next, drawn at random: every command there is, with codes right, wrong, old and meant for something
//! else, and a clock that goes anywhere.

use proptest::collection::vec;
use proptest::prelude::*;

/// The day that the marks of people are believed for.
const DAY: i64 = 24 * 3600;

/// What is typed.
#[derive(Clone, Debug)]
pub(super) enum Code {
    /// Of an authenticator, enrolled or pending, so many steps from now.
    Totp(usize, i64),
    /// One typed before: the newest but so many.
    Again(usize),
    /// One of all recovery codes there ever were.
    Recovery(usize),
    /// One that was sent, for whatever: the newest but so many.
    Sent(usize),
    /// One that was sent, for what it is typed for.
    Fitting,
    Nonsense,
}

/// With what somebody proves themselves rightly.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Totp,
    Sent,
    Recovery,
}

/// What an operator does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Disable,
    Enable,
    Unlock,
    Reset,
}

/// One move. A number picks something: of sessions, challenges, codes and links the newest but so many.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// The clock moves by so many seconds, forward or back.
    Pass(i64),
    LogIn(bool),
    /// Signs in with password and code, and may ask to be remembered.
    SignIn(By, bool),
    Verify(usize, Code, bool),
    /// Two sign-ins with five wrong codes each.
    GuessWildly,
    /// The browser shows this cookie from now on; beyond three none.
    Show(usize),
    /// Signs in with this cookie.
    ComeBack(usize),
    /// Is remembered, and comes back so many times, so many days apart.
    KeepComing(u8, i64),
    ReadChallenge(usize),
    /// Has a code sent for a challenge by one of the factors there are.
    Send(usize, usize),
    Refresh(usize),
    SignOut(usize, bool),
    AskReset,
    Reset(usize),
    ConfirmEmail(usize),
    Unlock(usize),
    /// Does with a link what it is for.
    FollowLink(usize),
    Operate(Operation),
    /// Does something within a session.
    Within(usize, Deed),
    /// Does something within a session that has proved itself just before.
    Freshly(Deed),
}

/// What somebody does who is signed in.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Has a code sent for a step-up or for turning the second factor off.
    Send(bool, usize),
    /// Has the code of a set-up sent again.
    SendAgain(usize),
    Status,
    /// Begins the set-up of an authenticator, or of one of a few numbers and addresses.
    Begin(Option<usize>),
    Confirm(Code),
    /// Begins a set-up and confirms it at once.
    Enroll(Option<usize>),
    StepUp(Code),
    /// Steps up rightly.
    Raise(By),
    StepUpByPassword(bool),
    Disable(Code),
    /// Turns the second factor off rightly.
    TurnOff(By),
    MakeRecoveryCodes,
    Download,
    Prefer(usize),
    Rename(usize),
    Remove(usize),
    Trust,
    /// Ends the trust in one device, or in all.
    Revoke(Option<usize>),
    ListDevices,
    ChangePassword(bool),
    AskEmail(usize),
    ListSessions,
    EndSession(usize),
    EndOthers,
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![
        4 => (0..4_usize, -3..=3_i64).prop_map(|(which, steps)| Code::Totp(which, steps)),
        2 => (0..40_usize).prop_map(Code::Again),
        1 => (0..40_usize).prop_map(Code::Recovery),
        3 => (0..6_usize).prop_map(Code::Sent),
        2 => Just(Code::Fitting),
        4 => Just(Code::Nonsense),
    ]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![5 => Just(By::Totp), 3 => Just(By::Sent), 1 => Just(By::Recovery)]
}

fn signing_in() -> impl Strategy<Value = Move> {
    let verify = (0..4_usize, code(), prop::bool::weighted(0.3));
    prop_oneof![
        5 => prop::bool::weighted(0.9).prop_map(Move::LogIn),
        6 => (by(), prop::bool::weighted(0.4)).prop_map(|(by, remember)| Move::SignIn(by, remember)),
        8 => verify.prop_map(|(which, code, remember)| Move::Verify(which, code, remember)),
        1 => Just(Move::GuessWildly),
        2 => (0..6_usize).prop_map(Move::Show),
        4 => prop_oneof![3 => 0..2_usize, 1 => 2..4_usize].prop_map(Move::ComeBack),
        1 => (0..4_usize).prop_map(Move::ReadChallenge),
        2 => (0..3_usize, 0..4_usize).prop_map(|(which, factor)| Move::Send(which, factor)),
        2 => (0..3_usize).prop_map(Move::Refresh),
        1 => (0..3_usize, any::<bool>()).prop_map(|(which, by_bearer)| Move::SignOut(which, by_bearer)),
    ]
}

fn by_link() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => Just(Move::AskReset),
        1 => (0..3_usize).prop_map(Move::Reset),
        1 => (0..3_usize).prop_map(Move::ConfirmEmail),
        1 => (0..3_usize).prop_map(Move::Unlock),
        3 => (0..3_usize).prop_map(Move::FollowLink),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => Just(Operation::Enable),
        1 => prop_oneof![Just(Operation::Disable), Just(Operation::Unlock), Just(Operation::Reset)],
    ]
}

fn proof() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (any::<bool>(), 0..4_usize).prop_map(|(disable, factor)| Deed::Send(disable, factor)),
        3 => code().prop_map(Deed::StepUp),
        3 => by().prop_map(Deed::Raise),
        1 => any::<bool>().prop_map(Deed::StepUpByPassword),
        1 => code().prop_map(Deed::Disable),
        1 => by().prop_map(Deed::TurnOff),
    ]
}

fn set_up() -> impl Strategy<Value = Deed> {
    let destination = || prop::option::weighted(0.6, 0..4_usize);
    prop_oneof![
        3 => destination().prop_map(Deed::Begin),
        3 => code().prop_map(Deed::Confirm),
        2 => destination().prop_map(Deed::Enroll),
        1 => (0..2_usize).prop_map(Deed::SendAgain),
    ]
}

fn reading() -> impl Strategy<Value = Deed> {
    prop_oneof![Just(Deed::Status), Just(Deed::ListDevices), Just(Deed::ListSessions)]
}

fn change() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::MakeRecoveryCodes),
        1 => Just(Deed::Download),
        1 => (0..4_usize).prop_map(Deed::Prefer),
        1 => (0..4_usize).prop_map(Deed::Rename),
        2 => (0..4_usize).prop_map(Deed::Remove),
        2 => Just(Deed::Trust),
        1 => prop::option::of(0..3_usize).prop_map(Deed::Revoke),
        2 => prop::bool::weighted(0.8).prop_map(Deed::ChangePassword),
        2 => (0..3_usize).prop_map(Deed::AskEmail),
        1 => (0..4_usize).prop_map(Deed::EndSession),
        1 => Just(Deed::EndOthers),
    ]
}

fn a_move(pass: impl Strategy<Value = Move> + 'static) -> impl Strategy<Value = Move> {
    let deed = prop_oneof![4 => proof(), 3 => set_up(), 1 => reading(), 3 => change()];
    prop_oneof![
        4 => pass,
        14 => signing_in(),
        3 => by_link(),
        1 => operation().prop_map(Move::Operate),
        9 => (0..3_usize, deed).prop_map(|(which, deed)| Move::Within(which, deed)),
        4 => prop_oneof![2 => change(), 1 => set_up()].prop_map(Move::Freshly),
    ]
}

fn coming() -> impl Strategy<Value = Move> {
    (1..5_u8, 1..16_i64).prop_map(|(times, days)| Move::KeepComing(times, days))
}

/// A clock that goes forward, at times by days.
pub(super) fn forward(longest: usize) -> impl Strategy<Value = Vec<Move>> {
    let pass = prop_oneof![4 => 0..60_i64, 2 => 60..4000_i64, 3 => 0..16 * DAY].prop_map(Move::Pass);
    vec(a_move(prop_oneof![9 => pass, 1 => coming()]), 1..longest)
}

/// A clock that jumps anywhere within a day, and back.
pub(super) fn jumping(longest: usize) -> impl Strategy<Value = Vec<Move>> {
    let pass = prop_oneof![3 => 1..90_i64, 2 => -90..90_i64, 1 => -DAY..DAY].prop_map(Move::Pass);
    vec(a_move(pass), 1..longest).prop_map(|mut moves| {
        let mut offset = 0;
        for next in &mut moves {
            if let Move::Pass(secs) = next {
                let to = (offset + *secs).clamp(0, DAY);
                (*secs, offset) = (to - offset, to);
            }
        }
        moves
    })
}

/// A clock that jumps anywhere, by weeks too, and is believed nothing.
pub(super) fn anywhere(longest: usize) -> impl Strategy<Value = Vec<Move>> {
    let pass = prop_oneof![
        4 => 1..90_i64,
        1 => -90..90_i64,
        2 => -DAY..DAY,
        1 => (DAY - 5)..(DAY + 5),
        1 => (-DAY - 5)..(-DAY + 5),
        2 => -40 * DAY..40 * DAY,
    ];
    vec(a_move(prop_oneof![9 => pass.prop_map(Move::Pass), 1 => coming()]), 1..longest)
}
