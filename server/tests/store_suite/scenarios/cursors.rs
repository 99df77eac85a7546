//! Read and delivery cursors, unread counts, mentions.

use causerie_protocol::*;
use causerie_server::store::{Command, Outcome, RowChangeKind};

use crate::harness::*;

impl Harness {
    fn deliver(&mut self, who: &str, conversation_id: ConversationId, seq: Seq) -> Outcome {
        self.command(Command::MarkDelivered {
            actor: actor(who),
            mark: Mark {
                conversation_id,
                seq,
            },
        })
    }
}

for_every_store! {
    fn unread_counts_messages_and_not_events(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = by_id(h.send("alice", room, "one").message_id);
        h.ack("alice", room, edit(first, "one!"));
        h.send("alice", room, "two");
        assert_eq!(h.item("bob", room).unread(), 2);
        let row = h.read("bob", room, 2);
        assert_eq!((row.read_seq, row.read_number), (2, 1));
        assert_eq!(h.item("bob", room).unread(), 1);
    }

    fn a_cursor_only_rises_and_stops_at_the_head(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        for n in 0..3 {
            h.send("alice", room, &format!("{n}"));
        }
        assert_eq!(h.read("bob", room, 2).read_seq, 2);
        let before = h.item("bob", room).rev;
        assert_eq!(h.read("bob", room, 1).read_seq, 2);
        assert_eq!(h.item("bob", room).rev, before, "what changes nothing changes no rev");
        assert_eq!(h.read("bob", room, u64::MAX).read_seq, 3);
        assert_eq!(h.read("bob", room, 0).read_number, 3);
        assert!(h.item("bob", room).rev > before);
    }

    fn a_read_cursor_is_told_once_and_names_its_row(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "one");
        h.take_commits();
        h.tick(3);
        let row = h.read("bob", room, 1);
        let commit = h.take_commits().remove(0);
        assert!(commit.events.is_empty());
        let told = commit.rows.into_iter().next().expect("a row");
        assert_eq!(told.user_id, user("bob"));
        let RowChangeKind::Read { row: same, at } = told.kind else {
            panic!("expected a read cursor");
        };
        assert_eq!((same, at), (row, h.sources.now()));
        assert_eq!(row.rev, h.item("bob", room).rev);
        h.read("bob", room, 1);
        assert!(h.take_commits().is_empty());
    }

    fn sending_reads_all_that_came_before_without_a_receipt(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.write("alice", room, mentioning("hey", &["bob"]));
        h.take_commits();
        h.send("bob", room, "hey yourself");
        let item = h.item("bob", room);
        assert_eq!((item.unread(), item.mentions_unread, item.read_seq), (0, 0, 2));
        let commit = h.take_commits().remove(0);
        assert!(commit.rows.iter().all(|row| matches!(row.kind, RowChangeKind::Touched)));
        assert_eq!(commit.rows[0].user_id, user("bob"));
        assert_eq!(h.item("alice", room).unread(), 1);
    }

    fn mentions_count_until_they_are_read(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        h.write("alice", room, mentioning("one", &["bob", "bob", "alice", "nobody"]));
        h.write("alice", room, mentioning("two", &["bob", "carol"]));
        h.send("alice", room, "three");
        assert_eq!(h.item("bob", room).mentions_unread, 2);
        assert_eq!(h.item("carol", room).mentions_unread, 1);
        assert_eq!(h.item("alice", room).mentions_unread, 0);
        assert_eq!(h.read("bob", room, 1).mentions_unread, 1);
        assert_eq!(h.read("bob", room, 3).mentions_unread, 0);
    }

    fn a_mention_that_was_read_does_not_count_down_when_it_is_deleted(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = by_id(sent(h.write("alice", room, mentioning("a", &["bob"]))).message_id);
        let second = by_id(sent(h.write("alice", room, mentioning("b", &["bob"]))).message_id);
        h.read("bob", room, 1);
        h.ack("alice", room, delete(first));
        assert_eq!(h.item("bob", room).mentions_unread, 1);
        h.ack("alice", room, delete(second));
        assert_eq!(h.item("bob", room).mentions_unread, 0);
    }

    fn who_is_mentioned_is_told_that_their_row_changed(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        h.take_commits();
        h.write("alice", room, mentioning("you", &["bob"]));
        let commit = h.take_commits().remove(0);
        let mut touched: Vec<_> = commit.rows.iter().map(|row| row.user_id.to_string()).collect();
        touched.sort();
        assert_eq!(touched, ["alice", "bob"]);
    }

    fn mentions_of_those_who_join_later_count_for_nobody(h: &mut Harness) {
        let room = h.open_group("alice", &["bob"]);
        h.write("alice", room, mentioning("soon", &["carol"]));
        h.ack("alice", room, add(&["carol"]));
        assert_eq!(h.item("carol", room).mentions_unread, 0);
        assert_eq!(h.message("carol", room, 1).mentions, users(&["carol"]));
    }

    fn a_delivery_cursor_rises_and_what_is_read_is_delivered(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        for n in 0..3 {
            h.send("alice", room, &format!("{n}"));
        }
        h.take_commits();
        let delivered = |h: &mut Harness| {
            let answer = h.subscribe("alice", room, None, None);
            let mut cursors = answer.read_cursors.into_iter();
            let bob = cursors.find(|cursor| cursor.user_id == user("bob"));
            let bob = bob.expect("bob's cursor");
            (bob.seq, bob.delivered_seq)
        };
        assert_eq!(delivered(h), (0, 0));
        h.deliver("bob", room, 2);
        let commit = h.take_commits().remove(0);
        assert!(matches!(&commit.rows[0].kind, RowChangeKind::Delivered { seq: 2, .. }));
        assert_eq!(delivered(h), (0, 2));
        h.read("bob", room, 3);
        assert_eq!(delivered(h), (3, 3));
        h.take_commits();
        h.deliver("bob", room, 3);
        assert!(h.take_commits().is_empty(), "it had been delivered by reading");
        h.deliver("bob", room, 1);
        assert_eq!(delivered(h), (3, 3));
        assert_eq!(code(&h.deliver("mallory", room, 1)), ErrorCode::Forbidden);
    }

    fn cursors_of_a_batch_come_as_the_last_of_each(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let mut commands = Vec::new();
        for n in 1..=4 {
            let write = Write::new(h.temp(), room, text(&format!("{n}")));
            commands.push(h.write_command("alice", write));
            let mark = Mark { conversation_id: room, seq: n };
            commands.push(Command::MarkRead { actor: actor("bob"), mark });
        }
        h.batch(commands);
        let last = h.take_commits().pop().expect("a commit");
        let reads: Vec<_> = last
            .rows
            .iter()
            .filter_map(|row| match &row.kind {
                RowChangeKind::Read { row, .. } => Some(row.read_seq),
                _ => None,
            })
            .collect();
        assert_eq!(reads, [4]);
        assert_eq!(h.item("bob", room).unread(), 0);
    }

    fn the_head_moves_every_members_rev_and_reading_moves_ones_own(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let before = h.item("bob", room).rev;
        h.send("alice", room, "one");
        let between = h.item("bob", room).rev;
        h.read("bob", room, 1);
        let after = h.item("bob", room).rev;
        assert!(before < between && between < after);
    }
}
