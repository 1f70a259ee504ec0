//! `twinlock serve` and `twinlock worker`: from a configuration to a running process, and back to nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::account_admin::AddUser;
use domain::command::Origin;
use domain::ids::ApplicationId;
use domain::secret::{KeyId, KeyRing, new_token};
use domain::totp::TotpSecret;
use domain::user::Email;
use messaging::webhook::Hooks;
use metrics_exporter_prometheus::PrometheusHandle;
use store::{Db, Options, Surroundings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::api_keys::{AdminKeys, ApiKeys};
use crate::app::{App, Parts, World, policy};
use crate::config::{Config, DatabaseUrl, Environment};
use crate::fault::Fault;
use crate::http::listen::{self, Ending};
use crate::http::routes::{administration, operators, router};
use crate::http::{HttpContext, Limits};
use crate::password::Hasher;
use crate::phone::Phones;
use crate::run::salt;
use crate::token::AccessTokens;
use crate::worker::{self, Transports, Worker};
use crate::{keys, restoration, telemetry};

/// How long a stop waits for requests under way.
const FAREWELL: Duration = Duration::from_secs(25);
/// How long a command may take that changes every row there is.
const AT_LENGTH: Duration = Duration::from_hours(2);
/// The demo account's address.
const DEMO_EMAIL: &str = "demo@example.com";

/// What `serve` was asked beyond the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Bring the database up to date first.
    pub migrate: bool,
    /// A movable clock and a readable outbox, for tests on this machine.
    pub test_mode: bool,
    /// Leave the sending, and the tidying, to `twinlock worker`.
    pub without_worker: bool,
}

/// Connects to the configured database.
pub async fn connect(config: &Config) -> anyhow::Result<Db> {
    connect_as(config, Options { url: url(config), ..Options::default() }).await
}

/// The same for a command that changes every row there is.
pub async fn connect_at_length(config: &Config) -> anyhow::Result<Db> {
    connect_to(url(config), config).await
}

/// The same, to a database that is not in its place yet.
pub async fn connect_to(url: String, config: &Config) -> anyhow::Result<Db> {
    connect_as(config, Options { url, unit_timeout: AT_LENGTH, ..Options::default() }).await
}

async fn connect_as(config: &Config, options: Options) -> anyhow::Result<Db> {
    Db::connect(&options).await.with_context(|| format!("DATABASE_URL: {} cannot be opened", config.database))
}

