//! Big, deep, slow and many: each is refused early, and the person beside it is served.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::database::Database;
use crate::harness::World;
use crate::http::raw;
use crate::people::{PASSWORD, login, login_with, partial_token, verification, verify};
use crate::totp::code;

/// The memory a process holds, in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await.unwrap()
}

/// bodies, depths, key counts and headers beyond measure are refused in words, and leave no memory behind.
async fn too_much_is_refused_early(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person(None);
    login(&browser, &person).await.expect(200);
    let before = resident(world.nodes[0].pid());
    let big = "x".repeat(10_000_000);
    for path in ["/auth/login/", "/auth/2fa/verify/", "/auth/signup/", "/auth/token/refresh/"] {
        let answer = browser.submit(path).raw_json(format!("{{\"email\":\"{big}\"}}")).send().await;
        answer.expect(413).expect_problem();
    }
    let deep = format!("{{\"email\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    browser.submit("/auth/login/").raw_json(deep).send().await.refused(400, "invalid_request");
    let abyss = "[".repeat(60_000);
    let answer = browser.submit("/auth/login/").raw_json(abyss).send().await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.text);
    let keys: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":1")).collect();
    let answer = browser.submit("/auth/login/").raw_json(format!("{{{}}}", keys.join(","))).send().await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.text);
    // A length that lies, and chunks that never end.
    let head = format!(
        "POST /auth/login/ HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 1000000000000\r\n\r\n{{",
        world.host()
    );
    let answer = raw(&world, head.as_bytes(), Duration::from_secs(3)).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let mut stream = connect(&world).await;
    let head = format!(
        "POST /auth/login/ HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        world.host()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "y".repeat(65_536));
    let mut sent = 0;
    while sent < 50_000_000 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 50_000_000, "fifty megabytes of chunks were taken in");

    let long = "h".repeat(1_000_000);
    let head = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nx-long: {long}\r\n\r\n", world.host());
    let answer = raw(&world, head.as_bytes(), Duration::from_secs(5)).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{}", &answer[..answer.len().min(200)]);
    let many = (0..2000).fold(String::new(), |all, n| all + "x-" + &n.to_string() + ": 1\r\n");
    let head = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n{many}\r\n", world.host());
    let answer = raw(&world, head.as_bytes(), Duration::from_secs(5)).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{}", &answer[..answer.len().min(200)]);
    let uri = format!("/{}", "u".repeat(60_000));
    assert!(matches!(browser.get(&uri).await.status, 404 | 414 | 431));
    let agent = "a".repeat(30_000);
    let answer = browser
        .submit("/auth/login/")
        .header("user-agent", &agent)
        .json(&json!({ "email": person.email, "password": "wrong" }))
        .send()
        .await;
    assert!(matches!(answer.status, 401 | 431), "{} {}", answer.status, answer.text);
    let longest = world.audit().await.iter().filter_map(|entry| entry.user_agent.as_ref().map(String::len)).max();
    assert!(longest.unwrap_or_default() <= 512, "{longest:?} characters of a user agent are kept");
    login(&browser, &person).await.expect(200);
    let after = resident(world.nodes[0].pid());
    assert!(after < before + 50 * 1024, "{before} KiB before, {after} KiB after");
}

