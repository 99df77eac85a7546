//! A server for one device, over the model: it answers as docs/protocol.md says, with small limits
//! so that holes are common, and it can be told to refuse.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use causerie_protocol::{
    Ack, ClientFrame, ConversationActivity, ConversationEvent, ConversationId, CursorAck,
    ErrorCode, ErrorReply, History, HistoryPage, Message, MessageSent, Meta, Request, Room, Seq,
    ServerFrame, ServerMessage, Subscribe, Subscribed, Sync, SyncPage, SyncToken, TempId, UserId,
    Write, WriteAck, WriteOp,
};

use super::{
    device::authenticated,
    ids::*,
    model::{Done, Talk},
};

/// A refusal that the script asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Refuse {
    pub code: ErrorCode,
    pub retry_after_ms: Option<u64>,
}

pub struct Server {
    pub user: UserId,
    pub epoch: String,
    pub talks: BTreeMap<ConversationId, Talk>,
    pub clock: u64,
    /// Most events in `subscribed`.
    pub backlog: usize,
    /// Most messages in a page.
    pub page: usize,
    /// Most items in a page of a sync.
    pub sync_page: usize,
    /// Events go out before the acknowledgement of what made them.
    pub events_first: bool,
    /// The next new durable writes are refused like this.
    pub refusals: VecDeque<Refuse>,
    /// Refused for good, until the person asks again.
    pub denied: BTreeSet<TempId>,
    /// On its way to the device.
    pub out: VecDeque<ServerFrame>,
    pub connected: bool,
    /// Pages of history are held back, so that they come late.
    pub holds_pages: bool,
    held: Vec<ServerFrame>,
    /// How often each write was carried out, in order.
    pub log: Vec<(ConversationId, TempId)>,
    subscribed: BTreeMap<ConversationId, Seq>,
    blocked: BTreeMap<ConversationId, TempId>,
}

