//! Random commands, on the memory store and on SQLite: both must give the same answers, and what is
//! counted must be what a recount gives.

use causerie_protocol::*;
use causerie_server::store::{
    Answer, Command, Commit, EventBody, EventRecord, LaneId, Outcome, Query, SyncFrom,
};
use proptest::prelude::*;

use crate::harness::*;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "admin:ops"];

/// What happens next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Write {
        who: usize,
        room: usize,
        temp: usize,
        skip: Option<usize>,
        limited: bool,
        op: Op,
    },
    Read(usize, usize, u64),
    Deliver(usize, usize, u64),
    Name(usize, u8),
    CloseLane(usize),
    FailOne,
    Restart,
    Tick,
}

#[derive(Debug, Clone)]
enum Op {
    Send { mentions: Vec<usize>, system: bool },
    Reply(usize),
    Edit(Aim, u8),
    Delete(Aim),
    React(Aim, u8),
    Unreact(Aim, u8),
    Create,
    Title(u8),
    Add(Vec<usize>),
    Remove(Vec<usize>),
    SetRole(Vec<usize>, u8),
    Quit,
}

#[derive(Debug, Clone)]
enum Aim {
    Message(usize),
    Temp(usize),
}

fn aim() -> impl Strategy<Value = Aim> {
    prop_oneof![
        (0..40usize).prop_map(Aim::Message),
        (0..30usize).prop_map(Aim::Temp)
    ]
}

fn names() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..NAMES.len(), 1..4)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (prop::collection::vec(0..NAMES.len(), 0..3), prop::bool::weighted(0.1))
            .prop_map(|(mentions, system)| Op::Send { mentions, system }),
        1 => (0..40usize).prop_map(Op::Reply),
        3 => (aim(), 0..3u8).prop_map(|(aim, says)| Op::Edit(aim, says)),
        2 => aim().prop_map(Op::Delete),
        3 => (aim(), 0..3u8).prop_map(|(aim, emoji)| Op::React(aim, emoji)),
        2 => (aim(), 0..3u8).prop_map(|(aim, emoji)| Op::Unreact(aim, emoji)),
        2 => Just(Op::Create),
        1 => (0..3u8).prop_map(Op::Title),
        2 => names().prop_map(Op::Add),
        2 => names().prop_map(Op::Remove),
        1 => (names(), 0..3u8).prop_map(|(names, role)| Op::SetRole(names, role)),
        1 => Just(Op::Quit),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let write = (
        0..NAMES.len(),
        0..4usize,
        0..30usize,
        prop::option::weighted(0.1, 0..30usize),
        prop::bool::weighted(0.05),
        op(),
    );
    prop_oneof![
        24 => write.prop_map(|(who, room, temp, skip, limited, op)| Step::Write {
            who, room, temp, skip, limited, op,
        }),
        4 => (0..4usize, 0..4usize, 0..30u64).prop_map(|(who, room, seq)| Step::Read(who, room, seq)),
        2 => (0..4usize, 0..4usize, 0..30u64)
            .prop_map(|(who, room, seq)| Step::Deliver(who, room, seq)),
        1 => (0..4usize, 0..3u8).prop_map(|(who, name)| Step::Name(who, name)),
        1 => (0..5usize).prop_map(Step::CloseLane),
        1 => Just(Step::FailOne),
        1 => Just(Step::Restart),
        2 => Just(Step::Tick),
    ]
}

/// One store, and what the steps refer to.
struct Run {
    h: Harness,
    rooms: Vec<(ConversationId, CreateConversation)>,
    temps: Vec<TempId>,
    sent: Vec<MessageId>,
    waiting: Vec<Command>,
    token: Option<String>,
}

impl Run {
    fn new(backend: Box<dyn Backend>, sources: Sources) -> Self {
        let h = Harness::new(backend, sources);
        let open = CreateConversation {
            history: Some(HistoryPolicy::All),
            ..create(ConversationKind::Group, &["carol", "dave"])
        };
        let rooms = vec![
            (
                h.conversation_id(),
                create(ConversationKind::Group, &["bob", "carol"]),
            ),
            (h.conversation_id(), open),
            (
                h.conversation_id(),
                create(ConversationKind::Broadcast, &["bob"]),
            ),
            (
                direct("alice", "bob"),
                create(ConversationKind::Direct, &["alice", "bob"]),
            ),
        ];
        let temps = (0..30).map(|_| h.temp()).collect();
        let mut run = Self {
            h,
            rooms,
            temps,
            sent: Vec::new(),
            waiting: Vec::new(),
            token: None,
        };
        for (id, creation) in run.rooms.clone() {
            run.h.make("alice", id, creation);
        }
        run
    }

