//! The pool of hashers, and what passwords are taken.

use argon2::{Algorithm, Argon2, Params, Version};

use super::crew::Job;
use super::desk::hash;
use super::*;
use crate::django_hash;

fn known() -> Vec<String> {
    vec!["gudrun.meier@example.org".into(), "gudrun.meier".into()]
}

#[test]
fn common_passwords_and_the_address_are_refused() {
    for password in ["password", "12345678", "qwertyuiop", "gudrun.meier", "aaaaaaaa"] {
        assert_eq!(judge(password, &known()), Err(PasswordFault::TooCommon), "{password}");
    }
}

#[test]
fn long_and_strange_passwords_are_taken_as_they_are() {
    for password in ["correct horse battery", "päßwörter sind 🔑 gut", &"xK9#".repeat(16), &"long-".repeat(25)] {
        assert_eq!(judge(password, &known()), Ok(()), "{password}");
    }
    assert_eq!(judge("7 chars", &known()), Err(PasswordFault::TooShort));
    assert_eq!(judge(&"é".repeat(1025), &known()), Err(PasswordFault::TooLong));
}

#[test]
fn nobody_costs_what_somebody_costs() {
    let made = Desk::new().unwrap().hash("nobody's password", &[0; 16]).unwrap();
    assert_eq!(made.as_str(), NOBODY);
    assert!(django_hash::verify("nobody's password", NOBODY));
}

#[test]
fn a_hash_is_checked_alike_in_new_memory_and_in_that_of_others() {
    let mut desk = Desk::new().unwrap();
    let stored = desk.hash("right", &[4; 16]).unwrap();
    for (password, is_its) in [("right", true), ("wrong", false), ("right", true), ("", false), ("Right", false)] {
        assert_eq!(desk.verify(password, stored.as_str()), is_its, "{password}");
        assert_eq!(django_hash::verify(password, stored.as_str()), is_its, "{password}");
    }
    desk.clear();
    assert!(desk.verify("right", stored.as_str()) && !desk.verify("wrong", stored.as_str()));
    let [cut, empty] = [&stored.as_str()[..50], "$argon2id$v=19$m=19456,t=2,p=1$"];
    assert!(!desk.verify("right", cut) && !desk.verify("", empty));
}

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// A job that goes on until the sender of the channel is dropped.
fn long_job() -> (std::sync::mpsc::Sender<()>, impl FnOnce(&mut Desk) + Send + 'static) {
    let (end, ended) = std::sync::mpsc::channel();
    (end, move |_: &mut Desk| {
        let _ = ended.recv();
    })
}

#[tokio::test]
async fn memory_goes_on_to_those_who_wait_and_then_back_to_the_system() {
    let hasher = Hasher::with_workers(1).unwrap();
    let stored = Desk::new().unwrap().hash("right", &[4; 16]).unwrap();
    let (end, job) = long_job();
    let check = |before: Option<Job>| {
        let (hasher, stored) = (hasher.clone(), stored.clone());
        tokio::spawn(async move {
            let check = move |desk: &mut Desk| {
                let had = desk.has_memory();
                if let Some(job) = before {
                    job(desk);
                }
                (had, desk.verify("right", stored.as_str()))
            };
            hasher.work(Purpose::Check, check).await.unwrap()
        })
    };
    let first = check(Some(Box::new(job)));
    until(|| hasher.0.taken() == (1, 0) && hasher.0.waiting() == 0).await;
    let second = check(None);
    until(|| hasher.0.waiting() == 1).await;
    drop(end);
    assert_eq!(first.await.unwrap(), (false, true));
    assert_eq!(second.await.unwrap(), (true, true), "the same memory, for somebody waited");
    until(|| hasher.0.taken() == (0, 0)).await;
    assert_eq!(check(None).await.unwrap(), (false, true), "nobody had waited");
}

