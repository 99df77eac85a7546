//! A client: the real engine, the real store, and a person who looks at what they show.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_engine::{
    Command, CommandKind, ConnectionState, ConversationChange, ConversationEntry, Emission, Engine,
    EngineConfig, Input, Now, OutboxState, Output, Reply, ReplyId, SendState, SocketEvent, StoreOp,
    TimelineId, TimelineStart, TokenFailure,
};
use causerie_protocol::{
    ClientFrame, ClientId, CloseCode, ConversationId, ErrorCode, Request, ServerFrame, Target,
    TempId, UserId, WriteOp, decode_server, encode_client,
};
use causerie_store::{Durability, OpenError, Options, Store};

use crate::{
    link::{LinkId, To},
    rng::Rng,
    screen::Screen,
    trace,
    world::{BEGIN, Event, World},
};

/// What a device was told, or found wrong.
#[derive(Debug)]
pub enum Told {
    /// A promise broke.
    Wrong(String),
    /// A write is durable.
    Sent(TempId),
    /// A write was refused for good.
    Failed(TempId, ErrorCode),
    /// The person has to sign in.
    SignIn,
}

/// A client.
pub struct Device {
    /// Its place among the devices.
    pub index: usize,
    /// Whose.
    pub user: UserId,
    /// Its line, if it has one.
    pub link: Option<LinkId>,
    /// It has no network.
    pub offline: bool,
    /// How it stands.
    pub connection: ConnectionState,
    /// The conversation list.
    pub entries: BTreeMap<ConversationId, ConversationEntry>,
    /// What is open.
    pub screens: BTreeMap<TimelineId, (ConversationId, Screen)>,
    /// Writes on their way, as the app was told.
    pub outbox: BTreeMap<TempId, SendState>,
    /// Dies after so many more outputs.
    pub dies_in: Option<u32>,
    /// The app's backend gives so many tokens more that the server refuses.
    pub bad_tokens: u32,
    /// How long the device has slept while the others were awake: its clock counts sleep.
    pub slept: Duration,
    /// How far its calendar is off, in milliseconds.
    pub wall_offset: i64,
    /// For when its timer is queued.
    armed: Option<Duration>,
    engine: Option<Engine>,
    /// It outlives the process, as a disk does: what is committed is there.
    store: Option<Store>,
    opening: BTreeMap<ReplyId, (TimelineId, ConversationId)>,
    told_sent: BTreeSet<TempId>,
    confirmed: BTreeSet<TempId>,
    tokens: u64,
    next_reply: u64,
    next_timeline: u64,
    fresh: ClientId,
}

impl Device {
    /// A device that was never started.
    pub fn new(index: usize, user: &UserId, rng: &mut Rng) -> Self {
        Self {
            index,
            user: user.clone(),
            link: None,
            offline: false,
            connection: ConnectionState::Disconnected,
            entries: BTreeMap::new(),
            screens: BTreeMap::new(),
            outbox: BTreeMap::new(),
            dies_in: None,
            bad_tokens: 0,
            slept: Duration::ZERO,
            wall_offset: 0,
            armed: None,
            engine: None,
            store: None,
            opening: BTreeMap::new(),
            told_sent: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            tokens: 0,
            next_reply: 0,
            next_timeline: 0,
            fresh: ClientId::from_uuid(rng.uuid_v7(crate::world::BEGIN)),
        }
    }

    /// Whether its process runs.
    pub fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// Whether it is connected and has nothing on its way.
    pub fn is_settled(&self) -> bool {
        self.is_up()
            && self.connection == ConnectionState::Live
            && self
                .outbox
                .iter()
                .all(|(key, state)| *state != SendState::Queued || self.is_held(*key))
    }

