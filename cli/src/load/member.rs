//! A light client that is somebody: connected, authenticated and subscribed.

use std::{
    cell::RefCell,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use serde_json::{Value, json};
use uuid::Uuid;

use super::light::{self, Listener, Speaker, is_type, number};

/// Who connects, and to what.
#[derive(Debug, Clone)]
pub struct Member {
    /// The server.
    pub addr: SocketAddr,
    /// Says who it is.
    pub token: String,
    /// The installation; a second connection of the same one supersedes the first.
    pub client_id: Uuid,
    /// The database that the positions below belong to, as [`Opened::epoch`] told it. Without it
    /// the server ignores them (docs/protocol.md §2).
    pub epoch: Option<String>,
    /// Conversations, each with the seq up to which it is known; all of it is news with `None`.
    pub rooms: Vec<(String, Option<u64>)>,
}

/// A connection, and what the server answered to the subscriptions, in their order.
#[derive(Debug)]
pub struct Opened {
    /// Its writing half.
    pub speaker: Speaker,
    /// Its reading half.
    pub listener: Listener,
    /// One for each room.
    pub rooms: Vec<Room>,
    /// The server's database.
    pub epoch: Option<String>,
}

/// What `subscribed` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The position from now on.
    pub head_seq: u64,
    /// The messages that came with it, as they came.
    pub seqs: Vec<u64>,
    /// Whether nothing is missing before them.
    pub complete: bool,
}

impl Member {
    /// Connects, authenticates and subscribes, all in one message.
    ///
    /// # Errors
    /// If the connection breaks, or anything is refused.
    pub async fn open(&self, buffer: &RefCell<Vec<u8>>) -> io::Result<Opened> {
        self.open_from(None, buffer).await
    }

    /// The same from this address of the machine.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_from(
        &self,
        from: Option<IpAddr>,
        buffer: &RefCell<Vec<u8>>,
    ) -> io::Result<Opened> {
        let (mut speaker, mut listener) = light::connect_from(from, self.addr).await?;
        speaker.send(&self.opening().to_string()).await?;
        let mut rooms = Vec::new();
        let (mut refused, mut epoch) = (None, None);
        while rooms.len() < self.rooms.len() || self.rooms.is_empty() {
            let mut authenticated = false;
            let aside = listener
                .read(buffer, |line| {
                    if is_type(line, "subscribed") {
                        rooms.push(room(line));
                    } else if is_type(line, "authenticated") {
                        authenticated = true;
                        epoch = text(line, "epoch");
                    } else if is_type(line, "error") || is_type(line, "auth_error") {
                        refused = Some(String::from_utf8_lossy(line).into_owned());
                    }
                })
                .await?;
            if let Some(refused) = refused {
                return Err(io::Error::other(refused));
            }
            if let Some(code) = aside.closed {
                return Err(io::Error::other(format!("closed with {code}")));
            }
            if authenticated && self.rooms.is_empty() {
                break;
            }
        }
        Ok(Opened {
            speaker,
            listener,
            rooms,
            epoch,
        })
    }

    fn opening(&self) -> Value {
        let subscriptions: Vec<_> = self
            .rooms
            .iter()
            .map(|(id, since)| match since {
                Some(since) => json!({"room": format!("conv:{id}"), "since": since}),
                None => json!({"room": format!("conv:{id}")}),
            })
            .collect();
        json!({"type": "authenticate", "id": 1, "payload": {
            "token": self.token, "client_id": self.client_id, "protocol": 1,
            "epoch": self.epoch, "subscriptions": subscriptions,
        }})
    }
}

/// The text behind a field, if it has no escapes, as ids have none.
fn text(line: &[u8], field: &str) -> Option<String> {
    let rest = light::after(line, field)?.strip_prefix(b"\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

fn room(line: &[u8]) -> Room {
    let message = br#""type":"new_message""#;
    let events = line.windows(message.len()).enumerate();
    let complete = light::after(line, "complete").is_some_and(|rest| rest.starts_with(b"true"));
    Room {
        head_seq: number(line, "head_seq").unwrap_or_default(),
        seqs: events
            .filter(|(_, part)| part == message)
            .filter_map(|(at, _)| number(&line[at..], "seq"))
            .collect(),
        complete,
    }
}

/// A message as its receiver reads it off the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aimed<'a> {
    /// Where it was said.
    pub conversation: &'a [u8],
    /// Its place there.
    pub seq: u64,
    /// What its sender wrote into it, if that was [`Note::text`].
    pub note: Option<Note>,
}

/// What a sender under load writes into each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// When, on the clock of the run.
    pub at: Duration,
    /// Which sender.
    pub sender: usize,
    /// How many it has written, this one counted.
    pub count: u64,
}