fn url(config: &Config) -> String {
    match &config.database {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// Reads the key ring, and refuses one that lacks a key the database still needs.
pub async fn keys_for(config: &Config, db: &Db) -> anyhow::Result<KeyRing> {
    complete(keys::load(config.keys()?)?, db).await
}

async fn complete(ring: KeyRing, db: &Db) -> anyhow::Result<KeyRing> {
    let known: Vec<KeyId> = ring.ids().collect();
    let missing: Vec<String> = db
        .keys_beyond(&known)
        .await?
        .into_iter()
        .map(|used| format!("{} ({} rows of {})", used.key, used.rows, used.table))
        .collect();
    if !missing.is_empty() {
        bail!("the key ring lacks keys the database still needs: {}; add them to TWINLOCK_KEYS", missing.join(", "));
    }
    Ok(ring)
}

/// Puts the application together.
pub fn assemble(config: &Config, db: Db, ring: KeyRing) -> anyhow::Result<App> {
    let tokens = AccessTokens::new(&config.base_url.origin(), &ring);
    let world = Arc::new(World::real(ring, policy(config)));
    let http = HttpContext::new(config, Limits::default());
    let carrier = config.sms.carrier().context("SMS_PROVIDER")?.map(Arc::new);
    Ok(App::new(Parts {
        db,
        world,
        hasher: Hasher::new()?,
        phones: Phones::new(),
        tokens,
        api_keys: ApiKeys::new(config.api_rate_limit),
        admin_keys: AdminKeys::new(config.api_rate_limit),
        http,
        carrier,
        webhooks: Hooks::new(config.webhook_reach)?,
    }))
}

/// Serves until the process is told to stop; then finishes what has begun.
pub async fn serve(mut config: Config, asked: Asked) -> anyhow::Result<()> {
    config.check_serve(asked.test_mode)?;
    telemetry::start_logs(&config.log, config.log_format)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let shutdown = CancellationToken::new();
    tokio::spawn(stop_on_signal(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, shutdown.clone()));

    // A ring that is no ring stops the start before anything is touched.
    let ring = keys::load(config.keys()?)?;
    let db = connect(&config).await?;
    prepare_schema(&config, &db, asked.migrate).await?;
    let ring = complete(ring, &db).await?;
    restoration::admit(&config, &db).await?;
    let listener = TcpListener::bind(config.bind)
        .await
        .with_context(|| format!("TWINLOCK_BIND: {} cannot be used", config.bind))?;
    config.bound_to(listener.local_addr()?);
    let app = assemble(&config, db, ring)?;
    let demo = if config.environment == Environment::Development && config.bind.ip().is_loopback() {
        demo_account(&app).await?
    } else {
        None
    };

    let beat = tokio::spawn(restoration::beat(config.clone(), app.db.clone(), shutdown.clone()));
    let metrics = telemetry::start_metrics(shutdown.clone())?;
    let worker = if asked.without_worker {
        tokio::spawn(worker::listen_for_outages(app.clone(), shutdown.clone()))
    } else {
        let transports = Transports::new(&config, app.carrier.clone(), asked.test_mode)?;
        tokio::spawn(worker::work(Worker::new(app.clone(), transports, config.cleanup_at), shutdown.clone()))
    };
    let aside = metrics_aside(&config, &app, &metrics, &shutdown).await?;
    let apart = administration_apart(&config, &app, &shutdown).await?;

    announce(&config, asked, demo.as_ref());
    let router = router(&app, &config, Some(metrics), asked.test_mode)?;
    let ending = listen::serve(listener, router, *app.http.limits(), shutdown, FAREWELL).await;
    if let Ending::Cut(connections) = ending {
        tracing::warn!(connections, "connections were cut at the end of the time to stop");
    }
    worker.await.context("the worker did not come to its end")?;
    beat.await.context("the marking of the database did not come to its end")?;
    if let Some(apart) = apart {
        apart.await.context("the listener of the administration did not come to its end")?;
    }
    if let Some(aside) = aside {
        aside.await.context("the metrics listener did not come to its end")?;
    }
    app.db.close().await;
    Ok(())
}

/// Sends and tidies until the process is told to stop, and serves nobody; then finishes what has begun.
pub async fn work(config: Config, asked: Asked) -> anyhow::Result<()> {
    config.check_serve(asked.test_mode)?;
    telemetry::start_logs(&config.log, config.log_format)?;
    let shutdown = CancellationToken::new();
    tokio::spawn(stop_on_signal(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, shutdown.clone()));
    let ring = keys::load(config.keys()?)?;
    let db = connect(&config).await?;
    prepare_schema(&config, &db, asked.migrate).await?;
    let ring = complete(ring, &db).await?;
    restoration::admit(&config, &db).await?;
    let app = assemble(&config, db, ring)?;
    let beat = tokio::spawn(restoration::beat(config.clone(), app.db.clone(), shutdown.clone()));
    let metrics = telemetry::start_metrics(shutdown.clone())?;
    let aside = metrics_aside(&config, &app, &metrics, &shutdown).await?;
    let transports = Transports::new(&config, app.carrier.clone(), asked.test_mode)?;
    tracing::info!("working");
    worker::work(Worker::new(app.clone(), transports, config.cleanup_at), shutdown).await;
    beat.await.context("the marking of the database did not come to its end")?;
    if let Some(aside) = aside {
        aside.await.context("the metrics listener did not come to its end")?;
    }
    app.db.close().await;
    Ok(())
}

/// The operators' own listener, where one is configured.
async fn metrics_aside(
    config: &Config,
    app: &App,
    metrics: &PrometheusHandle,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<Ending>>> {
    let Some(address) = config.metrics_bind else { return Ok(None) };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("TWINLOCK_METRICS_BIND: {address} cannot be used"))?;
    let routes = operators(app, metrics.clone())?;
    Ok(Some(tokio::spawn(listen::serve(listener, routes, Limits::default(), shutdown.clone(), FAREWELL))))
}

/// The administration's own listener, where one is configured.
async fn administration_apart(
    config: &Config,
    app: &App,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<Ending>>> {
    let Some(address) = config.admin_bind else { return Ok(None) };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("TWINLOCK_ADMIN_BIND: {address} cannot be used"))?;
    let routes = administration(app);
    Ok(Some(tokio::spawn(listen::serve(listener, routes, *app.http.limits(), shutdown.clone(), FAREWELL))))
}

async fn stop_on_signal(
    mut terminate: tokio::signal::unix::Signal,
    mut interrupt: tokio::signal::unix::Signal,
    shutdown: CancellationToken,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way are finished first");
    shutdown.cancel();
}

/// Migrates where that was asked for, or stops with the command that does.
async fn prepare_schema(config: &Config, db: &Db, asked: bool) -> anyhow::Result<()> {
    if asked || config.migrate {
        for name in db.migrate().await? {
            tracing::info!(migration = %name, "migrated");
        }
        return Ok(());
    }
    let pending = db.pending_migrations().await?;
    if !pending.is_empty() {
        bail!(
            "the database is not up to date ({} pending): run `twinlock migrate`, or `twinlock serve --migrate`",
            pending.len()
        );
    }
    Ok(())
}

/// What a developer needs to sign in at once.
struct Demo {
    password: Zeroizing<String>,
    totp_secret: Zeroizing<String>,
}

/// Makes the demo account in an empty database.
async fn demo_account(app: &App) -> Result<Option<Demo>, Fault> {
    if !app.db.is_empty().await? {
        return Ok(None);
    }
    let mut rng = app.world.rng();
    let password = Zeroizing::new(new_token(rng.as_mut()).expose().get(..16).unwrap_or_default().to_owned());
    let totp = TotpSecret::generate(rng.as_mut());
    let totp_secret = Zeroizing::new(totp.to_base32().expose().to_owned());
    let email = Email::parse(DEMO_EMAIL).map_err(|_| Fault::plain("the demo address is no address"))?;
    let hash = app.hasher.hash(password.clone(), salt(app)).await?;
    let origin = Origin { actor: Some("demo".to_owned()), ..Origin::default() };
    let add = AddUser { application: ApplicationId::DEFAULT, email, password: hash, totp: Some(totp), origin };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    let made = app.db.run(Arc::new(add), world).await?;
    // Another node may have made it a moment ago.
    Ok(matches!(made, Ok(Some(_))).then_some(Demo { password, totp_secret }))
}

#[expect(clippy::print_stdout, reason = "what a person who starts the server looks for")]
fn announce(config: &Config, asked: Asked, demo: Option<&Demo>) {
    println!("twinlock url={}", config.base_url.origin());
    if config.environment == Environment::Development {
        println!("mailbox url={}/dev/mailbox", config.base_url.origin());
    }
    if asked.test_mode {
        println!("test mode: the clock can be moved by anyone on this machine");
    }
    if let Some(Demo { password, totp_secret }) = demo {
        println!("demo email={DEMO_EMAIL} password={} totp_secret={}", password.as_str(), totp_secret.as_str());
    }
}
