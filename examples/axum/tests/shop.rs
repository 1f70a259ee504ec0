//! The shop without its Twinlock: nobody gets in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Shop(Child, u16);

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Shop {
    fn start() -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_twinlock-example-axum"))
            .env("PORT", port.to_string())
            .env("EXAMPLE_PASSWORD", "ada loves engines")
            .env("TWINLOCK_URL", format!("http://127.0.0.1:{}", free_port()))
            .env("TWINLOCK_API_KEY", "tl_test_nobody")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < patience, "it did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child, port)
    }

    /// The answer to a name and a password.
    fn log_in(&self, password: &str) -> String {
        let body = format!("name=ada&password={}", password.replace(' ', "+"));
        let head = "POST /log-in HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded";
        let mut to = TcpStream::connect((Ipv4Addr::LOCALHOST, self.1)).unwrap();
        write!(to, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        to.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn nobody_gets_in_while_the_second_factor_is_away() {
    let shop = Shop::start();
    let wrong = shop.log_in("not hers");
    assert!(wrong.starts_with("HTTP/1.1 403") && wrong.contains("Name or password is wrong"), "{wrong}");
    let right = shop.log_in("ada loves engines");
    assert!(right.starts_with("HTTP/1.1 403") && right.contains("(unreachable)"), "{right}");
    assert!(!right.to_ascii_lowercase().contains("location:"), "{right}");
}