    /// Carries a step out; writes wait for a batch.
    fn step(&mut self, step: &Step) -> Vec<Outcome> {
        match step {
            Step::Write {
                who,
                room,
                temp,
                skip,
                limited,
                op,
            } => {
                let command = self.write(NAMES[*who], *room, *temp, *skip, *limited, op);
                self.waiting.push(command);
                if self.waiting.len() < 4 {
                    return Vec::new();
                }
                self.flush()
            }
            Step::Read(who, room, seq) => {
                let mark = Mark {
                    conversation_id: self.rooms[*room].0,
                    seq: *seq,
                };
                self.waiting.push(Command::MarkRead {
                    actor: actor(NAMES[*who]),
                    mark,
                });
                Vec::new()
            }
            Step::Deliver(who, room, seq) => {
                let mark = Mark {
                    conversation_id: self.rooms[*room].0,
                    seq: *seq,
                };
                self.waiting.push(Command::MarkDelivered {
                    actor: actor(NAMES[*who]),
                    mark,
                });
                Vec::new()
            }
            Step::Name(who, name) => {
                self.waiting.push(Command::PutUser {
                    user_id: user(NAMES[*who]),
                    name: Some(format!("{} {name}", NAMES[*who])),
                    avatar: None,
                });
                Vec::new()
            }
            Step::CloseLane(lane) => {
                self.waiting.push(Command::CloseLane(LaneId(*lane as u64)));
                Vec::new()
            }
            Step::FailOne => {
                let mut outcomes = self.flush();
                self.h.fail_next_commit();
                let write = Write::new(self.temps[0], self.rooms[0].0, text("never"));
                let command = self.h.write_in(LaneId(0), "alice", write);
                outcomes.extend(self.h.batch(vec![command]));
                outcomes
            }
            Step::Restart => {
                let outcomes = self.flush();
                self.h.restart();
                outcomes
            }
            Step::Tick => {
                let outcomes = self.flush();
                self.h.tick(1);
                outcomes
            }
        }
    }

    fn flush(&mut self) -> Vec<Outcome> {
        let outcomes = self.h.batch(std::mem::take(&mut self.waiting));
        for outcome in &outcomes {
            if let Outcome::Sent(sent) = outcome {
                self.sent.push(sent.message_id);
            }
        }
        outcomes
    }

    fn write(
        &self,
        who: &str,
        room: usize,
        temp: usize,
        skip: Option<usize>,
        limited: bool,
        op: &Op,
    ) -> Command {
        let (conversation_id, creation) = &self.rooms[room];
        let write = Write {
            temp_id: self.temps[temp],
            conversation_id: *conversation_id,
            skip: skip.map(|skip| self.temps[skip]),
            op: Ok(self.op(op, creation)),
        };
        let limit = ErrorReply::new(ErrorCode::RateLimited, "slower, please");
        let lane = NAMES.iter().position(|name| *name == who).unwrap_or(0);
        Command::Write {
            lane: LaneId(lane as u64),
            actor: actor(who),
            write: Box::new(write),
            refuse: limited.then(|| Box::new(limit)),
        }
    }

