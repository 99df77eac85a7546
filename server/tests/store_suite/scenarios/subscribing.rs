//! The material of `subscribed`, and events behind a position.

use causerie_protocol::*;
use causerie_server::store::{Answer, EventRecord, Query};

use crate::harness::*;

fn seqs(events: &[EventRecord]) -> Vec<Seq> {
    events.iter().map(|event| event.seq).collect()
}

fn talk(h: &mut Harness, messages: usize) -> (ConversationId, Vec<MessageId>) {
    let room = h.group("alice", &["bob"]);
    let ids = (0..messages)
        .map(|n| h.send("alice", room, &format!("m{n}")).message_id)
        .collect();
    (room, ids)
}

for_every_store! {
    fn without_a_position_only_the_head_is_told(h: &mut Harness) {
        let (room, _) = talk(h, 3);
        let answer = h.subscribe("bob", room, None, None);
        assert!(answer.events.is_empty());
        assert_eq!((answer.head_seq, answer.head_number, answer.from_seq), (3, 3, 4));
        assert_eq!((answer.complete, answer.reset, answer.visible_from), (false, false, 1));
        assert_eq!(answer.members_count, 2);
    }

    fn a_subscription_names_the_last_transaction_that_it_has_seen(h: &mut Harness) {
        let (room, _) = talk(h, 3);
        let last = |h: &mut Harness| h.take_commits().iter().map(|commit| commit.change).max();
        let change = last(h);
        assert_eq!(Some(h.subscribe("bob", room, None, None).change), change);
        h.send("alice", room, "another");
        let later = last(h);
        assert!(later > change);
        assert_eq!(Some(h.subscribe("bob", room, Some(1), None).change), later);
    }

    fn an_empty_conversation_is_complete_from_the_start(h: &mut Harness) {
        let (room, _) = talk(h, 0);
        let answer = h.subscribe("bob", room, None, None);
        assert_eq!((answer.head_seq, answer.from_seq, answer.complete), (0, 1, true));
        let answer = h.subscribe("bob", room, Some(0), None);
        assert!(answer.complete && !answer.reset);
    }

    fn what_was_missed_comes_in_order(h: &mut Harness) {
        let (room, ids) = talk(h, 10);
        let answer = h.subscribe("bob", room, Some(4), Some(ids[3]));
        assert_eq!(seqs(&answer.events), [5, 6, 7, 8, 9, 10]);
        assert_eq!((answer.from_seq, answer.complete, answer.reset), (5, true, false));
        let answer = h.subscribe("bob", room, Some(10), Some(ids[9]));
        assert!(answer.events.is_empty() && answer.complete);
        assert_eq!(answer.from_seq, 11);
    }

    fn of_too_many_missed_events_the_newest_come_behind_a_hole(h: &mut Harness) {
        let (room, _) = talk(h, 260);
        let answer = h.subscribe("bob", room, Some(10), None);
        assert_eq!((answer.events.len(), answer.from_seq), (200, 61));
        assert!(!answer.complete && !answer.reset);
        assert_eq!(answer.events.last().map(|event| event.seq), Some(260));
        let answer = h.subscribe("bob", room, Some(60), None);
        assert!(answer.complete);
    }

    fn large_events_are_fewer(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let long = "x".repeat(16_000);
        for _ in 0..40 {
            h.send("alice", room, &long);
        }
        let answer = h.subscribe("bob", room, Some(0), None);
        assert!(answer.events.len() < 17 && answer.events.len() > 10);
        assert_eq!(answer.from_seq, 41 - answer.events.len() as u64);
        assert!(!answer.complete);
        let mut after = 0;
        while after < 40 {
            let answer = h.events("bob", room, after);
            assert!(!answer.events.is_empty() && answer.events.len() < 17);
            assert_eq!(answer.events[0].seq, after + 1);
            after = answer.events.last().map_or(after, |event| event.seq);
        }
    }

    fn a_position_that_does_not_fit_is_reset_with_the_newest_events(h: &mut Harness) {
        let (room, ids) = talk(h, 5);
        for (since, since_id) in [
            (9, None),
            (u64::MAX, None),
            (3, Some(ids[3])),
            (3, Some(MessageId::from_uuid(h.sources.uuid()))),
        ] {
            let answer = h.subscribe("bob", room, Some(since), since_id);
            assert!(answer.reset, "{since}");
            assert_eq!(seqs(&answer.events), [1, 2, 3, 4, 5]);
            assert_eq!((answer.from_seq, answer.complete), (1, true));
        }
    }

    fn any_event_confirms_a_position(h: &mut Harness) {
        let (room, ids) = talk(h, 1);
        h.ack("bob", room, react(by_id(ids[0]), "👍"));
        h.ack("alice", room, add(&["carol"]));
        for event in h.all_events("bob", room) {
            let answer = h.subscribe("bob", room, Some(event.seq), Some(event.event_id));
            assert!(!answer.reset && answer.complete);
        }
    }

    fn nothing_below_joining_is_told(h: &mut Harness) {
        let (room, _) = talk(h, 5);
        h.ack("alice", room, add(&["carol"]));
        h.send("alice", room, "welcome");
        for since in [None, Some(0), Some(2)] {
            let answer = h.subscribe("carol", room, since, None);
            assert_eq!(answer.visible_from, 6);
            assert!(answer.events.iter().all(|event| event.seq >= 6));
            assert_eq!(answer.complete, since.is_some());
        }
    }

    fn ones_own_row_and_everybodys_cursors_are_told(h: &mut Harness) {
        let (room, _) = talk(h, 3);
        h.write("alice", room, mentioning("bob!", &["bob"]));
        h.read("bob", room, 2);
        let answer = h.subscribe("bob", room, Some(3), None);
        let item = h.item("bob", room);
        assert_eq!((answer.row.read_seq, answer.row.read_number), (2, 2));
        assert_eq!((answer.row.mentions_unread, answer.row.rev), (1, item.rev));
        let mut cursors = answer.read_cursors;
        cursors.sort_by(|one, other| one.user_id.cmp(&other.user_id));
        let cursors: Vec<_> = cursors.iter().map(|cursor| cursor.seq).collect();
        assert_eq!(cursors, [4, 2]);
    }

    fn in_a_large_conversation_only_ones_own_cursor_is_told(h: &mut Harness) {
        let names: Vec<String> = (0..64).map(|n| format!("user{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let room = h.group("alice", &names);
        let answer = h.subscribe("user3", room, None, None);
        assert_eq!((answer.read_cursors.len(), answer.members_count), (1, 65));
        assert_eq!(answer.read_cursors[0].user_id, user("user3"));
        h.ack("alice", room, remove(&["user0"]));
        assert_eq!(h.subscribe("user3", room, None, None).read_cursors.len(), 64);
    }

    fn names_of_those_who_appear_are_told(h: &mut Harness) {
        let (room, _) = talk(h, 1);
        h.name("alice", "Alice");
        h.name("carol", "Carol");
        h.ack("alice", room, add(&["carol"]));
        h.ack("alice", room, remove(&["carol"]));
        let answer = h.subscribe("bob", room, Some(1), None);
        let name = |who| {
            let mut users = answer.users.iter().filter(|known| known.user_id == user(who));
            users.next().and_then(|known| known.name.clone())
        };
        assert_eq!(name("carol").as_deref(), Some("Carol"));
        assert_eq!(name("alice").as_deref(), Some("Alice"));
    }

    fn events_are_read_forward_from_a_position(h: &mut Harness) {
        let (room, _) = talk(h, 7);
        let page = h.query(Query::Events {
            user_id: user("bob"),
            conversation_id: room,
            after: 2,
            limit: 3,
        });
        let Answer::Events(answer) = page else {
            panic!("expected events");
        };
        assert_eq!(seqs(&answer.events), [3, 4, 5]);
        assert_eq!((answer.head_seq, answer.left_at, answer.visible_from), (7, None, 1));
        assert!(h.events("bob", room, 7).events.is_empty());
        assert!(h.events("bob", room, u64::MAX).events.is_empty());
    }

    fn access_is_for_members(h: &mut Harness) {
        let (room, _) = talk(h, 2);
        let access = |h: &mut Harness, who| h.query(Query::Access {
            user_id: user(who),
            conversation_id: room,
        });
        let Answer::Access { head_seq, members_count } = access(h, "bob") else {
            panic!("expected access");
        };
        assert_eq!((head_seq, members_count), (2, 2));
        assert!(matches!(access(h, "mallory"), Answer::Refused(_)));
    }
}
