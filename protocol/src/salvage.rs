//! What is left of a server's frame of which something cannot be read (docs/protocol.md §11,
//! "Frames"). One row costs neither its page nor its stream, and an answer is never passed over in
//! silence, since somebody waits for it. This is the slow way, which a sound frame never takes.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    Ack, Content, ConversationId, ErrorCode, ErrorReply, HistoryPage, MembersPage, Message,
    MessageId, MessageKind, MessageSent, Millis, NewMessage, PresenceState, RawFrame, Seq,
    ServerFrame, ServerMessage, Subscribed, SyncPage, TempId, UnknownFrame, UserId, UsersPage,
    codec::has_forbidden_character, fault::fields, scalar::integer,
};

/// The kind of a message that cannot be read. It has its place, and no content.
const UNREADABLE: &str = "unreadable";

/// What can be used of a frame that was read in vain.
pub(crate) fn salvage(text: &str) -> Option<ServerFrame> {
    #[derive(Deserialize)]
    struct OnlyId {
        #[serde(deserialize_with = "integer")]
        id: u64,
    }
    if !text.starts_with('{') {
        return None;
    }
    let Ok(raw) = serde_json::from_str::<RawFrame<'_>>(text) else {
        let OnlyId { id } = serde_json::from_str(text).ok()?;
        return Some(ServerFrame::reply(Some(id), unreadable(None)));
    };
    let payload = raw.payload_json();
    let message =
        read(&raw.kind, payload).or_else(|| refused_instead(&raw.kind, raw.id, payload))?;
    Some(ServerFrame {
        id: raw.id,
        message,
        meta: raw.meta.and_then(|meta| sound(meta.get())),
    })
}

fn read(kind: &str, payload: &str) -> Option<ServerMessage> {
    match kind {
        "history_page" => {
            let (rest, [messages, users]) = cut(payload, [("messages", "[]"), ("users", "[]")])?;
            Some(ServerMessage::HistoryPage(HistoryPage {
                messages: rows(messages, message)?,
                users: rows(users, sound)?,
                ..sound(&rest)?
            }))
        }
        "subscribed" => {
            let lists = [
                ("events", "[]"),
                ("read_cursors", "[]"),
                ("viewers", "[]"),
                ("users", "[]"),
            ];
            let (rest, [events, cursors, viewers, users]) = cut(payload, lists)?;
            Some(ServerMessage::Subscribed(Subscribed {
                events: rows(events, backlog_event)?,
                read_cursors: rows(cursors, sound)?,
                viewers: rows(viewers, sound)?,
                users: rows(users, sound)?,
                ..sound(&rest)?
            }))
        }
        "sync_page" => {
            let parts = [
                ("conversations", "[]"),
                ("groups", "[]"),
                ("users", "[]"),
                ("me", "null"),
            ];
            let (rest, [conversations, groups, users, me]) = cut(payload, parts)?;
            Some(ServerMessage::SyncPage(SyncPage {
                conversations: rows(conversations, sound)?,
                groups: rows(groups, sound)?,
                users: rows(users, sound)?,
                me: me.and_then(sound),
                ..sound(&rest)?
            }))
        }
        "members_page" => {
            let (rest, [members, users]) = cut(payload, [("members", "[]"), ("users", "[]")])?;
            Some(ServerMessage::MembersPage(MembersPage {
                members: rows(members, sound)?,
                users: rows(users, sound)?,
                ..sound(&rest)?
            }))
        }
        "users_page" => {
            let (_, [users]) = cut(payload, [("users", "[]")])?;
            let users = rows(users, sound)?;
            Some(ServerMessage::UsersPage(UsersPage { users }))
        }
        "presence_state" => {
            let (_, [users]) = cut(payload, [("users", "[]")])?;
            let users = rows(users, sound)?;
            Some(ServerMessage::PresenceState(PresenceState { users }))
        }
        "message_sent" => {
            let (rest, [told]) = cut(payload, [("message", "null")])?;
            Some(ServerMessage::MessageSent(Box::new(MessageSent {
                message: told.and_then(message),
                ..sound(&rest)?
            })))
        }
        "ack" => {
            let (rest, _) = cut(payload, [("conversation", "null"), ("group", "null")])?;
            sound::<Ack>(&rest).map(ServerMessage::Ack)
        }
        event => durable(event, payload),
    }
}

