//! The clock, the queue of events, and who is told of each.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    fmt,
    time::Duration,
};

use causerie_protocol::{CloseCode, Millis, TempId};

use crate::{
    ambush::Ambush,
    coverage::{Coverage, State},
    database::Database,
    device::{Device, Told},
    event::Due,
    link::{Link, LinkId, To},
    model::Model,
    node::Node,
    plan::Plan,
    rng::Rng,
    sends::Sends,
    trace::Trace,
    verdict,
};

/// The calendar at the beginning of every run.
pub const BEGIN: Millis = 1_790_000_000_000;

pub use crate::event::Event;

/// Everything there is.
pub struct World {
    /// Which run this is.
    pub seed: u64,
    /// What may happen.
    pub plan: Plan,
    /// Virtual time since the beginning.
    pub now: Duration,
    /// All chance.
    pub rng: Rng,
    /// The server.
    pub nodes: Vec<Node>,
    /// What its nodes share.
    pub database: Database,
    /// Until then no node hears of another.
    pub bus_dead_until: Duration,
    /// The clients.
    pub devices: Vec<Device>,
    /// The lines between them.
    pub links: BTreeMap<LinkId, Link>,
    /// What was sent, by whom.
    pub sends: Sends,
    /// What must be shown.
    pub model: Model,
    /// Which fault met which state.
    pub coverage: Coverage,
    /// What happened.
    pub trace: Trace,
    /// Faults have ended: the line is good from here on.
    pub calm: bool,
    /// The first thing that was wrong.
    pub wrong: Option<String>,
    queue: BinaryHeap<Reverse<Due>>,
    order: u64,
    next_link: u64,
    /// Acts that are still to come.
    pub(crate) acts_left: usize,
    /// Acts that had an effect.
    pub(crate) acts: u32,
    /// Faults that wait for something to strike.
    pub(crate) ambushes: Vec<Ambush>,
    /// Removals that are not durable, by the name of the write, with the states that they met.
    pub(crate) removals: Vec<(TempId, Vec<State>)>,
    /// When it was first to be calm.
    calms_since: Option<Duration>,
    pub(crate) lanes: u64,
    /// What is on its way and not there yet.
    on_the_way: usize,
}

/// What a run that kept all promises did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Acts that had an effect.
    pub acts: u64,
    /// Messages that people sent.
    pub sent: usize,
    /// Events that were dispatched.
    pub steps: u64,
    /// Looks that the model took.
    pub checks: u64,
    /// How long it took in virtual time.
    pub virtual_time: Duration,
    /// Which fault met which state.
    pub coverage: Coverage,
    /// What happened, if it was written down.
    pub trace: Vec<String>,
}

/// A promise that broke.
pub struct Failure {
    /// In which run.
    pub seed: u64,
    /// What is wrong.
    pub what: String,
    /// What had happened, if it was written down.
    pub trace: Vec<String>,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

/// Longest run; whatever is not settled by then sticks.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How long faults that still wait for something to strike are waited for.
const LAST_WHILE: Duration = Duration::from_secs(20);

/// How many nodes the server has.
const NODES: usize = 2;

/// Most steps; a run has some ten thousands, and one that spins has no end.
const STEPS: u64 = 1_000_000;

impl World {
    /// The world of this seed, before anything happened.
    pub fn new(seed: u64, plan: Plan) -> Self {
        Self::begun(seed, plan, false)
    }

    /// The same, and what happens is written down.
    pub fn recorded(seed: u64, plan: Plan) -> Self {
        Self::begun(seed, plan, true)
    }

    fn begun(seed: u64, plan: Plan, record: bool) -> Self {
        let mut rng = Rng::new(seed);
        let database = Database::new(&mut rng);
        let devices = plan
            .devices
            .iter()
            .enumerate()
            .map(|(index, user)| Device::new(index, user, &mut rng))
            .collect();
        Self {
            seed,
            acts_left: 0,
            acts: 0,
            ambushes: Vec::new(),
            removals: Vec::new(),
            calms_since: None,
            now: Duration::ZERO,
            rng,
            nodes: (0..NODES).map(|_| Node::new()).collect(),
            database,
            bus_dead_until: Duration::ZERO,
            devices,
            links: BTreeMap::new(),
            sends: Sends::default(),
            coverage: Coverage::default(),
            model: Model::new(&plan.devices),
            trace: Trace::new(record, &plan.devices),
            calm: false,
            wrong: None,
            plan,
            queue: BinaryHeap::new(),
            order: 0,
            next_link: 0,
            lanes: 0,
            on_the_way: 0,
        }
    }

