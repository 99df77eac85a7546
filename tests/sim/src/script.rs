//! What people do, and what goes wrong.

use std::{collections::BTreeMap, fmt, time::Duration};

use causerie_engine::{
    CommandKind, ConnectionState, Lifecycle, NetworkHint, SendState, TimelineItem,
};
use causerie_protocol::{
    Content, ConversationId, ConversationKind, CreateConversation, DeleteMessage, EditMessage,
    Members, MembershipState, React, SendMessage, Target, TempId, UserId, WriteOp,
};

use crate::{
    rng::Rng,
    world::{Event, World},
};

/// What a run may hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whose devices take part; a user named twice has two.
    pub devices: Vec<UserId>,
    /// How often somebody does something.
    pub acts: u32,
    /// How often something goes wrong.
    pub faults: u32,
}

impl Plan {
    /// Alice on two devices, and bob.
    pub fn new(acts: u32, faults: u32) -> Self {
        let devices = ["alice", "alice", "bob"]
            .iter()
            .filter_map(|name| UserId::new(name).ok())
            .collect();
        Self {
            devices,
            acts,
            faults,
        }
    }
}

/// A message that somebody sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// From which device.
    pub device: usize,
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub text: String,
    /// Its place among all sends.
    pub order: usize,
    /// It was given up, or deleted.
    pub cancelled: bool,
    /// It was queued anew after a refusal, so its order is not the first one.
    pub retried: bool,
    /// The app was told that it is durable.
    pub told_sent: bool,
}

/// What was sent, by name.
#[derive(Debug, Default)]
pub struct Sends(BTreeMap<TempId, Sent>);

impl Sends {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&TempId, &Sent)> {
        self.0.iter()
    }

    /// The app was told.
    pub fn told_sent(&mut self, key: TempId) {
        if let Some(sent) = self.0.get_mut(&key) {
            sent.told_sent = true;
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A line breaks.
    Cut,
    /// A line swallows everything.
    HalfOpen,
    /// A device reads nothing for a while.
    Stall,
    /// A device loses its network.
    Offline,
    /// A device's process dies, some outputs from now.
    DeviceDies,
    /// The server's process dies.
    ServerDies,
    /// A device goes to the background and comes back.
    Suspend,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Cut,
        Self::HalfOpen,
        Self::Stall,
        Self::Offline,
        Self::DeviceDies,
        Self::ServerDies,
        Self::Suspend,
    ];

    /// One of them.
    pub fn choose(rng: &mut Rng) -> Self {
        Self::ALL[rng.below(Self::ALL.len() as u64) as usize]
    }
}

/// Which fault met which state of a device's connection.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<(Fault, &'static str), u64>);

impl Coverage {
    const STATES: [&'static str; 4] = ["connecting", "authenticating", "live", "waiting"];

    /// A fault struck a device in this state.
    pub fn count(&mut self, fault: Fault, state: &ConnectionState) {
        let state = match state {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Authenticating => "authenticating",
            ConnectionState::Live => "live",
            ConnectionState::Waiting { .. } => "waiting",
            ConnectionState::Disconnected
            | ConnectionState::SignInNeeded { .. }
            | ConnectionState::Suspended
            | ConnectionState::Closed { .. } => return,
        };
        *self.0.entry((fault, state)).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }

    /// Pairs that never met.
    pub fn missing(&self) -> Vec<(Fault, &'static str)> {
        Fault::ALL
            .into_iter()
            .flat_map(|fault| Self::STATES.map(|state| (fault, state)))
            .filter(|key| !self.0.contains_key(key))
            .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<14}", "fault × state")?;
        for state in Self::STATES {
            write!(f, "{state:>16}")?;
        }
        for fault in Fault::ALL {
            write!(f, "\n{:<14}", format!("{fault:?}"))?;
            for state in Self::STATES {
                let count = self.0.get(&(fault, state)).copied().unwrap_or_default();
                write!(f, "{count:>16}")?;
            }
        }
        Ok(())
    }
}

const EMOJI: [&str; 3] = ["👍", "🎉", "🙂"];

impl World {
    /// Somebody does something.
    pub(crate) fn act(&mut self) {
        let up: Vec<usize> = (0..self.devices.len())
            .filter(|index| self.devices[*index].is_up())
            .collect();
        let Some(&device) = self.rng.pick(&up) else {
            return;
        };
        let conversations = self.joined(device);
        let Some(&conversation) = self.rng.pick(&conversations) else {
            return self.create_direct(device);
        };
        match self.rng.below(100) {
            0..50 => self.send(device, conversation),
            50..57 => self.edit(device, conversation),
            57..62 => self.delete(device, conversation),
            62..72 => self.react(device, conversation),
            72..77 => self.command(
                device,
                CommandKind::MarkRead {
                    conversation_id: conversation,
                    seq: None,
                },
            ),
            77..83 => self.open_timeline(device, conversation),
            83..86 => self.close_timeline(device),
            86..89 => self.load_older(device),
            89..91 => self.cancel(device),
            91..93 => self.retry(device),
            93..95 => self.command(
                device,
                CommandKind::Typing {
                    conversation_id: conversation,
                    typing: true,
                },
            ),
            95 => self.create_group(device),
            96..98 => self.change_members(device, conversation),
            98 => self.command(device, CommandKind::SyncNow),
            _ => self.device_handle(
                device,
                causerie_engine::Input::Network(NetworkHint::Changed),
            ),
        }
    }

