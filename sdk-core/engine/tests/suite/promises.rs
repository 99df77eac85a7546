//! Random lives of a device: it writes, the network breaks, the server refuses, the process dies.
//! Whatever happens, in the end each write was carried out once and in order, the cache says what
//! the server says, and the screens show it.

use causerie_engine::{CommandKind, EngineConfig, Input, Lifecycle, TimelineStart};
use causerie_protocol::{
    CloseCode, ConversationId, ConversationKind, CreateConversation, DeleteMessage, EditMessage,
    ErrorCode, React, SendMessage, Target, TempId, WriteOp,
};
use proptest::prelude::*;

use crate::common::{
    conv,
    server::Refuse,
    temp,
    world::{World, targets},
};

#[derive(Debug, Clone)]
pub enum Step {
    Send(u64),
    Edit(usize),
    Delete(usize),
    React(usize, bool),
    Cancel(usize),
    Retry(usize),
    Bob(u64, BobDoes),
    Up(usize),
    Down(usize),
    Cut,
    Lose(usize),
    Refuse(ErrorCode),
    Advance(u64),
    Crash(usize),
    Open(u64, u32),
    Close(usize),
    Older(usize),
    Read(u64),
    EventsFirst(bool),
    Epoch,
    LetInAgain(u64),
    Create,
    Background(bool),
    OpenAt(u64, u64, u32),
    Newer(usize),
    HoldPages(bool),
    CloseWith(CloseCode),
}

#[derive(Debug, Clone)]
pub enum BobDoes {
    Send,
    Edit(usize),
    Delete(usize),
    React(usize, bool),
}

fn bob_does() -> impl Strategy<Value = BobDoes> {
    prop_oneof![
        4 => Just(BobDoes::Send),
        1 => (0..9usize).prop_map(BobDoes::Edit),
        1 => (0..9usize).prop_map(BobDoes::Delete),
        2 => (0..9usize, any::<bool>()).prop_map(|(n, add)| BobDoes::React(n, add)),
    ]
}

fn writing() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..3u64).prop_map(Step::Send),
        3 => (0..9usize).prop_map(Step::Edit),
        2 => (0..9usize).prop_map(Step::Delete),
        3 => (0..9usize, any::<bool>()).prop_map(|(n, add)| Step::React(n, add)),
        2 => (0..9usize).prop_map(Step::Cancel),
        2 => (0..9usize).prop_map(Step::Retry),
        1 => Just(Step::Create),
        2 => Just(Step::Send(3)),
    ]
}

fn network() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..6usize).prop_map(Step::Up),
        6 => (1..6usize).prop_map(Step::Down),
        2 => Just(Step::Cut),
        1 => (0..4usize).prop_map(Step::Lose),
        2 => (1..4000u64).prop_map(Step::Advance),
        1 => (0..6usize).prop_map(Step::Crash),
        1 => any::<bool>().prop_map(Step::EventsFirst),
        1 => any::<bool>().prop_map(Step::Background),
        1 => any::<bool>().prop_map(Step::HoldPages),
        1 => prop_oneof![
            Just(Step::CloseWith(CloseCode::Draining)),
            Just(Step::CloseWith(CloseCode::TokenExpired)),
            Just(Step::CloseWith(CloseCode::Superseded)),
        ],
        1 => Just(Step::Advance(31 * 60 * 1000)),
    ]
}

fn refusing() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Refuse(ErrorCode::Unavailable)),
        1 => Just(Step::Refuse(ErrorCode::RateLimited)),
        1 => Just(Step::Refuse(ErrorCode::Internal)),
        1 => Just(Step::Refuse(ErrorCode::Forbidden)),
    ]
}

fn looking() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..3u64, 1..8u32).prop_map(|(c, page)| Step::Open(c, page)),
        1 => (0..3usize).prop_map(Step::Close),
        4 => (0..3usize).prop_map(Step::Older),
        1 => (1..3u64, 1..20u64, 1..8u32).prop_map(|(c, seq, page)| Step::OpenAt(c, seq, page)),
        2 => (0..3usize).prop_map(Step::Newer),
        2 => (1..3u64).prop_map(Step::Read),
    ]
}

fn bob() -> impl Strategy<Value = Step> {
    (1..3u64, bob_does()).prop_map(|(c, does)| Step::Bob(c, does))
}

pub struct Life {
    pub world: World,
    next: u64,
}