    /// Whether it changes a message that failed: then it waits for what the app does with that.
    fn is_held(&self, key: TempId) -> bool {
        let row = self
            .engine
            .as_ref()
            .and_then(|engine| engine.outbox_row(key));
        let target = match row.map(|row| &row.op) {
            Some(WriteOp::EditMessage(edit)) => edit.target,
            Some(WriteOp::DeleteMessage(delete)) => delete.target,
            Some(WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react)) => react.target,
            Some(_) | None => return false,
        };
        match target {
            Target::Temp { target_temp_id } => {
                matches!(
                    self.outbox.get(&target_temp_id),
                    Some(SendState::Failed { .. })
                )
            }
            Target::Message { .. } => false,
        }
    }

    /// How it stands, for a person.
    pub fn describe(&self) -> String {
        let queued: Vec<_> = self
            .outbox
            .iter()
            .filter(|(_, state)| **state == SendState::Queued)
            .map(|(key, _)| key.to_string())
            .collect();
        format!(
            "device {} ({}, {:?}) has queued {queued:?}",
            self.index, self.user, self.connection
        )
    }

    /// Keeps in mind which writes left the outbox, told or not.
    fn note_confirmed(&mut self, ops: &[StoreOp]) {
        for op in ops {
            if let StoreOp::DropOutbox(key) = op {
                self.confirmed.insert(*key);
            }
        }
    }

    /// Whether a write left the outbox in its store.
    pub fn has_confirmed(&self, key: TempId) -> bool {
        self.confirmed.contains(&key)
    }

    fn observe(&mut self, emission: Emission, told: &mut Vec<Told>) {
        match emission {
            Emission::Connection(state) => {
                if let ConnectionState::SignInNeeded { .. } = state {
                    told.push(Told::SignIn);
                }
                self.connection = state;
            }
            Emission::Conversations(changes) => {
                for change in changes {
                    match change {
                        ConversationChange::Put(entry) => {
                            self.entries.insert(entry.item.conversation_id, *entry);
                        }
                        ConversationChange::Remove(id) => {
                            self.entries.remove(&id);
                        }
                    }
                }
            }
            Emission::Timeline { timeline, batch } => {
                if let Some((_, screen)) = self.screens.get_mut(&timeline)
                    && let Err(what) = screen.apply(batch)
                {
                    told.push(Told::Wrong(what));
                }
            }
            Emission::Outbox { key, state, .. } => self.observe_write(key, state, told),
            Emission::Typing { .. }
            | Emission::Cursors { .. }
            | Emission::Users(_)
            | Emission::Event(_)
            | Emission::Stats(_)
            | Emission::Fault { .. } => {}
        }
    }

    fn observe_write(&mut self, key: TempId, state: Option<SendState>, told: &mut Vec<Told>) {
        match state {
            Some(SendState::Sent { .. }) => {
                self.outbox.remove(&key);
                self.told_sent.insert(key);
                told.push(Told::Sent(key));
            }
            Some(state) => {
                if self.told_sent.contains(&key) {
                    told.push(Told::Wrong(format!("{key} was sent, and now is {state:?}")));
                }
                if let SendState::Failed { code, .. } = &state {
                    told.push(Told::Failed(key, code.clone()));
                }
                self.outbox.insert(key, state);
            }
            None => {
                self.outbox.remove(&key);
            }
        }
    }
}

thread_local! {
    /// Stores of runs that are over: making one takes as long as a tenth of a run.
    static STORES: RefCell<Vec<Store>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            STORES.with_borrow_mut(|stores| stores.push(store));
        }
    }
}

/// A new installation's store.
fn fresh_store(user: &UserId, options: Options) -> Result<Store, OpenError> {
    match STORES.with_borrow_mut(Vec::pop) {
        Some(mut store) => {
            store.begin_anew(user, options)?;
            Ok(store)
        }
        None => Ok(Store::in_memory(user, options)?.store),
    }
}

impl World {
    fn device_now(&self, index: usize) -> Now {
        let device = &self.devices[index];
        Now {
            mono: self.now + device.slept,
            wall: self.wall().saturating_add_signed(device.wall_offset),
        }
    }

