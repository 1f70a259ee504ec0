//! What a world is to be before it starts.

use std::sync::atomic::{AtomicI64, AtomicU32};

use crate::database::{Database, Look};
use crate::harness::World;
use crate::proxy::Proxy;

/// How a world is to be before it starts.
pub(crate) struct Plan {
    database: Database,
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    nodes: usize,
    through_proxy: bool,
}

impl Plan {
    /// Adds a setting, or replaces one.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// Two nodes where the database allows it: on PostgreSQL.
    pub(crate) fn in_cluster(mut self) -> Self {
        self.nodes = if self.database.is_postgres() { 2 } else { 1 };
        self
    }

    /// Puts a wire that can be cut between server and database.
    pub(crate) fn through_proxy(mut self) -> Self {
        self.through_proxy = true;
        self
    }

    /// Serves as a release would: no test mode, no clock, no outbox.
    pub(crate) fn without_test_mode(mut self) -> Self {
        self.arguments.retain(|argument| argument != "--test-mode");
        self
    }

    /// Makes the world, and waits until each node is ready.
    pub(crate) async fn start(self) -> World {
        let mut world = self.build().await;
        for _ in 0..world.wanted {
            world.add_node().await;
        }
        world
    }

    /// Makes the world with nothing running in it.
    pub(crate) async fn build(self) -> World {
        let directory = tempfile::Builder::new().prefix("twinlock-").tempdir().unwrap();
        let file = directory.path().join("twinlock.db");
        let (mut database_url, look) = match &self.database {
            Database::Sqlite => (format!("sqlite:{}", file.display()), Look::Sqlite(file)),
            Database::Postgres { url, .. } => (url.clone(), Look::Postgres(url.clone())),
        };
        let mut proxy = None;
        if self.through_proxy {
            let mut url = url::Url::parse(&database_url).unwrap();
            let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
            let wire = Proxy::to(target).await;
            url.set_host(Some("127.0.0.1")).unwrap();
            url.set_port(Some(wire.address.port())).unwrap();
            database_url = url.to_string();
            proxy = Some(wire);
        }
        let mut world = World {
            directory,
            program: env!("CARGO_BIN_EXE_twinlock").into(),
            look,
            database: self.database,
            database_url,
            settings: self.settings,
            arguments: self.arguments,
            wanted: self.nodes,
            base: None,
            nodes: Vec::new(),
            offset: AtomicI64::new(0),
            people: AtomicU32::new(0),
            proxy,
        };
        if world.database.is_postgres() && world.setting("TWINLOCK_KEYS").is_none() {
            let keys = world.generate_keys();
            world.settings.push(("TWINLOCK_KEYS".to_owned(), keys));
        }
        world
    }
}

impl World {
    /// A plan for one node in development with the test mode on.
    pub(crate) fn on(database: Database) -> Plan {
        let arguments = ["serve", "--test-mode", "--migrate"].map(str::to_owned).to_vec();
        Plan { database, settings: Vec::new(), arguments, nodes: 1, through_proxy: false }
    }

    /// One node in development with the test mode on.
    pub(crate) async fn start(database: Database) -> Self {
        Self::on(database).start().await
    }
}
