//! What happened, for a person: written only when a run is repeated, with names for ids.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use causerie_protocol::{
    Ack, ClientFrame, Message, Request, Room, ServerFrame, ServerMessage, Target, UserId, Write,
    WriteOp,
};
use causerie_server::store::{Commit, EventBody};
use uuid::Uuid;

/// The history of a run.
#[derive(Debug, Default)]
pub struct Trace {
    on: bool,
    lines: Vec<String>,
    names: BTreeMap<Uuid, String>,
    devices: Vec<String>,
}

impl Trace {
    /// A history that is written, or is not.
    pub fn new(on: bool, users: &[UserId]) -> Self {
        let devices = users
            .iter()
            .enumerate()
            .map(|(index, user)| {
                let nth = users[..index].iter().filter(|other| *other == user).count() + 1;
                let several = users.iter().filter(|other| *other == user).count() > 1;
                match several {
                    true => format!("{user}/{nth}"),
                    false => user.to_string(),
                }
            })
            .collect();
        Self {
            on,
            lines: Vec::new(),
            names: BTreeMap::new(),
            devices,
        }
    }

    /// Whether it is written.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Adds a line.
    pub fn note(&mut self, at: Duration, line: impl FnOnce() -> String) {
        if self.on {
            self.lines
                .push(format!("{:9.3} {}", at.as_secs_f64(), line()));
        }
    }

    /// Says what an id means.
    pub fn name(&mut self, id: Uuid, name: impl FnOnce() -> String) {
        if self.on {
            self.names.entry(id).or_insert_with(name);
        }
    }

    /// What a device is called.
    pub fn device(&self, index: usize) -> &str {
        self.devices.get(index).map_or("nobody", String::as_str)
    }

    /// The lines, with names in the place of ids.
    pub fn into_lines(mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.lines);
        lines.iter().map(|line| self.readable(line)).collect()
    }

    /// A text with names in the place of ids: `device 0` is `alice/1`, a UUID is what it names.
    pub fn readable(&self, text: &str) -> String {
        let mut readable = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let word = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .unwrap_or(rest.len());
            let id = rest.get(..36).filter(|_| word == 36);
            if let Some(name) = id
                .and_then(|id| Uuid::try_parse(id).ok())
                .and_then(|id| self.names.get(&id))
            {
                readable.push_str(name);
                rest = &rest[36..];
            } else if let Some(index) = rest
                .strip_prefix("device ")
                .and_then(|after| after.chars().next())
                .and_then(|digit| digit.to_digit(10))
                .filter(|index| (*index as usize) < self.devices.len())
            {
                readable.push_str(&self.devices[index as usize]);
                rest = &rest["device 0".len()..];
            } else {
                let step = if word > 0 {
                    word.min(rest.len())
                } else {
                    next.len_utf8()
                };
                // A word may end where "device 0" begins only after a space, so whole words go.
                readable.push_str(&rest[..step]);
                rest = &rest[step..];
            }
        }
        readable
    }
}

/// What somebody writes, in a few words.
pub fn op(op: &WriteOp) -> String {
    let kind = op.kind().as_str().to_owned();
    match op {
        WriteOp::EditMessage(edit) => format!("{kind} {}", target(&edit.target)),
        WriteOp::DeleteMessage(delete) => format!("{kind} {}", target(&delete.target)),
        WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => {
            format!("{kind} {} on {}", react.emoji, target(&react.target))
        }
        WriteOp::AddMembers(members) | WriteOp::RemoveMembers(members) => {
            let users: Vec<_> = members.user_ids.iter().map(UserId::to_string).collect();
            format!("{kind} {}", users.join(", "))
        }
        _ => kind,
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Message { message_id } => message_id.to_string(),
        Target::Temp { target_temp_id } => target_temp_id.to_string(),
    }
}

/// Frames of a client, in a few words each.
pub fn client_frames(frames: &[ClientFrame]) -> String {
    let mut text = String::new();
    for frame in frames {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&client_frame(&frame.request));
    }
    text
}

fn client_frame(request: &Request) -> String {
    let kind = request.kind();
    match request {
        Request::Write(write) => match write.as_ref() {
            Write {
                op: Ok(what),
                temp_id,
                conversation_id,
                ..
            } => format!("{} as {temp_id} in {conversation_id}", op(what)),
            Write { temp_id, .. } => format!("{kind} as {temp_id}"),
        },
        Request::Subscribe(subscribe) => {
            format!(
                "{kind} {} since {:?}",
                room(&subscribe.room),
                subscribe.since
            )
        }
        Request::History(history) => format!(
            "{kind} {} before {:?} after {:?} changed since {:?}",
            history.conversation_id, history.before, history.after, history.changed_since
        ),
        Request::MarkRead(mark) | Request::MarkDelivered(mark) => {
            format!("{kind} {} up to #{}", mark.conversation_id, mark.seq)
        }
        Request::Authenticate(authenticate) => {
            let rooms: Vec<_> = authenticate
                .subscriptions
                .iter()
                .map(|subscribe| format!("{} since {:?}", room(&subscribe.room), subscribe.since))
                .collect();
            format!("{kind} with {}", rooms.join(", "))
        }
        _ => kind.to_owned(),
    }
}

fn room(room: &Room) -> String {
    match room {
        Room::Conversation(id) => id.to_string(),
        other => other.to_string(),
    }
}

/// Frames of the server, in a few words each.
pub fn server_frames(frames: &[ServerFrame]) -> String {
    let mut text = String::new();
    for frame in frames {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&server_frame(&frame.message));
    }
    text
}

