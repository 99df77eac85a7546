//! Sync: first, by token, in pages.

use causerie_protocol::*;
use causerie_server::store::{Answer, Query, SyncFrom};

use crate::harness::*;

fn ids(page: &SyncPage) -> Vec<ConversationId> {
    let ids = page.conversations.iter().map(|item| item.conversation_id);
    ids.collect()
}

fn token(page: &SyncPage) -> String {
    page.token.clone().expect("a token")
}

for_every_store! {
    fn a_first_sync_lists_the_joined_newest_activity_first(h: &mut Harness) {
        let mut rooms = Vec::new();
        for _ in 0..3 {
            h.tick(10);
            rooms.push(h.group("alice", &["bob"]));
        }
        h.tick(10);
        h.send("bob", rooms[0], "up it goes");
        let gone = h.group("alice", &["bob"]);
        h.ack("alice", gone, remove(&["bob"]));
        let page = h.sync("bob", None);
        assert_eq!(ids(&page), [rooms[0], rooms[2], rooms[1]]);
        for item in &page.conversations {
            assert_eq!(item, &h.item("bob", item.conversation_id));
        }
    }

    fn an_item_previews_the_last_message(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.tick(10);
        let long = "é".repeat(300);
        let sent = h.send("alice", room, &long);
        let last = h.item("bob", room).last_message.expect("a preview");
        assert_eq!((last.message_id, last.seq), (sent.message_id, 1));
        assert_eq!(last.content.text().map(|text| text.chars().count()), Some(200));
        assert_eq!((last.sender_id, last.created_at), (user("alice"), sent.created_at));
        h.ack("alice", room, edit(by_id(sent.message_id), "short"));
        let last = h.item("bob", room).last_message.expect("a preview");
        assert_eq!(last.content, Content::from("short"));
        h.ack("alice", room, delete(by_id(sent.message_id)));
        let last = h.item("bob", room).last_message.expect("a preview");
        assert_eq!(last.content, Content::Empty);
        assert!(last.deleted_at.is_some());
    }

    fn an_object_is_previewed_without_content(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let op = WriteOp::SendMessage(SendMessage {
            kind: MessageKind::Custom,
            content: Content::Object(Object::new()),
            ..SendMessage::text("")
        });
        h.write("alice", room, op);
        let last = h.item("bob", room).last_message.expect("a preview");
        assert_eq!((last.content, last.kind), (Content::Empty, MessageKind::Custom));
    }

    fn the_first_page_brings_the_user_and_the_names_of_those_in_it(h: &mut Harness) {
        h.name("alice", "Alice");
        h.name("bob", "Bob");
        h.name("carol", "Carol");
        h.direct("alice", "bob");
        let room = h.group("carol", &["alice"]);
        h.send("carol", room, "hi");
        let page = h.sync("alice", None);
        let me = page.me.expect("oneself");
        assert_eq!((me.user.name.as_deref(), me.rev), (Some("Alice"), 1));
        assert!(me.preferences.is_empty() && me.follows.is_empty() && me.blocks.is_empty());
        let mut names: Vec<_> = page.users.into_iter().filter_map(|known| known.name).collect();
        names.sort();
        assert_eq!(names, ["Alice", "Bob", "Carol"]);
    }

    fn an_unknown_user_has_an_empty_sync(h: &mut Harness) {
        let page = h.sync("nobody", None);
        assert!(page.conversations.is_empty() && page.groups.is_empty());
        assert_eq!(page.me.map(|me| me.user.user_id), Some(user("nobody")));
    }

    fn a_token_brings_what_changed_since(h: &mut Harness) {
        let quiet = h.group("alice", &["bob"]);
        let busy = h.group("alice", &["bob"]);
        let first = h.sync("bob", None);
        assert_eq!(first.conversations.len(), 2);
        assert!(h.sync("bob", Some(&token(&first))).conversations.is_empty());
        h.tick(5);
        h.send("alice", busy, "news");
        let next = h.sync("bob", Some(&token(&first)));
        assert_eq!(ids(&next), [busy]);
        assert_eq!(next.conversations[0].unread(), 1);
        h.read("bob", busy, 1);
        let last = h.sync("bob", Some(&token(&next)));
        assert_eq!(ids(&last), [busy]);
        assert_eq!(last.conversations[0].unread(), 0);
        let again = h.sync("bob", Some(&token(&first)));
        assert_eq!(ids(&again), [busy], "a token never runs out");
        assert_ne!(quiet, busy);
    }

    fn every_kind_of_change_comes_with_the_next_sync(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "hello").message_id);
        let mut since = token(&h.sync("bob", None));
        let renamed = UpdateConversation { title: Some("New".into()), ..Default::default() };
        for op in [
            edit(message, "hello!"),
            react(message, "👍"),
            mentioning("you", &["bob"]),
            WriteOp::UpdateConversation(renamed),
            add(&["carol"]),
            set_role(&["bob"], Role::Admin),
            delete(message),
            remove(&["carol"]),
        ] {
            let before = h.item("bob", room);
            h.ack_any("alice", room, op);
            let page = h.sync("bob", Some(&since));
            assert_eq!(page.conversations, [h.item("bob", room)]);
            assert!(page.conversations[0].rev > before.rev);
            since = token(&page);
        }
        assert!(h.sync("bob", Some(&since)).conversations.is_empty());
    }

    fn leaving_comes_with_a_token_only_and_nothing_after_it(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = h.sync("bob", None);
        h.ack("alice", room, remove(&["bob"]));
        h.send("alice", room, "among ourselves");
        let next = h.sync("bob", Some(&token(&first)));
        assert_eq!(next.conversations.len(), 1);
        assert_eq!(next.conversations[0].membership, MembershipState::Left);
        assert_eq!(next.conversations[0].last_message, None);
        h.send("alice", room, "more");
        assert!(h.sync("bob", Some(&token(&next))).conversations.is_empty());
        assert!(h.sync("bob", None).conversations.is_empty());
    }

    fn a_token_of_another_kind_counts_as_a_first_sync(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let later = "dG9rZW46YzBmZmVlOjk5OTk5OQ"; // of a transaction that never was
        for garbage in ["", "garbage", "dG9rZW46ZGVjYWY6MQ", later, "\u{1F600}"] {
            assert_eq!(ids(&h.sync("bob", Some(garbage))), [room]);
        }
    }

    fn a_cursor_that_is_none_is_invalid(h: &mut Harness) {
        h.group("alice", &["bob"]);
        let token = token(&h.sync("bob", None));
        for garbage in ["", "garbage", token.as_str()] {
            let answer = h.query(Query::Sync {
                user_id: user("bob"),
                from: SyncFrom::Cursor(garbage.into()),
                limit: 10,
            });
            assert!(matches!(answer, Answer::Refused(reply) if reply.code == ErrorCode::Invalid));
        }
    }

    fn pages_cover_everything_once_and_end_with_the_first_pages_token(h: &mut Harness) {
        let mut rooms = Vec::new();
        for n in 0..25 {
            if n % 3 == 0 {
                h.tick(1); // some share their time
            }
            rooms.push(h.group("alice", &["bob"]));
        }
        let begun = token(&h.sync("bob", None));
        let mut page = h.sync_page("bob", SyncFrom::First, 10);
        assert!(page.me.is_some() && page.token.is_none());
        let mut seen = ids(&page);
        assert_eq!(seen.len(), 10);
        while let Some(cursor) = page.cursor {
            page = h.sync_page("bob", SyncFrom::Cursor(cursor), 10);
            assert!(page.me.is_none());
            seen.extend(ids(&page));
        }
        assert_eq!(token(&page), begun);
        rooms.reverse();
        seen.sort();
        rooms.sort();
        assert_eq!(seen, rooms);
    }

    fn what_changes_between_pages_comes_with_the_token_of_the_last(h: &mut Harness) {
        let rooms: Vec<_> = (0..6)
            .map(|_| {
                h.tick(1);
                h.group("alice", &["bob"])
            })
            .collect();
        let first = h.sync_page("bob", SyncFrom::First, 3);
        h.tick(1);
        h.send("alice", rooms[0], "moved to the top, above the cursor");
        h.send("alice", rooms[5], "was on the first page");
        let new = h.group("alice", &["bob"]);
        let cursor = first.cursor.clone().expect("more pages");
        let second = h.sync_page("bob", SyncFrom::Cursor(cursor), 3);
        assert_eq!(ids(&second), [rooms[2], rooms[1]]);
        let rest = h.sync("bob", Some(&token(&second)));
        let mut rest = ids(&rest);
        rest.sort();
        let mut expected = vec![rooms[0], rooms[5], new];
        expected.sort();
        assert_eq!(rest, expected);
    }

    fn a_sync_by_token_is_paged_too(h: &mut Harness) {
        let rooms: Vec<_> = (0..5).map(|_| h.group("alice", &["bob"])).collect();
        let begun = token(&h.sync("bob", None));
        for room in &rooms[..4] {
            h.tick(1);
            h.send("alice", *room, "news");
        }
        let page = h.sync_page("bob", SyncFrom::Token(begun), 3);
        assert_eq!(ids(&page), [rooms[3], rooms[2], rooms[1]]);
        let cursor = page.cursor.expect("another page");
        let page = h.sync_page("bob", SyncFrom::Cursor(cursor), 3);
        assert_eq!(ids(&page), [rooms[0]]);
        assert!(page.token.is_some());
    }

    fn a_page_ends_at_256_kib(h: &mut Harness) {
        let title = "t".repeat(500);
        let avatar = "a".repeat(2000);
        for n in 0..120 {
            let room = h.group("alice", &["bob"]);
            let update = UpdateConversation {
                title: Some(format!("{title}{n}")),
                avatar: Some(avatar.clone()),
                settings: None,
            };
            h.ack("alice", room, WriteOp::UpdateConversation(update));
        }
        let mut page = h.sync_page("bob", SyncFrom::First, 200);
        let mut seen = 0;
        loop {
            assert!(encoded_len(&page) <= limits::MAX_REPLY_BYTES);
            seen += page.conversations.len();
            let Some(cursor) = page.cursor else {
                break;
            };
            assert!(page.conversations.len() > 50);
            page = h.sync_page("bob", SyncFrom::Cursor(cursor), 200);
        }
        assert_eq!(seen, 120);
    }

    fn a_token_survives_a_restart(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let begun = token(&h.sync("bob", None));
        h.restart();
        assert!(h.sync("bob", Some(&begun)).conversations.is_empty());
        h.send("alice", room, "news");
        assert_eq!(ids(&h.sync("bob", Some(&begun))), [room]);
    }

    fn items_are_given_of_those_conversations_that_the_user_knows(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let other = h.group("alice", &["carol"]);
        let nowhere = h.conversation_id();
        let answer = h.query(Query::Items {
            user_id: user("bob"),
            conversation_ids: vec![other, room, nowhere],
        });
        let Answer::Items(items) = answer else {
            panic!("expected items");
        };
        assert_eq!(items, [h.item("bob", room)]);
    }
}

impl Harness {
    /// Any write that is taken.
    fn ack_any(&mut self, who: &str, to: ConversationId, op: WriteOp) {
        let outcome = self.write(who, to, op);
        assert!(
            !matches!(outcome, causerie_server::store::Outcome::Refused(_)),
            "{outcome:?}"
        );
    }
}