    /// The app is started, with what its store holds.
    pub(crate) fn start_device(&mut self, index: usize) {
        if self.devices[index].is_up() {
            return;
        }
        let seed = self.rng.draw();
        let now = self.device_now(index);
        let device = &mut self.devices[index];
        let options = Options {
            durability: Durability::Process,
            fresh_client_id: device.fresh,
        };
        let store = match device.store.take() {
            Some(store) => Ok(store),
            None => fresh_store(&device.user, options),
        };
        let store = match store {
            Ok(store) => device.store.insert(store),
            Err(error) => return self.blame(format!("device {index} cannot open: {error}")),
        };
        let snapshot = match store.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => return self.blame(format!("device {index} cannot be read: {error}")),
        };
        device.outbox.clear();
        device.entries.clear();
        device.screens.clear();
        device.opening.clear();
        let mut wrong = Vec::new();
        if let Err(what) = self
            .model
            .restarted(index, snapshot.epoch.as_deref(), &snapshot.outbox)
        {
            wrong.push(format!("device {index} {what}"));
        }
        for row in &snapshot.outbox {
            let state = match &row.state {
                OutboxState::Queued => SendState::Queued,
                OutboxState::Failed { code, message, .. } => SendState::Failed {
                    code: code.clone(),
                    message: message.clone(),
                },
                OutboxState::Acked { .. } => continue,
            };
            if device.told_sent.contains(&row.key) {
                wrong.push(format!(
                    "device {index}: {} was told to be sent, but its store says {state:?}",
                    row.key
                ));
            }
            device.outbox.insert(row.key, state);
        }
        let config = EngineConfig::default();
        device.engine = Some(Engine::restore(snapshot, config, now, seed));
        device.connection = ConnectionState::Disconnected;
        if let Some(what) = wrong.pop() {
            return self.blame(what);
        }
        self.note(|| format!("device {index} starts"));
        self.read_entries(index);
        self.command(index, CommandKind::Start);
    }

    /// What a list shows before anything is emitted.
    fn read_entries(&mut self, index: usize) {
        let device = &mut self.devices[index];
        if let Some(engine) = &device.engine {
            device.entries = engine
                .conversations()
                .map(|entry| (entry.item.conversation_id, entry))
                .collect();
        }
    }

    /// kill -9.
    pub(crate) fn device_dies(&mut self, index: usize) {
        let device = &mut self.devices[index];
        if device.engine.take().is_none() {
            return;
        }
        device.dies_in = None;
        device.connection = ConnectionState::Disconnected;
        let link = device.link.take();
        self.model.people[index].died();
        self.note(|| format!("device {index} dies"));
        if let Some(id) = link {
            self.hang_up(id);
        }
        let pause = self.rng.millis(50, 4000);
        self.after(pause, Event::DeviceUp(index));
    }

    /// The app asks for something.
    pub(crate) fn command(&mut self, index: usize, kind: CommandKind) {
        let device = &mut self.devices[index];
        device.next_reply += 1;
        let reply = ReplyId(device.next_reply);
        if device.is_up() {
            self.model.people[index].ask(reply, &kind);
        }
        self.device_handle(index, Input::Command(Command { reply, kind }));
    }

    /// A conversation is opened on the screen.
    pub(crate) fn open_timeline(&mut self, index: usize, conversation_id: ConversationId) {
        let device = &mut self.devices[index];
        device.next_reply += 1;
        device.next_timeline += 1;
        let reply = ReplyId(device.next_reply);
        let timeline = TimelineId(device.next_timeline);
        device.opening.insert(reply, (timeline, conversation_id));
        let kind = CommandKind::OpenTimeline {
            timeline,
            conversation_id,
            start: TimelineStart::Newest,
            page: 20,
        };
        self.device_handle(index, Input::Command(Command { reply, kind }));
    }

    pub(crate) fn arrive_at_device(&mut self, id: LinkId, text: &str) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let index = link.device;
        if !link.alive || self.devices[index].link != Some(id) {
            return;
        }
        let mut frames: Vec<ServerFrame> = Vec::new();
        let mut broken = None;
        for frame in decode_server(text) {
            match frame {
                Ok(frame) => {
                    let heard = link.witness.hear(&self.devices[index].user, &frame);
                    broken = broken.or(heard.err());
                    frames.push(frame);
                }
                Err(error) => return self.blame(format!("the server sent no frame: {error}")),
            }
        }
        self.note(|| format!("device {index} gets {}", trace::server_frames(&frames)));
        if let Some(what) = broken {
            self.blame(what);
        }
        if self.devices[index].is_up() {
            let listed = self.devices[index].entries.keys().copied();
            self.model.give(index, listed, &frames);
        }
        self.device_handle(index, Input::Frames(frames));
    }

    pub(crate) fn open_link(&mut self, id: LinkId) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        let index = link.device;
        if !link.alive || self.devices[index].link != Some(id) {
            return;
        }
        self.node_accepts(id);
        self.device_handle(index, Input::Socket(SocketEvent::Opened));
    }

    pub(crate) fn device_sees_end(&mut self, id: LinkId, code: Option<CloseCode>) {
        let Some(index) = self.devices.iter().position(|d| d.link == Some(id)) else {
            return;
        };
        self.devices[index].link = None;
        if !self.is_connected(id) {
            self.links.remove(&id);
        }
        let reason = "the line went".to_owned();
        self.device_handle(index, Input::Socket(SocketEvent::Closed { code, reason }));
    }

    pub(crate) fn device_timer(&mut self, index: usize) {
        self.devices[index].armed = None;
        let now = self.device_now(index).mono;
        let next = self.devices[index]
            .engine
            .as_ref()
            .and_then(Engine::poll_timeout);
        match next {
            Some((at, _)) if at <= now => self.device_handle(index, Input::Timer),
            Some((at, _)) => self.arm_device(index, at),
            None => {}
        }
    }

    /// Queues the timer for when the device's clock shows this.
    fn arm_device(&mut self, index: usize, at: Duration) {
        let device = &mut self.devices[index];
        let at = at.saturating_sub(device.slept);
        if device.armed.is_none_or(|armed| armed > at) {
            device.armed = Some(at);
            self.at(at, Event::DeviceTimer(index));
        }
    }

    pub(crate) fn bring_token(&mut self, index: usize, generation: u64) {
        if self.devices[index].tokens != generation {
            return;
        }
        let lifetime = if self.calm || self.rng.one_in(2) {
            3_600_000
        } else {
            5_000 + self.rng.below(90_000)
        };
        let node = &self.nodes[0];
        let device = &mut self.devices[index];
        let wall = BEGIN + u64::try_from(self.now.as_millis()).unwrap_or(u64::MAX);
        let token = if device.bad_tokens > 0 {
            device.bad_tokens -= 1;
            Ok(match device.bad_tokens % 2 {
                0 => node.mint(&device.user, wall - 1000).unwrap_or_default(),
                _ => "no.token.at.all".to_owned(),
            })
        } else if !self.calm && self.rng.one_in(20) {
            Err(TokenFailure::Temporary("the app's backend is away".into()))
        } else {
            node.mint(&device.user, wall + lifetime)
                .ok_or_else(|| TokenFailure::Temporary("no key".into()))
        };
        self.device_handle(index, Input::Token(token));
    }

    pub(crate) fn network_back(&mut self, index: usize) {
        self.devices[index].offline = false;
        self.note(|| format!("device {index} has its network back"));
        let hint = causerie_engine::NetworkHint::Changed;
        self.device_handle(index, Input::Network(hint));
    }

    /// Hands an input to the engine and carries out what comes of it.
    pub(crate) fn device_handle(&mut self, index: usize, input: Input) {
        let now = self.device_now(index);
        let Some(engine) = &mut self.devices[index].engine else {
            return;
        };
        engine.handle(input, now);
        self.pump_device(index);
    }

    fn pump_device(&mut self, index: usize) {
        loop {
            let device = &mut self.devices[index];
            let Some(output) = device.engine.as_mut().and_then(Engine::poll_output) else {
                break;
            };
            if let Some(left) = &mut device.dies_in {
                if *left == 0 {
                    return self.device_dies(index);
                }
                *left -= 1;
            }
            if !self.carry_out(index, output) {
                return;
            }
        }
        if let Err(what) = self.model.look(&mut self.devices[index]) {
            self.blame(format!("device {index} {what}"));
        }
        let due = self.devices[index]
            .engine
            .as_ref()
            .and_then(Engine::poll_timeout);
        if let Some((at, _)) = due {
            self.arm_device(index, at);
        }
    }

    /// Whether the device is still there afterwards.
    fn carry_out(&mut self, index: usize, output: Output) -> bool {
        let now = self.device_now(index);
        let device = &mut self.devices[index];
        match output {
            Output::Store(ops) => {
                let Some(store) = &mut device.store else {
                    return false;
                };
                if let Err(error) = store.apply(&ops) {
                    self.blame(format!("device {index} cannot commit: {error}"));
                    return false;
                }
                device.note_confirmed(&ops);
            }
            Output::Load { load, query } => {
                let loaded = device.store.as_mut().map(|store| store.load(&query));
                match (loaded, &mut device.engine) {
                    (Some(Ok(messages)), Some(engine)) => {
                        engine.handle(Input::Loaded { load, messages }, now);
                    }
                    (Some(Err(error)), _) => {
                        self.blame(format!("device {index} cannot read: {error}"));
                        return false;
                    }
                    (_, _) => return false,
                }
            }
            Output::OpenSocket => self.connect(index),
            Output::Transmit(frames) => self.transmit_frames(index, &frames),
            Output::CloseSocket => {
                if let Some(id) = device.link.take() {
                    self.hang_up(id);
                }
            }
            Output::RequestToken { .. } => {
                device.tokens += 1;
                let generation = device.tokens;
                let delay = self.delay();
                self.after(delay, Event::Token(index, generation));
            }
            Output::NewClientId => {
                let fresh = ClientId::from_uuid(self.rng.uuid_v7(now.wall));
                if let Some(engine) = &mut self.devices[index].engine {
                    engine.handle(Input::ClientId(fresh), now);
                }
            }
            Output::Emit(emissions) => {
                let mut told = Vec::new();
                for emission in emissions {
                    if let Err(what) = self.model.hear(device, &emission) {
                        told.push(Told::Wrong(what));
                    }
                    device.observe(emission, &mut told);
                }
                self.hear(index, told);
            }
            Output::Reply { reply, result } => {
                let opening = device.opening.remove(&reply);
                let entries = &device.entries;
                self.model.people[index].answered(reply, result.is_ok(), |id| {
                    entries.get(&id).map(|entry| entry.item.head_seq)
                });
                if let (Some((timeline, conversation_id)), Ok(Reply::Timeline(batch))) =
                    (opening, result)
                {
                    let mut screen = Screen::default();
                    let applied = screen.apply(batch);
                    device.screens.insert(timeline, (conversation_id, screen));
                    self.model.people[index].dirty.insert(conversation_id);
                    if let Err(what) = applied {
                        self.blame(format!("device {index}: {what}"));
                    }
                }
            }
        }
        true
    }

    fn transmit_frames(&mut self, index: usize, frames: &[ClientFrame]) {
        let Some(id) = self.devices[index].link else {
            return;
        };
        self.note(|| format!("device {index} tells {}", trace::client_frames(frames)));
        let writes = frames.iter().filter_map(|frame| match &frame.request {
            Request::Write(write) => Some(write.temp_id),
            _ => None,
        });
        self.model.people[index].transmit(writes);
        let mut text = String::new();
        for frame in frames {
            match encode_client(frame) {
                Ok(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Err(error) => {
                    return self.blame(format!("device {index} sends no frame: {error}"));
                }
            }
        }
        self.transmit(id, To::Server, text);
    }

    /// The device closes its end: what it sent before still arrives.
    fn hang_up(&mut self, id: LinkId) {
        let delay = self.delay();
        let now = self.now;
        if let Some(link) = self.links.get_mut(&id)
            && link.alive
            && !link.swallows
        {
            let at = link.arrival(To::Server, now, delay);
            self.at(at, Event::ServerSeesEnd(id));
        }
    }

    /// What is late on a stalled line comes now.
    pub(crate) fn stall(&mut self, index: usize, pause: Duration) {
        let now = self.now;
        if let Some(link) = self.devices[index]
            .link
            .and_then(|id| self.links.get_mut(&id))
        {
            link.stalled_until = now + pause;
        }
    }
}
