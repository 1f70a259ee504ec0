//! HTTP/2 by hand, so that a client can misbehave.

use super::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn opening() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &[])].concat()
}

/// `GET path` in HPACK: three entries of the static table and two literals without indexing.
fn get(server: &Server, path: &str) -> Vec<u8> {
    let literal = |index: u8, text: &str| [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0x82, 0x86], literal(4, path), literal(1, &server.address.to_string())].concat()
}

/// The frames until the server closes or `enough`.
fn frames(socket: &mut Socket, enough: impl Fn(u8, &[u8]) -> bool) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    let mut head = [0; 9];
    while socket.read_exact(&mut head).is_ok() {
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        if socket.read_exact(&mut payload).is_err() {
            break;
        }
        let last = enough(head[3], &payload);
        frames.push((head[3], payload));
        if last {
            break;
        }
    }
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn is_spoken_without_an_upgrade() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let bytes = [opening(), frame(HEADERS, END_STREAM | END_HEADERS, 1, &get(&server, "/open"))].concat();
    let mut socket = server.connect();
    let frames = client(move || {
        socket.write_all(&bytes).unwrap();
        frames(&mut socket, |kind, payload| kind == DATA && payload == b"open")
    })
    .await;
    let head = frames.iter().find(|(kind, _)| *kind == HEADERS).map(|(_, payload)| payload[0]);
    assert_eq!(head, Some(0x88), "`:status 200` of the static table");
    assert_eq!(frames.last().map(|(kind, _)| *kind), Some(DATA));
}

/// Sends `attack` and reads until the end, then asks whether the server still answers others.
async fn ends(server: &Server, attack: Vec<u8>) -> Vec<(u8, Vec<u8>)> {
    let mut socket = server.connect();
    let frames = client(move || {
        let mut writer = socket.try_clone().unwrap();
        let writing = spawn(move || drop(writer.write_all(&attack)));
        let frames = frames(&mut socket, |kind, _| kind == GOAWAY);
        let _ = socket.shutdown(Shutdown::Both);
        writing.join().unwrap();
        frames
    })
    .await;
    let text = talk(server, server.head("GET /open", "Connection: close\r\n")).await;
    assert!(text.starts_with(OK), "{text}");
    frames
}

fn was_thrown_out(frames: &[(u8, Vec<u8>)]) -> bool {
    // The error code follows the last stream: anything but 0, NO_ERROR.
    frames.iter().any(|(kind, payload)| *kind == GOAWAY && payload[4..8] != [0; 4])
}

#[tokio::test(flavor = "multi_thread")]
async fn rapid_reset_is_thrown_out() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let request = get(&server, "/slow");
    let mut attack = opening();
    for stream in (1..20_000).step_by(2) {
        attack.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, &request));
        attack.extend(frame(RESET, 0, stream, &8_u32.to_be_bytes()));
    }
    assert!(was_thrown_out(&ends(&server, attack).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_continuations_is_thrown_out() {
    let server = start(short(), Duration::ZERO).await;
    let mut attack = [opening(), frame(HEADERS, END_STREAM, 1, &get(&server, "/open"))].concat();
    for _ in 0..20_000 {
        // One more literal each: a name of one letter and a value of 100.
        let field = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
        attack.extend(frame(CONTINUATION, 0, 1, &field));
    }
    let frames = ends(&server, attack).await;
    assert!(was_thrown_out(&frames) || frames.iter().all(|(kind, _)| *kind != HEADERS), "{frames:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_rests_too_long_is_closed() {
    let server = start(short(), Duration::ZERO).await;
    let bytes = [opening(), frame(HEADERS, END_STREAM | END_HEADERS, 1, &get(&server, "/open"))].concat();
    let mut socket = server.connect();
    let took = client(move || {
        let started = Instant::now();
        socket.write_all(&bytes).unwrap();
        frames(&mut socket, |_, _| false);
        started.elapsed()
    })
    .await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}
