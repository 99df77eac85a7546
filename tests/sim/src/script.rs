//! People do what they do, and what goes wrong goes wrong.

use std::time::Duration;

use causerie_engine::{CommandKind, Input, NetworkHint, SendState, TimelineItem};
use causerie_protocol::{
    Content, ConversationId, ConversationKind, CreateConversation, DeleteMessage, EditMessage,
    Members, MembershipState, React, SendMessage, Target, TempId, UserId, WriteOp,
};

use crate::{
    act::{Act, ActKind},
    sends::Sent,
    trace,
    world::{BEGIN, Event, World},
};

/// How long a step of the end may take.
pub const END: Duration = Duration::from_secs(600);

/// How often something else is thought of, where there is nothing to do.
const REDRAWS: u32 = 30;

const EMOJI: [&str; 3] = ["👍", "🎉", "🙂"];

impl World {
    /// Somebody does something. While the device does not run, it waits; what finds nothing to do is
    /// drawn anew.
    pub(crate) fn act(&mut self, mut act: Act) {
        if !self.devices[act.device].is_up() {
            let pause = act.dice.millis(50, 500);
            return self.after(pause, Event::Act(Box::new(act)));
        }
        self.acts_left = self.acts_left.saturating_sub(1);
        self.acts += 1;
        for _ in 0..REDRAWS {
            if self.does(&mut act) {
                return;
            }
            act.kind = ActKind::draw(&mut act.dice);
        }
        // There is always something to say.
        act.kind = ActKind::Send;
        if !self.does(&mut act) {
            self.blame(format!("act {} finds nothing to do", act.index));
        }
    }

    /// Whether there was anything to do.
    fn does(&mut self, act: &mut Act) -> bool {
        let device = act.device;
        let conversations = self.joined(device);
        let Some(&conversation) = act.dice.pick(&conversations) else {
            return self.create_direct(act);
        };
        match act.kind {
            ActKind::Send => self.send(act, conversation),
            ActKind::Edit => return self.edit(act, conversation),
            ActKind::Delete => return self.delete(act, conversation),
            ActKind::React | ActKind::Unreact => return self.react(act, conversation),
            ActKind::MarkRead => {
                let kind = CommandKind::MarkRead {
                    conversation_id: conversation,
                    seq: None,
                };
                self.note(|| format!("device {device}: reads {conversation}"));
                self.command(device, kind);
            }
            ActKind::Open => {
                self.note(|| format!("device {device}: opens {conversation}"));
                self.open_timeline(device, conversation);
            }
            ActKind::Close => return self.close_timeline(act),
            ActKind::LoadOlder => return self.load_older(act),
            ActKind::Cancel => return self.cancel(act),
            ActKind::Retry => return self.retry(act),
            ActKind::Typing => {
                let kind = CommandKind::Typing {
                    conversation_id: conversation,
                    typing: true,
                };
                self.command(device, kind);
            }
            ActKind::CreateGroup => self.create_group(act),
            ActKind::AddMember | ActKind::RemoveMember => {
                return self.change_members(act, conversation);
            }
            ActKind::SyncNow => self.command(device, CommandKind::SyncNow),
            ActKind::ChangeNetwork => {
                self.device_handle(device, Input::Network(NetworkHint::Changed));
            }
        }
        true
    }

    pub(crate) fn joined(&self, device: usize) -> Vec<ConversationId> {
        self.devices[device]
            .entries
            .values()
            .filter(|entry| entry.item.membership == MembershipState::Joined)
            .map(|entry| entry.item.conversation_id)
            .collect()
    }