    fn op(&self, op: &Op, creation: &CreateConversation) -> WriteOp {
        let named = |indexes: &[usize]| -> Vec<&str> {
            indexes
                .iter()
                .map(|at| NAMES[*at].trim_start_matches("admin:"))
                .collect()
        };
        match op {
            Op::Send { mentions, system } => WriteOp::SendMessage(SendMessage {
                kind: if *system {
                    MessageKind::System
                } else {
                    MessageKind::Text
                },
                mentions: users(&named(mentions)),
                ..SendMessage::text(format!("says {mentions:?}"))
            }),
            Op::Reply(to) => WriteOp::SendMessage(SendMessage {
                reply_to: Some(self.message(*to)),
                ..SendMessage::text("re")
            }),
            Op::Edit(aim, says) => edit(self.aim(aim), &format!("edit {says}")),
            Op::Delete(aim) => delete(self.aim(aim)),
            Op::React(aim, emoji) => react(self.aim(aim), &format!("e{emoji}")),
            Op::Unreact(aim, emoji) => unreact(self.aim(aim), &format!("e{emoji}")),
            Op::Create => WriteOp::CreateConversation(creation.clone()),
            Op::Title(title) => WriteOp::UpdateConversation(UpdateConversation {
                title: Some(format!("title {title}")),
                ..UpdateConversation::default()
            }),
            Op::Add(who) => add(&named(who)),
            Op::Remove(who) => remove(&named(who)),
            Op::SetRole(who, role) => {
                let role = [Role::Owner, Role::Admin, Role::Member][usize::from(*role)].clone();
                set_role(&named(who), role)
            }
            Op::Quit => quit(),
        }
    }

    fn message(&self, at: usize) -> MessageId {
        match self.sent.len() {
            0 => MessageId::from_uuid(uuid::Uuid::from_u128(1)),
            len => self.sent[at % len],
        }
    }

    fn aim(&self, aim: &Aim) -> Target {
        match aim {
            Aim::Message(at) => by_id(self.message(*at)),
            Aim::Temp(at) => by_temp(self.temps[*at]),
        }
    }

    /// All that can be read.
    fn view(&mut self) -> String {
        let mut view = String::new();
        for who in &NAMES[..4] {
            for (room, _) in self.rooms.clone() {
                view += &self.seen_by(who, room);
            }
            let page = self.h.sync_page(who, SyncFrom::First, 200);
            view += &json(&(who, page.conversations, page.users, page.me));
            let limited = self.h.sync_page(who, SyncFrom::First, 2);
            view += &json(&(limited.conversations, limited.cursor.is_some()));
        }
        view += &format!("{:?}\n", self.h.audit());
        view
    }

    fn seen_by(&mut self, who: &str, conversation_id: ConversationId) -> String {
        let queries = [
            Query::Items {
                user_id: user(who),
                conversation_ids: vec![conversation_id],
            },
            Query::History {
                user_id: user(who),
                request: History {
                    limit: Some(5),
                    ..newest(conversation_id)
                },
            },
            Query::History {
                user_id: user(who),
                request: History {
                    changed_since: Some(5),
                    after: Some(2),
                    ..newest(conversation_id)
                },
            },
            Query::History {
                user_id: user(who),
                request: History {
                    changed_since: Some(9),
                    limit: Some(3),
                    ..newest(conversation_id)
                },
            },
            Query::Events {
                user_id: user(who),
                conversation_id,
                after: 0,
                limit: 1000,
            },
            Query::Subscribe {
                user_id: user(who),
                conversation_id,
                since: Some(7),
                since_id: None,
                limit: 10,
            },
            Query::Members {
                user_id: user(who),
                request: ListMembers {
                    conversation_id,
                    cursor: None,
                },
            },
            Query::Users {
                user_id: user(who),
                user_ids: users(&["alice", "bob", "carol", "dave"]),
            },
        ];
        let answers = queries.map(|query| plain(self.h.query(query)));
        format!("{who} in {conversation_id}\n{}", answers.concat())
    }

    /// What a token of the beginning and one of the middle bring, without the tokens.
    fn changed(&mut self) -> String {
        let outcomes = self.flush();
        let token = self.token.clone();
        let page = self.h.sync("bob", token.as_deref());
        self.token = page.token.clone();
        format!("{outcomes:?} {}", json(&page.conversations))
    }

    fn check(&mut self) {
        for (room, _) in self.rooms.clone() {
            for who in &NAMES[..4] {
                check_counts(&mut self.h, who, room);
            }
        }
    }
}

/// The first lines that differ.
fn difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    let mut pairs = one.lines().zip(other.lines());
    let differs = pairs.find(|(one, other)| one != other);
    differs.or((one != other).then_some(("another", "length")))
}

fn json<V: serde::Serialize>(value: &V) -> String {
    serde_json::to_string(value).expect("no strange keys") + "\n"
}

