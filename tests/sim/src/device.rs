//! A client: the real engine, the real store, and a person who looks at what they show.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_engine::{
    Command, CommandKind, ConnectionState, ConversationChange, ConversationEntry, Emission, Engine,
    Input, Now, ReplyId, SendState, SocketEvent, StoreOp, TimelineId, TimelineStart, TokenFailure,
};
use causerie_protocol::{
    ClientId, CloseCode, ConversationId, ErrorCode, ServerFrame, Target, TempId, UserId, WriteOp,
    decode_server,
};
use causerie_store::Store;

use crate::{
    coverage::State,
    fault::{FaultKind, Occasion},
    link::LinkId,
    refusals::Refused,
    rng::{Rng, Stream},
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
    /// The app's backend gives so many tokens more that the server refuses.
    pub bad_tokens: u32,
    /// The states that the fault met which makes them be refused, until the first one is given.
    pub(crate) refused: Option<Vec<State>>,
    /// How long the device has slept while the others were awake: its clock counts sleep.
    pub slept: Duration,
    /// How far its calendar is off, in milliseconds.
    pub wall_offset: i64,
    /// For when its timer is queued.
    pub(crate) armed: Option<Duration>,
    pub(crate) engine: Option<Engine>,
    /// It outlives the process, as a disk does: what is committed is there.
    pub(crate) store: Option<Store>,
    pub(crate) opening: BTreeMap<ReplyId, (TimelineId, ConversationId)>,
    pub(crate) told_sent: BTreeSet<TempId>,
    pub(crate) confirmed: BTreeSet<TempId>,
    pub(crate) tokens: u64,
    pub(crate) next_reply: u64,
    pub(crate) next_timeline: u64,
    pub(crate) fresh: ClientId,
    /// What was asked last was not stored, for want of room.
    pub(crate) refused_last: bool,
    /// Decides when there is no room on its disk for what the app asks.
    pub(crate) disk: Rng,
}

impl Device {
    /// A device that was never started.
    pub fn new(index: usize, user: &UserId, rng: &mut Rng) -> Self {
        let fresh = ClientId::from_uuid(rng.uuid_v7(BEGIN));
        Self {
            index,
            user: user.clone(),
            link: None,
            offline: false,
            connection: ConnectionState::Disconnected,
            entries: BTreeMap::new(),
            screens: BTreeMap::new(),
            outbox: BTreeMap::new(),
            bad_tokens: 0,
            refused: None,
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
            disk: Rng::stream(fresh.uuid().as_u64_pair().1, Stream::Disk, 0),
            fresh,
            refused_last: false,
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
    pub(crate) fn note_confirmed(&mut self, ops: &[StoreOp]) {
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

    pub(crate) fn observe(&mut self, emission: Emission, told: &mut Vec<Told>) {
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

impl World {
    pub(crate) fn device_now(&self, index: usize) -> Now {
        let device = &self.devices[index];
        Now {
            mono: self.now + device.slept,
            wall: self.wall().saturating_add_signed(device.wall_offset),
        }
    }
    /// The app asks for something.
    pub(crate) fn command(&mut self, index: usize, kind: CommandKind) {
        let device = &mut self.devices[index];
        device.next_reply += 1;
        let reply = ReplyId(device.next_reply);
        device.refused_last = false;
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
        let mut refusals = Vec::new();
        for frame in decode_server(text) {
            match frame {
                Ok(frame) => {
                    let heard = link.witness.hear(&self.devices[index].user, &frame);
                    broken = broken.or(heard.err());
                    let refusal = link.witness.refusal(&frame);
                    refusals.extend(refusal.map(|(key, error)| (key, Refused::of(error))));
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
            for (key, refused) in refusals {
                self.model.people[index].hear_refusal(key, refused);
            }
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
    pub(crate) fn arm_device(&mut self, index: usize, at: Duration) {
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
            if let Some(met) = device.refused.take() {
                self.coverage.count(FaultKind::TokenRefused, &met);
            }
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

    pub(crate) fn pump_device(&mut self, index: usize) {
        let mut occasions: &[Occasion] = &[Occasion::Output];
        loop {
            let device = &mut self.devices[index];
            let Some(output) = device.engine.as_mut().and_then(Engine::poll_output) else {
                break;
            };
            if self.is_ambushed() {
                let mut taken = occasions.iter();
                if let Some(fault) = taken.find_map(|occasion| self.ambushed(*occasion, index)) {
                    return self.strike(fault);
                }
            }
            if !self.carry_out(index, output) {
                return;
            }
            occasions = &[Occasion::Output, Occasion::Between];
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
}
