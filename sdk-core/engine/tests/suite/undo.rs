//! What the store did not take is taken back: a device whose disk was full for a while does and shows
//! the same as one that was never asked.

use causerie_engine::{CommandKind, Input, TimerReason};
use causerie_protocol::{
    ClientFrame, ConversationId, ConversationKind, CreateConversation, EditMessage, ErrorCode,
    ErrorReply, Request, SendMessage, ServerFrame, ServerMessage, Target, TempId, WriteOp,
};

use crate::common::{alice, bob, conv, device::Device, frames::synced, item, temp};

/// Two devices to which the same happens, except that one of them is asked for more, with no room.
struct Twins {
    plain: Device,
    full: Device,
}

impl Twins {
    fn new(prepare: impl Fn(&mut Device)) -> Self {
        let make = || {
            let mut device = Device::knowing(&[conv(1), conv(2)]);
            prepare(&mut device);
            device
        };
        Self {
            plain: make(),
            full: make(),
        }
    }

    fn both(&mut self, act: impl Fn(&mut Device)) {
        act(&mut self.plain);
        act(&mut self.full);
        self.compare();
    }

    /// Only one is asked, and has no room.
    fn refuse(&mut self, kinds: impl IntoIterator<Item = CommandKind>) {
        for kind in kinds {
            self.full.full = true;
            let refused = self.full.refused;
            let told = self.full.emissions.len();
            self.full.command(kind.clone());
            assert_eq!(self.full.refused, refused + 1, "it was stored: {kind:?}");
            assert_eq!(self.full.emissions.len(), told, "it was told: {kind:?}");
            self.compare();
        }
    }

    fn compare(&mut self) {
        let (plain, full) = (&self.plain, &self.full);
        assert_eq!(plain.sent, full.sent, "on the wire");
        assert_eq!(
            plain.engine.connection_state(),
            full.engine.connection_state()
        );
        let timers = [plain.engine.poll_timeout(), full.engine.poll_timeout()];
        // The counters are told of what came and went.
        let counts = |timer: &Option<(_, _)>| matches!(timer, Some((_, TimerReason::Stats)));
        assert!(
            timers[0] == timers[1] || timers.iter().any(counts),
            "{timers:?}"
        );
        let rows = |device: &Device| device.engine.outbox().cloned().collect::<Vec<_>>();
        assert_eq!(rows(plain), rows(full), "in the outbox");
        let entries = |device: &Device| device.engine.conversations().collect::<Vec<_>>();
        assert_eq!(entries(plain), entries(full), "in the list");
        for id in plain.screens.keys() {
            assert_eq!(plain.screen(*id).items, full.screen(*id).items, "shown");
        }
        assert_eq!(plain.store.conversations, full.store.conversations);
    }
}

fn send(key: u64, id: ConversationId) -> CommandKind {
    write(
        temp(key),
        id,
        WriteOp::SendMessage(SendMessage::text("no room")),
    )
}

fn write(key: TempId, conversation_id: ConversationId, op: WriteOp) -> CommandKind {
    CommandKind::Write {
        key,
        conversation_id,
        op,
    }
}

fn edit(key: u64, of: u64) -> CommandKind {
    let edit = EditMessage {
        target: Target::Temp {
            target_temp_id: temp(of),
        },
        content: "no room".into(),
    };
    write(temp(key), conv(1), WriteOp::EditMessage(edit))
}

fn draft(text: &str) -> CommandKind {
    CommandKind::SetDraft {
        conversation_id: conv(1),
        text: Some(text.into()),
    }
}

fn refusal(frame: &ClientFrame) -> ServerFrame {
    let Request::Write(write) = &frame.request else {
        panic!("no write: {frame:?}");
    };
    let error = ErrorReply {
        temp_id: Some(write.temp_id),
        ..ErrorReply::new(ErrorCode::Unavailable, "later")
    };
    ServerFrame::reply(frame.id, ServerMessage::MessageError(error))
}

#[test]
fn a_message_that_could_not_be_stored_is_neither_shown_nor_sent_nor_does_it_end_the_connection() {
    let mut twins = Twins::new(|device| {
        device.open(conv(1), 20);
        device.connect();
        device.take_sent();
    });
    assert_eq!(twins.full.screens.len(), 1);
    twins.refuse((100..120).map(|n| send(n, conv(1))));
    assert!(twins.full.is_live());
    twins.both(|device| {
        // The same again, now with room.
        device.command(send(119, conv(1)));
        assert_eq!(device.sent.len(), 1);
        device.send(conv(1), "and another one");
    });
    twins.both(Device::cut);
    twins.both(|device| device.advance(60_000));
    twins.both(|device| drop(device.connect()));
}