impl Server {
    pub fn new(user: UserId, epoch: &str) -> Self {
        Self {
            user,
            epoch: epoch.into(),
            talks: BTreeMap::new(),
            clock: 1,
            backlog: 200,
            page: 200,
            sync_page: 200,
            events_first: false,
            refusals: VecDeque::new(),
            denied: BTreeSet::new(),
            out: VecDeque::new(),
            connected: false,
            holds_pages: false,
            held: Vec::new(),
            log: Vec::new(),
            subscribed: BTreeMap::new(),
            blocked: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, id: ConversationId) {
        let mut talk = Talk::new(id, &[alice(), bob()]);
        self.clock += 1;
        talk.changed = self.clock;
        self.talks.insert(id, talk);
    }

    pub fn disconnect(&mut self) {
        self.connected = false;
        self.subscribed.clear();
        self.blocked.clear();
        self.out.clear();
        self.held.clear();
    }

    pub fn hold_pages(&mut self, hold: bool) {
        self.holds_pages = hold;
        if !hold {
            self.out.extend(std::mem::take(&mut self.held));
        }
    }

    /// One of the live events on their way is lost, as between the nodes of a server; one that
    /// another one follows, since nobody can miss the last one.
    pub fn lose_event(&mut self, n: usize) {
        let events: Vec<_> = self
            .out
            .iter()
            .enumerate()
            .filter_map(|(at, frame)| Some((at, frame.message.position()?.0)))
            .collect();
        if let Some((at, id)) = events.get(n)
            && events[n + 1..].iter().any(|(_, other)| other == id)
        {
            self.out.remove(*at);
        }
    }

    fn reply(&mut self, id: Option<u64>, message: ServerMessage) {
        if id.is_some() {
            self.out.push_back(ServerFrame::reply(id, message));
        }
    }

    fn event(&mut self, message: ServerMessage) {
        self.out.push_back(ServerFrame::event(message));
    }

    fn error(&mut self, id: Option<u64>, error: ErrorReply) {
        self.out
            .push_back(ServerFrame::reply(id, ServerMessage::Error(error)));
    }

    /// A frame of the device's came.
    pub fn handle(&mut self, frame: ClientFrame) {
        let id = frame.id;
        match frame.request {
            Request::Authenticate(first) => {
                self.connected = true;
                let same = first.epoch.as_deref() == Some(&self.epoch);
                self.reply(id, ServerMessage::Authenticated(authenticated(&self.epoch)));
                for subscribe in first.subscriptions {
                    self.subscribe(None, subscribe, same, first.epoch.is_some());
                }
                match first.sync_token {
                    SyncToken::Absent => {}
                    SyncToken::Since(token) if same => self.sync_page(None, Some(token), None),
                    SyncToken::Since(_) | SyncToken::First => self.sync_page(None, None, None),
                }
            }
            Request::Subscribe(subscribe) => self.subscribe(id, subscribe, true, true),
            Request::Unsubscribe(unsubscribe) => {
                if let Room::Conversation(conversation) = unsubscribe.room {
                    self.subscribed.remove(&conversation);
                }
                self.reply(
                    id,
                    ServerMessage::Unsubscribed(causerie_protocol::Unsubscribed {
                        room: unsubscribe.room,
                    }),
                );
            }
            Request::Write(write) => self.write(id, &write),
            Request::Sync(sync) => self.sync(id, sync),
            Request::History(history) => self.history(id, &history),
            Request::MarkRead(mark) => {
                let user = self.user.clone();
                if let Some(talk) = self.talks.get_mut(&mark.conversation_id) {
                    talk.read(&user, mark.seq);
                    let ack = cursor(talk, &user);
                    self.clock += 1;
                    talk.changed = self.clock;
                    self.reply(id, ServerMessage::Ack(Ack::Cursor(ack)));
                } else {
                    self.error(id, ErrorReply::new(ErrorCode::Forbidden, "no"));
                }
            }
            Request::Ping(ping) => self.reply(id, ServerMessage::Pong(ping)),
            Request::MarkDelivered(_)
            | Request::TypingStart(_)
            | Request::TypingStop(_)
            | Request::Pong(_) => {}
            other => panic!("the model server does not know {}", other.kind()),
        }
    }

    fn subscribe(&mut self, id: Option<u64>, subscribe: Subscribe, same_epoch: bool, epoch: bool) {
        let Room::Conversation(conversation) = subscribe.room else {
            panic!("only conversations are subscribed");
        };
        let user = self.user.clone();
        let Some(talk) = self.talks.get(&conversation) else {
            let mut error = ErrorReply::new(ErrorCode::Forbidden, "no such conversation");
            error.room = Some(subscribe.room.to_string());
            return self.error(id, error);
        };
        let head = talk.head();
        let visible_from = talk.members[&user].visible_from;
        let since = subscribe.since.filter(|_| epoch);
        let reset = since.is_some_and(|since| {
            !same_epoch
                || since > head
                || subscribe.since_id.is_some_and(|id| id != event_id(since))
        });
        let wanted = if reset { Some(0) } else { since };
        let (from, events) = match wanted {
            None => (head + 1, Vec::new()),
            Some(since) => {
                let first = (since + 1)
                    .max(visible_from)
                    .max((head + 1).saturating_sub(self.backlog as u64));
                let events: Vec<_> = talk
                    .events
                    .iter()
                    .filter(|event| event.seq >= first)
                    .map(|event| with_meta(talk.told(event, &user), event.seq))
                    .collect();
                (first.min(head + 1), events)
            }
        };
        let complete = since.is_some_and(|since| from <= (since + 1).max(visible_from)) && !reset;
        let own = cursor(talk, &user);
        let subscribed = Subscribed {
            room: subscribe.room,
            head_seq: head,
            head_number: talk.number,
            from_seq: from,
            complete,
            reset,
            visible_from,
            events,
            read_cursors: Vec::new(),
            viewers: Vec::new(),
            users: Vec::new(),
            read_seq: own.read_seq,
            read_number: own.read_number,
            mentions_unread: own.mentions_unread,
            rev: own.rev,
        };
        self.subscribed.insert(conversation, head);
        self.out.push_back(ServerFrame::reply(
            id,
            ServerMessage::Subscribed(subscribed),
        ));
    }

    fn write(&mut self, id: Option<u64>, write: &Write) {
        let user = self.user.clone();
        let conversation = write.conversation_id;
        let key = write.temp_id;
        let op = write.op.as_ref().expect("a sound write");
        let refuse = |code: ErrorCode, retry_after_ms| {
            ServerMessage::MessageError(ErrorReply {
                temp_id: Some(key),
                retry_after_ms,
                ..ErrorReply::new(code, "refused")
            })
        };
        let known = self
            .talks
            .get(&conversation)
            .is_some_and(|talk| talk.writes.contains_key(&(user.clone(), key)));
        match self.blocked.get(&conversation) {
            Some(blocked) if *blocked == key || write.skip == Some(*blocked) => {
                self.blocked.remove(&conversation);
            }
            Some(_) if known => {}
            Some(_) => return self.reply(id, refuse(ErrorCode::Aborted, None)),
            None => {}
        }
        if self.denied.contains(&key) {
            return self.reply(id, refuse(ErrorCode::Forbidden, None));
        }
        if !known && let Some(refusal) = self.refusals.pop_front() {
            if refusal.code.is_retryable() {
                self.blocked.insert(conversation, key);
            } else {
                self.denied.insert(key);
            }
            return self.reply(id, refuse(refusal.code, refusal.retry_after_ms));
        }
        if matches!(op, WriteOp::CreateConversation(_)) && !self.talks.contains_key(&conversation) {
            self.add(conversation);
        }
        let Some(talk) = self.talks.get_mut(&conversation) else {
            return self.reply(id, refuse(ErrorCode::Forbidden, None));
        };
        match talk.write(&user, key, op) {
            Err(code) => self.reply(id, refuse(code, None)),
            Ok((done, duplicate)) => {
                if !duplicate {
                    self.log.push((conversation, key));
                    self.clock += 1;
                    talk.changed = self.clock;
                }
                let ack = self.acknowledgement(conversation, key, &done, duplicate);
                if self.events_first {
                    self.pump();
                    self.reply(id, ack);
                } else {
                    self.reply(id, ack);
                    self.pump();
                }
            }
        }
    }

    fn acknowledgement(
        &self,
        conversation: ConversationId,
        key: TempId,
        done: &Done,
        duplicate: bool,
    ) -> ServerMessage {
        let talk = &self.talks[&conversation];
        match done {
            Done::Sent(seq) => {
                let message = talk.seen(*seq, &self.user).expect("a message");
                ServerMessage::MessageSent(Box::new(MessageSent {
                    temp_id: key,
                    message_id: message.message_id,
                    conversation_id: conversation,
                    seq: *seq,
                    number: message.number,
                    created_at: message.created_at,
                    duplicate,
                    message: duplicate.then_some(message),
                }))
            }
            Done::Acked(_) | Done::Created => {
                let (seq, item) = match done {
                    Done::Acked(seq) => (*seq, None),
                    _ => (None, Some(talk.item(&self.user))),
                };
                ServerMessage::Ack(Ack::Write(Box::new(WriteAck {
                    temp_id: key,
                    conversation_id: conversation,
                    seq,
                    at: 5,
                    duplicate,
                    conversation: item,
                    group: None,
                })))
            }
        }
    }

    /// Somebody else writes.
    pub fn other_writes(
        &mut self,
        conversation: ConversationId,
        key: TempId,
        op: &WriteOp,
    ) -> bool {
        let Some(talk) = self.talks.get_mut(&conversation) else {
            return false;
        };
        let done = talk.write(&bob(), key, op).is_ok();
        self.clock += 1;
        talk.changed = self.clock;
        self.pump();
        done
    }

    /// Sends what happened since, to whom it may concern.
    pub fn pump(&mut self) {
        if !self.connected {
            return;
        }
        let user = self.user.clone();
        let mut frames = Vec::new();
        for (id, talk) in &self.talks {
            match self.subscribed.get_mut(id) {
                Some(position) => {
                    for event in talk.events.iter().filter(|event| event.seq > *position) {
                        frames.push(with_meta(talk.told(event, &user), event.seq));
                    }
                    *position = talk.head();
                }
                None => {
                    let item = talk.item(&user);
                    frames.push(ServerFrame::event(ServerMessage::ConversationActivity(
                        Box::new(ConversationActivity {
                            conversation_id: *id,
                            head_seq: item.head_seq,
                            head_number: item.head_number,
                            read_seq: item.read_seq,
                            read_number: item.read_number,
                            mentions_unread: 0,
                            rev: item.rev,
                            last_message: item.last_message,
                            conversation: None,
                        }),
                    )));
                }
            }
        }
        self.out.extend(frames);
    }

    /// Alice is let in again: she sees nothing from before.
    pub fn let_in_again(&mut self, conversation: ConversationId) {
        let user = self.user.clone();
        let Some(talk) = self.talks.get_mut(&conversation) else {
            return;
        };
        let head = talk.head();
        let number = talk.number;
        if let Some(member) = talk.members.get_mut(&user) {
            member.visible_from = head + 1;
            member.read_seq = head;
            member.read_number = number;
            member.rev += 1;
        }
        self.clock += 1;
        talk.changed = self.clock;
        let item = talk.item(&user);
        if self.connected {
            self.event(ServerMessage::ConversationCreated(Box::new(
                ConversationEvent { conversation: item },
            )));
        }
    }

    fn sync(&mut self, id: Option<u64>, sync: Sync) {
        match sync.cursor {
            Some(cursor) => self.sync_page(id, None, Some(cursor)),
            None => self.sync_page(id, sync.token, None),
        }
    }

    /// A cursor is "epoch/offset/since/token"; a token is "epoch/clock".
    fn sync_page(&mut self, id: Option<u64>, token: Option<String>, cursor: Option<String>) {
        let part = |text: &str, n: usize| text.split('/').nth(n).and_then(|p| p.parse().ok());
        let ours = |text: &str| text.split('/').next() == Some(&self.epoch);
        let (offset, since, end): (usize, u64, u64) = match &cursor {
            Some(cursor) if ours(cursor) => (
                part(cursor, 1).unwrap_or(0) as usize,
                part(cursor, 2).unwrap_or(0),
                part(cursor, 3).unwrap_or(0),
            ),
            Some(_) => return self.error(id, ErrorReply::invalid("cursor", "unknown")),
            None => (
                0,
                token
                    .filter(|token| ours(token))
                    .and_then(|token| part(&token, 1))
                    .unwrap_or(0),
                self.clock,
            ),
        };
        let changed: Vec<_> = self
            .talks
            .values()
            .filter(|talk| talk.changed > since)
            .map(|talk| talk.item(&self.user))
            .collect();
        let page: Vec<_> = changed
            .iter()
            .skip(offset)
            .take(self.sync_page)
            .cloned()
            .collect();
        let next = offset + page.len();
        let more = next < changed.len();
        let page = SyncPage {
            conversations: page,
            cursor: more.then(|| format!("{}/{next}/{since}/{end}", self.epoch)),
            token: (!more).then(|| format!("{}/{end}", self.epoch)),
            ..SyncPage::default()
        };
        self.out
            .push_back(ServerFrame::reply(id, ServerMessage::SyncPage(page)));
    }

    fn history(&mut self, id: Option<u64>, asked: &History) {
        let user = self.user.clone();
        let Some(talk) = self.talks.get(&asked.conversation_id) else {
            return self.error(id, ErrorReply::new(ErrorCode::Forbidden, "no"));
        };
        let visible_from = talk.members[&user].visible_from;
        let head = talk.head();
        let lo = asked.after.map_or(1, |after| after + 1).max(visible_from);
        let hi = asked.before.map_or(head, |b| (b - 1).min(head));
        let limit = (asked.limit.unwrap_or(50) as usize).min(self.page);
        let all: Vec<Message> = talk
            .messages
            .range(lo..=hi.max(lo))
            .filter(|(seq, _)| **seq <= hi)
            .filter_map(|(seq, _)| talk.seen(*seq, &user))
            .filter(|message| asked.changed_since.is_none_or(|s| message.state_seq > s))
            .collect();
        let upward = asked.after.is_some() && asked.before.is_none();
        let more = all.len() > limit;
        let (messages, lo, hi) = if upward {
            let page: Vec<_> = all.into_iter().take(limit).collect();
            let end = if more { page[page.len() - 1].seq } else { hi };
            (page, lo, end)
        } else {
            let skip = all.len().saturating_sub(limit);
            let page: Vec<_> = all.into_iter().skip(skip).collect();
            let begin = if more { page[0].seq } else { lo };
            (page, begin, hi)
        };
        let page = HistoryPage {
            conversation_id: asked.conversation_id,
            messages,
            lo,
            hi,
            as_of_seq: head,
            visible_from,
            more,
            users: Vec::new(),
        };
        let frame = ServerFrame::reply(id, ServerMessage::HistoryPage(page));
        if self.holds_pages {
            self.held.push(frame);
        } else {
            self.out.push_back(frame);
        }
    }
}

fn cursor(talk: &Talk, user: &UserId) -> CursorAck {
    let member = &talk.members[user];
    CursorAck {
        conversation_id: talk.id,
        read_seq: member.read_seq,
        read_number: member.read_number,
        mentions_unread: 0,
        rev: member.rev,
    }
}

fn with_meta(message: ServerMessage, seq: Seq) -> ServerFrame {
    ServerFrame {
        meta: Some(Meta {
            timestamp: Some(1_700_000_000_000 + seq),
            ..Meta::default()
        }),
        ..ServerFrame::event(message)
    }
}