impl Life {
    pub fn new(seed: u64) -> Self {
        let mut world = World::new(EngineConfig::default(), seed);
        // Small limits, so that holes and further pages are common.
        world.server.backlog = 4;
        world.server.page = 3;
        world.server.sync_page = 1;
        world.device.start();
        world.settle();
        Self { world, next: 1 }
    }

    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// One of alice's messages, newest first.
    fn own(&self, n: usize) -> Option<(ConversationId, TempId)> {
        self.world
            .made
            .iter()
            .rev()
            .filter(|(_, _, op)| matches!(op, WriteOp::SendMessage(_)))
            .nth(n)
            .map(|(id, key, _)| (*id, *key))
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Send(c) => {
                let text = format!("alice {}", self.next());
                self.world
                    .write(conv(*c), WriteOp::SendMessage(SendMessage::text(text)));
            }
            Step::Edit(n) => {
                let text = format!("edit {}", self.next());
                if let Some((id, key)) = self.own(*n) {
                    self.world.write(
                        id,
                        WriteOp::EditMessage(EditMessage {
                            target: Target::Temp {
                                target_temp_id: key,
                            },
                            content: text.into(),
                        }),
                    );
                }
            }
            Step::Delete(n) => {
                if let Some((id, key)) = self.own(*n) {
                    self.world.write(
                        id,
                        WriteOp::DeleteMessage(DeleteMessage {
                            target: Target::Temp {
                                target_temp_id: key,
                            },
                        }),
                    );
                }
            }
            Step::React(n, add) => self.react(*n, *add),
            Step::Cancel(n) => {
                if let Some((_, key)) = self.own(*n) {
                    let deletion = self.world.device.temp();
                    self.world.command(CommandKind::Cancel { key, deletion });
                }
            }
            Step::Retry(n) => {
                if let Some((id, key)) = self.own(*n) {
                    // What changes it follows it.
                    let changes: Vec<_> = self
                        .world
                        .made
                        .iter()
                        .filter(|(other, _, op)| *other == id && targets(op) == Some(key))
                        .map(|(_, key, _)| *key)
                        .collect();
                    self.world.server.denied.remove(&key);
                    self.world.retried.insert(key);
                    self.world.retried.extend(changes);
                    self.world.command(CommandKind::Retry(key));
                }
            }
            Step::Bob(c, does) => self.bob(conv(*c), does),
            Step::Up(n) => self.world.deliver_up(*n),
            Step::Down(n) => self.world.deliver_down(*n),
            Step::Cut => self.world.cut(),
            Step::Lose(n) => self.world.server.lose_event(*n),
            Step::Refuse(code) => self.world.server.refusals.push_back(Refuse {
                code: code.clone(),
                retry_after_ms: None,
            }),
            Step::Advance(ms) => self.world.advance(*ms),
            Step::Crash(after) => self.world.device.crash_after = Some(*after),
            Step::Open(c, page) => {
                let known = self.world.device.engine.conversation(conv(*c)).is_some();
                if known && self.world.device.screens.len() < 3 {
                    self.world.device.open(conv(*c), *page);
                    self.world.revive();
                }
            }
            Step::Close(n) => {
                if let Some(id) = self.world.device.screens.keys().nth(*n).copied() {
                    self.world.device.close(id);
                    self.world.revive();
                }
            }
            Step::Older(n) => {
                if let Some(id) = self.world.device.screens.keys().nth(*n).copied() {
                    self.world.command(CommandKind::LoadOlder(id));
                }
            }
            Step::Read(c) => {
                self.world.command(CommandKind::MarkRead {
                    conversation_id: conv(*c),
                    seq: None,
                });
            }
            Step::EventsFirst(first) => self.world.server.events_first = *first,
            Step::Epoch => {
                self.world.server.epoch = format!("e{}", self.next() + 1);
                self.world.cut();
            }
            Step::Create => {
                if self.world.device.engine.conversation(conv(3)).is_none() {
                    self.world.write(
                        conv(3),
                        WriteOp::CreateConversation(CreateConversation {
                            kind: ConversationKind::Group,
                            group_id: None,
                            title: None,
                            members: Some(vec![crate::common::bob()]),
                            history: None,
                        }),
                    );
                }
            }
            Step::Background(true) => {
                self.world.server.disconnect();
                self.world
                    .device
                    .input(Input::Lifecycle(Lifecycle::Suspend));
                self.world.revive();
            }
            Step::Background(false) => {
                self.world.device.input(Input::Lifecycle(Lifecycle::Resume));
                self.world.revive();
            }
            Step::OpenAt(c, seq, page) => {
                let known = self.world.device.engine.conversation(conv(*c)).is_some();
                if known && self.world.device.screens.len() < 3 {
                    let start = TimelineStart::At(*seq);
                    self.world.device.open_at(conv(*c), start, *page);
                    self.world.revive();
                }
            }
            Step::Newer(n) => {
                if let Some(id) = self.world.device.screens.keys().nth(*n).copied() {
                    self.world.command(CommandKind::LoadNewer(id));
                }
            }
            Step::HoldPages(hold) => self.world.server.hold_pages(*hold),
            Step::CloseWith(code) => {
                self.world.server.disconnect();
                self.world.device.closed_with(Some(*code));
                self.world.revive();
            }
            Step::LetInAgain(c) => self.world.server.let_in_again(conv(*c)),
        }
        self.world.check_cache();
    }

    fn react(&mut self, n: usize, add: bool) {
        for c in 1..3 {
            let target = self.world.server.talks[&conv(c)]
                .messages
                .values()
                .rev()
                .nth(n)
                .map(|said| said.message.message_id);
            if let Some(message_id) = target {
                let react = React {
                    target: Target::Message { message_id },
                    emoji: "👍".into(),
                };
                let op = if add {
                    WriteOp::AddReaction(react)
                } else {
                    WriteOp::RemoveReaction(react)
                };
                if self.world.device.engine.conversation(conv(c)).is_some() {
                    self.world.write(conv(c), op);
                }
                return;
            }
        }
    }

    fn bob(&mut self, id: ConversationId, does: &BobDoes) {
        let n = self.next();
        let key = temp(1_000_000 + n);
        let target = |world: &World, n: usize, own: bool| {
            world.server.talks[&id]
                .messages
                .values()
                .rev()
                .filter(|said| !own || said.message.sender_id == crate::common::bob())
                .nth(n)
                .map(|said| Target::Message {
                    message_id: said.message.message_id,
                })
        };
        let op = match does {
            BobDoes::Send => Some(WriteOp::SendMessage(SendMessage::text(format!("bob {n}")))),
            BobDoes::Edit(at) => target(&self.world, *at, true).map(|target| {
                WriteOp::EditMessage(EditMessage {
                    target,
                    content: format!("bob's edit {n}").into(),
                })
            }),
            BobDoes::Delete(at) => target(&self.world, *at, true)
                .map(|target| WriteOp::DeleteMessage(DeleteMessage { target })),
            BobDoes::React(at, add) => target(&self.world, *at, false).map(|target| {
                let react = React {
                    target,
                    emoji: "👍".into(),
                };
                if *add {
                    WriteOp::AddReaction(react)
                } else {
                    WriteOp::RemoveReaction(react)
                }
            }),
        };
        if let Some(op) = op {
            self.world.server.other_writes(id, key, &op);
        }
    }

    pub fn end(&mut self) {
        self.world.device.crash_after = None;
        self.world.server.refusals.clear();
        self.world.server.hold_pages(false);
        self.world.device.input(Input::Lifecycle(Lifecycle::Resume));
        self.world.settle();
        self.world.check_cache();
        self.world.check_screens();
        self.world.check_writes();
        self.world.check_items();
        let unanswered = &self.world.device.unanswered;
        assert!(unanswered.is_empty(), "never answered: {unanswered:?}");
    }
}

