//! A connection whose user is known: its parts, its timers, its end.

use std::{collections::VecDeque, time::Duration};

use causerie_protocol::{
    CloseCode, ConnectionEventKind, ConversationId, History, Item, Mark, Room, Seq, Subscribe,
    TempId, UserId,
};

use super::{
    Timeout, Token, activity::Activity, delivered::Delivered, io::Io, io::revoked, lane::Lanes,
    subscription::Subscriptions, token::TokenLife, typing::TypingPlaces,
};
use crate::{
    auth::Identity,
    clock::Now,
    hub::{Batch, ConnKey, Notice},
    store::{Actor, Command, Query, SyncFrom},
};

/// Most events read from the store at once for a room that is behind the ring.
const EVENTS_AT_ONCE: u32 = 64;
/// How long to wait before reading a room again that could not be read.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// What is under way in the store.
#[derive(Debug)]
pub(super) enum Pending {
    /// The token's name and picture; the rest of the opening waits for it.
    User,
    Write {
        id: Option<u64>,
        temp_id: TempId,
        conversation_id: ConversationId,
        at: Duration,
    },
    MarkRead {
        id: Option<u64>,
        conversation_id: ConversationId,
    },
    MarkDelivered {
        conversation_id: ConversationId,
    },
    Subscribe {
        id: Option<u64>,
        conversation_id: ConversationId,
        opening: bool,
    },
    /// Events of a room after a position.
    Events {
        conversation_id: ConversationId,
        after: Seq,
    },
    Sync {
        id: Option<u64>,
        opening: bool,
    },
    /// A page, and the seq that it must not be below: what was sent of the room meanwhile.
    History {
        id: Option<u64>,
        request: History,
        floor: Seq,
        holds: bool,
    },
    Members {
        id: Option<u64>,
        conversation_id: ConversationId,
    },
    Users {
        id: Option<u64>,
    },
    /// Items for activity, and the rooms whose events wait for it.
    Items {
        due: Vec<(ConversationId, Notice)>,
        held: Vec<ConversationId>,
    },
    /// The right to be shown typing.
    Typing {
        id: Option<u64>,
        conversation_id: ConversationId,
    },
}

/// What `authenticate` asked for beside the user, in order (docs/protocol.md §3).
#[derive(Debug)]
struct Wanted {
    subscriptions: VecDeque<Subscribe>,
    sync: Option<SyncFrom>,
    /// The store is at it.
    asking: bool,
}

/// What a connection begins with.
pub(super) struct Setup {
    pub(super) actor: Actor,
    pub(super) key: ConnKey,
    pub(super) identity: Identity,
    pub(super) subscriptions: Vec<Subscribe>,
    pub(super) sync: Option<SyncFrom>,
}

/// A connection whose user is known.
pub(super) struct Live {
    pub(super) actor: Actor,
    key: ConnKey,
    pub(super) token: TokenLife,
    wanted: Option<Box<Wanted>>,
    pub(super) subscriptions: Subscriptions,
    pub(super) lanes: Lanes,
    pub(super) activity: Activity,
    pub(super) delivered: Delivered,
    pub(super) typing: TypingPlaces,
    pending: VecDeque<(Token, Pending)>,
    /// How many of the pending ones are writes.
    writes: usize,
    woken: bool,
    rooms: Vec<ConversationId>,
    /// Rooms to read again, and when.
    retry: Option<(Duration, Vec<ConversationId>)>,
}

impl Live {
    pub(super) fn new(io: &mut Io, setup: Setup, now: Now) -> Self {
        let mut live = Self {
            token: TokenLife::new(setup.identity.expires_at),
            actor: setup.actor,
            key: setup.key,
            wanted: Some(Box::new(Wanted {
                subscriptions: setup.subscriptions.into(),
                sync: setup.sync,
                asking: false,
            })),
            subscriptions: Subscriptions::default(),
            lanes: Lanes::default(),
            activity: Activity::default(),
            delivered: Delivered::default(),
            typing: TypingPlaces::default(),
            pending: VecDeque::new(),
            writes: 0,
            woken: false,
            rooms: Vec::new(),
            retry: None,
        };
        let Identity { name, avatar, .. } = setup.identity;
        if name.is_some() || avatar.is_some() {
            let command = Command::PutUser {
                user_id: live.actor.user_id.clone(),
                name,
                avatar,
            };
            live.set_asking(true);
            live.submit(io, Pending::User, command);
        }
        live.go_on_opening(io, now);
        live
    }

    pub(super) fn user_id(&self) -> &UserId {
        &self.actor.user_id
    }

    pub(super) fn key(&self) -> ConnKey {
        self.key
    }

