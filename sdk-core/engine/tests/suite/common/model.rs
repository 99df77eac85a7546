//! What a server knows, in a few maps: the reference that a device's cache is compared with.

use std::collections::{BTreeMap, BTreeSet};

use causerie_protocol::{
    Content, ConversationId, ErrorCode, Item, MembershipState, Message, MessageDeleted,
    MessageEdited, MessageId, NewMessage, Reaction, ReactionEvent, Seq, ServerMessage, Skipped,
    Target, TempId, UserId, WriteOp,
};

use super::ids::*;

/// A conversation on the server.
#[derive(Debug, Clone)]
pub struct Talk {
    pub id: ConversationId,
    pub events: Vec<Event>,
    pub messages: BTreeMap<Seq, Said>,
    pub members: BTreeMap<UserId, Membership>,
    /// By whom and under which name: the first result, for ever.
    pub writes: BTreeMap<(UserId, TempId), Done>,
    pub cancelled: BTreeSet<(UserId, TempId)>,
    pub number: u64,
    pub changed: u64,
}

#[derive(Debug, Clone)]
pub struct Membership {
    pub visible_from: Seq,
    pub read_seq: Seq,
    pub read_number: u64,
    pub rev: u64,
}

#[derive(Debug, Clone)]
pub struct Said {
    pub message: Message,
    pub reactions: Vec<(String, Vec<UserId>)>,
    /// The seqs of all events that changed it.
    pub changes: Vec<Seq>,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub seq: Seq,
    pub message: ServerMessage,
    pub target: Option<Seq>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    Sent(Seq),
    Acked(Option<Seq>),
    Created,
}

impl Talk {
    pub fn new(id: ConversationId, members: &[UserId]) -> Self {
        Self {
            id,
            events: Vec::new(),
            messages: BTreeMap::new(),
            members: members
                .iter()
                .map(|user| {
                    let membership = Membership {
                        visible_from: 1,
                        read_seq: 0,
                        read_number: 0,
                        rev: 1,
                    };
                    (user.clone(), membership)
                })
                .collect(),
            writes: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            number: 0,
            changed: 0,
        }
    }

    pub fn head(&self) -> Seq {
        self.events.len() as Seq
    }

    /// A message as a user sees it: folded, with the sender's name for it only for the sender.
    pub fn seen(&self, seq: Seq, user: &UserId) -> Option<Message> {
        let said = self.messages.get(&seq)?;
        let mut message = said.message.clone();
        if message.sender_id != *user {
            message.temp_id = None;
        }
        message.reactions = said
            .reactions
            .iter()
            .map(|(emoji, users)| Reaction {
                emoji: emoji.clone(),
                count: users.len() as u64,
                me: users.contains(user),
                users: users.iter().take(5).cloned().collect(),
            })
            .collect();
        Some(message)
    }

    /// An event as a user is sent it: erased where its message was deleted since.
    pub fn told(&self, event: &Event, user: &UserId) -> ServerMessage {
        let visible_from = self.members[user].visible_from;
        if event.target.is_some_and(|target| target < visible_from) {
            return ServerMessage::Skipped(Skipped {
                conversation_id: self.id,
                seq: event.seq,
                event_id: event_id(event.seq),
            });
        }
        let deleted = |seq: Seq| self.messages[&seq].message.deleted_at.is_some();
        match &event.message {
            ServerMessage::NewMessage(new) if deleted(event.seq) => {
                let message = Message {
                    reactions: Vec::new(),
                    ..self.seen(event.seq, user).expect("a message")
                };
                ServerMessage::NewMessage(Box::new(NewMessage {
                    event_id: new.event_id,
                    message,
                }))
            }
            ServerMessage::NewMessage(new) => {
                let mut new = new.clone();
                if new.message.sender_id != *user {
                    new.message.temp_id = None;
                }
                ServerMessage::NewMessage(new)
            }
            ServerMessage::MessageEdited(edit) if deleted(edit.target_seq) => {
                ServerMessage::MessageEdited(MessageEdited {
                    content: Content::Empty,
                    ..edit.clone()
                })
            }
            other => other.clone(),
        }
    }

    pub fn item(&self, user: &UserId) -> Item {
        let member = &self.members[user];
        let last = self
            .messages
            .values()
            .next_back()
            .filter(|said| said.message.seq >= member.visible_from);
        Item {
            rev: member.rev,
            membership: MembershipState::Joined,
            visible_from: member.visible_from,
            head_seq: self.head(),
            head_number: self.number,
            read_seq: member.read_seq,
            read_number: member.read_number,
            last_message: last.map(|said| causerie_protocol::Preview {
                message_id: said.message.message_id,
                seq: said.message.seq,
                sender_id: said.message.sender_id.clone(),
                kind: said.message.kind.clone(),
                content: said.message.content.clone(),
                created_at: said.message.created_at,
                deleted_at: said.message.deleted_at,
            }),
            updated_at: last.map_or(1, |said| said.message.created_at),
            members_count: self.members.len() as u64,
            ..item(self.id)
        }
    }

    pub fn read(&mut self, user: &UserId, seq: Seq) {
        let head = self.head();
        let number = self
            .messages
            .range(..=seq.min(head))
            .next_back()
            .map_or(0, |(_, said)| said.message.number);
        if let Some(member) = self.members.get_mut(user)
            && seq.min(head) > member.read_seq
        {
            member.read_seq = seq.min(head);
            member.read_number = member.read_number.max(number);
            member.rev += 1;
        }
    }

