//! Plays the script: tells the clients what to do, hurts the lines and the processes, and keeps
//! the notes and the picture up to date meanwhile.

use std::time::{Duration, Instant};

use tokio::time::{sleep_until, timeout};

use super::{
    DemoError,
    checker::{Evidence, Findings, check},
    cue::{Cue, How, Target},
    device::Device,
    notes::Notes,
    outcome::Outcome,
    puppet::Heard,
    screen::{Health, Scene},
    script::{Action, Step},
    seen::Seen,
    show::Show,
    stage::Stage,
};

/// Between two drawings.
const FRAME: Duration = Duration::from_millis(40);
/// How long the devices have to agree after a chapter.
const SETTLES_WITHIN: Duration = Duration::from_secs(8);
/// How long they have at the very end, before what is missing counts as lost.
const AGREE_WITHIN: Duration = Duration::from_secs(12);
/// How long a client may take to come back to its line: longer than any of its pauses.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(40);
/// How long a client has for an answer that needs no network.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The demo while it runs.
pub struct Director {
    stage: Stage,
    notes: Notes,
    scene: Scene,
    show: Show,
    messages: usize,
    begin: Instant,
    drawn: Instant,
    outcome: Outcome,
}

impl Director {
    /// Ready to play so many messages.
    pub fn new(stage: Stage, show: Show, messages: usize, seed: u64) -> Self {
        let begin = now();
        let scene = Scene {
            server: Health::Well,
            ..Scene::default()
        };
        Self {
            stage,
            notes: Notes::default(),
            scene,
            show,
            messages,
            begin,
            drawn: begin,
            outcome: Outcome {
                seed,
                ..Outcome::default()
            },
        }
    }

    /// Plays all of it, waits until everybody agrees, and compares.
    pub async fn play(
        mut self,
        script: Vec<Step>,
        plant: Option<Plant>,
    ) -> Result<Curtain, DemoError> {
        // Everybody opens the conversation before the talk begins.
        self.listen_until(now() + ANSWERS_WITHIN, Notes::is_settled)
            .await?;
        for step in script {
            self.listen_until(now() + step.wait, |_| false).await?;
            self.act(step.action).await?;
        }
        let findings = self.judge(plant).await?;
        self.count_connections().await?;
        self.stage.clear().await;
        let [echo, ack, delivery] = self.notes.latencies();
        let outcome = Outcome {
            findings,
            echo,
            ack,
            delivery,
            reconnects: self.notes.reconnects(),
            took: now() - self.begin,
            ..self.outcome
        };
        self.scene.outcome = Some(outcome.clone());
        self.show.close();
        Ok(Curtain {
            outcome,
            scene: self.scene,
        })
    }

    async fn act(&mut self, action: Action) -> Result<(), DemoError> {
        match action {
            Action::Chapter { title, calm } => {
                self.notes.calm = calm;
                self.scene.chapter = title.to_owned();
                self.tell(title.to_owned());
            }
            Action::Say { device, tag, text } => {
                let number = self.notes.ask(device, &tag, &text);
                self.cue(device, Cue::Say { number, text }).await;
            }
            Action::Edit { device, tag, text } => {
                self.change(device, &tag, How::Edit(text)).await?;
            }
            Action::Delete { device, tag } => self.change(device, &tag, How::Delete).await?,
            Action::React { device, tag, emoji } => {
                self.change(device, &tag, How::React(emoji.to_owned()))
                    .await?;
            }
            Action::KillServer => {
                self.outcome.server_kills += 1;
                self.stage.server.kill();
                self.scene.server = Health::Dead;
                self.tell("kill -9 of the server".to_owned());
            }
            Action::StartServer => {
                self.stage.server.start().await?;
                self.scene.server = Health::Well;
                self.tell("the server is back, on the same port and data".to_owned());
            }
            Action::KillClient(device) => self.kill(device).await,
            Action::StartClient(device) => self.restart(device).await?,
            Action::Settle => {
                let by = now() + SETTLES_WITHIN;
                let settled = self.listen_until(by, Notes::is_settled).await?;
                let [shown, confirmed, _] = self.notes.progress();
                let words = if settled {
                    "everybody shows everything"
                } else {
                    "not settled yet"
                };
                let line = format!("{shown} shown, {confirmed} acknowledged: {words}");
                self.scene.elapsed = now() - self.begin;
                self.show.remark(&self.scene, &line);
            }
            fault => self.hurt(fault).await,
        }
        Ok(())
    }