    /// How many requests are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.pending.len() + self.lanes.waiting()
    }

    /// Whether writes are under way.
    pub(super) fn has_writes(&self) -> bool {
        self.writes > 0
    }

    pub(super) fn handle_woken(&mut self) {
        self.woken = true;
    }

    // ---- the opening

    /// Asks for the next thing that `authenticate` wanted; when all is said, live events begin.
    pub(super) fn go_on_opening(&mut self, io: &mut Io, now: Now) {
        while let Some(wanted) = &mut self.wanted {
            if wanted.asking {
                return;
            }
            if let Some(subscribe) = wanted.subscriptions.pop_front() {
                let asking = self.subscribe(io, None, subscribe, true);
                self.set_asking(asking);
            } else if let Some(from) = wanted.sync.take() {
                wanted.asking = true;
                self.sync(io, None, from, None, true);
            } else {
                self.wanted = None;
                if self.token.take_warning(now) {
                    io.connection_event(ConnectionEventKind::TokenExpiring, None, None);
                }
            }
        }
    }

    /// Something that the opening wanted was answered.
    pub(super) fn handle_opening_answer(&mut self, io: &mut Io, now: Now) {
        self.set_asking(false);
        self.go_on_opening(io, now);
    }

    fn set_asking(&mut self, asking: bool) {
        if let Some(wanted) = &mut self.wanted {
            wanted.asking = asking;
        }
    }

    // ---- what goes out

    /// Puts ephemeral frames, notices and events into the batch, as far as it has room.
    pub(super) fn fill(&mut self, io: &mut Io, batch: &mut Batch, now: Now) {
        if self.wanted.is_some() || !batch.has_room() || io.has_replies() || self.is_idle(now) {
            return;
        }
        let shared = std::sync::Arc::clone(&io.shared);
        let hub = &mut *shared.hub.lock();
        if std::mem::take(&mut self.woken) {
            let notices = hub.take(self.key, &mut self.rooms);
            for conversation_id in self.rooms.drain(..) {
                self.subscriptions.mark(conversation_id);
            }
            for (conversation_id, notice) in notices {
                self.handle_notice(conversation_id, notice, batch);
            }
        }
        let filled = self
            .subscriptions
            .fill(hub, &self.actor.user_id, batch, now.mono);
        for conversation_id in filled.left {
            hub.unsubscribe(self.key, conversation_id);
            self.forget_room(conversation_id);
        }
        for (conversation_id, after) in filled.behind {
            self.query(
                io,
                Pending::Events {
                    conversation_id,
                    after,
                },
                Query::Events {
                    user_id: self.actor.user_id.clone(),
                    conversation_id,
                    after,
                    limit: EVENTS_AT_ONCE,
                },
            );
        }
        self.ask_activity(io, now);
    }

    /// Whether there is nothing to put into a batch. It is asked after every message that the
    /// socket took, so that the hub is locked once for it and not twice.
    fn is_idle(&self, now: Now) -> bool {
        let activity = self.activity.next_at();
        !self.woken
            && self.subscriptions.is_read()
            && activity.is_none_or(|next_at| next_at > now.mono)
    }

    fn handle_notice(
        &mut self,
        conversation_id: ConversationId,
        notice: Notice,
        batch: &mut Batch,
    ) {
        if let Some(seq) = notice.revoked {
            self.note_revoked(conversation_id, seq);
            if self.subscriptions.contains(conversation_id) {
                self.subscriptions.handle_left(conversation_id, seq);
            } else {
                batch.push(revoked(conversation_id, seq));
            }
        }
        let has_changed = notice
            .in_room
            .is_some_and(|change| self.subscriptions.handle_changed(conversation_id, change));
        let rest = Notice {
            full: notice.full || has_changed,
            in_room: None,
            ..notice
        };
        if rest.wants_item() {
            let rest = Notice {
                revoked: None,
                ..rest
            };
            self.activity.handle_notice(conversation_id, rest);
        }
    }

    /// The user left there at this seq. An item that is just being read may be from before that, and
    /// must not be told after it.
    fn note_revoked(&mut self, conversation_id: ConversationId, seq: Seq) {
        for (_, pending) in &mut self.pending {
            if let Pending::Items { due, .. } = pending {
                for (_, notice) in due.iter_mut().filter(|(id, _)| *id == conversation_id) {
                    notice.revoked = Some(seq);
                }
            }
        }
    }

    /// Asks for the items of the conversations of which something is due to be said.
    fn ask_activity(&mut self, io: &mut Io, now: Now) {
        let due = self.activity.poll(now.mono);
        if due.is_empty() {
            return;
        }
        let conversation_ids = due.iter().map(|(id, _)| *id).collect();
        let query = Query::Items {
            user_id: self.actor.user_id.clone(),
            conversation_ids,
        };
        let mut held = Vec::new();
        for (conversation_id, notice) in &due {
            if notice.overtaken && self.subscriptions.hold(*conversation_id) {
                held.push(*conversation_id);
            }
        }
        self.query(io, Pending::Items { due, held }, query);
    }

    /// An item that was read before an event that was sent does not tell what is now; it is told
    /// anew, behind that.
    pub(super) fn note_item(&mut self, item: &Item) {
        if self.is_overtaken(item) {
            self.activity
                .handle_notice(item.conversation_id, Notice::activity(true));
        }
    }

    /// Whether something later was sent of the item's room, to which this connection is subscribed.
    pub(super) fn is_overtaken(&self, item: &Item) -> bool {
        let position = self.subscriptions.position(item.conversation_id);
        position.is_some_and(|position| item.head_seq < position)
    }

    /// This seq of a conversation was said; pages of history under way must not be older.
    pub(super) fn note_said(&mut self, conversation_id: ConversationId, seq: Seq) {
        for (_, pending) in &mut self.pending {
            if let Pending::History { request, floor, .. } = pending
                && request.conversation_id == conversation_id
            {
                *floor = seq.max(*floor);
            }
        }
    }

    /// The subscription of a room is over; the hub has been told.
    pub(super) fn forget_room(&mut self, conversation_id: ConversationId) {
        if let Some(position) = self.subscriptions.leave(conversation_id) {
            self.note_said(conversation_id, position);
        }
    }

    /// Reads a room again after a little while.
    pub(super) fn retry_room(&mut self, conversation_id: ConversationId, now: Now) {
        let (_, rooms) = self
            .retry
            .get_or_insert_with(|| (now.mono + RETRY_AFTER, Vec::new()));
        rooms.push(conversation_id);
    }

    // ---- the store

    pub(super) fn submit(&mut self, io: &mut Io, pending: Pending, command: Command) {
        let token = io.next_token();
        if let Pending::Write { .. } = pending {
            self.writes += 1;
        }
        self.pending.push_back((token, pending));
        io.submit(Some(token), command);
    }

    pub(super) fn query(&mut self, io: &mut Io, pending: Pending, query: Query) {
        let token = io.next_token();
        self.pending.push_back((token, pending));
        io.query(token, query);
    }

    pub(super) fn take_pending(&mut self, token: Token) -> Option<Pending> {
        let at = self.pending.iter().position(|(other, _)| *other == token)?;
        let (_, pending) = self.pending.remove(at)?;
        if let Pending::Write { .. } = pending {
            self.writes -= 1;
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        Some(pending)
    }

    // ---- time

    pub(super) fn handle_timeout(&mut self, io: &mut Io, now: Now) {
        if self.wanted.is_none() && self.token.take_warning(now) {
            io.connection_event(ConnectionEventKind::TokenExpiring, None, None);
        }
        if self.token.is_over(now) {
            io.kick(CloseCode::TokenExpired);
        }
        while let Some((conversation_id, seq)) = self.delivered.poll(now.mono) {
            self.mark_delivered(io, conversation_id, seq);
        }
        if let Some((_, rooms)) = self.retry.take_if(|(at, _)| *at <= now.mono) {
            for conversation_id in rooms {
                self.subscriptions.mark(conversation_id);
            }
        }
    }

    pub(super) fn mark_delivered(
        &mut self,
        io: &mut Io,
        conversation_id: ConversationId,
        seq: Seq,
    ) {
        let command = Command::MarkDelivered {
            actor: self.actor.clone(),
            mark: Mark {
                conversation_id,
                seq,
            },
        };
        self.submit(io, Pending::MarkDelivered { conversation_id }, command);
    }

    /// `can_take`: whether the socket takes messages, which is when activity is read.
    pub(super) fn poll_timeout(&self, now: Now, can_take: bool) -> Option<(Duration, Timeout)> {
        let is_open = self.wanted.is_none();
        let activity = self.activity.next_at().filter(|_| is_open && can_take);
        [
            Some((self.token.next_at(now, is_open), Timeout::Token)),
            activity.map(|at| (at, Timeout::Activity)),
            self.delivered.next_at().map(|at| (at, Timeout::Delivered)),
            self.retry.as_ref().map(|(at, _)| (*at, Timeout::Retry)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    // ---- the end

    /// Leaves every room, ceases to type, and writes what was held back.
    pub(super) fn end(&mut self, io: &mut Io, now: Now) {
        for (conversation_id, seq) in self.delivered.drain() {
            let mark = Mark {
                conversation_id,
                seq,
            };
            let actor = self.actor.clone();
            io.submit(None, Command::MarkDelivered { actor, mark });
        }
        io.submit(None, Command::CloseLane(io.lane));
        let shared = std::sync::Arc::clone(&io.shared);
        let hub = &mut *shared.hub.lock();
        for conversation_id in self.typing.drain(now.mono) {
            hub.cease_typing(conversation_id, &self.actor.user_id, now);
        }
        for conversation_id in self.subscriptions.drain() {
            hub.unsubscribe(self.key, conversation_id);
        }
        hub.detach(self.key);
    }

    pub(super) fn room_of(subscribe: &Subscribe) -> Option<ConversationId> {
        match subscribe.room {
            Room::Conversation(conversation_id) => Some(conversation_id),
            Room::User(_) | Room::Group(_) => None,
        }
    }
}
