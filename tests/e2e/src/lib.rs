//! What the tests with real processes share. They need the binary `causerie` with its control
//! port, and the library that makes a disk bad:
//!
//! ```sh
//! cargo build -p causerie-cli --features control && cargo build -p causerie-shim
//! cargo test -p causerie-e2e
//! ```
//!
//! They are looked for where `CAUSERIE_BIN` and `CAUSERIE_SHIM` say, else beside the tests in the
//! target folder. What happens by chance follows a seed, which is printed; `CAUSERIE_SEED` sets it.
//! Processes and disks keep their own time, so the same seed gives the same faults, and nearly the
//! same moments.
//!
//! - [`House`] is a server in a folder of its own, with its control port and users' clients.
//! - [`chat`] says how the tests talk: ids, conversations, messages.
//! - [`agreement`] holds two clients' screens against each other.
//! - [`disk`] is a bad disk under a process: what was not fsynced can be lost, and it can be full.
//! - [`senders`] load a server and hold it to what it acknowledged.
//! - [`player`] is a real client as a process.
//! - [`replay`] plays a transcript against a server.

pub mod agreement;
pub mod chat;
pub mod control;
pub mod disk;
pub mod player;
pub mod replay;
pub mod senders;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use causerie_cli::{backend::Backend, raw::RawClient};
use tempfile::TempDir;

use self::{control::Control, disk::Disk};

/// A server with all that a test asks of it. Dropping it kills it and removes its folder, unless the
/// test failed: then the folder stays, and is named.
#[derive(Debug)]
pub struct House {
    /// The server.
    pub server: Backend,
    /// Its control port.
    pub control: Control,
    folder: TempDir,
}

impl House {
    /// Starts a server.
    pub async fn open() -> Self {
        let mut house = Self::build();
        house.start().await;
        house
    }

    /// Starts a server on a disk that obeys.
    pub async fn open_on_disk() -> (Self, Disk) {
        let (mut house, disk) = Self::build_on_disk();
        house.start().await;
        (house, disk)
    }

    /// As [`Self::open_on_disk`], without starting it yet.
    pub fn build_on_disk() -> (Self, Disk) {
        let mut house = Self::build();
        let mut disk = Disk::under(&house.server.data()).expect("a disk");
        disk.power_on().expect("a journal");
        for (name, value) in disk.environment() {
            house.server.variable(name, value);
        }
        (house, disk)
    }

    /// Starts the server, again if it was killed.
    pub async fn start(&mut self) {
        let started = self.server.start().await;
        started.expect("it starts, if it was built with `--features control`");
    }

    /// A server that is not started yet.
    pub fn build() -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let mut server = Backend::new(&program(), folder.path()).expect("a free port");
        let control = Control::new().expect("another free port");
        server.argument("--control");
        server.argument(control.addr().to_string());
        Self {
            server,
            control,
            folder,
        }
    }

    /// A folder of its own, for a client.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        path
    }

    /// A raw client of this user, authenticated, as a new installation.
    pub async fn client(&self, user: &str) -> RawClient {
        let token = self.server.token(user).expect("a token");
        let client_id = chat::new_id().to_string();
        RawClient::open(self.server.addr(), &token, &client_id)
            .await
            .expect("the server takes its own token")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            println!("data and logs: {}", self.folder.path().display());
        }
    }
}

/// Where the binary is.
///
/// # Panics
/// If there is none, with the way to get one.
pub fn program() -> PathBuf {
    let named = std::env::var_os("CAUSERIE_BIN").map(PathBuf::from);
    let this = std::env::current_exe().expect("this program");
    // target/debug/deps/e2e-…
    let beside = this
        .parent()
        .and_then(Path::parent)
        .map(|dir| dir.join("causerie"));
    let program = named.or(beside).filter(|path| path.exists());
    program.expect("build it first: cargo build -p causerie-cli --features control")
}

/// The seed of a test that has one: this, or what `CAUSERIE_SEED` says, to try others.
pub fn seed(usual: u64) -> u64 {
    let named = std::env::var("CAUSERIE_SEED").ok();
    named.and_then(|seed| seed.parse().ok()).unwrap_or(usual)
}

/// Waits for an event, for as long as no test may take.
///
/// # Panics
/// If it does not come.
pub async fn within<T>(seconds: u64, what: &str, event: impl Future<Output = T>) -> T {
    let patience = Duration::from_secs(seconds);
    match tokio::time::timeout(patience, event).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {seconds} s"),
    }
}