pub fn live(steps: &[Step], seed: u64) {
    let mut life = Life::new(seed);
    for step in steps {
        life.step(step);
    }
    life.end();
}

/// More cases by the environment: PROPTEST_CASES.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..ProptestConfig::default()
    }
}

/// Alice writes much, and the server refuses much.
pub fn a_life_of_writing() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![6 => writing(), 5 => network(), 2 => refusing(), 1 => looking()];
    prop::collection::vec(step, 1..60)
}

/// Bob writes much, and the past changes under the device.
pub fn a_life_of_reading() -> impl Strategy<Value = Vec<Step>> {
    let past = prop_oneof![
        1 => Just(Step::Epoch),
        2 => (1..3u64).prop_map(Step::LetInAgain),
    ];
    let step = prop_oneof![
        8 => bob(),
        1 => writing(),
        5 => network(),
        3 => looking(),
        1 => past,
    ];
    prop::collection::vec(step, 1..80)
}

/// Both write, and screens are open.
pub fn a_life_of_talking() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => bob(),
        4 => writing(),
        4 => network(),
        1 => refusing(),
        4 => looking(),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_write_is_carried_out_once_and_in_order(
        steps in a_life_of_writing(),
        seed in 0..1000u64,
    ) {
        live(&steps, seed);
    }

    #[test]
    fn the_cache_says_what_the_server_says(
        steps in a_life_of_reading(),
        seed in 0..1000u64,
    ) {
        live(&steps, seed);
    }

    #[test]
    fn screens_show_what_happened(
        steps in a_life_of_talking(),
        seed in 0..1000u64,
    ) {
        live(&steps, seed);
    }
}