/// A durable event keeps its place, or the next one would look like a hole.
fn durable(kind: &str, payload: &str) -> Option<ServerMessage> {
    let unknown = ServerMessage::Unknown(UnknownFrame {
        kind: kind.to_owned(),
        payload: RawValue::from_string(payload.to_owned()).ok()?,
    });
    let event_id = unknown.event_id()?;
    match message(payload) {
        Some(message) if kind == "new_message" => {
            let event = NewMessage { event_id, message };
            Some(ServerMessage::NewMessage(Box::new(event)))
        }
        Some(_) | None => Some(unknown),
    }
}

fn backlog_event(text: &str) -> Option<ServerFrame> {
    if let Some(frame) = sound(text) {
        return Some(frame);
    }
    let raw: RawFrame<'_> = serde_json::from_str(text).ok()?;
    Some(ServerFrame {
        id: raw.id,
        message: durable(&raw.kind, raw.payload_json())?,
        meta: raw.meta.and_then(|meta| sound(meta.get())),
    })
}

/// Who asked is told that the answer is of no use. What the first frame asked for is answered
/// without an id.
fn refused_instead(kind: &str, id: Option<u64>, payload: &str) -> Option<ServerMessage> {
    #[derive(Deserialize)]
    struct OnlyRoom {
        room: String,
    }
    let room = match kind {
        "subscribed" => sound(payload).map(|only: OnlyRoom| only.room),
        _ => None,
    };
    let is_awaited = id.is_some() || room.is_some() || kind == "sync_page";
    is_awaited.then(|| unreadable(room))
}

fn unreadable(room: Option<String>) -> ServerMessage {
    ServerMessage::Error(ErrorReply {
        room,
        ..ErrorReply::new(ErrorCode::Internal, "the server's answer cannot be read")
    })
}

/// A message; of one that cannot be read, its place and its names.
fn message(text: &str) -> Option<Message> {
    #[derive(Deserialize)]
    struct Known {
        conversation_id: ConversationId,
        #[serde(deserialize_with = "integer")]
        seq: Seq,
        #[serde(deserialize_with = "integer")]
        number: u64,
        message_id: MessageId,
        #[serde(default)]
        temp_id: Option<TempId>,
        sender_id: UserId,
        #[serde(deserialize_with = "integer")]
        created_at: Millis,
        #[serde(deserialize_with = "integer")]
        state_seq: Seq,
    }
    sound(text).or_else(|| {
        let known: Known = serde_json::from_str(text).ok()?;
        Some(Message {
            conversation_id: known.conversation_id,
            seq: known.seq,
            number: known.number,
            message_id: known.message_id,
            temp_id: known.temp_id,
            sender_id: known.sender_id,
            kind: MessageKind::Other(UNREADABLE.into()),
            content: Content::Empty,
            attachments: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: None,
            created_at: known.created_at,
            edited_at: None,
            deleted_at: None,
            state_seq: known.state_seq,
            reactions: Vec::new(),
        })
    })
}

fn sound<T: DeserializeOwned>(text: &str) -> Option<T> {
    if has_forbidden_character(text) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The rows of a list that can be read; nothing if it is no list, since then nobody knows what it
/// would have proved.
fn rows<T>(list: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    let raw: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    Some(raw.iter().filter_map(|row| read(row.get())).collect())
}

/// Cuts these fields out of an object: it with something empty in their places, and their texts.
fn cut<'a, const N: usize>(
    object: &'a str,
    parts: [(&str, &str); N],
) -> Option<(String, [Option<&'a str>; N])> {
    let mut rest = String::from("{");
    let mut texts = [None; N];
    for (name, value) in fields(object)? {
        let part = parts.iter().position(|(part, _)| *part == name);
        let value = match part.and_then(|part| Some((texts.get_mut(part)?, parts.get(part)?))) {
            Some((text, (_, empty))) => {
                *text = Some(value);
                empty
            }
            None => value,
        };
        if rest.len() > 1 {
            rest.push(',');
        }
        rest.push_str(&serde_json::to_string(&name).ok()?);
        rest.push(':');
        rest.push_str(value);
    }
    rest.push('}');
    Some((rest, texts))
}
