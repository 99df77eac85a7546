//! What a node's sweep reads: everything that changed since a transaction.

use causerie_protocol::*;
use causerie_server::store::{Answer, Changed, Query};

use crate::harness::*;

fn changed(h: &mut Harness, since: Option<u64>) -> Changed {
    match h.query(Query::Changed { since }) {
        Answer::Changed(changed) => changed,
        other => panic!("expected changes, got {other:?}"),
    }
}

fn last(h: &mut Harness) -> u64 {
    changed(h, None).change
}

for_every_store! {
    fn transactions_that_change_something_are_numbered_without_holes(h: &mut Harness) {
        assert_eq!(changed(h, None), Changed::default());
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "one");
        h.read("bob", room, 1);
        h.name("alice", "Alice");
        h.read("bob", room, 1);
        h.send("alice", room, "two");
        let numbers: Vec<u64> = h.take_commits().iter().map(|commit| commit.change).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(last(h), 4);
        h.restart();
        h.send("alice", room, "three");
        assert_eq!(h.take_commits()[0].change, 5);
    }

    fn a_failed_transaction_takes_no_number(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let before = last(h);
        h.fail_next_commit();
        h.write("alice", room, WriteOp::SendMessage(SendMessage::text("lost")));
        h.send("bob", room, "kept");
        assert_eq!(last(h), before + 1);
    }

    fn a_message_changes_its_conversation_and_its_senders_row(h: &mut Harness) {
        let quiet = h.group("alice", &["bob"]);
        let busy = h.group("alice", &["bob"]);
        let since = last(h);
        assert!(changed(h, Some(since)).conversations.is_empty());
        h.send("alice", busy, "news");
        let found = changed(h, Some(since));
        assert_eq!(found.change, since + 1);
        let [seen] = &found.conversations[..] else {
            panic!("one conversation, not {found:?}");
        };
        assert_eq!((seen.conversation_id, seen.head_seq, seen.changed), (busy, 1, true));
        assert_eq!(seen.members[..], [user("alice"), user("bob")]);
        let [row] = &seen.rows[..] else {
            panic!("one row, not {seen:?}");
        };
        assert_eq!((&row.user_id, row.left_at, row.read.read_seq), (&user("alice"), None, 1));
        let all = changed(h, Some(0));
        assert_eq!(all.conversations.len(), 2);
        assert_ne!(quiet, busy);
    }

    fn a_cursor_changes_only_its_own_row(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "one");
        let since = last(h);
        let state = h.read("bob", room, 1);
        let found = changed(h, Some(since));
        let seen = &found.conversations[0];
        assert!(!seen.changed);
        assert_eq!(seen.rows.len(), 1);
        assert_eq!((&seen.rows[0].user_id, seen.rows[0].read), (&user("bob"), state));
    }

    fn who_left_and_who_came_back_is_said_as_it_is_now(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let since = last(h);
        h.ack("alice", room, remove(&["bob", "carol"]));
        h.ack("alice", room, add(&["carol"]));
        let found = changed(h, Some(since));
        let seen = &found.conversations[0];
        assert_eq!((seen.head_seq, seen.members.len()), (3, 2));
        let of = |name| seen.rows.iter().find(|row| row.user_id == user(name));
        let (bob, carol) = (of("bob").expect("bob"), of("carol").expect("carol"));
        assert!(bob.left_at.is_some_and(|seq| (1..=2).contains(&seq)), "{bob:?}");
        assert_eq!(carol.left_at, None);
    }
}
