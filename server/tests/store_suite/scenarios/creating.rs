//! `create_conversation` and `update_conversation`.

use causerie_protocol::*;
use causerie_server::store::{EventBody, RowChangeKind};

use crate::harness::*;

fn creation(kind: ConversationKind, members: &[&str]) -> WriteOp {
    WriteOp::CreateConversation(create(kind, members))
}

fn titled(title: &str) -> WriteOp {
    WriteOp::UpdateConversation(UpdateConversation {
        title: Some(title.into()),
        ..UpdateConversation::default()
    })
}

for_every_store! {
    fn the_creator_is_the_owner_and_always_a_member(h: &mut Harness) {
        let id = h.conversation_id();
        h.tick(7);
        let op = WriteOp::CreateConversation(CreateConversation {
            title: Some("Lunch".into()),
            ..create(ConversationKind::Group, &["bob", "bob", "carol"])
        });
        let ack = h.ack("alice", id, op);
        assert_eq!((ack.seq, ack.duplicate), (None, false));
        let item = ack.conversation.expect("the item");
        assert_eq!(item, h.item("alice", id));
        assert_eq!(item.role, Role::Owner);
        assert_eq!(item.membership, MembershipState::Joined);
        assert_eq!((item.members_count, item.visible_from), (3, 1));
        assert_eq!((item.head_seq, item.head_number, item.read_number), (0, 0, 0));
        assert_eq!((item.title.as_deref(), item.group_id), (Some("Lunch"), None));
        assert_eq!((item.updated_at, item.last_message), (h.sources.now(), None));
        assert_eq!(h.item("bob", id).role, Role::Member);
    }

    fn creating_makes_no_event(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        assert!(h.all_events("bob", room).is_empty());
        assert_eq!(h.send("bob", room, "first").seq, 1);
    }

    fn a_direct_conversation_has_the_other_as_its_peer_and_no_title(h: &mut Harness) {
        let id = direct("alice", "bob");
        let op = WriteOp::CreateConversation(CreateConversation {
            title: Some("ignored".into()),
            ..create(ConversationKind::Direct, &["alice", "bob"])
        });
        let item = h.ack("alice", id, op).conversation.expect("the item");
        assert_eq!((item.title, item.peer_id), (None, Some(user("bob"))));
        let item = h.item("bob", id);
        assert_eq!((item.peer_id, item.kind), (Some(user("alice")), ConversationKind::Direct));
        assert_eq!(h.send("bob", id, "hi").seq, 1);
    }

    fn a_direct_conversation_has_exactly_the_id_of_its_two(h: &mut Harness) {
        let id = direct("alice", "bob");
        let wrong = h.conversation_id();
        let direct = |members| creation(ConversationKind::Direct, members);
        let outcome = h.write("alice", wrong, direct(&["bob"]));
        assert_eq!(refused(&outcome).field.as_deref(), Some("conversation_id"));
        let outcome = h.write("alice", id, direct(&["alice"]));
        assert_eq!(refused(&outcome).field.as_deref(), Some("members"), "not with oneself");
        assert_eq!(h.refused("alice", id, direct(&["bob", "carol"])), ErrorCode::Invalid);
        let nobody = WriteOp::CreateConversation(CreateConversation {
            members: None,
            ..create(ConversationKind::Direct, &[])
        });
        assert_eq!(h.refused("alice", id, nobody), ErrorCode::Invalid);
    }

    fn nobody_squats_on_the_conversation_of_two_others(h: &mut Harness) {
        let id = direct("alice", "bob");
        let attempts = || [
            (creation(ConversationKind::Direct, &["alice", "bob"]), ErrorCode::Forbidden),
            (creation(ConversationKind::Direct, &["bob"]), ErrorCode::Invalid),
            (creation(ConversationKind::Direct, &["alice", "bob", "mallory"]), ErrorCode::Invalid),
            (creation(ConversationKind::Group, &["alice", "bob"]), ErrorCode::Invalid),
            (creation(ConversationKind::Broadcast, &[]), ErrorCode::Invalid),
        ];
        for (op, expected) in attempts() {
            assert_eq!(h.refused("mallory", id, op), expected);
        }
        h.direct("alice", "bob");
        for (op, expected) in attempts() {
            assert_eq!(h.refused("mallory", id, op), expected, "as if it were not there");
        }
        assert_eq!(h.item("alice", id).members_count, 2);
        let inbox = inbox_id(&user("alice"));
        assert_eq!(
            h.refused("mallory", inbox, creation(ConversationKind::Broadcast, &["alice"])),
            ErrorCode::Invalid
        );
    }

    fn creating_what_exists_gives_a_member_the_item(h: &mut Harness) {
        let id = h.direct("alice", "bob");
        h.send("alice", id, "hi");
        let ack = h.ack("bob", id, creation(ConversationKind::Direct, &["alice"]));
        assert!(ack.duplicate);
        let item = ack.conversation.expect("the item");
        assert_eq!((item.head_seq, item.role), (1, Role::Member));
        let outcome = h.write("bob", id, creation(ConversationKind::Group, &["alice"]));
        assert_eq!(code(&outcome), ErrorCode::Conflict);
    }

    fn creating_what_exists_is_forbidden_to_others(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let op = || creation(ConversationKind::Group, &["bob"]);
        assert_eq!(h.refused("mallory", room, op()), ErrorCode::Forbidden);
        h.ack("alice", room, remove(&["bob"]));
        assert_eq!(h.refused("bob", room, op()), ErrorCode::Forbidden);
    }

    fn what_is_unknown_in_a_creation_is_invalid(h: &mut Harness) {
        let id = h.conversation_id();
        let op = creation(ConversationKind::Other("huddle".into()), &["bob"]);
        assert_eq!(refused(&h.write("alice", id, op)).field.as_deref(), Some("kind"));
        let op = WriteOp::CreateConversation(CreateConversation {
            history: Some(HistoryPolicy::Other("some".into())),
            ..create(ConversationKind::Group, &["bob"])
        });
        assert_eq!(refused(&h.write("alice", id, op)).field.as_deref(), Some("history"));
        let op = WriteOp::CreateConversation(CreateConversation {
            group_id: Some(h.conversation_id()),
            ..create(ConversationKind::Group, &["bob"])
        });
        assert_eq!(h.refused("alice", id, op), ErrorCode::Forbidden);
        let not_v7 = ConversationId::from_uuid(uuid::Uuid::from_u128(42));
        assert_eq!(
            h.refused("alice", not_v7, creation(ConversationKind::Group, &[])),
            ErrorCode::Invalid
        );
    }

    fn every_first_member_is_told_of_the_new_conversation(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let commits = h.take_commits();
        assert_eq!(commits.len(), 1);
        let commit = &commits[0];
        assert_eq!((commit.conversation_id, commit.head_seq), (room, 0));
        assert_eq!(commit.members.to_vec(), users(&["alice", "bob", "carol"]));
        assert!(commit.events.is_empty());
        for name in ["alice", "bob", "carol"] {
            let row = commit.rows.iter().find(|row| row.user_id == user(name));
            let Some(RowChangeKind::Joined(item)) = row.map(|row| &row.kind) else {
                panic!("{name} was not told");
            };
            assert_eq!(**item, h.item(name, room));
        }
    }

    fn a_conversation_and_its_first_messages_may_come_in_one_batch(h: &mut Harness) {
        let id = h.conversation_id();
        let creation = creation(ConversationKind::Group, &["bob"]);
        let commands = vec![
            h.write_command("alice", Write::new(h.temp(), id, creation)),
            h.write_command("alice", Write::new(h.temp(), id, text("one"))),
            h.write_command("bob", Write::new(h.temp(), id, text("two"))),
        ];
        let outcomes = h.batch(commands);
        assert_eq!(sent(outcomes[2].clone()).seq, 2);
        assert_eq!(texts(&h.history("bob", id)), ["one", "two"]);
    }

    fn owner_and_admins_change_the_settings_and_others_do_not(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        h.ack("alice", room, set_role(&["bob"], Role::Admin));
        assert_eq!(h.ack("bob", room, titled("Ours")).seq, Some(2));
        assert_eq!(h.refused("carol", room, titled("Mine")), ErrorCode::Forbidden);
        assert_eq!(h.refused("mallory", room, titled("Mine")), ErrorCode::Forbidden);
        assert_eq!(h.item("carol", room).title.as_deref(), Some("Ours"));
    }

    fn an_update_tells_what_changed_and_only_that(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.ack("alice", room, titled("One"));
        let settings = serde_json::json!({"colour": "blue"}).as_object().cloned();
        let op = WriteOp::UpdateConversation(UpdateConversation {
            title: Some("One".into()),
            avatar: Some("media/1".into()),
            settings: settings.clone(),
        });
        let rev = h.item("bob", room).rev;
        assert_eq!(h.ack("alice", room, op.clone()).seq, Some(2));
        let events = h.all_events("bob", room);
        let EventBody::Updated { title, avatar, settings: told } = &events[1].body else {
            panic!("expected an update");
        };
        assert_eq!((title, avatar.as_deref()), (&None, Some("media/1")));
        assert_eq!(told, &settings);
        let item = h.item("bob", room);
        assert_eq!((item.title.as_deref(), item.avatar.as_deref()), (Some("One"), Some("media/1")));
        assert!(item.rev > rev, "what an item shows changed, so its rev rose");
        assert_eq!(h.ack("alice", room, op).seq, None);
        h.restart();
        assert_eq!(h.item("bob", room).avatar.as_deref(), Some("media/1"));
    }

    fn a_direct_conversation_cannot_be_changed(h: &mut Harness) {
        let id = h.direct("alice", "bob");
        for op in [
            titled("Us"),
            add(&["carol"]),
            remove(&["bob"]),
            set_role(&["bob"], Role::Owner),
            quit(),
        ] {
            assert_eq!(h.refused("alice", id, op), ErrorCode::Forbidden);
        }
        assert_eq!(h.item("bob", id).members_count, 2);
    }
}