    fn target(&self, user: &UserId, target: Target) -> Option<Seq> {
        match target {
            Target::Message { message_id } => self
                .messages
                .values()
                .find(|said| said.message.message_id == message_id)
                .map(|said| said.message.seq),
            Target::Temp { target_temp_id } => {
                match self.writes.get(&(user.clone(), target_temp_id)) {
                    Some(Done::Sent(seq)) => Some(*seq),
                    _ => None,
                }
            }
        }
    }

    /// Carries out a write. Gives what was done, and whether it had been done before.
    pub fn write(
        &mut self,
        user: &UserId,
        key: TempId,
        op: &WriteOp,
    ) -> Result<(Done, bool), ErrorCode> {
        if let Some(done) = self.writes.get(&(user.clone(), key)) {
            return Ok((done.clone(), true));
        }
        let done = match op {
            WriteOp::SendMessage(send) => {
                if self.cancelled.contains(&(user.clone(), key)) {
                    return Err(ErrorCode::Cancelled);
                }
                let seq = self.head() + 1;
                self.number += 1;
                let message = Message {
                    number: self.number,
                    message_id: event_id(seq),
                    temp_id: Some(key),
                    content: send.content.clone(),
                    ..message(self.id, seq, user, "")
                };
                self.events.push(Event {
                    seq,
                    message: ServerMessage::NewMessage(Box::new(NewMessage {
                        event_id: message.message_id,
                        message: message.clone(),
                    })),
                    target: Some(seq),
                });
                self.messages.insert(
                    seq,
                    Said {
                        message,
                        reactions: Vec::new(),
                        changes: vec![seq],
                    },
                );
                let number = self.number;
                if let Some(member) = self.members.get_mut(user) {
                    member.read_seq = seq;
                    member.read_number = number;
                    member.rev += 1;
                }
                Done::Sent(seq)
            }
            WriteOp::CreateConversation(_) => Done::Created,
            _ => Done::Acked(self.change(user, op)?),
        };
        self.writes.insert((user.clone(), key), done.clone());
        Ok((done, false))
    }

    fn change(&mut self, user: &UserId, op: &WriteOp) -> Result<Option<Seq>, ErrorCode> {
        let target = match op {
            WriteOp::EditMessage(edit) => edit.target,
            WriteOp::DeleteMessage(delete) => delete.target,
            WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => react.target,
            other => panic!("the model does not know {other:?}"),
        };
        let Some(at) = self.target(user, target) else {
            if let (WriteOp::DeleteMessage(_), Target::Temp { target_temp_id }) = (op, target) {
                self.cancelled.insert((user.clone(), target_temp_id));
                return Ok(None);
            }
            return Err(ErrorCode::NotFound);
        };
        let seq = self.head() + 1;
        let said = self.messages.get_mut(&at).expect("a message");
        let message_id: MessageId = said.message.message_id;
        let deleted = said.message.deleted_at.is_some();
        let event = match op {
            WriteOp::DeleteMessage(_) if deleted => return Ok(None),
            _ if deleted => return Err(ErrorCode::Conflict),
            WriteOp::EditMessage(edit) => {
                if said.message.sender_id != *user {
                    return Err(ErrorCode::Forbidden);
                }
                let edited_at = 1_700_000_000_000 + seq;
                said.message.content = edit.content.clone();
                said.message.edited_at = Some(edited_at);
                ServerMessage::MessageEdited(MessageEdited {
                    conversation_id: self.id,
                    seq,
                    event_id: event_id(seq),
                    message_id,
                    target_seq: at,
                    content: edit.content.clone(),
                    edited_at,
                })
            }
            WriteOp::DeleteMessage(_) => {
                said.message.content = Content::Empty;
                said.message.deleted_at = Some(1_700_000_000_000 + seq);
                ServerMessage::MessageDeleted(MessageDeleted {
                    conversation_id: self.id,
                    seq,
                    event_id: event_id(seq),
                    message_id,
                    target_seq: at,
                })
            }
            WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => {
                let add = matches!(op, WriteOp::AddReaction(_));
                let there = said.reactions.iter().position(|(e, _)| *e == react.emoji);
                let has = there.is_some_and(|i| said.reactions[i].1.contains(user));
                if add == has {
                    return Ok(None);
                }
                let event = ReactionEvent {
                    conversation_id: self.id,
                    seq,
                    event_id: event_id(seq),
                    message_id,
                    target_seq: at,
                    user_id: user.clone(),
                    emoji: react.emoji.clone(),
                };
                match (add, there) {
                    (true, Some(i)) => said.reactions[i].1.push(user.clone()),
                    (true, None) => said
                        .reactions
                        .push((react.emoji.clone(), vec![user.clone()])),
                    (false, Some(i)) => {
                        said.reactions[i].1.retain(|u| u != user);
                        if said.reactions[i].1.is_empty() {
                            said.reactions.remove(i);
                        }
                    }
                    (false, None) => {}
                }
                if add {
                    ServerMessage::ReactionAdded(event)
                } else {
                    ServerMessage::ReactionRemoved(event)
                }
            }
            other => panic!("the model does not know {other:?}"),
        };
        said.message.state_seq = seq;
        said.changes.push(seq);
        self.events.push(Event {
            seq,
            message: event,
            target: Some(at),
        });
        Ok(Some(seq))
    }
}