    /// What happens to a line.
    async fn hurt(&mut self, fault: Action) {
        let (device, what) = match fault {
            Action::Cut(device) => {
                self.stage.line(device).cut();
                (device, "the line is cut".to_owned())
            }
            Action::CutAfter(device, direction, bytes) => {
                self.stage.line(device).cut_after(direction, bytes);
                (
                    device,
                    format!("the line will be cut behind {bytes} more bytes {direction:?}"),
                )
            }
            Action::HalfOpen(device) => {
                self.stage.line(device).half_open();
                self.cue(device, Cue::NetworkChanged).await;
                (
                    device,
                    "the line goes silent, the system says the network changed".to_owned(),
                )
            }
            Action::Stall(device, direction, on) => {
                self.stage.line(device).stall(direction, on);
                (
                    device,
                    format!(
                        "the line {} {direction:?}",
                        if on { "stalls" } else { "flows again" }
                    ),
                )
            }
            Action::Refuse(device, on) => {
                self.stage.line(device).refuse(on);
                (
                    device,
                    if on { "no way in" } else { "the way is open" }.to_owned(),
                )
            }
            _ => return,
        };
        self.outcome.line_faults += 1;
        self.tell(format!("{}: {what}", device.title()));
    }

    async fn kill(&mut self, device: Device) {
        self.outcome.client_kills += 1;
        let waiting = self.notes.sight(device).waiting.unwrap_or_default();
        self.stage.puppet(device).kill().await;
        self.notes.forget_screen(device);
        self.tell(format!(
            "kill -9 of {}, with {waiting} writes not sent",
            device.title()
        ));
    }

    async fn restart(&mut self, device: Device) -> Result<(), DemoError> {
        self.stage.puppet(device).start()?;
        let ready = move |notes: &Notes| notes.sight(device).ready;
        if !self.listen_until(now() + ANSWERS_WITHIN, ready).await? {
            return Err(DemoError::new(format!(
                "{} did not start again",
                device.title()
            )));
        }
        let missing = self.notes.missing_after_restart(device);
        self.tell(format!("{} is back", device.title()));
        for cue in missing {
            self.cue(device, cue).await;
        }
        Ok(())
    }

    async fn cue(&mut self, device: Device, cue: Cue) {
        self.stage.puppet(device).cue(&cue).await;
    }

    async fn change(&mut self, device: Device, tag: &str, how: How) -> Result<(), DemoError> {
        let target = self.target(device, tag).await?;
        let cue = self.notes.change(device, tag, target, how);
        self.cue(device, cue).await;
        Ok(())
    }

    /// How a device names a message; waits until it can.
    async fn target(&mut self, device: Device, tag: &str) -> Result<Target, DemoError> {
        let named = tag.to_owned();
        let known = move |notes: &Notes| notes.target(device, &named).is_some();
        self.listen_until(now() + ANSWERS_WITHIN, known).await?;
        let target = self.notes.target(device, tag);
        target.ok_or_else(|| DemoError::new(format!("{} never showed {tag}", device.title())))
    }

    /// Hears the clients until something is true (gives `true`) or the time is over.
    async fn listen_until(
        &mut self,
        end: Instant,
        reached: impl Fn(&Notes) -> bool,
    ) -> Result<bool, DemoError> {
        loop {
            if reached(&self.notes) {
                return Ok(true);
            }
            if now() >= end {
                return Ok(false);
            }
            let frame = self.drawn + FRAME;
            tokio::select! {
                biased;
                heard = self.stage.heard.recv() => self.hear(heard)?,
                () = sleep_until(end.min(frame).into()) => {}
                _ = tokio::signal::ctrl_c() => return Err(DemoError::left()),
            }
            if now() >= frame {
                self.draw()?;
            }
        }
    }

    fn hear(&mut self, heard: Option<Heard>) -> Result<(), DemoError> {
        let Some(Heard {
            device,
            life,
            report,
        }) = heard
        else {
            return Ok(());
        };
        let puppet = self.stage.puppet(device);
        // What a killed process had said before is of no use: its screen is gone.
        if life != puppet.life() || !puppet.is_alive() {
            return Ok(());
        }
        match report {
            Some(report) => self.notes.handle(device, report),
            None => {
                return Err(DemoError::new(format!(
                    "{} ended by itself",
                    device.title()
                )));
            }
        }
        Ok(())
    }

    fn tell(&mut self, what: String) {
        self.scene.elapsed = now() - self.begin;
        self.show.tell(&mut self.scene, &what);
    }

    fn draw(&mut self) -> Result<(), DemoError> {
        self.drawn = now();
        self.scene.elapsed = self.drawn - self.begin;
        self.refresh();
        if self.show.draw(&self.scene)? {
            return Err(DemoError::left());
        }
        Ok(())
    }

