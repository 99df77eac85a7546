//! Pages of history.

use causerie_protocol::*;

use crate::harness::*;

/// A room with ten messages, and an edit between each two.
fn ten(h: &mut Harness) -> ConversationId {
    let room = h.group("alice", &["bob"]);
    for n in 0..10 {
        let message = by_id(h.send("alice", room, &format!("m{n}")).message_id);
        h.ack("bob", room, react(message, "👍"));
    }
    room
}

fn before(room: ConversationId, before: Seq, limit: u32) -> History {
    History {
        before: Some(before),
        limit: Some(limit),
        ..newest(room)
    }
}

fn after(room: ConversationId, after: Seq, limit: u32) -> History {
    History {
        after: Some(after),
        limit: Some(limit),
        ..newest(room)
    }
}

fn shape(page: &HistoryPage) -> (Vec<Seq>, Seq, Seq, bool) {
    let seqs = page.messages.iter().map(|message| message.seq).collect();
    (seqs, page.lo, page.hi, page.more)
}

for_every_store! {
    fn the_newest_page_comes_first_and_pages_go_down(h: &mut Harness) {
        let room = ten(h);
        let page = h.page("bob", History { limit: Some(4), ..newest(room) });
        assert_eq!(shape(&page), (vec![13, 15, 17, 19], 13, 20, true));
        assert_eq!((page.as_of_seq, page.visible_from), (20, 1));
        let page = h.page("bob", before(room, page.lo, 4));
        assert_eq!(shape(&page), (vec![5, 7, 9, 11], 5, 12, true));
        let page = h.page("bob", before(room, page.lo, 4));
        assert_eq!(shape(&page), (vec![1, 3], 1, 4, false));
    }

    fn after_alone_goes_upward(h: &mut Harness) {
        let room = ten(h);
        let page = h.page("bob", after(room, 3, 4));
        assert_eq!(shape(&page), (vec![5, 7, 9, 11], 4, 11, true));
        let page = h.page("bob", after(room, page.hi, 4));
        assert_eq!(shape(&page), (vec![13, 15, 17, 19], 12, 20, false));
        let page = h.page("bob", after(room, 20, 4));
        assert_eq!(shape(&page), (vec![], 21, 20, false));
    }

    fn an_interval_is_paged_downward_between_its_ends(h: &mut Harness) {
        let room = ten(h);
        let between = |before| History {
            after: Some(6),
            before: Some(before),
            limit: Some(2),
            ..newest(room)
        };
        let page = h.page("bob", between(13));
        assert_eq!(shape(&page), (vec![9, 11], 9, 12, true));
        let page = h.page("bob", between(9));
        assert_eq!(shape(&page), (vec![7], 7, 8, false));
        assert!(h.page("bob", between(7)).messages.is_empty());
    }

    fn a_full_page_that_exhausts_the_interval_says_so(h: &mut Harness) {
        let room = ten(h);
        let page = h.page("bob", History { limit: Some(10), ..newest(room) });
        assert_eq!((page.messages.len(), page.lo, page.hi, page.more), (10, 1, 20, false));
    }

    fn the_ends_of_all_numbers_are_no_trouble(h: &mut Harness) {
        let room = ten(h);
        let none = h.page("bob", before(room, 0, 5));
        assert!(none.messages.is_empty() && !none.more);
        let none = h.page("bob", after(room, u64::MAX, 5));
        assert!(none.messages.is_empty() && !none.more);
        let all = h.page("bob", before(room, u64::MAX, u32::MAX));
        assert_eq!(all.messages.len(), 10);
        let one = h.page("bob", History { limit: Some(0), ..newest(room) });
        assert_eq!(one.messages.len(), 1);
        let none = h.page("bob", History { changed_since: Some(u64::MAX), ..newest(room) });
        assert!(none.messages.is_empty() && !none.more);
    }

    fn changed_since_keeps_what_a_later_event_touched(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let messages: Vec<_> = (0..6)
            .map(|n| by_id(h.send("alice", room, &format!("m{n}")).message_id))
            .collect();
        h.ack("alice", room, edit(messages[1], "edited"));
        h.ack("alice", room, delete(messages[3]));
        h.ack("bob", room, react(messages[4], "👍"));
        h.send("alice", room, "new");
        let changed = |since, limit| History {
            changed_since: Some(since),
            limit: Some(limit),
            ..newest(room)
        };
        let page = h.page("bob", changed(6, 50));
        assert_eq!(shape(&page), (vec![2, 4, 5, 10], 1, 10, false));
        assert_eq!(page.messages[0].content, Content::from("edited"));
        assert!(page.messages[1].deleted_at.is_some());
        assert_eq!(page.messages[2].reactions.len(), 1);
        let page = h.page("bob", changed(7, 2));
        assert_eq!(shape(&page), (vec![5, 10], 5, 10, true));
        let page = h.page("bob", History { before: Some(5), ..changed(7, 2) });
        assert_eq!(shape(&page), (vec![4], 1, 4, false));
        let page = h.page("bob", History { after: Some(0), ..changed(6, 3) });
        assert_eq!(shape(&page), (vec![2, 4, 5], 1, 5, true));
        assert!(h.page("bob", changed(10, 50)).messages.is_empty());
    }

    fn a_page_ends_at_256_kib_with_at_least_one_message(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let long = "x".repeat(16_000);
        for _ in 0..30 {
            h.send("alice", room, &long);
        }
        let page = h.page("bob", History { limit: Some(200), ..newest(room) });
        assert!(encoded_len(&page) <= limits::MAX_REPLY_BYTES);
        assert!(page.messages.len() > 10 && page.more);
        assert_eq!(page.lo, page.messages[0].seq);
        let mut seen = page.messages.len();
        let mut lo = page.lo;
        while lo > 1 {
            let page = h.page("bob", before(room, lo, 200));
            seen += page.messages.len();
            lo = page.lo;
        }
        assert_eq!(seen, 30);
        let up = h.page("bob", after(room, 0, 200));
        assert_eq!((up.lo, up.hi, up.more), (1, up.messages.len() as u64, true));
    }

    fn a_page_names_those_who_speak_in_it(h: &mut Harness) {
        h.name("alice", "Alice A.");
        h.name("carol", "Carol C.");
        h.name("eve", "Eve E.");
        let room = h.group("alice", &["bob", "carol"]);
        let op = mentioning("look", &["eve"]);
        let message = by_id(sent(h.write("alice", room, op)).message_id);
        h.ack("carol", room, react(message, "👀"));
        let users = h.history("bob", room).users;
        let mut names: Vec<_> = users.into_iter().filter_map(|known| known.name).collect();
        names.sort();
        assert_eq!(names, ["Alice A.", "Carol C."], "a mention gives nobody's name away");
    }

    fn history_survives_a_restart(h: &mut Harness) {
        let room = ten(h);
        let pages = (h.history("bob", room), h.all_events("alice", room));
        h.restart();
        assert_eq!((h.history("bob", room), h.all_events("alice", room)), pages);
    }
}
