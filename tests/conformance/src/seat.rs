//! Where a device runs: in this process, or in one of its own, which can be killed and may be a
//! program in another language.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    device::Device,
    process::{Process, Program, TO_END, Tail, lost},
    protocol::{Call, Done, Says, Spec, Told},
    shown::{Refusal, Shown},
};

/// A device, wherever it runs.
#[derive(Debug)]
pub enum Seat {
    /// Here.
    Here(Box<Device>),
    /// In a process.
    Apart(Box<Apart>),
}

/// A device in a process of its own.
#[derive(Debug)]
pub struct Apart {
    program: Program,
    spec: Spec,
    changed: Arc<Notify>,
    running: Option<Process>,
    /// What it showed before it was killed.
    ever: Vec<String>,
    tail: Arc<Tail>,
}

impl Seat {
    /// Has its process come up, if it is to have one and does not: before its first call.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn begin(&mut self) -> Result<(), Refusal> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Apart(process) => process.begin().await,
        }
    }

    /// Calls the SDK.
    ///
    /// # Errors
    /// What the call gave.
    pub async fn call(&mut self, call: Call) -> Result<Done, Refusal> {
        match self {
            Self::Here(device) => device.call(call).await,
            Self::Apart(process) => process.call(call).await,
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

    /// Kills its process.
    ///
    /// # Errors
    /// If it has none.
    pub async fn kill(&mut self) -> Result<(), Refusal> {
        match self {
            Self::Here(_) => Err(lost("only a process can be killed")),
            Self::Apart(process) => process.kill().await,
        }
    }

    /// Closes it, and ends its process.
    ///
    /// # Errors
    /// If it does not close, or its process does not end by itself.
    pub async fn end(&mut self) -> Result<(), Refusal> {
        self.call(Call::Close).await?;
        match self {
            Self::Here(_) => Ok(()),
            Self::Apart(process) => match process.running.take() {
                Some(running) => running.end(TO_END).await,
                None => Ok(()),
            },
        }
    }

    /// Has done with it, whatever state it is in.
    pub async fn abandon(&mut self) {
        match self {
            // Nobody asks any more what it showed or whether it worked.
            Self::Here(device) => drop(device.call(Call::Close).await),
            Self::Apart(process) => {
                if let Some(running) = process.running.take() {
                    drop(running.kill().await);
                }
            }
        }
    }

    /// The last lines that its process wrote to stderr.
    pub fn stderr(&self) -> String {
        match self {
            Self::Here(_) => String::new(),
            Self::Apart(process) => process.tail.text(),
        }
    }
}

impl Apart {
    /// A device that `program` runs, once it begins.
    pub fn new(program: Program, spec: Spec, changed: Arc<Notify>, tail: Tail) -> Self {
        Self {
            program,
            spec,
            changed,
            running: None,
            ever: Vec::new(),
            tail: Arc::new(tail),
        }
    }

    async fn begin(&mut self) -> Result<(), Refusal> {
        if self.running.is_none() {
            let begun = Process::begin(&self.program, &self.spec, &self.changed, &self.tail);
            self.running = Some(begun.await?);
        }
        Ok(())
    }

    async fn call(&mut self, call: Call) -> Result<Done, Refusal> {
        let running = match &mut self.running {
            Some(running) => running,
            // What does not run is closed.
            None if call == Call::Close => return Ok(Done::default()),
            None => return Err(lost("it does not run")),
        };
        match running.ask(&Told::Call(call)).await? {
            Says::Done(done) => Ok(done),
            Says::Failed(refusal) => Err(refusal),
            other => Err(lost(format!("it was to call, and said {other:?}"))),
        }
    }

    async fn look(&mut self) -> Result<Shown, Refusal> {
        let Some(running) = &mut self.running else {
            return Ok(Shown {
                connection: "closed".into(),
                ever: self.ever.clone(),
                ..Shown::default()
            });
        };
        match running.ask(&Told::Look).await? {
            Says::Shown(mut shown) => {
                shown.ever.extend(self.ever.iter().cloned());
                Ok(*shown)
            }
            Says::Failed(refusal) => Err(refusal),
            other => Err(lost(format!("it was to look, and said {other:?}"))),
        }
    }

    async fn kill(&mut self) -> Result<(), Refusal> {
        self.ever = self.look().await?.ever;
        let running = self.running.take();
        running.ok_or_else(|| lost("it does not run"))?.kill().await
    }
}
