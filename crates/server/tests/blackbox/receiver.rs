//! An application's own server, as far as webhooks go: it writes down what it is told, and answers as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A call that came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) json: Value,
}

impl Heard {
    /// What it is about.
    pub(crate) fn kind(&self) -> &str {
        self.json["type"].as_str().expect("a type")
    }

    /// Its id.
    pub(crate) fn id(&self) -> String {
        self.headers["webhook-id"].to_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Notes {
    heard: Vec<Heard>,
    answers: VecDeque<u16>,
}

/// Listens on loopback.
pub(crate) struct Receiver {
    pub(crate) url: String,
    notes: Arc<Mutex<Notes>>,
}

impl Receiver {
    /// Answers 204 unless told otherwise.
    pub(crate) async fn start() -> Self {
        let notes: Arc<Mutex<Notes>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/0paque", listener.local_addr().unwrap());
        let routes = Router::new().fallback(take).with_state(Arc::clone(&notes));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, notes }
    }

    /// What the next calls are answered with.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.notes.lock().unwrap().answers.extend(statuses);
    }

    /// Everything that came.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.notes.lock().unwrap().heard.clone()
    }

    /// Waits until so many calls came.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Heard> {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let heard = self.heard();
            if heard.len() >= count {
                return heard;
            }
            assert!(Instant::now() < patience, "{count} calls were to come: {heard:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits for a call of a kind.
    pub(crate) async fn wait_for_kind(&self, kind: &str) -> Heard {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = self.heard().into_iter().find(|heard| heard.kind() == kind) {
                return found;
            }
            assert!(Instant::now() < patience, "no {kind} came: {:?}", self.heard());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

async fn take(State(notes): State<Arc<Mutex<Notes>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut notes = notes.lock().unwrap();
    let json = serde_json::from_slice(&body).unwrap_or_default();
    notes.heard.push(Heard { headers, body: body.to_vec(), json });
    notes.answers.pop_front().map_or(StatusCode::NO_CONTENT, |status| StatusCode::from_u16(status).unwrap())
}
