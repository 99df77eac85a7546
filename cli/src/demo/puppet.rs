//! The demo's hand on one client process.

use std::{io, net::SocketAddr, path::PathBuf, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc,
};

use super::{
    cue::{Cue, Report},
    device::Device,
};

/// Something that a client said, and in which of its lives.
#[derive(Debug)]
pub struct Heard {
    /// Who.
    pub device: Device,
    /// Which process of this device, from 1.
    pub life: u32,
    /// What; `None` when its output ended.
    pub report: Option<Report>,
}

/// How to start a client.
#[derive(Debug, Clone)]
pub struct Role {
    /// The program: this one.
    pub program: PathBuf,
    /// Which device it plays.
    pub device: Device,
    /// Where it connects: its own line's proxy.
    pub server: SocketAddr,
    /// Its data.
    pub data: PathBuf,
    /// Its token.
    pub token: String,
}

/// A device whose process can be killed and started again.
#[derive(Debug)]
pub struct Puppet {
    role: Role,
    ears: mpsc::UnboundedSender<Heard>,
    child: Option<(Child, ChildStdin)>,
    life: u32,
}

impl Puppet {
    /// Not started yet. What it says will be heard through `ears`.
    pub fn new(role: Role, ears: mpsc::UnboundedSender<Heard>) -> Self {
        Self {
            role,
            ears,
            child: None,
            life: 0,
        }
    }

    /// Which process it is in, from 1.
    pub fn life(&self) -> u32 {
        self.life
    }

    /// Whether it runs.
    pub fn is_alive(&self) -> bool {
        self.child.is_some()
    }

    /// Starts the process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self) -> io::Result<()> {
        let role = &self.role;
        let peer = match role.device {
            Device::Phone | Device::Laptop => Device::Bob.user(),
            Device::Bob => Device::Phone.user(),
        };
        let mut child = Command::new(&role.program)
            .arg("demo-client")
            .args(["--server", &format!("ws://{}", role.server)])
            .args(["--user", role.device.user(), "--peer", peer])
            .arg("--data")
            .arg(&role.data)
            .env("CAUSERIE_DEMO_TOKEN", &role.token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the client has no pipes"));
        };
        self.life += 1;
        let (device, life, ears) = (role.device, self.life, self.ears.clone());
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let report = serde_json::from_str(&line).unwrap_or_else(|error| Report::Trouble {
                    what: format!("no report: {error}"),
                });
                let report = Some(report);
                // The demo has ended, if nobody hears.
                let _ = ears.send(Heard {
                    device,
                    life,
                    report,
                });
            }
            let _ = ears.send(Heard {
                device,
                life,
                report: None,
            });
        });
        self.child = Some((child, input));
        Ok(())
    }

    /// Gives it a cue. One that is dead hears nothing: its messages are asked for again later.
    pub async fn cue(&mut self, cue: &Cue) {
        let Some((_, input)) = &mut self.child else {
            return;
        };
        if let Ok(mut line) = serde_json::to_string(cue) {
            line.push('\n');
            // If its process died, the end of its output says so.
            let _ = input.write_all(line.as_bytes()).await;
            let _ = input.flush().await;
        }
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub async fn kill(&mut self) {
        if let Some((mut child, input)) = self.child.take() {
            // Both fail only if it is gone already.
            let _ = child.kill().await;
            drop(input);
        }
    }
}
