//! Connections to PostgreSQL.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod, Runtime,
};
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;
use crate::db::{Dialect, Options};
use crate::error::StoreError;
use crate::statement::Texts;

/// Connections to one PostgreSQL database: for units, and for reads that must not queue behind them.
pub(crate) struct Postgres {
    units: Pool,
    reads: Pool,
    texts: Texts,
    begin: String,
    unit_timeout: Duration,
}

impl Postgres {
    /// Sets the pool up; connects when first needed.
    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        let mut config = parse(&options.url)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.acquire_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("twinlock");
        }
        // A peer that vanished without a word is noticed within seconds, not after the system's two hours.
        config.keepalives_idle(Duration::from_secs(15)).keepalives_interval(Duration::from_secs(5));
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(options.unit_timeout);
        }
        ssl_mode(&mut config, &options.url);
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}",
            options.lock_timeout.as_millis(),
            options.unit_timeout.as_millis(),
        );
        Ok(Self {
            units: pool(&config, options.max_connections, options.acquire_timeout)?,
            reads: pool(&config, options.read_connections, options.acquire_timeout)?,
            texts: Texts::new(Dialect::Postgres),
            begin,
            unit_timeout: options.unit_timeout,
        })
    }

    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    pub(crate) fn begin(&self) -> &str {
        &self.begin
    }

    pub(super) fn unit_timeout(&self) -> Duration {
        self.unit_timeout
    }

    /// A connection for one unit.
    pub(super) async fn for_unit(&self) -> Result<Checkout, Failure> {
        checkout(&self.units).await
    }

    /// A connection for one batch of reads.
    pub(super) async fn for_reads(&self) -> Result<Checkout, Failure> {
        checkout(&self.reads).await
    }

    /// A connection of its own, no longer the pool's.
    pub(crate) async fn direct(&self) -> Result<ClientWrapper, StoreError> {
        let mut connection = self.for_unit().await.map_err(Failure::into_error)?;
        connection.0.take().map(Object::take).ok_or_else(|| StoreError::unavailable("no connection"))
    }

    /// Closes the connections that nobody uses.
    pub(super) fn forget_idle(&self) {
        self.units.retain(|_, _| false);
        self.reads.retain(|_, _| false);
    }

    /// Hands out no more connections and waits until those in use have come back.
    pub(crate) async fn close(&self) {
        self.units.close();
        self.reads.close();
        let drained = async {
            while self.units.status().size + self.reads.status().size > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(self.unit_timeout, drained).await.is_err() {
            tracing::warn!("units were still under way when the database was closed");
        }
    }
}

/// A pool that connects when first asked.
fn pool(config: &Config, size: usize, patience: Duration) -> Result<Pool, StoreError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if needs_tls(config) {
        Manager::from_config(config.clone(), tls()?, recycling)
    } else {
        Manager::from_config(config.clone(), NoTls, recycling)
    };
    Pool::builder(manager)
        .max_size(size.max(1))
        // The one that was used last: its process at the server is the one whose memory is still in the caches.
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(patience))
        .create_timeout(Some(patience))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(StoreError::unavailable)
}

async fn checkout(pool: &Pool) -> Result<Checkout, Failure> {
    match pool.get().await {
        Ok(connection) => Ok(Checkout(Some(connection))),
        Err(PoolError::Backend(error)) => Err(refused(&error)),
        Err(PoolError::Timeout(_)) => {
            Err(Failure::final_(StoreError::unavailable("no connection was to be had in time")))
        }
        Err(error) => Err(Failure::final_(StoreError::unavailable(error))),
    }
}

/// A connection that could not be made; trying at once again would not help.
fn refused(error: &tokio_postgres::Error) -> Failure {
    use std::error::Error as _;
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    Failure::final_(StoreError::unavailable(format_args!("{error}: {cause}")))
}

/// `verify-full` is what `require` does here: a certificate is always checked.
fn parse(url: &str) -> Result<Config, StoreError> {
    url.replace("sslmode=verify-full", "sslmode=require")
        .parse()
        .map_err(|error| StoreError::unavailable(format_args!("the database URL cannot be read: {error}")))
}

/// Settles on TLS or not, and gives what was settled on.
fn ssl_mode(config: &mut Config, url: &str) -> SslMode {
    if !says_ssl_mode(url) && goes_out(config) {
        // The driver's default falls back to plain text as soon as anybody in between answers that there is no TLS here.
        config.ssl_mode(SslMode::Require);
    }
    if !needs_tls(config) {
        // A unix socket has no TLS, whatever the URL asks for; to libpq that is no error either.
        config.ssl_mode(SslMode::Disable);
    }
    config.get_ssl_mode()
}

/// Whether any host might be spoken to over TLS; a unix socket never is.
fn needs_tls(config: &Config) -> bool {
    config.get_ssl_mode() != SslMode::Disable
        && (!config.get_hostaddrs().is_empty() || config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_))))
}

/// Whether the URL itself decides on TLS, in its query or in the `key=value` form.
fn says_ssl_mode(url: &str) -> bool {
    let settings = if url.contains("://") { url.split_once('?').map_or("", |(_, query)| query) } else { url };
    settings.contains("sslmode")
}

/// Whether any connection leaves this machine, or might. Where addresses are given, they are what is connected to.
fn goes_out(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().any(|address| !address.to_canonical().is_loopback());
    }
    config.get_hosts().iter().any(|host| match host {
        Host::Tcp(name) => {
            let loopback = name.parse::<IpAddr>().map(|address| address.to_canonical().is_loopback());
            name != "localhost" && !loopback.unwrap_or(false)
        }
        Host::Unix(_) => false,
    })
}

fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        tracing::warn!("no root certificates found; PostgreSQL over TLS will not be trusted");
    }
    // Named, not the process's default: a library does not rely on what main may have installed.
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unavailable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A connection on loan. Dropped, it is closed, for it may be inside a transaction; only [`Checkout::release`] gives it
/// back to the pool.
pub(super) struct Checkout(Option<Object>);

impl Checkout {
    pub(super) fn release(mut self) {
        drop(self.0.take());
    }
}

impl Deref for Checkout {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        #[expect(clippy::expect_used, reason = "only release and drop take it, and both consume the loan")]
        self.0.as_ref().expect("a connection on loan")
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        let options = Options { url: url.to_owned(), ..Options::default() };
        ssl_mode(&mut parse(&options.url).unwrap(), &options.url)
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted_unless_the_url_says_otherwise() {
        for url in [
            "postgres://u:p@db.example.com/x",
            "postgres://u:p@192.0.2.1/x?connect_timeout=3",
            "host=db.example.com user=u",
            "postgres://u:sslmode=disable@db.example.com/x",
            "host=localhost hostaddr=192.0.2.1 user=u",
            "postgres://u@127.0.0.1,db.example.com/x",
            "postgres://u@db.example.com/x?sslmode=require",
            "postgres://u@db.example.com/x?sslmode=verify-full",
        ] {
            assert_eq!(mode(url), SslMode::Require, "{url}");
        }
        for url in ["postgres://u@127.0.0.1:5433/x", "postgres://u@localhost/x", "host=::1 user=u"] {
            assert_eq!(mode(url), SslMode::Prefer, "{url}");
        }
        assert_eq!(mode("host=/run/postgresql user=u"), SslMode::Disable);
        assert_eq!(mode("postgres://u@db.example.com/x?sslmode=disable"), SslMode::Disable);
    }
}
