//! A wire that can be cut: a TCP proxy between the server and PostgreSQL.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// While cut, the proxy drops what was open and hangs up on whoever calls.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// A proxy to `target` (`host:port`).
    pub(crate) async fn to(target: String) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let whole = Arc::new(watch::Sender::new(true));
        let sender = Arc::clone(&whole);
        let listener = tokio::spawn(async move {
            loop {
                let Ok((mut inside, _)) = socket.accept().await else { return };
                let mut state = sender.subscribe();
                let target = target.clone();
                tokio::spawn(async move {
                    if !*state.borrow_and_update() {
                        return;
                    }
                    let Ok(mut outside) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut inside, &mut outside) => {}
                        _ = state.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { address, whole, listener }
    }

    /// Drops every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.whole.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