    /// Something goes wrong.
    pub(crate) fn strike(&mut self, fault: Fault) {
        let index = self.rng.below(self.devices.len() as u64) as usize;
        let state = self.devices[index].connection.clone();
        self.coverage.count(fault, &state);
        self.note(|| format!("{fault:?} strikes device {index}, {state:?}"));
        let link = self.devices[index].link;
        match fault {
            Fault::Cut => {
                if let Some(id) = link {
                    self.cut(id);
                }
            }
            Fault::HalfOpen => {
                if let Some(link) = link.and_then(|id| self.links.get_mut(&id)) {
                    link.swallows = true;
                }
            }
            Fault::Stall => {
                let pause = self.rng.millis(500, 8000);
                self.stall(index, pause);
            }
            Fault::Offline => {
                self.devices[index].offline = true;
                if let Some(id) = link {
                    self.cut(id);
                }
                let pause = self.rng.millis(500, 20_000);
                self.after(pause, Event::NetworkBack(index));
            }
            Fault::DeviceDies => {
                self.devices[index].dies_in = Some(self.rng.below(12) as u32);
            }
            Fault::ServerDies => {
                if self.node.is_up() {
                    self.node_dies("of a fault");
                }
            }
            Fault::Suspend => {
                let input = causerie_engine::Input::Lifecycle(Lifecycle::Suspend);
                self.device_handle(index, input);
                let pause = self.rng.millis(100, 5000);
                self.after(pause, Event::Resume(index));
            }
        }
    }

    /// The app comes to the foreground.
    pub(crate) fn resume(&mut self, index: usize) {
        let input = causerie_engine::Input::Lifecycle(Lifecycle::Resume);
        self.device_handle(index, input);
    }

    fn joined(&self, device: usize) -> Vec<ConversationId> {
        self.devices[device]
            .entries
            .values()
            .filter(|entry| entry.item.membership == MembershipState::Joined)
            .map(|entry| entry.item.conversation_id)
            .collect()
    }

    fn key(&mut self) -> TempId {
        TempId::from_uuid(self.rng.uuid_v7(self.wall()))
    }

    fn write(&mut self, device: usize, conversation_id: ConversationId, op: WriteOp) -> TempId {
        let key = self.key();
        self.note(|| {
            format!(
                "device {device}: {} {key} in {conversation_id}",
                op.kind().as_str()
            )
        });
        let kind = CommandKind::Write {
            key,
            conversation_id,
            op,
        };
        self.command(device, kind);
        key
    }