    fn write(&mut self, act: &mut Act, conversation_id: ConversationId, op: WriteOp) -> TempId {
        let device = act.device;
        let key = key(act);
        self.trace.name(key.uuid(), || format!("a{}", act.index));
        self.note(|| {
            format!(
                "device {device}: {} as {key} in {conversation_id}",
                trace::op(&op)
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

    /// Somebody else than this device's user.
    fn other(&self, device: usize) -> Option<UserId> {
        let me = &self.devices[device].user;
        let mut users = self.devices.iter().map(|other| &other.user);
        users.find(|user| *user != me).cloned()
    }

    fn create_direct(&mut self, act: &mut Act) -> bool {
        let Some(peer) = self.other(act.device) else {
            return false;
        };
        let id = ConversationId::direct(&self.devices[act.device].user, &peer);
        self.trace.name(id.uuid(), || "direct".into());
        let op = WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Direct,
            group_id: None,
            title: None,
            members: Some(vec![peer]),
            history: None,
        });
        self.write(act, id, op);
        true
    }

    pub(crate) fn create_group(&mut self, act: &mut Act) {
        let id = ConversationId::from_uuid(act.dice.uuid_v7(calendar(act)));
        self.trace
            .name(id.uuid(), || format!("group-{}", act.index));
        let me = self.devices[act.device].user.clone();
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
        self.write(act, id, op);
    }

    fn change_members(&mut self, act: &mut Act, conversation: ConversationId) -> bool {
        let Some(entry) = self.devices[act.device].entries.get(&conversation) else {
            return false;
        };
        if entry.item.kind == ConversationKind::Direct {
            return false;
        }
        let Some(other) = self.other(act.device) else {
            return false;
        };
        let members = Members {
            user_ids: vec![other],
            role: None,
        };
        let op = match act.kind {
            ActKind::RemoveMember => WriteOp::RemoveMembers(members),
            _ => WriteOp::AddMembers(members),
        };
        self.write(act, conversation, op);
        true
    }

    fn send(&mut self, act: &mut Act, conversation_id: ConversationId) {
        let device = act.device;
        let text = format!("{}-{}", self.devices[device].user, act.index);
        let op = WriteOp::SendMessage(SendMessage::text(text.clone()));
        let key = key(act);
        self.trace.name(key.uuid(), || format!("a{}", act.index));
        self.note(|| format!("device {device}: sends {text} as {key} in {conversation_id}"));
        let sent = Sent {
            device,
            conversation_id,
            text,
            order: self.acts,
            cancelled: false,
            retried: false,
            refused: false,
            told_sent: false,
            undone: false,
            abandoned: false,
        };
        self.sends.insert(key, sent);
        let kind = CommandKind::Write {
            key,
            conversation_id,
            op,
        };
        self.command(device, kind);
        // One that was not stored was never promised anything.
        if !self.devices[device].is_up() || self.devices[device].refused_last {
            self.sends.remove(key);
        }
    }

    /// One of this device's later sends there.
    fn own(&mut self, act: &mut Act, conversation: ConversationId) -> Option<TempId> {
        let mut own: Vec<(u32, TempId)> = self
            .sends
            .iter()
            .filter(|(_, sent)| {
                sent.device == act.device && sent.conversation_id == conversation && !sent.cancelled
            })
            .map(|(key, sent)| (sent.order, *key))
            .collect();
        own.sort_unstable();
        let recent = &own[own.len().saturating_sub(6)..];
        act.dice.pick(recent).map(|(_, key)| *key)
    }

    fn edit(&mut self, act: &mut Act, conversation: ConversationId) -> bool {
        let own = self.own(act, conversation);
        if let Some(target_temp_id) = own {
            let content = Content::Text(format!("edit {}", act.index));
            let target = Target::Temp { target_temp_id };
            let op = WriteOp::EditMessage(EditMessage { target, content });
            self.write(act, conversation, op);
        }
        own.is_some()
    }

    fn delete(&mut self, act: &mut Act, conversation: ConversationId) -> bool {
        let own = self.own(act, conversation);
        if let Some(target_temp_id) = own {
            let target = Target::Temp { target_temp_id };
            let op = WriteOp::DeleteMessage(DeleteMessage { target });
            self.write(act, conversation, op);
            if !self.devices[act.device].refused_last
                && let Some(sent) = self.sends.get_mut(target_temp_id)
            {
                sent.cancelled = true;
            }
        }
        own.is_some()
    }

    fn react(&mut self, act: &mut Act, conversation: ConversationId) -> bool {
        let shown: Vec<Target> = self.devices[act.device]
            .screens
            .values()
            .filter(|(id, _)| *id == conversation)
            .flat_map(|(_, screen)| screen.items.iter())
            .filter(|item| item.send.is_none() && item.message.deleted_at.is_none())
            .map(|item: &TimelineItem| Target::Message {
                message_id: item.message.message_id,
            })
            .collect();
        let own = self.own(act, conversation);
        let target = match (act.dice.pick(&shown).copied(), own) {
            (Some(target), _) => target,
            (None, Some(target_temp_id)) => Target::Temp { target_temp_id },
            (None, None) => return false,
        };
        let emoji = EMOJI[act.dice.below(EMOJI.len() as u64) as usize].to_owned();
        let react = React { target, emoji };
        let op = match act.kind {
            ActKind::Unreact => WriteOp::RemoveReaction(react),
            _ => WriteOp::AddReaction(react),
        };
        self.write(act, conversation, op);
        true
    }

    fn close_timeline(&mut self, act: &mut Act) -> bool {
        let device = act.device;
        let open: Vec<_> = self.devices[device].screens.keys().copied().collect();
        let timeline = act.dice.pick(&open).copied();
        if let Some(timeline) = timeline {
            self.note(|| format!("device {device}: closes {timeline:?}"));
            self.devices[device].screens.remove(&timeline);
            self.command(device, CommandKind::CloseTimeline(timeline));
        }
        timeline.is_some()
    }

    fn load_older(&mut self, act: &mut Act) -> bool {
        let device = act.device;
        let open: Vec<_> = self.devices[device].screens.keys().copied().collect();
        let timeline = act.dice.pick(&open).copied();
        if let Some(timeline) = timeline {
            self.note(|| format!("device {device}: scrolls {timeline:?} up"));
            self.command(device, CommandKind::LoadOlder(timeline));
        }
        timeline.is_some()
    }

    fn cancel(&mut self, act: &mut Act) -> bool {
        let device = act.device;
        // Giving up a creation gives up all that was to be said there: people do not do that here.
        let waiting: Vec<TempId> = self.devices[device]
            .outbox
            .keys()
            .filter(|key| self.sends.knows(**key))
            .copied()
            .collect();
        let cancelled = act.dice.pick(&waiting).copied();
        if let Some(cancelled) = cancelled {
            if let Some(sent) = self.sends.get_mut(cancelled) {
                sent.cancelled = true;
            }
            self.note(|| format!("device {device}: cancels {cancelled}"));
            let deletion = key(act);
            let kind = CommandKind::Cancel {
                key: cancelled,
                deletion,
            };
            self.command(device, kind);
            // Where nothing is left to be deleted, it never went, and never will.
            let outbox = &self.devices[device].outbox;
            let is_over = !outbox.contains_key(&cancelled) && !outbox.contains_key(&deletion);
            if self.devices[device].is_up()
                && is_over
                && let Some(sent) = self.sends.get_mut(cancelled)
            {
                sent.abandoned = true;
            }
        }
        cancelled.is_some()
    }

    fn retry(&mut self, act: &mut Act) -> bool {
        let device = act.device;
        let failed: Vec<TempId> = self.devices[device]
            .outbox
            .iter()
            .filter(|(_, state)| matches!(state, SendState::Failed { .. }))
            .map(|(key, _)| *key)
            .collect();
        let again = act.dice.pick(&failed).copied();
        if let Some(key) = again {
            if let Some(sent) = self.sends.get_mut(key) {
                sent.retried = true;
            }
            self.note(|| format!("device {device}: tries {key} again"));
            self.command(device, CommandKind::Retry(key));
        }
        again.is_some()
    }
}

/// The calendar when this act comes, as the plan has it.
fn calendar(act: &Act) -> u64 {
    BEGIN + u64::try_from(act.at.as_millis()).unwrap_or_default()
}

/// A name for what an act writes.
fn key(act: &mut Act) -> TempId {
    let at = calendar(act);
    TempId::from_uuid(act.dice.uuid_v7(at))
}
