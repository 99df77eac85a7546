//! Opening a client.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use causerie_engine::EngineConfig;
use causerie_store::Durability;
use tokio::runtime::Handle;

use super::{
    client::{Client, user_id},
    token::{NoProvider, TokenProvider},
};
use crate::{
    Error, FixCode,
    driver::{Opening, registry},
    transport::Address,
};

/// Settings of a client that is yet to be opened. Made by [`Client::builder`].
///
/// ```
/// use causerie::{Client, Durability};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("wss://chat.example.org", "alice")
///     .data_dir(folder.path())
///     .durability(Durability::PowerLoss)
///     .max_reconnect_attempts(Some(20))
///     .open()
///     .await?; // no network was needed so far
/// assert_eq!(client.user_id().as_str(), "alice");
/// # client.close().await;
/// # Ok(()) }
/// ```
#[must_use = "nothing happens before open()"]
pub struct ClientBuilder {
    server_url: String,
    user_id: String,
    data_dir: Option<PathBuf>,
    provider: Arc<dyn TokenProvider>,
    config: EngineConfig,
    durability: Durability,
    runtime: Option<Handle>,
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("server_url", &self.server_url)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new(server_url: &str, user_id: &str) -> Self {
        Self {
            server_url: server_url.into(),
            user_id: user_id.into(),
            data_dir: None,
            provider: Arc::new(NoProvider),
            config: EngineConfig {
                sdk: format!(
                    "causerie/{} ({})",
                    env!("CARGO_PKG_VERSION"),
                    std::env::consts::OS
                ),
                ..EngineConfig::default()
            },
            durability: Durability::default(),
            runtime: None,
        }
    }

    /// The folder for this user's data; made if it is not there. It must have one, and no other
    /// user and no other process may have the same.
    pub fn data_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.data_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Who brings tokens. Default: nobody; then the client only works offline.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.provider = Arc::new(provider);
        self
    }

    /// After so many failed attempts in a row the connection is closed until
    /// [`Client::start`]. Default `None`: attempts never end. With a number, coming back is the
    /// app's care.
    pub fn max_reconnect_attempts(mut self, attempts: Option<u32>) -> Self {
        self.config.max_reconnect_attempts = attempts;
        self
    }

    /// What a commit survives. Default [`Durability::Process`]: the death of the process.
    /// [`Durability::PowerLoss`] makes every `send` wait for the disk.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The runtime for sockets and callbacks. Default: one of the client's own, with two threads.
    /// The runtime given must outlive the client and have I/O and time enabled.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The engine's own settings, such as how much is fetched ahead. Each says its default and
    /// what changing it costs.
    pub fn tune(mut self, change: impl FnOnce(&mut EngineConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Opens the local data. Works offline: the network is not touched before [`Client::start`].
    ///
    /// If this process has the folder open already, the client given is another handle to the same
    /// core, and the settings here count for nothing.
    ///
    /// # Errors
    /// `no_data_dir`, `data_dir`, `invalid` (the server's address, the user's id), `in_use` by
    /// another process, `other_user`, `other_server`, `outdated`, `disk_full`.
    pub async fn open(self) -> Result<Client, Error> {
        let address = Address::parse(&self.server_url)
            .map_err(|message| Error::invalid("server_url", message))?;
        let user_id = user_id("user_id", &self.user_id)?;
        let folder = self
            .data_dir
            .filter(|folder| !folder.as_os_str().is_empty())
            .ok_or(FixCode::NoDataDir)?;
        let handle = registry::open(Opening {
            folder,
            user_id,
            address,
            provider: self.provider,
            config: self.config,
            durability: self.durability,
            runtime: self.runtime,
        })
        .await?;
        Ok(Client::new(handle))
    }
}
