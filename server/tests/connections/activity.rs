//! Conversations that a connection is not subscribed to (docs/protocol.md §5).

use causerie_protocol::{ConversationId, UpdateConversation, WriteOp};
use serde_json::{Value, json};

use crate::world::{World, kinds, of, seqs};

#[test]
fn activity_comes_at_once_and_then_coalesced_every_100_ms() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    world.say("alice", room, "one");
    world.settle();
    let frames = world.take(bob);
    let activity = of(&frames, "conversation_activity");
    assert_eq!(activity.len(), 1);
    assert_eq!(activity[0]["head_seq"], 1);
    assert_eq!(activity[0]["last_message"]["content"], "one");
    assert!(activity[0].get("conversation").is_none());
    for _ in 0..20 {
        world.say("alice", room, "more");
        world.pass(10);
    }
    world.pass(200);
    let frames = world.take(bob);
    let heads: Vec<_> = of(&frames, "conversation_activity")
        .iter()
        .map(|activity| activity["head_seq"].as_u64().unwrap())
        .collect();
    assert!(heads.len() <= 4, "{heads:?}");
    assert_eq!(heads.last(), Some(&21));
}

#[test]
fn the_whole_item_comes_when_more_than_head_and_cursors_changed() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    rename(&mut world, room, "another title");
    world.settle();
    let frames = world.take(bob);
    let activity = of(&frames, "conversation_activity")[0];
    assert_eq!(activity["conversation"]["title"], "another title");
}

#[test]
fn a_title_that_changed_just_before_the_subscription_is_told_all_the_same() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.say("alice", room, "one");
    world.settle();
    world.take(bob);
    // Within 100 ms of the first activity, so that this one waits.
    rename(&mut world, room, "another title");
    world.subscribe(bob, room);
    world.pass(200);
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["subscribed", "conversation_activity"]);
    let activity = of(&frames, "conversation_activity")[0];
    assert_eq!(activity["conversation"]["title"], "another title");
}

fn rename(world: &mut World, room: ConversationId, title: &str) {
    let update = UpdateConversation {
        title: Some(title.into()),
        ..UpdateConversation::default()
    };
    world.write("alice", room, WriteOp::UpdateConversation(update));
}

/// The titles of whole items that were told, in the order in which they came.
fn titles(frames: &[Value]) -> Vec<&str> {
    of(frames, "conversation_activity")
        .iter()
        .map(|activity| activity["conversation"]["title"].as_str())
        .map(|title| title.expect("a whole item"))
        .collect()
}

#[test]
fn a_title_that_the_head_of_a_new_subscription_passes_over_is_told() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    world.holds_answers = true;
    world.subscribe(bob, room);
    rename(&mut world, room, "another title");
    world.settle();
    world.holds_answers = false;
    world.settle();
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["subscribed", "conversation_activity"]);
    assert_eq!(frames[0]["payload"]["head_seq"], 1);
    assert_eq!(titles(&frames), ["another title"]);
}

#[test]
fn what_a_subscription_tells_by_events_is_told_by_nothing_else() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    // Published before the answer is there: once it is in the backlog, once behind it.
    for (since, early) in [(Some(0), false), (None, true)] {
        let bob = world.connect("bob");
        world.take(bob);
        world.holds_answers = true;
        let room_name = format!("conv:{room}");
        world.ask(bob, "subscribe", json!({"room": room_name, "since": since}));
        if early {
            world.read_early();
        }
        rename(&mut world, room, &format!("title {since:?}"));
        world.settle();
        world.holds_answers = false;
        world.settle();
        rename(&mut world, room, &format!("title {since:?} again"));
        world.pass(500);
        let frames = world.take(bob);
        assert!(titles(&frames).is_empty(), "{frames:?}");
        let subscribed = &of(&frames, "subscribed")[0]["events"];
        let events = subscribed.as_array().expect("events").len();
        let live = of(&frames, "conversation_updated").len();
        assert_eq!(events + live, 2, "{frames:?}");
    }
}

#[test]
fn a_second_subscription_tells_what_it_passes_over_unread() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.block(bob);
    rename(&mut world, room, "another title");
    world.subscribe(bob, room);
    world.unblock(bob);
    world.pass(200);
    let frames = world.take(bob);
    assert!(seqs(&frames).is_empty(), "{frames:?}");
    assert_eq!(titles(&frames), ["another title"]);
    // Nothing is left unread by the third.
    world.subscribe(bob, room);
    world.pass(200);
    assert_eq!(kinds(&world.take(bob)), ["subscribed"]);
}

#[test]
fn what_happened_while_a_subscription_failed_is_told() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    world.holds_answers = true;
    world.subscribe(bob, room);
    rename(&mut world, room, "another title");
    world.failing_queries = 1;
    world.holds_answers = false;
    world.settle();
    world.pass(200);
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["error", "conversation_activity"]);
    assert_eq!(titles(&frames), ["another title"]);
}