    /// Runs to the end.
    pub fn run(mut self) -> Result<Report, Box<Failure>> {
        self.begin();
        let mut steps = 0_u64;
        while self.wrong.is_none() {
            let Some(Reverse(due)) = self.queue.pop() else {
                break;
            };
            self.now = self.now.max(due.at);
            steps += 1;
            self.count(&due.event, false);
            self.dispatch(due.event);
            if self.is_settled() {
                break;
            }
            if self.now > PATIENCE || steps > STEPS {
                self.blame(format!("something sticks: {}", self.unsettled()));
            }
        }
        if self.wrong.is_none()
            && let Err(what) = verdict::check(&mut self)
        {
            self.blame(what);
        }
        match self.wrong.take() {
            Some(what) => Err(Box::new(Failure {
                seed: self.seed,
                what: self.trace.readable(&what),
                trace: self.trace.into_lines(),
            })),
            None => Ok(Report {
                sent: self.sends.len(),
                steps,
                checks: self.model.checks,
                virtual_time: self.now,
                acts: u64::from(self.acts),
                coverage: self.coverage,
                trace: self.trace.into_lines(),
            }),
        }
    }

    /// Keeps the first thing that is wrong.
    pub fn blame(&mut self, what: String) {
        if self.wrong.is_none() {
            self.wrong = Some(what);
        }
    }

    /// Queues an event.
    pub fn after(&mut self, delay: Duration, event: Event) {
        self.at(self.now + delay, event);
    }

    /// Queues an event for a time.
    pub fn at(&mut self, at: Duration, event: Event) {
        self.order += 1;
        self.count(&event, true);
        self.queue.push(Reverse(Due {
            at: at.max(self.now),
            order: self.order,
            event,
        }));
    }

    /// Keeps count of what must arrive before all is done.
    fn count(&mut self, event: &Event, begins: bool) {
        if let Event::Arrive(..) | Event::Answer(..) | Event::Snapshot(..) = event {
            if begins {
                self.on_the_way += 1;
            } else {
                self.on_the_way -= 1;
            }
        }
    }

    /// The calendar.
    pub fn wall(&self) -> Millis {
        BEGIN + u64::try_from(self.now.as_millis()).unwrap_or(u64::MAX)
    }

    /// A line of the trace.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        self.trace.note(self.now, line);
    }

    /// Takes in what a device was told or found wrong.
    pub fn hear(&mut self, device: usize, told: Vec<Told>) {
        for told in told {
            match told {
                Told::Wrong(what) => self.blame(format!("device {device}: {what}")),
                Told::Sent(key) => {
                    self.note(|| format!("device {device}: {key} is sent"));
                    self.sends.told_sent(key);
                }
                Told::SignIn => {
                    self.note(|| format!("device {device}: asks the person to sign in"));
                    let pause = self.rng.millis(100, 5000);
                    self.after(pause, Event::SignIn(device));
                }
                Told::Failed(key, code) => {
                    self.note(|| format!("device {device}: {key} failed, {code}"));
                }
            }
        }
    }

    /// A new line for a device.
    pub fn connect(&mut self, device: usize) {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        let node = self.rng.below(self.nodes.len() as u64) as usize;
        let reachable = self.nodes[node].is_up() && !self.devices[device].offline;
        let delay = self.delay();
        self.devices[device].link = Some(id);
        self.note(|| {
            format!("device {device} connects by {id:?} to node {node}, reachable: {reachable}")
        });
        if reachable {
            self.links.insert(id, Link::new(device, node));
            self.after(delay, Event::Opened(id));
        } else {
            self.after(delay, Event::DeviceSeesEnd(id, None));
        }
    }

    /// Sends bytes along a link.
    pub fn transmit(&mut self, id: LinkId, to: To, text: String) {
        let delay = self.delay();
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if link.alive && !link.swallows && !(link.deaf && to == To::Device) {
            let delay = delay + link.slowness(now);
            let at = link.arrival(to, now, delay);
            self.at(at, Event::Arrive(id, to, text));
        }
    }

    /// Ends a link; who is told of it, and when, is left to chance.
    pub fn cut(&mut self, id: LinkId) {
        self.end_line(id, None);
    }