    fn refresh(&mut self) {
        const SHOWN: usize = 64;
        let [shown, confirmed, taken_back] = self.notes.progress();
        self.scene.progress = [shown, confirmed, self.messages.saturating_sub(taken_back)];
        for device in Device::ALL {
            let sight = self.notes.sight(device);
            let column = &mut self.scene.columns[device.index()];
            column.health = match (self.stage.puppets[device.index()].is_alive(), sight.live) {
                (false, _) => Health::Dead,
                (true, false) => Health::Away,
                (true, true) => Health::Well,
            };
            let items = sight.mirror.items();
            // A dead one's screen stays as it was: that is what its user looks at.
            if column.health != Health::Dead {
                column.items = items[items.len().saturating_sub(SHOWN)..].to_vec();
            }
        }
    }

    /// Compares until all is well, or the time is over; then once more with what the devices tell
    /// when they read it anew.
    async fn judge(&mut self, plant: Option<Plant>) -> Result<Findings, DemoError> {
        let end = now() + AGREE_WITHIN;
        let (mut devices, mut wire);
        loop {
            self.listen_until(end, Notes::is_settled).await?;
            devices = self.mirrors();
            let views = timeout(ANSWERS_WITHIN, self.stage.witness()).await;
            let views = views
                .map_err(|_| DemoError::new("the server's history did not come in time"))??;
            let agree = views.agree();
            wire = views.merged();
            if (agree && self.compare(&wire, &devices).is_clean()) || now() >= end {
                if !agree {
                    let complaint = "the server tells alice and bob different histories";
                    self.notes.complaints.insert(complaint.to_owned());
                }
                break;
            }
            self.listen_until(now() + FRAME, |_| false).await?;
        }
        let dumps = self.dumps().await?;
        for device in Device::ALL {
            if dumps[device.index()] != devices[device.index()] {
                self.notes.complaints.insert(format!(
                    "the changes told to the screen of {} add up to something else than its timeline",
                    device.title()
                ));
            }
        }
        devices = dumps;
        if let Some(plant) = plant {
            plant.spoil(&mut devices[Device::Bob.index()]);
        }
        self.refresh();
        Ok(self.compare(&wire, &devices))
    }

    /// No cut is the last word: each client comes back. Counts how often.
    async fn count_connections(&mut self) -> Result<(), DemoError> {
        for device in Device::ALL {
            let line = self.stage.line(device);
            line.spare();
            let counted = timeout(COMES_BACK_WITHIN, line.wait_connected()).await;
            let (connections, cuts) = counted.map_err(|_| {
                DemoError::new(format!("{} did not come back to its line", device.title()))
            })?;
            self.outcome.connections += connections;
            self.outcome.cuts += cuts;
        }
        Ok(())
    }

    fn mirrors(&self) -> [Vec<Seen>; 3] {
        Device::ALL.map(|device| self.notes.sight(device).mirror.items().to_vec())
    }

    async fn dumps(&mut self) -> Result<[Vec<Seen>; 3], DemoError> {
        for device in Device::ALL {
            self.cue(device, Cue::Dump).await;
        }
        let all = |notes: &Notes| notes.sights.iter().all(|sight| sight.dump.is_some());
        self.listen_until(now() + ANSWERS_WITHIN, all).await?;
        Ok(Device::ALL.map(|device| {
            let dump = self.notes.sight_mut(device).dump.take();
            dump.unwrap_or_default()
        }))
    }

    fn compare(&self, wire: &[Seen], devices: &[Vec<Seen>; 3]) -> Findings {
        let mut findings = check(&Evidence {
            ledger: &self.notes.ledger,
            wire,
            devices,
            moments: &self.notes.moments,
        });
        findings
            .complaints
            .extend(self.notes.complaints.iter().cloned());
        findings
    }
}

/// What is left when the demo is over.
pub struct Curtain {
    /// How it went.
    pub outcome: Outcome,
    /// The last picture, with the closing table.
    pub scene: Scene,
}

/// Spoils what was seen on one device, to show that the checker sees. Only tests want that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// One message stands twice.
    Double,
    /// One message is missing.
    Lose,
    /// Two messages stand in each other's place.
    Reorder,
}

impl Plant {
    fn spoil(self, items: &mut Vec<Seen>) {
        let middle = items.len() / 2;
        if middle == 0 {
            return;
        }
        match self {
            Self::Double => items.insert(middle, items[middle - 1].clone()),
            Self::Lose => drop(items.remove(middle)),
            Self::Reorder => items.swap(middle - 1, middle),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the demo is a driver")]
fn now() -> Instant {
    Instant::now()
}