/// An answer with its contents, which `Debug` hides.
fn plain(answer: Answer) -> String {
    match answer {
        Answer::History(page) => json(&page),
        Answer::Members(page) => json(&page),
        Answer::Users(page) => json(&page),
        Answer::Items(items) => json(&items),
        Answer::Events(answer) => format!("{answer:?} {}", contents(&answer.events)),
        Answer::Subscribe(mut answer) => {
            // Into how many transactions the same was put depends on when it was asked for.
            answer.change = 0;
            format!("{answer:?} {}", contents(&answer.events))
        }
        Answer::Refused(reply) => json(&reply),
        other => format!("{other:?}"),
    }
}

fn contents(events: &[EventRecord]) -> String {
    let content = |event: &EventRecord| match &event.body {
        EventBody::Message(message) => json(message),
        EventBody::Edited { content, .. } => json(content),
        other => format!("{other:?}"),
    };
    events.iter().map(content).collect()
}

/// Seqs have no holes, numbers count messages, and every count of an item is what a recount gives.
fn check_counts(h: &mut Harness, who: &str, room: ConversationId) {
    let answer = h.query(Query::Items {
        user_id: user(who),
        conversation_ids: vec![room],
    });
    let Answer::Items(items) = answer else {
        panic!("expected items");
    };
    let Some(item) = items.into_iter().next() else {
        return;
    };
    let events = h.all_events(who, room);
    for (event, seq) in events.iter().zip(item.visible_from..) {
        assert_eq!(event.seq, seq, "a hole in {room}");
    }
    let last = events
        .last()
        .map_or(item.visible_from - 1, |event| event.seq);
    assert_eq!(last, item.head_seq);
    if item.membership != MembershipState::Joined {
        return;
    }
    let page = h.page(
        who,
        History {
            limit: Some(200),
            ..newest(room)
        },
    );
    let unread = |message: &&Message| message.seq > item.read_seq;
    let mentions = |message: &&Message| {
        message.sender_id != user(who)
            && message.deleted_at.is_none()
            && message.mentions.contains(&user(who))
    };
    let unread: Vec<&Message> = page.messages.iter().filter(unread).collect();
    assert_eq!(unread.len() as u64, item.unread(), "unread of {who}");
    let mentions = unread.into_iter().filter(mentions).count();
    assert_eq!(mentions as u64, item.mentions_unread, "mentions of {who}");
}

/// What commits tell, however they were grouped.
fn told(commits: Vec<Commit>) -> Vec<EventRecord> {
    let events = commits.into_iter().flat_map(|commit| commit.events);
    let mut events: Vec<EventRecord> = events.map(|event| EventRecord::clone(&event)).collect();
    events.sort_by_key(|event| (event.conversation_id, event.seq));
    events
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        max_shrink_iters: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn memory_and_sqlite_agree_on_everything(
        steps in prop::collection::vec(step(), 1..160),
    ) {
        let mut runs = [
            {
                let sources = Sources::default();
                Run::new(Box::new(Memory::new(sources.clone())), sources)
            },
            {
                let sources = Sources::default();
                Run::new(Box::new(Memory::forgetful(sources.clone())), sources)
            },
            {
                let sources = Sources::default();
                Run::new(Box::new(Sqlite::new(sources.clone())), sources)
            },
        ];
        for (at, step) in steps.iter().enumerate() {
            let [memory, forgetful, sqlite] = runs.each_mut().map(|run| run.step(step));
            prop_assert_eq!(&memory, &forgetful, "a cache changed an outcome");
            prop_assert_eq!(&memory, &sqlite);
            if at % 40 == 39 {
                let [memory, forgetful, sqlite] = runs.each_mut().map(Run::changed);
                prop_assert_eq!(&memory, &forgetful);
                prop_assert_eq!(&memory, &sqlite);
            }
        }
        let [memory, forgetful, sqlite] = runs.each_mut().map(Run::flush);
        prop_assert_eq!(&memory, &forgetful);
        prop_assert_eq!(&memory, &sqlite);
        let [memory, forgetful, sqlite] = runs.each_mut().map(Run::view);
        prop_assert_eq!(difference(&memory, &forgetful), None);
        prop_assert_eq!(difference(&memory, &sqlite), None);
        let [memory, forgetful, sqlite] = runs.each_mut().map(|run| told(run.h.take_commits()));
        prop_assert_eq!(&memory, &forgetful);
        prop_assert_eq!(&memory, &sqlite);
        runs[0].check();
    }
}
