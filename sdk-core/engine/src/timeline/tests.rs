use causerie_protocol::{
    ConversationId, DeleteMessage, EditMessage, ErrorCode, Message, MessageId, MessageKind, React,
    SendMessage, Target, TempId, UserId, WriteOp,
};
use uuid::Builder;

use super::*;
use crate::{
    Change, EngineConfig, ItemKey, OutboxRow, OutboxState, Patch, SendState, TimelineDiff,
    TimelineItem,
};

fn uuid(kind: u8, n: u64) -> uuid::Uuid {
    Builder::from_unix_timestamp_millis(n, &[kind; 10]).into_uuid()
}

fn conv() -> ConversationId {
    ConversationId::from_uuid(uuid(1, 1))
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a sound id")
}

fn temp(n: u64) -> TempId {
    TempId::from_uuid(uuid(2, n))
}

fn id(n: u64) -> MessageId {
    MessageId::from_uuid(uuid(3, n))
}

fn message(seq: Seq, text: &str) -> Message {
    Message {
        conversation_id: conv(),
        seq,
        number: seq,
        message_id: id(seq),
        temp_id: None,
        sender_id: user("bob"),
        kind: MessageKind::Text,
        content: text.into(),
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
        created_at: seq,
        edited_at: None,
        deleted_at: None,
        state_seq: seq,
        reactions: Vec::new(),
    }
}

fn mine(seq: Seq, n: u64, text: &str) -> Message {
    Message {
        temp_id: Some(temp(n)),
        sender_id: user("alice"),
        ..message(seq, text)
    }
}

fn following(lo: Seq) -> Window {
    Window {
        lo,
        hi: None,
        hole: None,
    }
}

/// A view, its outbox, and what a listener would have.
struct Bench {
    view: View,
    outbox: Outbox,
    items: Vec<TimelineItem>,
    last: Vec<TimelineDiff>,
}

impl Bench {
    fn new(messages: Vec<Message>) -> Self {
        let mut view = View::new(conv(), user("alice"), 1, following(1));
        view.rebuild(messages, 1, following(1));
        let mut bench = Self {
            view,
            outbox: Outbox::restore(Vec::new(), &EngineConfig::default()),
            items: Vec::new(),
            last: Vec::new(),
        };
        bench.poll();
        bench
    }

    fn queue(&mut self, n: u64, op: WriteOp) {
        let row = OutboxRow {
            key: temp(n),
            order: self.outbox.take_order(),
            conversation_id: conv(),
            op,
            created_at: 1000 + n,
            attempted: false,
            state: OutboxState::Queued,
        };
        self.view.touch_row(&row);
        self.outbox.enqueue(row);
    }

    fn say(&mut self, n: u64, text: &str) {
        self.queue(n, WriteOp::SendMessage(SendMessage::text(text)));
    }

    fn confirm(&mut self, seq: Seq, n: u64, text: &str) {
        if let Some(row) = self.outbox.remove(temp(n)) {
            self.view.touch_row(&row);
        }
        self.view.put(mine(seq, n, text));
    }

    fn set(&mut self, n: u64, state: OutboxState) {
        let mut row = self.outbox.remove(temp(n)).expect("a row");
        row.state = state;
        self.view.touch_row(&row);
        self.outbox.enqueue(row);
    }

    fn fail(&mut self, n: u64, after_seq: Seq) {
        self.set(
            n,
            OutboxState::Failed {
                code: ErrorCode::Forbidden,
                message: "no".into(),
                after_seq,
            },
        );
    }

    fn at(&self, key: ItemKey) -> usize {
        let at = self.items.iter().position(|item| item.key == key);
        at.expect("a shown key")
    }

    fn behind(&self, after: Option<ItemKey>) -> usize {
        after.map_or(0, |key| self.at(key) + 1)
    }

    /// Applies the differences as a listener does.
    fn poll(&mut self) -> Vec<&str> {
        self.last = self.view.poll_diffs(&self.outbox);
        for diff in self.last.clone() {
            match diff {
                TimelineDiff::Reset(items) => self.items = items,
                TimelineDiff::Insert { after, item } => {
                    let at = self.behind(after);
                    self.items.insert(at, *item);
                }
                TimelineDiff::Update(item) => {
                    let at = self.at(item.key);
                    self.items[at] = *item;
                }
                TimelineDiff::Move { key, after } => {
                    let from = self.at(key);
                    let item = self.items.remove(from);
                    let at = self.behind(after);
                    self.items.insert(at, item);
                }
                TimelineDiff::Remove(key) => {
                    let at = self.at(key);
                    self.items.remove(at);
                }
            }
        }
        self.texts()
    }

    fn texts(&self) -> Vec<&str> {
        self.items
            .iter()
            .map(|item| item.message.content.text().unwrap_or("∅"))
            .collect()
    }

    fn kinds(&self) -> String {
        self.last
            .iter()
            .map(|diff| match diff {
                TimelineDiff::Reset(_) => 'R',
                TimelineDiff::Insert { .. } => 'I',
                TimelineDiff::Update(_) => 'U',
                TimelineDiff::Move { .. } => 'M',
                TimelineDiff::Remove(_) => 'X',
            })
            .collect()
    }
}

