//! Where a device runs: in this process, or in one of its own that can be killed. Such a process
//! takes one JSON value a line, and answers with one; between them it says `"changed"`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::{Mutex, Notify, mpsc},
};

use crate::{
    device::{Device, Spec},
    scenario::Action,
    shown::{Given, Refusal, Shown},
};

/// What a process is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Be(Spec),
    Act(Action),
    Look,
}

/// What a process says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    Changed,
    Done(Result<Vec<Given>, Refusal>),
    Shown(Result<Box<Shown>, Refusal>),
}

/// A device, wherever it runs.
#[derive(Debug)]
pub enum Seat {
    /// Here.
    Here(Box<Device>),
    /// In a process.
    Apart(Box<Apart>),
}

impl Seat {
    /// Does something, with ids in place of names.
    ///
    /// # Errors
    /// What the call gave.
    pub async fn act(&mut self, action: Action) -> Result<Vec<Given>, Refusal> {
        match self {
            Self::Here(device) => device.act(action).await,
            Self::Apart(process) => process.act(action).await,
        }
    }

    /// What it shows now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn look(&mut self) -> Result<Shown, Refusal> {
        match self {
            Self::Here(device) => device.look().await,
            Self::Apart(process) => process.look().await,
        }
    }
}

/// A device in a process of its own.
#[derive(Debug)]
pub struct Apart {
    program: PathBuf,
    spec: Spec,
    changed: Arc<Notify>,
    running: Option<Running>,
    /// What it showed before it was killed.
    ever: Vec<String>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stdin: ChildStdin,
    says: mpsc::UnboundedReceiver<Says>,
}

fn lost(what: impl std::fmt::Display) -> Refusal {
    Refusal {
        code: "process".into(),
        message: what.to_string(),
    }
}

impl Apart {
    /// A device that `program` runs. Its process begins when it is opened.
    pub fn new(program: &Path, spec: Spec, changed: Arc<Notify>) -> Self {
        Self {
            program: program.to_owned(),
            spec,
            changed,
            running: None,
            ever: Vec::new(),
        }
    }

    async fn act(&mut self, action: Action) -> Result<Vec<Given>, Refusal> {
        match action {
            Action::Kill => {
                self.ever = self.look().await?.ever;
                let mut running = self.running.take().ok_or_else(|| lost("it does not run"))?;
                running.child.kill().await.map_err(lost)?;
                return Ok(Vec::new());
            }
            Action::Open if self.running.is_none() => self.begin().await?,
            _ => {}
        }
        match self.ask(&Told::Act(action)).await? {
            Says::Done(done) => done,
            other => Err(lost(format!("it said {other:?}"))),
        }
    }

    async fn look(&mut self) -> Result<Shown, Refusal> {
        if self.running.is_none() {
            return Ok(Shown {
                connection: "closed".into(),
                ever: self.ever.clone(),
                ..Shown::default()
            });
        }
        match self.ask(&Told::Look).await? {
            Says::Shown(shown) => {
                let mut shown = shown?;
                shown.ever.extend(self.ever.iter().cloned());
                Ok(*shown)
            }
            other => Err(lost(format!("it said {other:?}"))),
        }
    }

    async fn begin(&mut self) -> Result<(), Refusal> {
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(lost)?;
        let stdin = child.stdin.take().ok_or_else(|| lost("it has no input"))?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| lost("it has no output"))?;
        let (tell, says) = mpsc::unbounded_channel();
        let changed = Arc::clone(&self.changed);
        // Ends with the process.
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                match serde_json::from_str(&line) {
                    Ok(Says::Changed) => changed.notify_one(),
                    Ok(answer) => drop(tell.send(answer)),
                    Err(_) => eprintln!("a device's process said: {line}"),
                }
            }
        });
        let mut running = Running { child, stdin, says };
        running.tell(&Told::Be(self.spec.clone())).await?;
        self.running = Some(running);
        Ok(())
    }

    async fn ask(&mut self, told: &Told) -> Result<Says, Refusal> {
        let running = self
            .running
            .as_mut()
            .ok_or_else(|| lost("it does not run"))?;
        running.tell(told).await?;
        let answer = running.says.recv().await;
        answer.ok_or_else(|| lost("the device's process ended"))
    }
}

impl Running {
    async fn tell(&mut self, told: &Told) -> Result<(), Refusal> {
        let mut line = serde_json::to_string(told).map_err(lost)?;
        line.push('\n');
        self.stdin.write_all(line.as_bytes()).await.map_err(lost)
    }
}

/// The other side: a process that is one device. Ends with its input.
///
/// # Errors
/// If what it is told is nothing that it knows.
pub async fn serve() -> std::io::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let stdout = Arc::new(Mutex::new(tokio::io::stdout()));
    let changed = Arc::new(Notify::new());
    let (out, news) = (Arc::clone(&stdout), Arc::clone(&changed));
    tokio::spawn(async move {
        loop {
            news.notified().await;
            if say(&out, &Says::Changed).await.is_err() {
                return;
            }
        }
    });
    let mut device = None;
    while let Some(line) = lines.next_line().await? {
        let told = serde_json::from_str(&line).map_err(std::io::Error::other)?;
        let answer = match (told, &mut device) {
            (Told::Be(spec), _) => {
                device = Some(Device::new(spec, Arc::clone(&changed)));
                continue;
            }
            (Told::Act(action), Some(device)) => Says::Done(device.act(action).await),
            (Told::Look, Some(device)) => Says::Shown(device.look().await.map(Box::new)),
            (Told::Act(_) | Told::Look, None) => {
                return Err(std::io::Error::other("it was not told whose it is"));
            }
        };
        say(&stdout, &answer).await?;
    }
    Ok(())
}

async fn say(stdout: &Mutex<tokio::io::Stdout>, says: &Says) -> std::io::Result<()> {
    let mut line = serde_json::to_string(says)?;
    line.push('\n');
    let mut stdout = stdout.lock().await;
    stdout.write_all(line.as_bytes()).await?;
    stdout.flush().await
}