#[test]
fn a_whole_item_that_an_event_overtook_is_read_again_and_no_event_overtakes_that() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    world.holds_answers = true;
    world.subscribe(bob, room);
    rename(&mut world, room, "one");
    world.answer();
    world.settle();
    world.read_early();
    rename(&mut world, room, "two");
    world.settle();
    world.answer();
    world.pass(100);
    assert_eq!(
        kinds(&world.take(bob)),
        ["subscribed", "conversation_updated"]
    );
    world.read_early();
    rename(&mut world, room, "three");
    world.settle();
    world.holds_answers = false;
    world.settle();
    let frames = world.take(bob);
    let told = ["conversation_activity", "conversation_updated"];
    assert_eq!(kinds(&frames), told);
    assert_eq!(titles(&frames), ["two"]);
    assert_eq!(frames[1]["payload"]["title"], "three");
}

#[test]
fn an_item_on_a_page_that_events_overtook_is_told_again() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.holds_answers = true;
    world.ask(bob, "sync", json!({}));
    world.read_early();
    rename(&mut world, room, "another title");
    world.settle();
    world.holds_answers = false;
    world.settle();
    let frames = world.take(bob);
    let told = ["conversation_updated", "sync_page", "conversation_activity"];
    assert_eq!(kinds(&frames), told);
    assert_eq!(frames[1]["payload"]["conversations"][0]["title"], "a title");
    assert_eq!(titles(&frames), ["another title"]);
}

#[test]
fn activity_that_cannot_be_read_now_comes_later() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.connect("bob");
    world.take(bob);
    world.failing_queries = 3;
    world.say("alice", room, "hello");
    world.settle();
    assert!(world.take(bob).is_empty());
    world.pass(1_000);
    assert_eq!(kinds(&world.take(bob)), ["conversation_activity"]);
}

#[test]
fn a_subscriber_gets_events_and_no_activity_until_it_unsubscribes() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.say("alice", room, "one");
    world.settle();
    world.pass(500);
    assert_eq!(kinds(&world.take(bob)), ["new_message"]);
    // What was not sent before `unsubscribed` is told by activity.
    world.block(bob);
    world.say("alice", room, "two");
    world.settle();
    world.ask(bob, "unsubscribe", json!({"room": format!("conv:{room}")}));
    world.unblock(bob);
    world.pass(200);
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["unsubscribed", "conversation_activity"]);
    assert_eq!(frames[1]["payload"]["head_seq"], 2);
    world.say("alice", room, "three");
    world.pass(200);
    assert_eq!(kinds(&world.take(bob)), ["conversation_activity"]);
}

#[test]
fn whoever_becomes_a_member_is_told_of_the_conversation() {
    let mut world = World::new();
    let bob = world.connect("bob");
    world.take(bob);
    let room = world.group("alice", &["bob"]);
    world.say("alice", room, "hello");
    world.settle();
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["conversation_created"]);
    let item = &frames[0]["payload"]["conversation"];
    assert_eq!(item["head_seq"], 1);
    assert_eq!(item["membership"], "joined");
}

#[test]
fn who_is_put_out_while_the_item_is_read_is_not_told_afterwards_that_they_are_in() {
    let mut world = World::new();
    let bob = world.connect("bob");
    world.take(bob);
    world.holds_answers = true;
    let room = world.group("alice", &["bob"]);
    world.settle();
    world.read_early();
    world.remove("alice", room, "bob");
    world.settle();
    world.holds_answers = false;
    world.settle();
    world.pass(1_000);
    assert_eq!(kinds(&world.take(bob)), ["connection_event"]);
    world.add("alice", room, "bob");
    world.settle();
    assert_eq!(kinds(&world.take(bob)), ["conversation_created"]);
}

#[test]
fn reading_on_one_device_is_told_to_the_others() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    world.say("alice", room, "hello");
    let phone = world.member("bob", room);
    let tablet = world.member("bob", room);
    let laptop = world.connect("bob");
    let alice = world.member("alice", room);
    for at in [phone, tablet, laptop, alice] {
        world.take(at);
    }
    world.ask(
        phone,
        "mark_read",
        json!({"conversation_id": room, "seq": 99}),
    );
    world.settle();
    let frames = world.take(tablet);
    let own = of(&frames, "read_receipt")[0];
    assert_eq!((&own["seq"], &own["read_number"]), (&json!(1), &json!(1)));
    assert!(own["rev"].is_u64());
    let frames = world.take(laptop);
    assert_eq!(of(&frames, "conversation_activity")[0]["read_seq"], 1);
    let frames = world.take(alice);
    assert!(of(&frames, "read_receipt")[0].get("read_number").is_none());
}
