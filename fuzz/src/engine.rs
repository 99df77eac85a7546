//! Sequences of frames and of what an app does, into the client's mind.

use std::{collections::BTreeMap, collections::VecDeque, time::Duration};

use causerie_engine::{
    Command, CommandKind, ConversationRow, Emission, Engine, EngineConfig, Input, ItemKey,
    Lifecycle, LoadQuery, NetworkHint, Now, Output, Reply, ReplyId, Snapshot, SocketEvent, StoreOp,
    TimelineBatch, TimelineDiff, TimelineId, TimelineStart,
};
use causerie_protocol::{
    ClientId, CloseCode, ConversationId, DeleteMessage, EditMessage, Message, Request, SendMessage,
    ServerFrame, Target, TempId, UserId, WriteOp, decode_server,
};
use uuid::Uuid;

/// Most lines of an input.
const LINES: usize = 400;
/// Most outputs of one input: beyond it, the engine talks to itself.
const OUTPUTS: usize = 20_000;
/// Most timers in a row at one moment.
const TIMERS: usize = 100;

/// The group that the recorded frames speak of.
const GROUP: u128 = 0x0192_0000_0000_7000_8000_0000_0000_00C1;

/// Lives through a text, line by line. A line is what the server sends, or what else happens:
///
/// - `{…}`: frames; `={…}`: a frame as the reply to the oldest request that has none;
/// - `a`: the server lets the client in and has nothing to tell;
/// - `s…`: a message with that text; `e…`: the last one edited; `d`: deleted; `k`: given up; `r`:
///   retried; `m`: all is read; `f…`: a draft;
/// - `o`: a screen opens, `x`: closes, `u`: scrolls up;
/// - `c`: the socket closes; `t`: time passes until something is due; `z` and `w`: to the
///   background and back; `n`: the network changed; `y`: sync; `g`: from now on, the other
///   conversation.
///
/// Nothing panics, no input is answered without end, no timer spins, every screen's differences fit,
/// and what is stored of a conversation is in order.
pub fn engine(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut life = Life::new();
    for line in text.lines().take(LINES) {
        life.live(line);
    }
    life.live("t");
}

struct Life {
    engine: Engine,
    now: Now,
    unanswered: VecDeque<u64>,
    next: u64,
    room: ConversationId,
    last: Option<TempId>,
    screens: BTreeMap<TimelineId, Vec<ItemKey>>,
    opening: BTreeMap<ReplyId, TimelineId>,
    cached: BTreeMap<(ConversationId, u64), Message>,
}

impl Life {
    fn new() -> Self {
        let now = Now {
            mono: Duration::from_secs(1_000),
            wall: 1_763_600_000_000,
        };
        let nothing_stored = Snapshot {
            user_id: UserId::new("alice").expect("a user id"),
            client_id: ClientId::from_uuid(name(1)),
            epoch: None,
            sync_token: None,
            sync_cursor: None,
            conversations: Vec::new(),
            outbox: Vec::new(),
            users: Vec::new(),
        };
        let mut life = Self {
            engine: Engine::restore(nothing_stored, EngineConfig::default(), now, 7),
            now,
            unanswered: VecDeque::new(),
            next: 1,
            room: ConversationId::from_uuid(Uuid::from_u128(GROUP)),
            last: None,
            screens: BTreeMap::new(),
            opening: BTreeMap::new(),
            cached: BTreeMap::new(),
        };
        life.command(CommandKind::Start);
        life
    }

    fn live(&mut self, line: &str) {
        let mut letters = line.chars();
        let (first, rest) = (letters.next(), letters.as_str());
        match first {
            Some('{') => self.frames(line, None),
            Some('=') => {
                let id = self.unanswered.pop_front();
                self.frames(rest, id);
            }
            Some('a') => self.let_in(),
            Some('s') => self.write(WriteOp::SendMessage(SendMessage::text(rest))),
            Some('e') => self.change(|target| {
                WriteOp::EditMessage(EditMessage {
                    target,
                    content: rest.into(),
                })
            }),
            Some('d') => self.change(|target| WriteOp::DeleteMessage(DeleteMessage { target })),
            Some('k') => {
                let deletion = TempId::from_uuid(self.fresh());
                let cancel = self.last.map(|key| CommandKind::Cancel { key, deletion });
                cancel.into_iter().for_each(|kind| self.command(kind));
            }
            Some('r') => {
                let retry = self.last.map(CommandKind::Retry);
                retry.into_iter().for_each(|kind| self.command(kind));
            }
            Some('m') => self.command(CommandKind::MarkRead {
                conversation_id: self.room,
                seq: None,
            }),
            Some('f') => self.command(CommandKind::SetDraft {
                conversation_id: self.room,
                text: Some(rest.to_owned()),
            }),
            Some('o') => self.open(),
            Some('x') => {
                if let Some((timeline, _)) = self.screens.pop_first() {
                    self.command(CommandKind::CloseTimeline(timeline));
                }
            }
            Some('u') => {
                let shown = self.screens.keys().next().copied();
                let load = shown.map(CommandKind::LoadOlder);
                load.into_iter().for_each(|kind| self.command(kind));
            }
            Some('c') => self.closed(rest.trim().parse().ok()),
            Some('t') => self.wait(),
            Some('z') => self.feed(Input::Lifecycle(Lifecycle::Suspend)),
            Some('w') => self.feed(Input::Lifecycle(Lifecycle::Resume)),
            Some('n') => self.feed(Input::Network(NetworkHint::Changed)),
            Some('y') => self.command(CommandKind::SyncNow),
            Some('g') => {
                let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
                if let (Ok(alice), Ok(bob)) = (alice, bob) {
                    self.room = ConversationId::direct(&alice, &bob);
                }
            }
            Some(_) | None => {}
        }
    }