#[test]
fn an_own_message_is_last_until_it_is_confirmed_in_place() {
    let mut bench = Bench::new(vec![message(1, "one")]);
    bench.say(1, "mine");
    assert_eq!(bench.poll(), ["one", "mine"]);
    bench.view.put(message(2, "two"));
    assert_eq!(bench.poll(), ["one", "two", "mine"]);
    assert_eq!(bench.items[2].send, Some(SendState::Queued));
    bench.confirm(3, 1, "mine");
    assert_eq!(bench.poll(), ["one", "two", "mine"]);
    assert_eq!(bench.kinds(), "U");
    assert_eq!(bench.items[2].send, None);
    assert_eq!(bench.items[2].message.seq, 3);
}

#[test]
fn several_confirmed_at_once_do_not_move() {
    let mut bench = Bench::new(Vec::new());
    (1..=5).for_each(|n| bench.say(n, &format!("m{n}")));
    bench.poll();
    for n in (1..=5).rev() {
        bench.confirm(n + 10, n, &format!("m{n}"));
    }
    assert_eq!(bench.poll(), ["m1", "m2", "m3", "m4", "m5"]);
    assert_eq!(bench.kinds(), "UUUUU");
}

#[test]
fn it_moves_if_the_server_put_it_elsewhere() {
    let mut bench = Bench::new(Vec::new());
    bench.say(1, "first here");
    bench.say(2, "second here");
    bench.poll();
    bench.confirm(1, 2, "second here");
    bench.confirm(2, 1, "first here");
    assert_eq!(bench.poll(), ["second here", "first here"]);
    assert_eq!(bench.kinds().matches('M').count(), 1);
}

#[test]
fn a_failed_message_stays_where_it_failed() {
    let mut bench = Bench::new(vec![message(1, "one"), message(2, "two")]);
    bench.say(1, "mine");
    bench.poll();
    bench.fail(1, 2);
    bench.poll();
    bench.view.put(message(3, "three"));
    assert_eq!(bench.poll(), ["one", "two", "mine", "three"]);
    let row = bench.outbox.requeue(temp(1)).expect("a row");
    bench.view.touch_row(&row);
    assert_eq!(bench.poll(), ["one", "two", "three", "mine"]);
    assert_eq!(bench.kinds(), "MU");
}

#[test]
fn a_pending_edit_lies_over_its_message_until_the_event_comes() {
    let mut bench = Bench::new(vec![mine(1, 1, "before")]);
    bench.queue(
        2,
        WriteOp::EditMessage(EditMessage {
            target: Target::Temp {
                target_temp_id: temp(1),
            },
            content: "after".into(),
        }),
    );
    assert_eq!(bench.poll(), ["after"]);
    assert!(bench.items[0].pending_change);
    bench.set(2, OutboxState::Acked { seq: 5, at: 77 });
    assert_eq!(bench.poll(), ["after"]);
    assert!(!bench.items[0].pending_change, "the server has it");
    // Somebody's earlier reaction comes after the acknowledgement, and is not lost.
    let reaction = Change::ReactionAdded {
        user_id: user("bob"),
        emoji: "👍".into(),
        me: false,
    };
    bench.view.patch(&patch(4, reaction));
    assert_eq!(bench.poll(), ["after"]);
    assert_eq!(bench.items[0].message.reactions.len(), 1);
    let edit = Change::Edited {
        content: "after".into(),
        at: 77,
    };
    bench.view.patch(&patch(5, edit));
    if let Some(row) = bench.outbox.remove(temp(2)) {
        bench.view.touch_row(&row);
    }
    assert_eq!(bench.poll(), ["after"]);
    assert_eq!(bench.items[0].message.state_seq, 5);
}

fn patch(seq: Seq, change: Change) -> Patch {
    Patch {
        conversation_id: conv(),
        target_seq: 1,
        seq,
        change,
    }
}

#[test]
fn a_failed_edit_shows_the_message_as_it_was() {
    let mut bench = Bench::new(vec![mine(1, 1, "before")]);
    let target = Target::Message { message_id: id(1) };
    bench.queue(2, WriteOp::DeleteMessage(DeleteMessage { target }));
    assert_eq!(bench.poll(), ["∅"]);
    bench.fail(2, 1);
    assert_eq!(bench.poll(), ["before"]);
}

#[test]
fn a_reaction_that_is_there_already_is_not_counted_twice() {
    let react = |n: u64| {
        let target = Target::Message { message_id: id(1) };
        let emoji = "👍".into();
        (n, WriteOp::AddReaction(React { target, emoji }))
    };
    let mut bench = Bench::new(vec![message(1, "one")]);
    for (n, op) in [react(1), react(2)] {
        bench.queue(n, op);
    }
    bench.poll();
    let reaction = &bench.items[0].message.reactions[0];
    assert_eq!((reaction.count, reaction.me), (1, true));
}