#[tokio::test]
async fn who_hangs_up_frees_no_worker_but_is_not_worked_for() {
    let hasher = Hasher::with_workers(1).unwrap();
    let (end, job) = long_job();
    let patience = std::time::Duration::from_millis(50);
    tokio::time::timeout(patience, hasher.work(Purpose::Check, job)).await.unwrap_err();
    assert_eq!((hasher.0.taken(), hasher.0.waiting()), ((1, 0), 0));
    let never = hasher.work(Purpose::Check, |_| panic!("nobody waits for this"));
    tokio::time::timeout(patience, never).await.unwrap_err();
    assert_eq!((hasher.0.taken(), hasher.0.waiting()), ((2, 0), 1));
    drop(end);
    hasher.work(Purpose::Check, |_| ()).await.unwrap();
    until(|| hasher.0.taken() == (0, 0)).await;
}

#[tokio::test]
async fn a_job_that_panics_ends_neither_the_worker_nor_the_wait() {
    let hasher = Hasher::with_workers(1).unwrap();
    for purpose in [Purpose::Check, Purpose::New] {
        hasher.work(purpose, |_| panic!("on purpose")).await.unwrap_err();
        hasher.work(purpose, |_| ()).await.unwrap();
    }
}

#[tokio::test]
async fn a_flood_of_sign_ups_leaves_room_for_those_who_sign_in() {
    let hasher = Hasher::with_workers(2).unwrap();
    let (end, job) = long_job();
    let mut flood = vec![tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.work(Purpose::New, job).await }
    })];
    until(|| hasher.0.taken() == (0, 1) && hasher.0.waiting() == 0).await;
    for _ in 0..2 * WAITING_PER_WORKER {
        let hasher = hasher.clone();
        flood.push(tokio::spawn(async move { hasher.work(Purpose::New, |_| ()).await }));
    }
    until(|| flood.iter().filter(|request| request.is_finished()).count() > WAITING_PER_WORKER).await;
    hasher.work(Purpose::Check, |_| ()).await.expect("a place and a worker for who signs in");
    assert_eq!(hasher.0.taken().1, WAITING_PER_WORKER, "sign-ups hold one half");
    drop(end);
    let mut turned_away = 0;
    for request in flood {
        turned_away += usize::from(request.await.unwrap().is_err());
    }
    assert_eq!(turned_away, WAITING_PER_WORKER + 1);
}

#[tokio::test]
async fn no_more_wait_than_there_are_places() {
    let hasher = Hasher::with_workers(1).unwrap();
    let (end, job) = long_job();
    let mut crowd = vec![tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.work(Purpose::Check, job).await }
    })];
    until(|| hasher.0.taken() == (1, 0)).await;
    for _ in 1..WAITING_PER_WORKER {
        let hasher = hasher.clone();
        crowd.push(tokio::spawn(async move { hasher.work(Purpose::Check, |_| ()).await }));
    }
    until(|| hasher.0.taken() == (WAITING_PER_WORKER, 0)).await;
    hasher.work(Purpose::Check, |_| ()).await.unwrap_err();
    drop(end);
    for request in crowd {
        request.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_whole_password_counts_and_old_parameters_are_replaced() {
    let hasher = Hasher::new().unwrap();
    let password = |text: String| Zeroizing::new(text);
    let long = "x".repeat(100);
    let stored = hasher.hash(password(long.clone()), [1; 16]).await.unwrap();
    let check = |text: &str, stored: &PasswordHash| {
        let against = PasswordCheck { user: Some(stored.clone()), pending: None };
        let (hasher, text) = (hasher.clone(), password(text.to_owned()));
        async move { hasher.check(text, against, [2; 16]).await.unwrap() }
    };
    let right = check(&long, &stored).await;
    assert!(matches!(right.proof, PasswordProof::Right(_)) && right.rehashed.is_none());
    assert!(matches!(check(&long[..72], &stored).await.proof, PasswordProof::Wrong));

    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let old = hash(&weak, "old password", &[3; 16]).unwrap();
    let renewed = check("old password", &old).await.rehashed.expect("a new hash");
    assert!(matches!(check("old password", &renewed).await.proof, PasswordProof::Right(_)));
}