#[test]
fn offline_it_is_not_kept_either() {
    let mut twins = Twins::new(|device| {
        device.open(conv(1), 20);
    });
    twins.refuse([send(100, conv(1)), send(101, conv(2))]);
    twins.both(|device| {
        device.send(conv(1), "with room");
        device.connect();
    });
    assert_eq!(twins.full.engine.outbox().count(), 1);
}

#[test]
fn a_change_of_a_message_that_waits_leaves_the_message_as_it_was() {
    let mut twins = Twins::new(|device| {
        device.open(conv(1), 20);
        device.command(send(50, conv(1)));
    });
    twins.refuse([edit(100, 50), edit(101, 50)]);
    twins.both(|device| drop(device.connect()));
    twins.refuse([edit(102, 50)]);
    // What was never shown is a change now.
    twins.both(|device| {
        device.command(edit(102, 50));
    });
}

#[test]
fn a_conversation_that_could_not_be_stored_was_never_made() {
    let direct = ConversationId::direct(&alice(), &bob());
    let create = || {
        write(
            temp(100),
            direct,
            WriteOp::CreateConversation(CreateConversation {
                kind: ConversationKind::Direct,
                group_id: None,
                title: None,
                members: Some(vec![alice(), bob()]),
                history: None,
            }),
        )
    };
    let mut twins = Twins::new(|device| drop(device.connect()));
    twins.refuse([create(), create()]);
    assert!(twins.full.engine.conversation(direct).is_none());
    twins.both(|device| {
        device.command(create());
    });
    assert!(twins.full.engine.conversation(direct).is_some());
}

#[test]
fn what_was_to_go_with_it_goes_later_as_it_would_have() {
    for gives_up in [false, true] {
        // The server refused the first one for now, so all of the conversation waits.
        let mut twins = Twins::new(|device| {
            device.connect();
            for key in [50, 51] {
                device.command(send(key, conv(1)));
            }
            let refused = device
                .take_sent()
                .iter()
                .find(|frame| matches!(&frame.request, Request::Write(_)))
                .map(refusal);
            device.frames(refused.into_iter().collect());
            if gives_up {
                // Then what goes next has to say that the first one will not come.
                device.command(CommandKind::Cancel {
                    key: temp(50),
                    deletion: temp(60),
                });
            }
            // This one never went.
            device.command(send(52, conv(1)));
            assert!(device.sent.is_empty(), "it waits: {:?}", device.sent);
            // The time to go on passes, and nobody has called the engine yet.
            device.now_ms += 1_000;
        });
        // All goes with what is asked; and without it, once that was refused.
        twins.full.full = true;
        twins.full.command(send(100, conv(1)));
        assert_eq!(twins.full.refused, 1);
        twins.both(|device| device.input(Input::Timer));
        let writes = twins.full.take_sent();
        assert_eq!(writes.len(), 3, "{writes:?}");
        let skips = |frame: &ClientFrame| match &frame.request {
            Request::Write(write) => write.skip,
            other => panic!("{other:?}"),
        };
        assert_eq!(skips(&writes[0]), gives_up.then(|| temp(50)));
    }
}

#[test]
fn a_draft_and_a_mark_are_as_they_were() {
    let mut twins = Twins::new(|device| {
        device.connect();
        device.command(draft("kept"));
        device.take_sent();
        let mut told = item(conv(1));
        (told.head_seq, told.head_number, told.mentions_unread) = (9, 9, 2);
        told.rev += 1;
        device.event(synced(vec![told]));
    });
    let before = twins.full.engine.conversation(conv(1)).expect("known");
    assert_eq!(before.draft.as_deref(), Some("kept"));
    assert!(before.item.mentions_unread > 0);
    let mark = || CommandKind::MarkRead {
        conversation_id: conv(1),
        seq: None,
    };
    twins.refuse([draft("lost"), mark(), mark()]);
    let after = twins.full.engine.conversation(conv(1)).expect("known");
    assert_eq!(after, before);
    twins.both(|device| {
        device.command(mark());
        assert!(
            device
                .sent
                .iter()
                .any(|frame| matches!(frame.request, Request::MarkRead(_))),
            "it is told"
        );
    });
}

#[test]
fn only_the_store_of_such_a_command_can_be_taken_back() {
    let mut device = Device::knowing(&[conv(1)]);
    assert!(!device.engine.undo(), "nothing was asked");
    device.connect();
    assert!(!device.engine.undo(), "frames came, and are stored");
    device.command(draft("stored"));
    assert!(!device.engine.undo(), "it is stored");
    let row = device.engine.conversation(conv(1)).expect("known");
    assert_eq!(row.draft.as_deref(), Some("stored"));
}