impl Note {
    /// Least length of the text in bytes.
    pub const LENGTH: usize = 30;
    const MAX_SENDERS: usize = 10_000;

    /// The text of a message of so many bytes.
    pub fn text(self, length: usize) -> String {
        let micros = self.at.as_micros();
        let (sender, count) = (self.sender, self.count);
        let mut text = format!("{micros:015}{sender:05}{count:010}");
        text.extend(std::iter::repeat_n('x', length.saturating_sub(text.len())));
        text
    }

    fn read(text: &[u8]) -> Option<Self> {
        let field = |from: usize, to: usize| -> Option<u64> {
            std::str::from_utf8(text.get(from..to)?).ok()?.parse().ok()
        };
        let sender = usize::try_from(field(15, 20)?).ok()?;
        Some(Self {
            at: Duration::from_micros(field(0, 15)?),
            sender: (sender < Self::MAX_SENDERS).then_some(sender)?,
            count: field(20, 30)?,
        })
    }
}

impl<'a> Aimed<'a> {
    /// Reads a `new_message`; `None` if conversation or seq is missing.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        let rest = light::after(line, "conversation_id")?;
        let conversation = rest.get(1..37)?;
        // Each behind the one before, as the server writes them; another order costs a second look.
        let rest = light::after(rest, "seq").or_else(|| light::after(line, "seq"))?;
        let content = light::after(rest, "content").or_else(|| light::after(line, "content"));
        Some(Self {
            conversation,
            seq: light::digits(rest)?,
            note: content.and_then(|text| Note::read(text.get(1..)?)),
        })
    }
}

/// The frame that sends a text.
pub fn send_text(id: u64, temp_id: Uuid, conversation: &str, text: &str) -> String {
    json!({"type": "send_message", "id": id, "payload": {
        "temp_id": temp_id, "conversation_id": conversation, "kind": "text", "content": text,
    }})
    .to_string()
}

/// The answer to a line that is the server's `ping`.
pub fn pong(line: &[u8]) -> Option<String> {
    let t = is_type(line, "ping").then(|| number(line, "t"))??;
    Some(format!(r#"{{"type":"pong","payload":{{"t":{t}}}}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_subscription_tells_what_came_with_it() {
        let line = br#"{"type":"subscribed","payload":{"room":"conv:x","head_seq":9,"complete":true,"events":[{"type":"new_message","payload":{"seq":8}},{"type":"new_message","payload":{"seq":9}}]}}"#;
        let expected = Room {
            head_seq: 9,
            seqs: vec![8, 9],
            complete: true,
        };
        assert_eq!(room(line), expected);
    }

    #[test]
    fn what_a_sender_wrote_into_a_message_is_read_by_its_receivers() {
        let note = Note {
            at: Duration::from_micros(1_234_567),
            sender: 42,
            count: 77,
        };
        let text = note.text(100);
        assert_eq!(text.len(), 100);
        let id = "0192f0c4-0000-7000-8000-000000000000";
        let line = format!(
            r#"{{"type":"new_message","payload":{{"conversation_id":"{id}","seq":9,"number":8,"content":"{text}"}}}}"#
        );
        let expected = Aimed {
            conversation: id.as_bytes(),
            seq: 9,
            note: Some(note),
        };
        assert_eq!(Aimed::read(line.as_bytes()), Some(expected));
        let other =
            format!(r#"{{"payload":{{"content":"hello","seq":9,"conversation_id":"{id}"}}}}"#);
        let read = Aimed::read(other.as_bytes()).unwrap();
        assert_eq!((read.seq, read.note), (9, None));
        assert_eq!(Aimed::read(b"{}"), None);
        assert_eq!(note.text(0).len(), Note::LENGTH);
    }

    #[test]
    fn a_ping_is_answered_with_its_number_and_nothing_else_is() {
        let ping = br#"{"type":"ping","payload":{"t":17}}"#;
        assert_eq!(
            pong(ping).as_deref(),
            Some(r#"{"type":"pong","payload":{"t":17}}"#)
        );
        assert_eq!(pong(br#"{"type":"pong","payload":{"t":17}}"#), None);
    }
}
