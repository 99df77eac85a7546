//! Who belongs to a conversation, and what they see.

use causerie_protocol::*;
use causerie_server::store::{Answer, Commit, EventBody, Query, RowChangeKind};

use crate::harness::*;

/// Who joined, left or changed, in order.
fn member_events(h: &mut Harness, who: &str, room: ConversationId) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    for event in h.all_events(who, room) {
        match event.body {
            EventBody::MemberJoined { user_id, .. } => told.push(("joined", user_id.to_string())),
            EventBody::MemberLeft { user_id, .. } => told.push(("left", user_id.to_string())),
            EventBody::MemberUpdated { user_id, role } => {
                told.push(("updated", format!("{user_id} {role}")));
            }
            _ => {}
        }
    }
    told
}

fn forbidden(answer: Answer) -> bool {
    matches!(answer, Answer::Refused(reply) if reply.code == ErrorCode::Forbidden)
}

fn row<'a>(commit: &'a Commit, who: &str) -> Option<&'a RowChangeKind> {
    let found = commit
        .rows
        .iter()
        .rev()
        .find(|row| row.user_id == user(who));
    found.map(|row| &row.kind)
}

for_every_store! {
    fn each_added_user_gets_an_event_and_the_ack_names_the_last(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let ack = h.ack("alice", room, add(&["carol", "bob", "dave", "carol"]));
        assert_eq!(ack.seq, Some(2));
        let told = member_events(h, "alice", room);
        assert_eq!(told, [("joined", "carol".into()), ("joined", "dave".into())]);
        assert_eq!(h.item("dave", room).members_count, 4);
        assert_eq!(h.ack("alice", room, add(&["carol"])).seq, None);
    }

    fn a_later_member_sees_from_joining_on(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "before");
        h.tick(10);
        h.ack("alice", room, add(&["carol"]));
        let item = h.item("carol", room);
        assert_eq!((item.visible_from, item.read_seq, item.read_number), (2, 2, 1));
        assert_eq!((item.unread(), item.last_message), (0, None));
        assert_eq!(item.updated_at, h.sources.now());
        h.send("alice", room, "after");
        let page = h.history("carol", room);
        assert_eq!((texts(&page), page.lo, page.visible_from), (vec!["after"], 2, 2));
        assert!(!page.more);
        assert_eq!(h.item("carol", room).unread(), 1);
        assert_eq!(h.all_events("carol", room)[0].seq, 2);
    }

    fn where_history_is_open_a_later_member_sees_all_and_counts_from_joining(h: &mut Harness) {
        let room = h.open_group("alice", &["bob"]);
        h.send("alice", room, "before");
        h.ack("alice", room, add(&["carol"]));
        let item = h.item("carol", room);
        assert_eq!((item.visible_from, item.read_seq, item.unread()), (1, 2, 0));
        assert!(item.last_message.is_some());
        assert_eq!(texts(&h.history("carol", room)), ["before"]);
    }

    fn what_happened_before_joining_is_no_target(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let early = by_id(h.send("alice", room, "before").message_id);
        h.ack("alice", room, add(&["carol"]));
        assert_eq!(h.refused("carol", room, react(early, "👍")), ErrorCode::NotFound);
    }

    fn a_removed_member_reads_and_writes_nothing(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "hello").message_id);
        h.ack("alice", room, remove(&["bob"]));
        h.send("alice", room, "among ourselves");
        for op in [text("x"), react(message, "👍"), delete(message), add(&["carol"]), quit()] {
            assert_eq!(h.refused("bob", room, op), ErrorCode::Forbidden);
        }
        assert_eq!(code(&h.mark_read("bob", room, 1)), ErrorCode::Forbidden);
        let (user_id, conversation_id) = (user("bob"), room);
        for query in [
            Query::History { user_id: user_id.clone(), request: newest(room) },
            Query::Subscribe {
                user_id: user_id.clone(),
                conversation_id,
                since: None,
                since_id: None,
                limit: 10,
            },
            Query::Members {
                user_id: user_id.clone(),
                request: ListMembers { conversation_id, cursor: None },
            },
            Query::Access { user_id: user_id.clone(), conversation_id },
        ] {
            assert!(forbidden(h.query(query)));
        }
    }

    fn a_removed_members_events_end_with_their_own_leaving(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "hello");
        h.ack("alice", room, remove(&["bob"]));
        h.send("alice", room, "among ourselves");
        let answer = h.events("bob", room, 0);
        assert_eq!((answer.left_at, answer.events.len()), (Some(2), 2));
        assert!(matches!(answer.events[1].body, EventBody::MemberLeft { .. }));
        assert!(h.events("bob", room, 2).events.is_empty());
        let never = Query::Events {
            user_id: user("mallory"),
            conversation_id: room,
            after: 0,
            limit: 10,
        };
        assert!(forbidden(h.query(never)));
    }

    fn a_left_item_is_frozen_as_it_was_at_leaving(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let last = by_id(h.send("alice", room, "as bob knew it").message_id);
        h.ack("alice", room, remove(&["bob"]));
        let frozen = h.item("bob", room);
        assert_eq!((frozen.membership.clone(), frozen.head_seq), (MembershipState::Left, 2));
        assert_eq!((frozen.head_number, frozen.members_count), (1, 2));
        h.tick(1000);
        h.ack("alice", room, edit(last, "rewritten"));
        let renamed = UpdateConversation { title: Some("New".into()), ..Default::default() };
        h.ack("alice", room, WriteOp::UpdateConversation(renamed));
        h.send("alice", room, "later");
        h.ack("alice", room, remove(&["carol"]));
        assert_eq!(h.item("bob", room), frozen);
        let said = frozen.last_message.expect("a last message");
        assert_eq!(said.content, Content::from("as bob knew it"));
    }

    fn what_is_erased_is_gone_from_frozen_items_too(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let last = by_id(h.send("alice", room, "a secret").message_id);
        h.ack("alice", room, edit(last, "another secret"));
        h.ack("alice", room, remove(&["bob"]));
        let before = h.item("bob", room).last_message.expect("a last message");
        assert_eq!(before.content, Content::from("another secret"));
        h.ack("alice", room, delete(last));
        let after = h.item("bob", room).last_message.expect("a last message");
        assert_eq!(after.content, Content::Empty);
        assert!(after.deleted_at.is_some());
    }

    fn who_is_let_in_again_begins_anew(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "first life");
        h.ack("alice", room, remove(&["bob"]));
        let left = h.item("bob", room);
        h.send("alice", room, "meanwhile");
        h.ack("alice", room, add(&["bob"]));
        let item = h.item("bob", room);
        assert_eq!((item.visible_from, item.unread()), (4, 0));
        assert_eq!(item.membership, MembershipState::Joined);
        assert!(item.rev > left.rev);
        assert!(h.history("bob", room).messages.is_empty());
        assert_eq!(h.events("bob", room, 0).left_at, None);
        h.send("bob", room, "hello again");
    }

    fn only_those_who_manage_add_and_remove(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol", "dave", "erin"]);
        h.ack("alice", room, set_role(&["bob", "carol"], Role::Admin));
        assert_eq!(h.refused("dave", room, add(&["frank"])), ErrorCode::Forbidden);
        assert_eq!(h.refused("dave", room, remove(&["erin"])), ErrorCode::Forbidden);
        assert_eq!(h.refused("bob", room, remove(&["alice"])), ErrorCode::Forbidden);
        assert_eq!(h.refused("bob", room, remove(&["carol"])), ErrorCode::Forbidden);
        assert!(h.ack("bob", room, remove(&["dave"])).seq.is_some());
        assert!(h.ack("alice", room, remove(&["carol"])).seq.is_some());
        assert_eq!(h.ack("alice", room, remove(&["nobody"])).seq, None);
    }

    fn a_removal_is_done_as_a_whole_or_not_at_all(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol", "dave"]);
        h.ack("alice", room, set_role(&["bob", "carol"], Role::Admin));
        assert_eq!(h.refused("bob", room, remove(&["dave", "carol"])), ErrorCode::Forbidden);
        assert_eq!(h.item("dave", room).membership, MembershipState::Joined);
    }

    fn who_wants_to_go_is_told_to_quit(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let outcome = h.write("alice", room, remove(&["alice"]));
        assert_eq!(code(&outcome), ErrorCode::Forbidden);
        assert!(refused(&outcome).message.contains("quit_conversation"));
    }

    fn the_owner_gives_and_takes_roles(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        assert_eq!(h.ack("alice", room, set_role(&["bob", "carol"], Role::Admin)).seq, Some(2));
        assert_eq!(h.ack("alice", room, set_role(&["bob"], Role::Admin)).seq, None);
        assert_eq!(h.refused("bob", room, set_role(&["carol"], Role::Owner)), ErrorCode::Forbidden);
        assert_eq!(h.refused("bob", room, set_role(&["carol"], Role::Member)), ErrorCode::Forbidden);
        h.ack("alice", room, set_role(&["bob"], Role::Member));
        assert_eq!(h.item("bob", room).role, Role::Member);
        assert_eq!(h.refused("bob", room, add(&["dave"])), ErrorCode::Forbidden);
    }

    fn an_owner_stays(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let step_down = || set_role(&["alice"], Role::Member);
        assert_eq!(h.refused("alice", room, step_down()), ErrorCode::Conflict);
        h.ack("alice", room, set_role(&["bob"], Role::Owner));
        let both = set_role(&["alice", "bob"], Role::Admin);
        assert_eq!(h.refused("alice", room, both), ErrorCode::Conflict);
        assert!(h.ack("alice", room, step_down()).seq.is_some());
        assert_eq!(h.refused("bob", room, set_role(&["bob"], Role::Admin)), ErrorCode::Conflict);
    }

    fn a_role_that_is_none_and_a_user_who_is_no_member_are_invalid(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let op = set_role(&["bob"], Role::Other("king".into()));
        assert_eq!(refused(&h.write("alice", room, op)).field.as_deref(), Some("role"));
        let op = set_role(&["carol"], Role::Admin);
        assert_eq!(refused(&h.write("alice", room, op)).field.as_deref(), Some("user_ids"));
    }

    fn when_the_owner_quits_the_longest_standing_admin_becomes_owner(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        for name in ["zoe", "carol"] {
            h.tick(10);
            h.ack("alice", room, add(&[name]));
        }
        h.ack("alice", room, set_role(&["zoe", "carol"], Role::Admin));
        let ack = h.ack("alice", room, quit());
        assert_eq!(ack.seq, Some(6));
        assert_eq!(h.item("zoe", room).role, Role::Owner);
        assert_eq!(h.item("alice", room).membership, MembershipState::Left);
        let told = member_events(h, "zoe", room);
        let told: Vec<_> = told.iter().map(|(what, who)| (*what, who.as_str())).collect();
        assert_eq!(told[4..], [("updated", "zoe owner"), ("left", "alice")]);
    }

    fn without_admins_the_longest_standing_member_becomes_owner(h: &mut Harness) {
        let room = h.group("alice", &["carol", "bob"]);
        h.tick(10);
        h.ack("alice", room, add(&["aaron"]));
        h.ack("alice", room, quit());
        assert_eq!(h.item("bob", room).role, Role::Owner, "of several, the first by name");
        h.ack("bob", room, remove(&["carol"]));
    }

    fn an_heir_whom_the_cache_does_not_know_becomes_owner_too(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.restart();
        h.ack("alice", room, quit());
        assert_eq!(h.item("bob", room).role, Role::Owner);
        h.ack("bob", room, add(&["carol"]));
    }

    fn who_quits_beside_another_owner_leaves_no_heir(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        h.ack("alice", room, set_role(&["bob"], Role::Owner));
        assert_eq!(h.ack("alice", room, quit()).seq, Some(2));
        assert_eq!(h.item("carol", room).role, Role::Member);
    }

    fn the_last_member_may_quit(h: &mut Harness) {
        let room = h.group("alice", &[]);
        assert_eq!(h.ack("alice", room, quit()).seq, Some(1));
        assert_eq!(h.refused("alice", room, text("hello?")), ErrorCode::Forbidden);
        assert_eq!(h.item("alice", room).members_count, 0);
    }

    fn an_admin_makes_members_admins_and_no_more(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol", "dave"]);
        h.ack("alice", room, set_role(&["bob"], Role::Admin));
        assert_eq!(h.ack("bob", room, set_role(&["carol"], Role::Admin)).seq, Some(2));
        assert_eq!(h.refused("bob", room, set_role(&["alice"], Role::Admin)), ErrorCode::Forbidden);
        assert_eq!(h.refused("bob", room, set_role(&["dave"], Role::Owner)), ErrorCode::Forbidden);
        assert_eq!(h.refused("dave", room, set_role(&["dave"], Role::Admin)), ErrorCode::Forbidden);
    }

    fn roles_changed_in_the_same_batch_count_for_the_heir(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let promote = set_role(&["carol"], Role::Admin);
        let commands = vec![
            h.write_command("alice", Write::new(h.temp(), room, promote)),
            h.write_command("alice", Write::new(h.temp(), room, quit())),
        ];
        h.batch(commands);
        assert_eq!(h.item("carol", room).role, Role::Owner);
    }

    fn commits_tell_who_came_and_who_went(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.take_commits();
        h.ack("alice", room, add(&["carol"]));
        let commit = h.take_commits().remove(0);
        assert_eq!(commit.members.to_vec(), users(&["alice", "bob", "carol"]));
        let Some(RowChangeKind::Joined(item)) = row(&commit, "carol") else {
            panic!("carol was not told");
        };
        assert_eq!(**item, h.item("carol", room));
        h.ack("alice", room, remove(&["bob"]));
        let commit = h.take_commits().remove(0);
        assert_eq!(commit.members.to_vec(), users(&["alice", "carol"]));
        assert!(matches!(row(&commit, "bob"), Some(RowChangeKind::Left { seq: 2 })));
    }

    fn who_came_and_went_in_one_batch_only_left(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.take_commits();
        let commands = vec![
            h.write_command("alice", Write::new(h.temp(), room, add(&["carol"]))),
            h.write_command("alice", Write::new(h.temp(), room, remove(&["carol"]))),
        ];
        h.batch(commands);
        for commit in h.take_commits() {
            let joined = commit.rows.iter().any(|row| {
                row.user_id == user("carol") && matches!(&row.kind, RowChangeKind::Joined(item)
                    if item.membership != MembershipState::Joined)
            });
            assert!(!joined, "nobody is shown a conversation that is closed to them");
        }
        assert_eq!(h.item("carol", room).membership, MembershipState::Left);
    }

    fn members_are_listed_in_pages(h: &mut Harness) {
        let names: Vec<String> = (0..250).map(|n| format!("user{n:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let room = h.group("alice", &names);
        h.name("user007", "Bond");
        h.ack("alice", room, remove(&["user008"]));
        let mut listed = Vec::new();
        let mut cursor = None;
        let mut pages = 0;
        loop {
            let request = ListMembers { conversation_id: room, cursor };
            let answer = h.query(Query::Members { user_id: user("alice"), request });
            let Answer::Members(page) = answer else {
                panic!("expected members");
            };
            pages += 1;
            assert_eq!(page.members.len(), page.users.len());
            let bond = page.users.iter().find(|known| known.user_id == user("user007"));
            assert!(bond.is_none_or(|bond| bond.name.as_deref() == Some("Bond")));
            listed.extend(page.members);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((listed.len(), pages), (250, 2));
        assert!(listed.iter().all(|member| member.user_id != user("user008")));
        assert_eq!(listed.iter().filter(|member| member.role == Role::Owner).count(), 1);
        let request = ListMembers { conversation_id: room, cursor: Some("nonsense".into()) };
        let answer = h.query(Query::Members { user_id: user("alice"), request });
        assert!(matches!(answer, Answer::Refused(reply) if reply.code == ErrorCode::Invalid));
    }

    fn names_are_told_only_to_those_who_share_a_conversation(h: &mut Harness) {
        h.name("bob", "Bob");
        h.name("eve", "Eve");
        let room = h.group("alice", &["bob"]);
        let ask = |h: &mut Harness| {
            let user_ids = users(&["bob", "eve", "alice", "nobody"]);
            let answer = h.query(Query::Users { user_id: user("alice"), user_ids });
            let Answer::Users(page) = answer else {
                panic!("expected users");
            };
            let ids = page.users.into_iter().map(|known| known.user_id.to_string());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ask(h), ["alice", "bob"]);
        h.ack("alice", room, remove(&["bob"]));
        assert_eq!(ask(h), ["alice"]);
    }

    fn a_name_is_news_once(h: &mut Harness) {
        h.group("alice", &["bob"]);
        h.name("bob", "Bob");
        h.name("bob", "Bob");
        let known = |h: &mut Harness| {
            let answer = h.query(Query::Users { user_id: user("alice"), user_ids: users(&["bob"]) });
            let Answer::Users(mut page) = answer else {
                panic!("expected users");
            };
            page.users.remove(0)
        };
        let bob = known(h);
        assert_eq!((bob.name.as_deref(), bob.rev), (Some("Bob"), 1));
        h.name("bob", "Robert");
        let bob = known(h);
        assert_eq!((bob.name.as_deref(), bob.rev), (Some("Robert"), 2));
    }
}