    /// A UUIDv7 that was not there before.
    fn fresh(&mut self) -> Uuid {
        self.next += 1;
        name(u128::from(self.next))
    }

    fn frames(&mut self, text: &str, id: Option<u64>) {
        let mut frames: Vec<ServerFrame> = decode_server(text).filter_map(Result::ok).collect();
        if let (Some(id), Some(frame)) = (id, frames.first_mut()) {
            frame.id = Some(id);
        }
        if !frames.is_empty() {
            self.feed(Input::Frames(frames));
        }
    }

    fn let_in(&mut self) {
        let id = self.unanswered.pop_front();
        let welcome = r#"{"type":"authenticated","payload":{"user_id":"alice",
            "session_id":"01920000-0000-7000-8000-000000000001","epoch":"c0ffee",
            "heartbeat_ms":25000,"pong_timeout_ms":10000,"token_expires_at":9000000000000,
            "server_time":1763600000000,"limits":{"max_frame_bytes":65536,
            "max_content_bytes":16384,"max_subscriptions":128,"max_presence_watches":500},
            "features":[]}}"#;
        self.frames(welcome, id);
        let page = r#"{"type":"sync_page","payload":{"conversations":[],"groups":[],"users":[],"token":"t"}}"#;
        self.frames(page, None);
    }

    fn write(&mut self, op: WriteOp) {
        let key = TempId::from_uuid(self.fresh());
        if matches!(op, WriteOp::SendMessage(_)) {
            self.last = Some(key);
        }
        self.command(CommandKind::Write {
            key,
            conversation_id: self.room,
            op,
        });
    }

    fn change(&mut self, op: impl FnOnce(Target) -> WriteOp) {
        if let Some(target_temp_id) = self.last {
            self.write(op(Target::Temp { target_temp_id }));
        }
    }

    fn open(&mut self) {
        let timeline = TimelineId(self.next);
        self.command(CommandKind::OpenTimeline {
            timeline,
            conversation_id: self.room,
            start: TimelineStart::Newest,
            page: 20,
        });
    }

    fn closed(&mut self, code: Option<u16>) {
        self.unanswered.clear();
        self.feed(Input::Socket(SocketEvent::Closed {
            code: code.map(CloseCode::from_number),
            reason: "cut".into(),
        }));
    }

    /// Until something is due, and through all that is due then.
    fn wait(&mut self) {
        let Some((at, _)) = self.engine.poll_timeout() else {
            return;
        };
        let passed = at.saturating_sub(self.now.mono);
        self.now.mono += passed;
        self.now.wall += u64::try_from(passed.as_millis()).unwrap_or(0);
        for _ in 0..TIMERS {
            match self.engine.poll_timeout() {
                Some((at, _)) if at <= self.now.mono => self.feed(Input::Timer),
                Some(_) | None => return,
            }
        }
        let (_, why) = self.engine.poll_timeout().expect("a timer that spins");
        panic!("the timer spins: {why:?}");
    }

    fn command(&mut self, kind: CommandKind) {
        self.next += 1;
        let reply = ReplyId(self.next);
        if let CommandKind::OpenTimeline { timeline, .. } = &kind {
            self.opening.insert(reply, *timeline);
        }
        self.feed(Input::Command(Command { reply, kind }));
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        let mut outputs = 0;
        while let Some(input) = inputs.pop_front() {
            self.engine.handle(input, self.now);
            while let Some(output) = self.engine.poll_output() {
                outputs += 1;
                assert!(outputs < OUTPUTS, "the engine talks to itself");
                if let Some(input) = self.carry_out(output) {
                    match input {
                        // Before any other input.
                        Input::Loaded { .. } | Input::ClientId(_) => {
                            self.engine.handle(input, self.now);
                        }
                        input => inputs.push_back(input),
                    }
                }
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Store(ops) => ops.into_iter().for_each(|op| self.store(op)),
            Output::Load { load, query } => {
                let messages = self.load(&query);
                return Some(Input::Loaded { load, messages });
            }
            Output::OpenSocket => {
                self.unanswered.clear();
                return Some(Input::Socket(SocketEvent::Opened));
            }
            Output::Transmit(frames) => {
                for frame in frames {
                    if !matches!(frame.request, Request::Pong(_)) {
                        self.unanswered.extend(frame.id);
                    }
                }
            }
            Output::CloseSocket => self.unanswered.clear(),
            Output::RequestToken { .. } => return Some(Input::Token(Ok("a token".into()))),
            Output::NewClientId => {
                let id = self.fresh();
                return Some(Input::ClientId(ClientId::from_uuid(id)));
            }
            Output::Emit(emissions) => {
                for emission in emissions {
                    if let Emission::Timeline { timeline, batch } = emission {
                        self.show(timeline, batch);
                    }
                }
            }
            Output::Reply { reply, result } => {
                let timeline = self.opening.remove(&reply);
                if let (Some(timeline), Ok(Reply::Timeline(batch))) = (timeline, result) {
                    self.screens.insert(timeline, Vec::new());
                    self.show(timeline, batch);
                }
            }
        }
        None
    }

    fn store(&mut self, op: StoreOp) {
        match op {
            StoreOp::PutConversation(row) => check(&row),
            StoreOp::PutMessage(message) => {
                let place = (message.conversation_id, message.seq);
                let known = self.cached.get(&place).map_or(0, |known| known.state_seq);
                if message.state_seq > known {
                    self.cached.insert(place, *message);
                }
            }
            StoreOp::PatchMessage(patch) => {
                let place = (patch.conversation_id, patch.target_seq);
                if let Some(message) = self.cached.get_mut(&place) {
                    patch.apply(message);
                }
            }
            StoreOp::DropMessages {
                conversation_id,
                below,
            } => self.cached.retain(|(id, seq), _| {
                *id != conversation_id || below.is_some_and(|below| *seq >= below)
            }),
            StoreOp::DropConversation(gone) => self.cached.retain(|(id, _), _| *id != gone),
            StoreOp::DropConfirmed => self.cached.clear(),
            StoreOp::PutEpoch(_)
            | StoreOp::PutClientId(_)
            | StoreOp::PutSyncToken(_)
            | StoreOp::PutSyncCursor(_)
            | StoreOp::PutDraft { .. }
            | StoreOp::PutOutbox(_)
            | StoreOp::DropOutbox(_)
            | StoreOp::PutUsers(_)
            | StoreOp::PutCursors { .. } => {}
        }
    }

    fn load(&self, query: &LoadQuery) -> Vec<Message> {
        if query.lo > query.hi {
            return Vec::new();
        }
        let room = query.conversation_id;
        let all = self.cached.range((room, query.lo)..=(room, query.hi));
        let mut messages: Vec<_> = all.map(|(_, message)| message.clone()).collect();
        let limit = query.limit as usize;
        if query.newest {
            messages.drain(..messages.len().saturating_sub(limit));
        } else {
            messages.truncate(limit);
        }
        messages
    }

    /// What a screen does; a difference that does not fit is a bug.
    fn show(&mut self, timeline: TimelineId, batch: TimelineBatch) {
        let Some(keys) = self.screens.get_mut(&timeline) else {
            return;
        };
        let place = |keys: &[ItemKey], after: Option<ItemKey>| match after {
            None => 0,
            Some(key) => find(keys, key) + 1,
        };
        for diff in batch.diffs {
            match diff {
                TimelineDiff::Reset(items) => *keys = items.iter().map(|item| item.key).collect(),
                TimelineDiff::Insert { after, item } => {
                    assert!(!keys.contains(&item.key), "inserted twice");
                    keys.insert(place(keys, after), item.key);
                }
                TimelineDiff::Update(item) => drop(find(keys, item.key)),
                TimelineDiff::Move { key, after } => {
                    keys.remove(find(keys, key));
                    keys.insert(place(keys, after), key);
                }
                TimelineDiff::Remove(key) => drop(keys.remove(find(keys, key))),
            }
        }
        let mut once = keys.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), keys.len(), "an item is shown twice");
    }
}

fn find(keys: &[ItemKey], key: ItemKey) -> usize {
    let place = keys.iter().position(|other| *other == key);
    place.expect("a difference names what is not shown")
}

/// Ranges are disjoint, rising and not adjacent.
fn check(row: &ConversationRow) {
    let ranges = &row.ranges;
    assert!(
        ranges.iter().all(|range| range.lo <= range.hi),
        "{ranges:?}"
    );
    let apart = |pair: &[causerie_engine::Range]| pair[0].hi + 1 < pair[1].lo;
    assert!(ranges.windows(2).all(apart), "{ranges:?}");
}

fn name(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corpus would be worth nothing if it ended at the door.
    #[test]
    fn the_corpus_gets_as_far_as_messages_on_a_screen() {
        let text = include_str!("../corpus/engine/watching");
        let mut life = Life::new();
        text.lines().for_each(|line| life.live(line));
        let shown: Vec<_> = life.screens.values().map(Vec::len).collect();
        assert_eq!(shown, [5], "four messages and one that was deleted");
        assert_eq!(life.cached.len(), 5);
        life.live("sand one of mine");
        assert_eq!(life.screens.values().map(Vec::len).sum::<usize>(), 6);
    }
}
