//! The processes and the lines between them: a server, three clients, and for each client a proxy
//! of its own, so that one line can fail alone.

use std::{fs, io, path::Path};

use causerie_protocol::{ConversationId, UserId};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{
    DemoError,
    device::Device,
    puppet::{Heard, Puppet, Role},
    seen::Seen,
};
use crate::{backend::Backend, proxy::Proxy, raw::RawClient};

/// All of it. Dropping it ends every process and removes every file.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: Backend,
    /// Each client's line.
    pub lines: [Proxy; 3],
    /// The clients.
    pub puppets: [Puppet; 3],
    /// What the clients say.
    pub heard: mpsc::UnboundedReceiver<Heard>,
    // Last, so that whoever has files open ends before.
    _folder: TempDir,
}

impl Stage {
    /// Starts the server and the clients, all of them this program: `causerie`.
    ///
    /// # Errors
    /// If any of them does not start.
    pub async fn set(program: &Path) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new()
            .prefix("causerie-demo-")
            .tempdir()?;
        let mut server = Backend::new(program, folder.path())?;
        server.start().await?;
        let (ears, heard) = mpsc::unbounded_channel();
        let mut lines = Vec::new();
        let mut puppets = Vec::new();
        for device in Device::ALL {
            let line = Proxy::start(server.addr()).await?;
            let role = Role {
                program: program.to_owned(),
                device,
                server: line.addr(),
                data: client_folder(folder.path(), device)?,
                token: server.token(device.user())?,
            };
            let mut puppet = Puppet::new(role, ears.clone());
            puppet.start()?;
            lines.push(line);
            puppets.push(puppet);
        }
        let three = || DemoError::new("three devices were expected");
        Ok(Self {
            server,
            lines: lines.try_into().map_err(|_| three())?,
            puppets: puppets.try_into().map_err(|_| three())?,
            heard,
            _folder: folder,
        })
    }

    /// One client's line.
    pub fn line(&self, device: Device) -> &Proxy {
        &self.lines[device.index()]
    }

    /// One client.
    pub fn puppet(&mut self, device: Device) -> &mut Puppet {
        &mut self.puppets[device.index()]
    }

    /// The server's own word: its history, read by raw clients as alice and as bob.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn witness(&self) -> Result<Views, DemoError> {
        Ok(Views {
            alice: self.history(Device::Phone.user()).await?,
            bob: self.history(Device::Bob.user()).await?,
        })
    }

    async fn history(&self, user: &str) -> Result<Vec<Seen>, DemoError> {
        // An installation of its own: it supersedes nobody.
        const CLIENT_ID: &str = "019a0000-0000-7000-8000-000000000000";
        let token = self.server.token(user)?;
        let mut client = RawClient::open(self.server.addr(), &token, CLIENT_ID).await?;
        let messages = client.history(&conversation()?.to_string()).await?;
        client.close().await;
        Ok(messages.iter().map(Seen::from_wire).collect())
    }

    /// Ends every client.
    pub async fn clear(&mut self) {
        for puppet in &mut self.puppets {
            puppet.kill().await;
        }
        self.server.kill();
    }
}

/// The server's history as it tells it to each of the two. Each is told the `temp_id`s of its own
/// messages only.
#[derive(Debug)]
pub struct Views {
    alice: Vec<Seen>,
    bob: Vec<Seen>,
}

impl Views {
    /// Whether both are told the same, `temp_id`s apart.
    pub fn agree(&self) -> bool {
        let same = |(alice, bob): (&Seen, &Seen)| {
            let key = alice.key.clone();
            *alice == Seen { key, ..bob.clone() }
        };
        self.alice.len() == self.bob.len() && self.alice.iter().zip(&self.bob).all(same)
    }

    /// Both as one, with every `temp_id`.
    pub fn merged(self) -> Vec<Seen> {
        let mut all = self.alice;
        for seen in &mut all {
            let other = self.bob.iter().find(|o| o.message_id == seen.message_id);
            if let Some(other) = other
                && seen.key.is_empty()
            {
                seen.key.clone_from(&other.key);
            }
        }
        all
    }
}

fn conversation() -> Result<ConversationId, DemoError> {
    let user = |device: Device| UserId::new(device.user()).map_err(io::Error::other);
    Ok(ConversationId::direct(
        &user(Device::Phone)?,
        &user(Device::Bob)?,
    ))
}

fn client_folder(below: &Path, device: Device) -> io::Result<std::path::PathBuf> {
    let folder = below.join(device.name());
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
