//! The pool of hashers, and what passwords are taken.

use super::*;

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
    let today = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap());
    assert_eq!(hash(&today, "nobody's password", &[0; 16]).unwrap().as_str(), NOBODY);
    assert!(django_hash::verify("nobody's password", NOBODY));
}

#[test]
fn a_hash_is_checked_alike_in_memory_of_its_own_and_in_that_of_others() {
    let pool = Hasher::with_workers(1).unwrap().0;
    let stored = hash(&pool.argon2, "right", &[4; 16]).unwrap();
    let mut memory = pool.memory.take(&pool.argon2, true).unwrap();
    for (password, is_its) in [("right", true), ("wrong", false), ("right", true), ("", false), ("Right", false)] {
        assert_eq!(pool.verify_in(&mut memory, password, stored.as_str()), Some(is_its), "{password}");
        assert_eq!(pool.verify(password, stored.as_str()), is_its, "{password}");
    }
    pool.memory.put(memory);
    assert!(pool.verify("right", stored.as_str()) && !pool.verify("wrong", stored.as_str()));
    let [cut, empty] = [&stored.as_str()[..50], "$argon2id$v=19$m=19456,t=2,p=1$"];
    assert!(!pool.verify("right", cut) && !pool.verify("", empty));
}

#[tokio::test]
async fn memory_goes_on_to_those_who_wait_and_then_back_to_the_system() {
    let hasher = Hasher::with_workers(1).unwrap();
    let stored = hash(&hasher.0.argon2, "right", &[4; 16]).unwrap();
    let (end, job) = long_job();
    let first = tokio::spawn({
        let (hasher, stored) = (hasher.clone(), stored.clone());
        async move {
            let check = move |pool: &Pool| {
                job(pool);
                (pool.verify("right", stored.as_str()), pool.memory.len())
            };
            hasher.work(Purpose::Check, check).await.unwrap()
        }
    });
    while hasher.0.workers.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(!hasher.0.has_waiting());
    let second = tokio::spawn({
        let (hasher, stored) = (hasher.clone(), stored.clone());
        async move {
            let check = move |pool: &Pool| {
                let ready = pool.memory.len();
                (pool.verify("wrong", stored.as_str()), ready)
            };
            hasher.work(Purpose::Check, check).await.unwrap()
        }
    });
    while !hasher.0.has_waiting() {
        tokio::task::yield_now().await;
    }
    drop(end);
    assert_eq!(first.await.unwrap(), (true, 1), "kept, for another waits");
    assert_eq!(second.await.unwrap(), (false, 1), "the same memory");
    assert_eq!(hasher.0.memory.len(), 0, "nobody waits");
}

/// A job that goes on until the sender of the channel is dropped.
fn long_job() -> (std::sync::mpsc::Sender<()>, impl FnOnce(&Pool) + Send + 'static) {
    let (end, ended) = std::sync::mpsc::channel();
    (end, move |_: &Pool| {
        let _ = ended.recv();
    })
}

#[tokio::test]
async fn who_hangs_up_frees_no_worker() {
    let hasher = Hasher::with_workers(1).unwrap();
    let (end, job) = long_job();
    let request = hasher.work(Purpose::Check, job);
    tokio::time::timeout(std::time::Duration::from_millis(50), request).await.unwrap_err();
    assert_eq!(hasher.0.workers.available_permits(), 0);
    assert_eq!(hasher.0.places.available_permits(), WAITING_PER_WORKER - 1);
    drop(end);
    hasher.work(Purpose::Check, |_| ()).await.unwrap();
    assert_eq!(hasher.0.places.available_permits(), WAITING_PER_WORKER);
}

#[tokio::test]
async fn a_flood_of_sign_ups_leaves_room_for_those_who_sign_in() {
    let hasher = Hasher::with_workers(2).unwrap();
    let (end, job) = long_job();
    let mut flood = vec![tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.work(Purpose::New, job).await }
    })];
    for _ in 0..2 * WAITING_PER_WORKER {
        let hasher = hasher.clone();
        flood.push(tokio::spawn(async move { hasher.work(Purpose::New, |_| ()).await }));
    }
    while flood.iter().filter(|request| request.is_finished()).count() <= WAITING_PER_WORKER {
        tokio::task::yield_now().await;
    }
    hasher.work(Purpose::Check, |_| ()).await.expect("a place and a worker for who signs in");
    assert_eq!(hasher.0.places.available_permits(), WAITING_PER_WORKER, "sign-ups hold one half");
    drop(end);
    let mut turned_away = 0;
    for request in flood {
        turned_away += usize::from(request.await.unwrap().is_err());
    }
    assert_eq!(turned_away, WAITING_PER_WORKER + 1);
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