fn server_frame(message: &ServerMessage) -> String {
    let kind = message.kind();
    match message {
        ServerMessage::NewMessage(event) => format!("{kind} {}", said(&event.message)),
        ServerMessage::MessageSent(sent) => format!(
            "{kind} {} is #{} of {}{}",
            sent.temp_id,
            sent.seq,
            sent.conversation_id,
            if sent.duplicate { ", again" } else { "" }
        ),
        ServerMessage::Ack(Ack::Write(ack)) => {
            format!("{kind} {} is {:?}", ack.temp_id, ack.seq)
        }
        ServerMessage::Ack(Ack::Cursor(ack)) => {
            format!(
                "{kind} {} is read to #{}",
                ack.conversation_id, ack.read_seq
            )
        }
        ServerMessage::MessageError(error) => format!(
            "{kind} {} is {}",
            error.temp_id.map(|id| id.to_string()).unwrap_or_default(),
            error.code
        ),
        ServerMessage::Error(error) => format!(
            "{kind} {} {}",
            error.code,
            error.room.as_deref().unwrap_or_default()
        ),
        ServerMessage::Subscribed(subscribed) => {
            let events: Vec<_> = subscribed
                .events
                .iter()
                .map(|frame| server_frame(&frame.message))
                .collect();
            format!(
                "{kind} {} head #{} from #{}{}{} [{}]",
                room(&subscribed.room),
                subscribed.head_seq,
                subscribed.from_seq,
                if subscribed.complete {
                    ""
                } else {
                    ", with a hole"
                },
                if subscribed.reset { ", anew" } else { "" },
                events.join("; ")
            )
        }
        ServerMessage::HistoryPage(page) => {
            let seqs: Vec<_> = page
                .messages
                .iter()
                .map(|message| format!("#{}", message.seq))
                .collect();
            format!(
                "{kind} {} #{}..#{} as of #{} [{}]",
                page.conversation_id,
                page.lo,
                page.hi,
                page.as_of_seq,
                seqs.join(" ")
            )
        }
        ServerMessage::ConversationActivity(activity) => format!(
            "{kind} {} head #{} read #{}",
            activity.conversation_id, activity.head_seq, activity.read_seq
        ),
        ServerMessage::SyncPage(page) => {
            let items: Vec<_> = page
                .conversations
                .iter()
                .map(|item| {
                    format!(
                        "{} {:?} head #{} from #{}",
                        item.conversation_id, item.membership, item.head_seq, item.visible_from
                    )
                })
                .collect();
            format!("{kind} [{}]", items.join("; "))
        }
        ServerMessage::ConversationCreated(event) | ServerMessage::MembershipUpdated(event) => {
            format!(
                "{kind} {} from #{}",
                event.conversation.conversation_id, event.conversation.visible_from
            )
        }
        ServerMessage::MemberJoined(event)
        | ServerMessage::MemberLeft(event)
        | ServerMessage::MemberUpdated(event) => format!(
            "{kind} {} #{} of {}",
            event.user_id, event.seq, event.conversation_id
        ),
        ServerMessage::ReadReceipt(receipt) | ServerMessage::DeliveryReceipt(receipt) => format!(
            "{kind} {} to #{} of {}",
            receipt.user_id, receipt.seq, receipt.conversation_id
        ),
        other => match other.position() {
            Some((conversation_id, seq)) => format!("{kind} #{seq} of {conversation_id}"),
            None => kind.to_owned(),
        },
    }
}

fn said(message: &Message) -> String {
    format!(
        "#{} of {} ({})",
        message.seq,
        message.conversation_id,
        message.content.text().unwrap_or("nothing")
    )
}

/// What a transaction of the server made durable.
pub fn commit(commit: &Commit) -> String {
    let mut text = String::new();
    for event in &commit.events {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let by = &event.actor;
        // Writing to a string cannot fail.
        let _ = write!(text, "#{} of {}: ", event.seq, commit.conversation_id);
        let _ = match &event.body {
            EventBody::Message(message) => {
                write!(
                    text,
                    "{by} says {}",
                    message.content.text().unwrap_or("nothing")
                )
            }
            EventBody::Edited { target_seq, .. } => write!(text, "{by} edits #{target_seq}"),
            EventBody::Deleted { target_seq, .. } => write!(text, "{by} deletes #{target_seq}"),
            EventBody::ReactionAdded {
                target_seq, emoji, ..
            } => write!(text, "{by} puts {emoji} on #{target_seq}"),
            EventBody::ReactionRemoved {
                target_seq, emoji, ..
            } => write!(text, "{by} takes {emoji} off #{target_seq}"),
            EventBody::MemberJoined { user_id, .. } => write!(text, "{by} takes {user_id} in"),
            EventBody::MemberLeft { user_id, .. } => write!(text, "{by} puts {user_id} out"),
            EventBody::MemberUpdated { user_id, .. } => write!(text, "{by} changes {user_id}"),
            EventBody::Updated { .. } => write!(text, "{by} changes the settings"),
        };
    }
    for row in &commit.rows {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let _ = write!(
            text,
            "the row of {} in {}",
            row.user_id, commit.conversation_id
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_by_what_they_mean() {
        let users: Vec<_> = ["alice", "alice", "bob"]
            .iter()
            .filter_map(|name| UserId::new(name).ok())
            .collect();
        let mut trace = Trace::new(true, &users);
        let id = Uuid::from_u128(7);
        trace.name(id, || "a7".into());
        trace.note(Duration::ZERO, || {
            format!("device 1: sends {id}, and device 2 (device 9) sees \"{id}\" é")
        });
        assert_eq!(
            trace.into_lines(),
            ["    0.000 alice/2: sends a7, and bob (device 9) sees \"a7\" é"]
        );
    }
}
