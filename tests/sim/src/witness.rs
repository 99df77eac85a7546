//! A witness on the line: what the server promises of its frames, whatever a client makes of them.
//!
//! The engine forgives much: it asks again for a page that is too old, and does not apply what comes
//! twice. So a server that breaks such a promise would be found only where two faults meet. The
//! witness forgives nothing. It hears what arrives at a device, connection by connection.

use std::collections::BTreeMap;

use causerie_protocol::{
    ConnectionEventKind, ConversationId, ErrorReply, HistoryPage, MemberEvent, Message, Room, Seq,
    ServerFrame, ServerMessage, Subscribed, TempId, UserId,
};

/// What was said on one connection.
#[derive(Debug, Default)]
pub struct Witness {
    rooms: BTreeMap<ConversationId, Heard>,
    /// Writes that were asked for, by request.
    asked: BTreeMap<u64, TempId>,
}

/// What was said of one conversation.
#[derive(Debug, Default)]
struct Heard {
    /// The last event of the subscription, while there is one.
    position: Option<Seq>,
    /// The highest seq that was told in whatever way a page of history must not be below.
    said: Seq,
}

impl Witness {
    /// A frame arrives at a device of this user.
    ///
    /// # Errors
    /// Which promise it breaks.
    pub fn hear(&mut self, user: &UserId, frame: &ServerFrame) -> Result<(), String> {
        if let Some((id, seq)) = frame.message.position() {
            return self.hear_event(user, id, seq, &frame.message);
        }
        match &frame.message {
            ServerMessage::Subscribed(subscribed) => self.hear_subscribed(user, subscribed),
            ServerMessage::Unsubscribed(told) => {
                self.end(&told.room);
                Ok(())
            }
            ServerMessage::ConnectionEvent(event)
                if event.event == ConnectionEventKind::MembershipRevoked =>
            {
                if let Some(room) = &event.room {
                    self.end(room);
                }
                Ok(())
            }
            ServerMessage::MessageSent(sent) => {
                self.say(sent.conversation_id, sent.seq);
                Ok(())
            }
            ServerMessage::HistoryPage(page) => self.hear_page(user, page),
            ServerMessage::SyncPage(page) if page.cursor.is_some() == page.token.is_some() => {
                Err("a page of a sync has one of cursor and token".into())
            }
            _ => Ok(()),
        }
    }

    /// The device tells of a write.
    pub fn ask(&mut self, request: u64, key: TempId) {
        self.asked.insert(request, key);
    }

    /// The write that this frame refuses, and how.
    pub fn refusal<'a>(&self, frame: &'a ServerFrame) -> Option<(TempId, &'a ErrorReply)> {
        match &frame.message {
            ServerMessage::Error(error) | ServerMessage::MessageError(error) => {
                Some((*self.asked.get(&frame.id?)?, error))
            }
            _ => None,
        }
    }

    fn room(&mut self, id: ConversationId) -> &mut Heard {
        self.rooms.entry(id).or_default()
    }

    fn say(&mut self, id: ConversationId, seq: Seq) {
        let room = self.room(id);
        room.said = room.said.max(seq);
    }

    fn end(&mut self, room: &Room) {
        if let Room::Conversation(id) = room {
            self.room(*id).position = None;
        }
    }

    fn hear_event(
        &mut self,
        user: &UserId,
        id: ConversationId,
        seq: Seq,
        message: &ServerMessage,
    ) -> Result<(), String> {
        check_event(user, message)?;
        let room = self.room(id);
        match room.position {
            None => {
                return Err(format!(
                    "{user} gets {} {seq} of {id} without a subscription, or after having left",
                    message.kind()
                ));
            }
            Some(last) if seq != last + 1 => {
                return Err(format!("{user} gets {seq} of {id} behind {last}"));
            }
            Some(_) => room.position = Some(seq),
        }
        room.said = room.said.max(seq);
        if let ServerMessage::MemberLeft(MemberEvent { user_id, .. }) = message
            && user_id == user
        {
            room.position = None;
        }
        Ok(())
    }

    fn hear_subscribed(&mut self, user: &UserId, told: &Subscribed) -> Result<(), String> {
        let Room::Conversation(id) = told.room else {
            return Ok(());
        };
        let mut next = told.from_seq;
        for frame in &told.events {
            check_event(user, &frame.message)?;
            let place = frame.message.position();
            if place != Some((id, next)) {
                return Err(format!(
                    "{user} gets a backlog of {id} with {place:?} where {next} belongs"
                ));
            }
            next += 1;
        }
        if next != told.head_seq + 1 {
            return Err(format!(
                "{user} gets a backlog of {id} that ends before {next}, the head is {}",
                told.head_seq
            ));
        }
        self.room(id).position = Some(told.head_seq);
        self.say(id, told.head_seq);
        Ok(())
    }

    fn hear_page(&mut self, user: &UserId, page: &HistoryPage) -> Result<(), String> {
        let id = page.conversation_id;
        let said = self.room(id).said;
        if page.as_of_seq < said {
            return Err(format!(
                "{user} gets a page of {id} as of {}, and was told of {said} before",
                page.as_of_seq
            ));
        }
        let mut last = page.lo.max(page.visible_from).saturating_sub(1);
        for message in &page.messages {
            check_message(user, message)?;
            if message.seq <= last || message.seq > page.hi {
                return Err(format!(
                    "{user} gets a page of {id} with {} behind {last}, and its end is {}",
                    message.seq, page.hi
                ));
            }
            last = message.seq;
        }
        Ok(())
    }
}

fn check_event(user: &UserId, message: &ServerMessage) -> Result<(), String> {
    match message {
        ServerMessage::NewMessage(event) => check_message(user, &event.message),
        _ => Ok(()),
    }
}

/// A temp_id is for its sender's devices, and what was deleted says nothing any more.
fn check_message(user: &UserId, message: &Message) -> Result<(), String> {
    if message.temp_id.is_some() && message.sender_id != *user {
        return Err(format!("{user} gets the temp_id of {}", message.sender_id));
    }
    if message.deleted_at.is_some() && message.content.text().is_some() {
        return Err(format!(
            "{user} gets what {} said, which is deleted",
            message.message_id
        ));
    }
    Ok(())
}
