//! The server of a scenario: a process of its own, with its control port.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use causerie_cli::{backend::Backend, port};
use serde_json::{Value, json};

use crate::scenario::{Order, Signal};

/// A server, and what may befall it. Dropping it kills it.
#[derive(Debug)]
pub struct Stage {
    server: Backend,
    control: String,
    /// Where the copy of its database lies.
    backup: PathBuf,
}

impl Stage {
    /// Starts `program` (`causerie`, built with the feature `control`) with its data in `folder`.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn open(program: &Path, folder: &Path) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let mut server = Backend::new(program, folder).map_err(text)?;
        let control = port::free().map_err(text)?;
        server.argument("--control");
        server.argument(control.to_string());
        let mut stage = Self {
            server,
            control: format!("http://{control}"),
            backup: folder.join("backup"),
        };
        stage.start().await?;
        Ok(stage)
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://{}", self.server.addr())
    }

    /// Where faults are ordered.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// What it logged.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Carries out an order; when this returns, it is in force.
    ///
    /// # Errors
    /// What the control port says, or why the server does not start.
    pub async fn order(&mut self, order: &Order) -> Result<(), String> {
        match order {
            Order::Cut { user } => self.post("cut", json!({"user_id": user})).await,
            Order::Delay(ms) => self.post("delay", json!({"ms": ms})).await,
            Order::Refuse { writes, code, user } => {
                let body = json!({"count": writes, "code": code, "user_id": user});
                self.post("refuse", body).await
            }
            Order::DropAcks { count, user } => {
                let body = json!({"count": count, "user_id": user});
                self.post("drop_acks", body).await
            }
            Order::Stall { on, user } => {
                self.post("stall", json!({"on": on, "user_id": user})).await
            }
            Order::Mute { on, user } => self.post("mute", json!({"on": on, "user_id": user})).await,
            Order::Clock(minutes) => {
                let body = json!({"offset_ms": minutes * 60_000});
                self.post("clock", body).await
            }
            Order::Stop(Signal::Kill) => {
                self.server.kill();
                Ok(())
            }
            Order::Stop(Signal::Term) => self.terminate().await,
            Order::Start => self.start().await,
            Order::Restart => {
                self.server.kill();
                self.start().await
            }
            Order::Backup => {
                self.server.kill();
                copy_database(&self.server.data(), &self.backup)?;
                self.start().await
            }
            Order::Restore => {
                self.server.kill();
                // The file `identity` stays: by it the server knows that this is another database.
                copy_database(&self.backup, &self.server.data())?;
                self.start().await
            }
            Order::NewDatabase => {
                self.server.kill();
                let removed = fs::remove_dir_all(self.server.data());
                removed.map_err(|error| error.to_string())?;
                self.start().await
            }
        }
    }

    async fn start(&mut self) -> Result<(), String> {
        let started = self.server.start().await;
        started.map_err(|error| format!("{error} (was it built with `--features control`?)"))
    }

    async fn terminate(&mut self) -> Result<(), String> {
        let pid = self
            .server
            .pid()
            .ok_or("the server does not run")?
            .to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status();
        sent.map_err(|error| error.to_string())?;
        let ended = self.server.wait().await;
        ended.map(drop).map_err(|error| error.to_string())
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), String> {
        let answer = reqwest::Client::new()
            .post(format!("{}/{path}", self.control))
            .json(&body)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        answer.map(drop).map_err(|error| error.to_string())
    }
}

/// Copies what is the database in one folder over that of another.
fn copy_database(from: &Path, to: &Path) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    fs::create_dir_all(to).map_err(text)?;
    for name in ["causerie.db", "causerie.db-wal", "causerie.db-shm"] {
        match fs::remove_file(to.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(text(error)),
            _ => {}
        }
    }
    fs::copy(from.join("causerie.db"), to.join("causerie.db")).map_err(text)?;
    // A server that was killed leaves a log; its index is made anew from it.
    let log = "causerie.db-wal";
    match fs::copy(from.join(log), to.join(log)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(text(error)),
        _ => Ok(()),
    }
}