    /// Ends a link; the device may be told why.
    pub(crate) fn end_line(&mut self, id: LinkId, code: Option<CloseCode>) {
        let (up, down) = (self.delay(), self.delay());
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut link.alive, false) {
            return;
        }
        let swallows = link.swallows;
        if !swallows {
            self.after(up, Event::ServerSeesEnd(id));
            self.after(down, Event::DeviceSeesEnd(id, code));
        }
    }

    /// The delay of one message.
    pub fn delay(&mut self) -> Duration {
        if self.calm || !self.rng.one_in(20) {
            self.rng.millis(1, 40)
        } else {
            self.rng.millis(50, 3000)
        }
    }

    /// One event more, after the end.
    ///
    /// # Errors
    /// If there is none, or it brings up something wrong.
    pub fn step(&mut self) -> Result<(), String> {
        let Some(Reverse(due)) = self.queue.pop() else {
            return Err("nothing more happens".into());
        };
        self.now = self.now.max(due.at);
        self.count(&due.event, false);
        self.dispatch(due.event);
        self.wrong.take().map_or(Ok(()), Err)
    }

    /// The devices that take part.
    pub fn present(&self) -> Vec<usize> {
        (0..self.devices.len())
            .filter(|index| self.plan.has_device(*index))
            .collect()
    }

    fn begin(&mut self) {
        for node in 0..self.nodes.len() {
            self.node_up(node);
        }
        for device in self.present() {
            self.start_device(device);
        }
        let acts = self.plan.draw_acts(self.seed);
        self.acts_left = acts.len();
        for act in acts {
            self.at(act.at, Event::Act(Box::new(act)));
        }
        let (faults, calm_at) = self.plan.draw_faults(self.seed);
        self.calm = self.plan.faults == 0;
        if !self.calm {
            for fault in faults {
                self.at(fault.at, Event::Fault(Box::new(fault)));
            }
            self.at(calm_at, Event::Calm);
        }
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Act(act) => self.act(*act),
            Event::Fault(fault) => self.lie_in_wait(*fault),
            Event::Calm => self.calm_down(),
            Event::Arrive(id, To::Server, text) => self.arrive_at_node(id, &text),
            Event::Arrive(id, To::Device, text) => self.arrive_at_device(id, &text),
            Event::Opened(id) => self.open_link(id),
            Event::DeviceSeesEnd(id, code) => self.device_sees_end(id, code),
            Event::ServerSeesEnd(id) => self.node_sees_end(id),
            Event::DeviceTimer(device) => self.device_timer(device),
            Event::ConnTimer(id) => self.conn_timer(id),
            Event::Token(device, generation) => self.bring_token(device, generation),
            Event::Commit(node, generation) => self.commit(node, generation),
            Event::Synced(generation) => self.synced(generation),
            Event::Snapshot(generation, id, token, query) => {
                self.read_snapshot(generation, id, token, &query);
            }
            Event::Answer(generation, id, token, read) => {
                self.give_answer(generation, id, token, *read);
            }
            Event::Hint(node, generation, hint) => self.take_in_hint(node, generation, &hint),
            Event::Sweep(node, generation) => self.sweep(node, generation),
            Event::Swept(node, generation, changed) => {
                self.swept(node, generation, changed.map(|changed| *changed));
            }
            Event::NodeUp(node) => self.node_up(node),
            Event::DatabaseUp(generation) => self.database_up(generation),
            Event::Rejoin(conversation, user) => {
                self.change_member(conversation, &user, true);
            }
            Event::ClockRight(node) => self.put_clock_right(node),
            Event::SignIn(device) => self.sign_in(device),
            Event::Break(id) => self.cut(id),
            Event::DeviceUp(device) => self.start_device(device),
            Event::NetworkBack(device) => self.network_back(device),
            Event::Resume(device) => self.resume(device),
            Event::Flushed(id) => self.flushed(id),
        }
        self.spring();
    }

    /// What was to go wrong and has not yet, has a last while to do so, and cuts a line after it.
    fn calm_down(&mut self) {
        let begun = *self.calms_since.get_or_insert(self.now);
        if self.now >= begun + LAST_WHILE {
            self.give_up_waiting();
        }
        if self.is_ambushed() && self.now < begun + 2 * LAST_WHILE {
            return self.after(Duration::from_millis(500), Event::Calm);
        }
        self.note(|| "calm from here on".into());
        self.calm = true;
        self.ambushes.clear();
        self.database.forget_backup();
        for device in &mut self.devices {
            device.bad_tokens = 0;
            device.refused = None;
        }
    }

    /// Whether all is done and nothing is on its way.
    fn is_settled(&self) -> bool {
        self.acts_left == 0
            && self.calm
            && self.on_the_way == 0
            && self.database.is_idle()
            && self.nodes.iter().all(Node::is_idle)
            && self.present().into_iter().all(|index| {
                let device = &self.devices[index];
                device.is_settled() && self.has_good_line(device)
            })
    }

    /// A device may believe to be connected while its line swallows everything.
    fn has_good_line(&self, device: &Device) -> bool {
        device
            .link
            .and_then(|id| self.links.get(&id))
            .is_some_and(|link| {
                link.alive && !link.swallows && !link.deaf && link.stalled_until <= self.now
            })
    }

    fn unsettled(&self) -> String {
        self.present()
            .into_iter()
            .map(|index| &self.devices[index])
            .filter(|device| !device.is_settled())
            .map(Device::describe)
            .collect::<Vec<_>>()
            .join("; ")
    }
}