/// who is slow is let go, and who waits in crowds is in nobody's way.
async fn slow_and_idle_clients_are_let_go(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person(None);
    let mut crowd = Vec::new();
    for _ in 0..500 {
        crowd.push(connect(&world).await);
    }
    let host = world.host().to_owned();
    let slow_header = async {
        let mut stream = connect(&world).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await.unwrap();
        drip(stream, Duration::from_secs(14)).await
    };
    let slow_body = async {
        let mut stream = connect(&world).await;
        let head = format!(
            "POST /auth/login/ HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        drip(stream, Duration::from_secs(19)).await
    };
    let neighbor = async {
        for _ in 0..5 {
            let began = Instant::now();
            login(&browser, &person).await.expect(200);
            assert!(began.elapsed() < Duration::from_secs(3), "a login beside them took {:?}", began.elapsed());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let (header, body, ()) = tokio::join!(slow_header, slow_body, neighbor);
    assert!(header.is_some(), "a header may take longer than 13 seconds");
    assert!(body.is_some(), "a body may take longer than 18 seconds");
    drop(crowd);
}

/// Sends a byte a second; gives the time after which the server had answered or hung up, if it did so in time.
async fn drip(stream: TcpStream, patience: Duration) -> Option<Duration> {
    let began = Instant::now();
    let (mut reader, mut writer) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut byte = [0];
    let ended = tokio::time::timeout(patience, reader.read(&mut byte)).await.is_ok();
    dripping.abort();
    ended.then(|| began.elapsed())
}

/// password hashing is bounded: what is too long is refused unhashed, what is too much waits or is refused, and
/// the server stays awake.
async fn a_flood_of_passwords_does_not_stop_the_server(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let before = resident(world.nodes[0].pid());
    let began = Instant::now();
    let long = json!({ "email": person.email, "password": "p".repeat(2000) });
    for path in ["/auth/login/", "/auth/signup/"] {
        let calls = (0..100).map(|_| browser.submit(path).json(&long)).collect();
        for answer in world.burst(calls).await {
            assert!(matches!(answer.status, 400 | 401 | 422 | 429 | 503), "{} {}", answer.status, answer.text);
        }
    }
    let huge = "p".repeat(1_000_000);
    let calls =
        (0..20).map(|_| browser.submit("/auth/login/").json(&json!({ "email": "a@b.example", "password": huge })));
    for answer in world.burst(calls.collect()).await {
        assert!(matches!(answer.status, 400 | 413 | 422), "{} {}", answer.status, answer.text);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "refusing them took {:?}", began.elapsed());

    let flood = async {
        let calls = (0..300)
            .map(|turn| {
                let from = format!("198.18.{}.{}", turn / 200, turn % 200 + 1);
                let body = json!({ "email": format!("flood{turn}@example.com"), "password": PASSWORD });
                browser.stranger().submit("/auth/login/").header("x-forwarded-for", from).json(&body)
            })
            .collect();
        world.burst(calls).await
    };
    let watch = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let began = Instant::now();
            world.browser().get("/healthz").await.expect(200);
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(flood, watch);
    assert!(slowest < Duration::from_secs(1), "/healthz took {slowest:?}");
    for answer in answers {
        assert!(matches!(answer.status, 401 | 429 | 503), "{} {}", answer.status, answer.text);
        answer.expect_problem();
    }
    let after = resident(world.nodes[0].pid());
    assert!(after < before + 150 * 1024, "{before} KiB before, {after} KiB after");
    world.sign_in(&browser, &person).await;
}

/// hanging up frees no hasher. Whoever sends a password and leaves starts no further work beside what is under way.
async fn who_hangs_up_makes_no_room_for_more_work(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person(None);
    login(&browser, &person).await.expect(200);
    let before = resident(world.nodes[0].pid());
    let (host, ends) = (world.host().to_owned(), Instant::now() + Duration::from_secs(7));
    let hang_up = async |worker: u32| {
        let mut turn = 0;
        while Instant::now() < ends {
            turn += 1;
            let body = json!({ "email": format!("gone{worker}x{turn}@example.com"), "password": PASSWORD }).to_string();
            let length = body.len();
            let head = format!("POST /auth/signup/ HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
            let mut stream = connect(&world).await;
            let request = format!("{head}content-length: {length}\r\n\r\n{body}");
            stream.write_all(request.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    };
    let watch = async {
        let mut most = 0;
        while Instant::now() < ends {
            most = most.max(resident(world.nodes[0].pid()));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        most
    };
    let ((), (), most) = tokio::join!(hang_up(1), hang_up(2), watch);
    // Each hasher works in 19 MiB, and there is one for each processor.
    let hashers = std::thread::available_parallelism().map_or(1, |count| u64::try_from(count.get()).unwrap());
    let bound = before + (hashers * 20 + 60) * 1024;
    assert!(most < bound, "{before} KiB before, {most} KiB at most, {bound} KiB would be right");
    login(&browser, &person).await.expect(200);
}

/// a password that was not looked at was not wrong. Whoever is turned away by a flood of others signs in after it.
async fn a_check_that_did_not_happen_is_no_wrong_password(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let browser = world.browser();
    let person = world.add_person(None);
    let from = |address: String, email: &str| {
        let body = json!({ "email": email, "password": person.password });
        browser.stranger().submit("/auth/login/").header("x-forwarded-for", address).json(&body)
    };
    let mut turned_away = 0;
    for round in 0..2 {
        let mut calls: Vec<_> =
            (0..250).map(|turn| from(format!("198.18.{round}.{turn}"), &format!("flood{turn}@example.com"))).collect();
        calls.extend((0..8).map(|_| from("203.0.113.90".to_owned(), &person.email)));
        let answers = world.burst(calls).await;
        turned_away += answers[250..].iter().filter(|answer| answer.status == 503).count();
    }
    assert!(turned_away > 0, "the flood was no flood");
    from("203.0.113.90".to_owned(), &person.email).send().await.expect(200);
}

/// three hundred recovery codes at once cost no more than a few checks.
async fn a_flood_of_recovery_codes_costs_little(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let began = Instant::now();
    let calls = (0..300)
        .map(|turn| browser.submit("/auth/2fa/verify/").json(&verification(&token, &format!("AAAA-BBBB-C{turn:03}"))))
        .collect();
    let answers = world.burst(calls).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(answers.iter().filter(|answer| answer.code() == "code_incorrect").count(), 5);
    assert!(answers.iter().all(|answer| matches!(answer.status, 422 | 429)));
    let fresh = partial_token(&browser, &person).await;
    verify(&browser, &fresh, &code(&person.secret, world.fresh_step().await)).await.expect(200);
}

/// what a client writes stays inside its own field of its own log line.
async fn a_client_cannot_write_log_lines(database: Database) {
    let world = World::on(database)
        .with("TWINLOCK_LOG", "trace")
        .with("TWINLOCK_LOG_FORMAT", "json")
        .with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32")
        .start()
        .await;
    let browser = world.browser();
    let line = "a@example.com\r\n{\"level\":\"INFO\",\"forged\":true}\r\n\u{1b}]0;title\u{7}\u{2028}x";
    login_with(&browser, line, line).await.expect_problem();
    browser.post("/auth/signup/", json!({ "email": line, "password": PASSWORD })).await.expect_problem();
    let long = "z".repeat(3000);
    for text in ["{\"forged\":true}", "\t{\"forged\":true}", "ESC[31m\u{9b}31m", "\u{2028}{\"forged\":true}", &long] {
        let body = json!({ "email": "a@example.com", "password": "x" });
        let call = browser.submit("/auth/login/").header("user-agent", text).header("x-forwarded-for", text);
        call.header("x-request-id", text).json(&body).send().await.expect_problem();
    }
    for bytes in
        [b"GET /\x1b[31m HTTP/1.1\r\nhost: a\r\n\r\n".as_slice(), b"\r\n{\"forged\":true}\r\n\r\n", b"\x00\xff\xfe"]
    {
        raw(&world, bytes, Duration::from_secs(1)).await;
    }
    for line in world.logs().lines() {
        // The words said to the person at the terminal at the start are no events.
        let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
            assert!(!line.contains("forged") && !line.contains("title"), "{line}");
            continue;
        };
        assert!(event.get("forged").is_none(), "{line}");
        assert!(!line.chars().any(|char| char.is_control() || char == '\u{2028}' || char == '\u{9b}'), "{line:?}");
        assert!(line.len() < 20_000, "a line of {} bytes", line.len());
    }
}

on_sqlite![
    too_much_is_refused_early,
    slow_and_idle_clients_are_let_go,
    a_flood_of_passwords_does_not_stop_the_server,
    who_hangs_up_makes_no_room_for_more_work,
    a_check_that_did_not_happen_is_no_wrong_password,
    a_flood_of_recovery_codes_costs_little,
    a_client_cannot_write_log_lines,
];