    fn create_direct(&mut self, device: usize) {
        let me = self.devices[device].user.clone();
        let peer = self
            .devices
            .iter()
            .map(|d| &d.user)
            .find(|user| **user != me);
        let Some(peer) = peer.cloned() else { return };
        let id = ConversationId::direct(&me, &peer);
        let op = WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Direct,
            group_id: None,
            title: None,
            members: Some(vec![peer]),
            history: None,
        });
        self.write(device, id, op);
    }

    fn create_group(&mut self, device: usize) {
        let id = ConversationId::from_uuid(self.rng.uuid_v7(self.wall()));
        let me = self.devices[device].user.clone();
        let members: Vec<UserId> = self
            .devices
            .iter()
            .map(|other| other.user.clone())
            .filter(|user| *user != me)
            .collect();
        let op = WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: Some("a group".into()),
            members: Some(members),
            history: None,
        });
        self.write(device, id, op);
    }

    fn change_members(&mut self, device: usize, conversation: ConversationId) {
        let Some(entry) = self.devices[device].entries.get(&conversation) else {
            return;
        };
        if entry.item.kind == ConversationKind::Direct {
            return;
        }
        let me = self.devices[device].user.clone();
        let other = self
            .devices
            .iter()
            .map(|d| &d.user)
            .find(|user| **user != me);
        let Some(other) = other.cloned() else { return };
        let members = Members {
            user_ids: vec![other],
            role: None,
        };
        let op = if self.rng.one_in(2) {
            WriteOp::RemoveMembers(members)
        } else {
            WriteOp::AddMembers(members)
        };
        self.write(device, conversation, op);
    }

    fn send(&mut self, device: usize, conversation_id: ConversationId) {
        let order = self.sends.len();
        let text = format!("{}-{order}", self.devices[device].user);
        let op = WriteOp::SendMessage(SendMessage::text(text.clone()));
        let key = self.key();
        self.note(|| format!("device {device}: sends {text} as {key} in {conversation_id}"));
        let sent = Sent {
            device,
            conversation_id,
            text,
            order,
            cancelled: false,
            retried: false,
            told_sent: false,
        };
        self.sends.0.insert(key, sent);
        let was_up = self.devices[device].is_up();
        let kind = CommandKind::Write {
            key,
            conversation_id,
            op,
        };
        self.command(device, kind);
        // One that died before its commit was never promised anything.
        if was_up && !self.devices[device].is_up() {
            self.sends.0.remove(&key);
        }
    }

    /// One of this device's later sends there.
    fn own(&mut self, device: usize, conversation: ConversationId) -> Option<TempId> {
        let own: Vec<TempId> = self
            .sends
            .iter()
            .filter(|(_, sent)| {
                sent.device == device && sent.conversation_id == conversation && !sent.cancelled
            })
            .map(|(key, _)| *key)
            .collect();
        let recent = &own[own.len().saturating_sub(6)..];
        self.rng.pick(recent).copied()
    }

    fn edit(&mut self, device: usize, conversation: ConversationId) {
        if let Some(target_temp_id) = self.own(device, conversation) {
            let content = Content::Text(format!("edit {}", self.rng.below(1000)));
            let target = Target::Temp { target_temp_id };
            let op = WriteOp::EditMessage(EditMessage { target, content });
            self.write(device, conversation, op);
        }
    }

    fn delete(&mut self, device: usize, conversation: ConversationId) {
        if let Some(target_temp_id) = self.own(device, conversation) {
            if let Some(sent) = self.sends.0.get_mut(&target_temp_id) {
                sent.cancelled = true;
            }
            let target = Target::Temp { target_temp_id };
            self.write(
                device,
                conversation,
                WriteOp::DeleteMessage(DeleteMessage { target }),
            );
        }
    }

    fn react(&mut self, device: usize, conversation: ConversationId) {
        let shown: Vec<Target> = self.devices[device]
            .screens
            .values()
            .filter(|(id, _)| *id == conversation)
            .flat_map(|(_, screen)| screen.items.iter())
            .filter(|item| item.send.is_none() && item.message.deleted_at.is_none())
            .map(|item: &TimelineItem| Target::Message {
                message_id: item.message.message_id,
            })
            .collect();
        let own = self.own(device, conversation);
        let target = match (self.rng.pick(&shown).copied(), own) {
            (Some(target), _) => target,
            (None, Some(target_temp_id)) => Target::Temp { target_temp_id },
            (None, None) => return,
        };
        let emoji = EMOJI[self.rng.below(EMOJI.len() as u64) as usize].to_owned();
        let react = React { target, emoji };
        let op = if self.rng.one_in(3) {
            WriteOp::RemoveReaction(react)
        } else {
            WriteOp::AddReaction(react)
        };
        self.write(device, conversation, op);
    }

    fn close_timeline(&mut self, device: usize) {
        let open: Vec<_> = self.devices[device].screens.keys().copied().collect();
        if let Some(&timeline) = self.rng.pick(&open) {
            self.devices[device].screens.remove(&timeline);
            self.command(device, CommandKind::CloseTimeline(timeline));
        }
    }

    fn load_older(&mut self, device: usize) {
        let open: Vec<_> = self.devices[device].screens.keys().copied().collect();
        if let Some(&timeline) = self.rng.pick(&open) {
            self.command(device, CommandKind::LoadOlder(timeline));
        }
    }

    fn cancel(&mut self, device: usize) {
        // Giving up a creation gives up all that was to be said there: people do not do that here.
        let waiting: Vec<TempId> = self.devices[device]
            .outbox
            .keys()
            .filter(|key| self.sends.0.contains_key(*key))
            .copied()
            .collect();
        if let Some(&key) = self.rng.pick(&waiting) {
            if let Some(sent) = self.sends.0.get_mut(&key) {
                sent.cancelled = true;
            }
            self.note(|| format!("device {device}: cancels {key}"));
            let deletion = self.key();
            self.command(device, CommandKind::Cancel { key, deletion });
        }
    }

    fn retry(&mut self, device: usize) {
        let failed: Vec<TempId> = self.devices[device]
            .outbox
            .iter()
            .filter(|(_, state)| matches!(state, SendState::Failed { .. }))
            .map(|(key, _)| *key)
            .collect();
        if let Some(&key) = self.rng.pick(&failed) {
            if let Some(sent) = self.sends.0.get_mut(&key) {
                sent.retried = true;
            }
            self.command(device, CommandKind::Retry(key));
        }
    }
}

/// How long a step of the end may take.
pub const END: Duration = Duration::from_secs(600);
