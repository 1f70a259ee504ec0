use super::*;
use crate::testing::{Lab, START, origin, rng, summary};

fn course() -> Course {
    Course { tries: 1, lost: 0, expires_at: Some(START + Duration::from_mins(5)), superseded: false }
}

fn again(next: Next) -> (Timestamp, Trouble) {
    match next {
        Next::Again(at, trouble) => (at, trouble),
        other @ (Next::Accepted | Next::GiveUp(_)) => panic!("{other:?}"),
    }
}

#[test]
fn each_wait_is_at_most_twice_the_one_before_and_at_least_half_of_its_most() {
    let mut rng = rng(7);
    for (tries, most) in [(1, 2), (2, 4), (3, 8), (4, 16), (8, 256), (9, 512), (10, 900), (64, 900), (u32::MAX, 900)] {
        let waits: Vec<i64> = (0..200).map(|_| back_off(tries, &mut rng).as_micros()).collect();
        let most = most * 1_000_000;
        assert!(waits.iter().all(|wait| (most / 2..=most).contains(wait)), "{tries}");
        let spread = waits.iter().max().unwrap() - waits.iter().min().unwrap();
        assert!(spread > most / 3, "{tries}: {spread} is no spread");
    }
}

#[test]
fn what_is_taken_or_refused_for_good_is_not_tried_again() {
    assert_eq!(course().after(Tried::Taken, START, &mut rng(1)), Next::Accepted);
    assert_eq!(course().after(Tried::Refused, START, &mut rng(1)), Next::GiveUp(Trouble::Refused));
}

#[test]
fn after_one_lost_answer_there_is_another_try_and_after_two_there_is_none() {
    let lost = Tried::Lost { answers: 1 };
    assert_eq!(again(course().after(lost, START, &mut rng(1))).1, Trouble::Lost);
    let second = Course { tries: 2, lost: 1, ..course() };
    assert_eq!(second.after(lost, START, &mut rng(1)), Next::GiveUp(Trouble::Lost));
    assert_eq!(course().after(Tried::Lost { answers: 2 }, START, &mut rng(1)), Next::GiveUp(Trouble::Lost));
    // A sure failure after a lost answer: there was one sending at most.
    assert_eq!(again(second.after(Tried::Failed { retry_after: None }, START, &mut rng(1))).1, Trouble::Unavailable);
    // Two workers died with it.
    assert_eq!(Course { lost: 2, ..course() }.check(START), Err(Trouble::Lost));
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is_but_not_beyond_the_longest_wait() {
    let notice = Course { expires_at: None, ..course() };
    for (asked, wait) in [(60, 60), (100_000, 900)] {
        let tried = Tried::Failed { retry_after: Some(Duration::from_secs(asked)) };
        assert_eq!(again(notice.after(tried, START, &mut rng(1))).0, START + Duration::from_secs(wait));
    }
}

#[test]
fn no_try_is_put_off_beyond_the_end_of_a_message_and_none_is_made_at_it() {
    let end = START + Duration::from_mins(5);
    let tried = Tried::Failed { retry_after: Some(Duration::from_mins(10)) };
    assert_eq!(again(course().after(tried, START, &mut rng(1))).0, end);
    assert_eq!(course().check(end - Duration::from_micros(1)), Ok(()));
    assert_eq!(course().check(end), Err(Trouble::Expired));
}

#[test]
fn a_dead_code_is_not_sent_and_tries_come_to_an_end() {
    assert_eq!(Course { superseded: true, ..course() }.check(START), Err(Trouble::Superseded));
    let many = Course { tries: MOST_TRIES, expires_at: None, ..course() };
    assert_eq!(many.check(START), Ok(()));
    let failed = Tried::Failed { retry_after: None };
    assert_eq!(many.after(failed, START, &mut rng(1)), Next::GiveUp(Trouble::Unavailable));
    assert_eq!(Course { tries: MOST_TRIES + 1, ..many }.check(START), Err(Trouble::Unavailable));
}

#[test]
fn an_end_unsent_stands_on_the_chain_of_the_person_and_unchained_without_one() {
    let mut lab = Lab::new();
    let account = lab.account();
    let (message, user) = (MessageId::new(START, &mut lab.rng), Some(account.user.id));
    let expired = EndMessage { message, user, how: Unsent::Expired { tries: 3 }, origin: Origin::default() };
    let decision = lab.decide(&expired, Some(account.clone())).unwrap();
    assert_eq!(decision.audit[0].person, Some(account.user.person));
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndMessage Expired { tries: 3 }
    audit delivery_expired failed message
    ");
    let dropped = EndMessage { user: None, how: Unsent::Dropped, origin: origin(), ..expired };
    let decision = lab.decide(&dropped, None).unwrap();
    assert!(decision.chain.is_none() && decision.audit[0].person.is_none());
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndMessage Dropped
    audit message_dropped done message, unchained
    ");
}

#[test]
fn a_report_never_takes_a_message_back() {
    use Reported::{Accepted, Delivered, Failed, Sent};
    assert!(Sent.advances(None) && Sent.advances(Some(Accepted)) && Delivered.advances(Some(Sent)));
    assert!(Failed.advances(Some(Sent)) && Delivered.advances(Some(Failed)), "what arrived after all has arrived");
    for (late, known) in [(Sent, Delivered), (Failed, Delivered), (Accepted, Sent), (Delivered, Delivered)] {
        assert!(!late.advances(Some(known)), "{late:?} after {known:?}");
    }
}

#[test]
fn names_lead_back() {
    for trouble in Trouble::ALL {
        assert_eq!(Trouble::parse(trouble.as_str()), Some(trouble));
    }
    for known in [Reported::Accepted, Reported::Sent, Reported::Failed, Reported::Delivered] {
        assert_eq!(Reported::parse(known.as_str()), Some(known));
    }
}
