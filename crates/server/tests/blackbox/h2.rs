//! HTTP/2, for which a few bytes of a client can mean much work of a server. Frames by hand, because no polite client
//! would send these.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::database::Database;
use crate::harness::World;
use crate::limits::resident;
use crate::people::login;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// A frame of RFC 9113 section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `GET /healthz` in the words of RFC 7541, without any compression.
fn request(host: &str) -> Vec<u8> {
    let text = |name: u8, value: &str| {
        let length = u8::try_from(value.len()).unwrap();
        [&[name, length][..], value.as_bytes()].concat()
    };
    [vec![0x82, 0x86], text(0x04, "/healthz"), text(0x01, host)].concat()
}

/// Sends frames until the server hangs up; gives how many were taken, `most` when it never did.
async fn flood(world: &World, most: u32, mut next: impl FnMut(u32) -> Vec<u8>) -> u32 {
    let mut stream = TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await.unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let mut reading = tokio::spawn(async move {
        let mut sink = [0; 16_384];
        while reader.read(&mut sink).await.is_ok_and(|length| length > 0) {}
    });
    let mut sent = 0;
    while sent < most && !reading.is_finished() {
        if writer.write_all(&next(sent)).await.is_err() {
            break;
        }
        sent += 1;
        tokio::task::yield_now().await;
    }
    let hung_up = tokio::time::timeout(Duration::from_secs(2), &mut reading).await.is_ok();
    reading.abort();
    if hung_up { sent.min(most - 1) } else { sent }
}

/// A-68 (RUSTSEC-2024-0332, rapid reset): floods of continuations, resets and pings end with the connection, leave no
/// memory behind and keep nobody else waiting.
async fn floods_of_frames_end_with_their_connection(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    login(&browser, &person).await.expect(200);
    let before = resident(world.nodes[0].pid());
    let host = world.host().to_owned();
    let padding = [&[0x40, 1, b'x', 127][..], &[b'y'; 127]].concat().repeat(100);

    let most = 20_000;
    let continuations = flood(&world, most, |turn| match turn {
        0 => frame(HEADERS, 0, 1, &request(&host)),
        _ => frame(CONTINUATION, 0, 1, &padding),
    });
    assert!(continuations.await < most, "continuations without end are taken in");
    let resets = flood(&world, most, |turn| {
        let stream = 2 * turn + 1;
        [frame(HEADERS, 5, stream, &request(&host)), frame(RESET, 0, stream, &8_u32.to_be_bytes())].concat()
    });
    assert!(resets.await < most, "requests taken back without end are taken in");
    flood(&world, most, |_| frame(PING, 0, 0, &[7; 8])).await;
    flood(&world, most, |_| frame(SETTINGS, 0, 0, &[])).await;

    login(&browser, &person).await.expect(200);
    let after = resident(world.nodes[0].pid());
    assert!(after < before + 50 * 1024, "{before} KiB before, {after} KiB after");
}

on_sqlite![floods_of_frames_end_with_their_connection];
