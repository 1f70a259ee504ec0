//! A wire that can be cut: a TCP proxy between the server and PostgreSQL.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does with what is sent through it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Whole,
    Cut,
    Dead,
}

/// The proxy. Connections that were open when the wire changed never work again: they end at once or when it is mended.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    wire: Arc<watch::Sender<Wire>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// A proxy to `target` (`host:port`).
    pub(crate) async fn to(target: String) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let wire = Arc::new(watch::Sender::new(Wire::Whole));
        let sender = Arc::clone(&wire);
        let listener = tokio::spawn(async move {
            while let Ok((inside, _)) = socket.accept().await {
                tokio::spawn(carry(inside, target.clone(), sender.subscribe()));
            }
        });
        Self { address, wire, listener }
    }

    /// Drops every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.wire.send_replace(Wire::Cut);
    }

    /// Keeps every connection and carries nothing any more, as a firewall does.
    pub(crate) fn fall_silent(&self) {
        self.wire.send_replace(Wire::Dead);
    }

    /// Lets new connections through again.
    pub(crate) fn mend(&self) {
        self.wire.send_replace(Wire::Whole);
    }
}

async fn carry(mut inside: TcpStream, target: String, mut wire: watch::Receiver<Wire>) {
    let state = *wire.borrow_and_update();
    if state == Wire::Whole
        && let Ok(mut outside) = TcpStream::connect(target).await
    {
        tokio::select! {
            _ = copy_bidirectional(&mut inside, &mut outside) => return,
            _ = wire.wait_for(|wire| *wire != Wire::Whole) => {}
        }
    }
    let _ = wire.wait_for(|wire| *wire != Wire::Dead).await;
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