#[test]
fn an_edit_of_a_message_that_is_not_sent_yet_shows() {
    let mut bench = Bench::new(Vec::new());
    bench.say(1, "draft");
    bench.queue(
        2,
        WriteOp::EditMessage(EditMessage {
            target: Target::Temp {
                target_temp_id: temp(1),
            },
            content: "better".into(),
        }),
    );
    assert_eq!(bench.poll(), ["better"]);
    bench.confirm(1, 1, "draft");
    assert_eq!(bench.poll(), ["better"], "the edit is still on its way");
    assert_eq!(bench.kinds(), "U");
}

#[test]
fn behind_a_hole_only_what_is_shown_already_is_confirmed() {
    let mut bench = Bench::new(vec![message(1, "one")]);
    bench.say(1, "mine");
    bench.poll();
    bench.view.freeze(2);
    bench.view.put(message(8, "eight"));
    assert_eq!(bench.poll(), ["one", "mine"]);
    bench.confirm(9, 1, "mine");
    assert_eq!(bench.poll(), ["one", "mine"]);
    let missing = (2..=8).map(|seq| message(seq, "more")).collect();
    bench.view.thaw(missing);
    assert_eq!(bench.poll().len(), 9);
    assert_eq!(bench.texts()[8], "mine");
    assert!(!bench.kinds().contains('M'));
}

#[test]
fn a_window_in_the_middle_shows_neither_the_newest_nor_what_is_pending() {
    let mut bench = Bench::new(Vec::new());
    bench.say(1, "mine");
    let window = Window {
        lo: 10,
        hi: Some(12),
        hole: None,
    };
    let messages = (10..=12).map(|seq| message(seq, "m")).collect();
    bench.view.rebuild(messages, 1, window);
    bench.poll();
    bench.view.put(message(13, "later"));
    bench.view.put(message(9, "earlier"));
    assert_eq!(bench.poll(), ["m", "m", "m"]);
    let newer = vec![message(13, "later")];
    bench.view.extend_up(newer, None, &bench.outbox);
    assert_eq!(bench.poll(), ["m", "m", "m", "later", "mine"]);
    let older = vec![message(9, "earlier")];
    bench.view.extend_down(older, 9, &bench.outbox);
    assert_eq!(bench.poll()[0], "earlier");
    assert!(bench.view.has_older());
}

#[test]
fn what_lies_below_a_later_joining_goes() {
    let mut bench = Bench::new((1..=4).map(|seq| message(seq, "m")).collect());
    bench.view.drop_below(3, &bench.outbox);
    assert_eq!(bench.poll().len(), 2);
    assert_eq!(bench.kinds(), "XX");
    assert!(!bench.view.has_older());
}

#[test]
fn what_does_not_change_is_not_told() {
    let mut bench = Bench::new(vec![message(1, "one")]);
    bench.view.put(message(1, "one"));
    assert!(bench.view.poll_diffs(&bench.outbox).is_empty());
    bench.view.put(Message {
        state_seq: 0,
        ..message(1, "older")
    });
    assert!(bench.view.poll_diffs(&bench.outbox).is_empty());
}

#[test]
fn a_slow_listener_gets_the_present_state() {
    let mut bench = Bench::new(vec![message(1, "one")]);
    bench.say(1, "mine");
    bench.view.put(message(2, "two"));
    bench.view.reset();
    assert_eq!(bench.poll(), ["one", "two", "mine"]);
    assert_eq!(bench.kinds(), "R");
}

#[test]
fn a_window_that_holds_all_that_is_shown_grows_in_place_and_another_one_replaces_it() {
    let mut bench = Bench::new((4..=5).map(|seq| message(seq, "m")).collect());
    let same = (4..=5).map(|seq| message(seq, "m")).collect();
    bench.view.rebuild(same, 1, following(4));
    assert!(bench.view.poll_diffs(&bench.outbox).is_empty());

    let more = (3..=6).map(|seq| message(seq, "m")).collect();
    bench.view.rebuild(more, 1, following(3));
    assert_eq!(bench.poll().len(), 4);
    assert_eq!(bench.kinds(), "II");

    let elsewhere = (20..=21).map(|seq| message(seq, "m")).collect();
    bench.view.rebuild(elsewhere, 1, following(20));
    assert_eq!(bench.poll().len(), 2);
    assert_eq!(bench.kinds(), "R");
}

#[test]
fn older_messages_are_shown_also_when_only_acknowledgements_are_cached() {
    let mut bench = Bench::new(Vec::new());
    // Nothing is known but what the server took of one's own: the hole lies before all of it.
    let window = Window {
        lo: 3,
        hi: None,
        hole: Some(1),
    };
    bench
        .view
        .rebuild(vec![mine(3, 3, "c"), mine(4, 4, "d")], 1, window);
    bench.poll();
    assert!(bench.view.has_older());
    let older = vec![message(1, "a"), message(2, "b")];
    bench.view.extend_down(older, 1, &bench.outbox);
    bench.poll();
    assert!(!bench.view.has_older());
    assert_eq!(bench.texts(), ["a", "b", "c", "d"]);
}
