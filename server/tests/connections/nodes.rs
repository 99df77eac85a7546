//! Two nodes over one store: what one does, the other hears of by hints, or finds in a sweep
//! (docs/adr/0009-a-bus-of-hints-and-a-sweep.md).

use std::sync::Arc;

use causerie_protocol::{ClientId, ConversationId};
use causerie_server::{
    bus::{Hint, Lossy},
    conn::{ConnConfig, Shared},
    hub::{RingLimits, SharedHub},
    store::{Answer, Query},
};
use serde_json::json;

use crate::world::{At, World, kinds, node, of, seqs};

/// A world with two nodes. What is written is published by the one that was named last.
struct Nodes {
    world: World,
    nodes: [(Arc<Shared>, Arc<Lossy>); 2],
}

impl Nodes {
    fn new() -> Self {
        let nodes = [(); 2].map(|()| {
            let bus = Arc::new(Lossy::new());
            let hub = SharedHub::with_bus(RingLimits::default(), Arc::clone(&bus) as _);
            (node(ConnConfig::default(), hub), bus)
        });
        let mut nodes = Self {
            world: World::on(Arc::clone(&nodes[0].0)),
            nodes,
        };
        nodes.sweep(0);
        nodes.sweep(1);
        nodes
    }

    /// What happens next happens on this node.
    fn on(&mut self, node: usize) -> &mut World {
        self.world.shared = Arc::clone(&self.nodes[node].0);
        &mut self.world
    }

    /// What a node has sent since this was last asked.
    fn hints(&self, from: usize) -> Vec<Hint> {
        self.nodes[from].1.take()
    }

    /// A node hears of these.
    fn tell(&mut self, to: usize, hints: &[Hint]) {
        for hint in hints {
            let now = self.world.now();
            self.nodes[to].0.hub.take_in(hint, now);
        }
        self.on(to).settle();
    }

    /// Reads what changed, and how much that was.
    fn sweep(&mut self, node: usize) -> usize {
        let now = self.world.now();
        let hub = &self.nodes[node].0.hub;
        let query = hub.lock().poll_sweep().expect("no other sweep");
        let Ok(Answer::Changed(changed)) = self.world.store.query(&query) else {
            panic!("a sweep is answered");
        };
        let found = changed.conversations.len();
        hub.lock().handle_swept(Some(changed), now);
        self.on(node).settle();
        found
    }

    /// A group of the three, and bob subscribed to it on the second node.
    fn with_bob(&mut self) -> (ConversationId, At) {
        let room = self.on(0).group("alice", &["bob", "carol"]);
        self.sweep(1);
        let bob = self.on(1).member("bob", room);
        self.hints(0);
        self.hints(1);
        (room, bob)
    }

    fn take(&mut self, at: At) -> Vec<serde_json::Value> {
        self.world.take(at)
    }
}

#[test]
fn a_message_of_one_node_reaches_a_subscriber_of_another_by_a_hint_without_a_query() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    nodes.on(0).say("alice", room, "one");
    nodes.on(0).say("alice", room, "two");
    let hints = nodes.hints(0);
    nodes.world.holds_answers = true;
    nodes.tell(1, &hints);
    assert_eq!(seqs(&nodes.take(bob)), [1, 2]);
    assert_eq!(nodes.world.waiting_queries(), 0);
    assert_eq!(nodes.sweep(1), 0, "nothing was missed");
}

#[test]
fn a_lost_hint_is_made_up_for_by_the_next_one() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    for text in ["one", "two", "three"] {
        nodes.on(0).say("alice", room, text);
    }
    let hints = nodes.hints(0);
    nodes.tell(1, &hints[2..]);
    assert_eq!(seqs(&nodes.take(bob)), [1, 2, 3]);
}

#[test]
fn hints_that_come_twice_and_in_the_wrong_order_change_nothing() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    nodes.on(0).say("alice", room, "one");
    nodes.on(0).remove("alice", room, "carol");
    nodes.on(0).add("alice", room, "carol");
    nodes.on(0).say("alice", room, "four");
    let mut hints = nodes.hints(0);
    hints.extend(hints.clone());
    hints.reverse();
    let carol = nodes.on(1).connect("carol");
    nodes.take(carol);
    nodes.tell(1, &hints);
    assert_eq!(seqs(&nodes.take(bob)), [1, 2, 3, 4]);
    nodes.world.pass(200);
    let told = nodes.take(carol);
    let items = of(&told, "conversation_activity");
    let item = items.last().expect("carol hears of it");
    assert_eq!(item["conversation"]["membership"], "joined", "{told:?}");
    assert!(of(&told, "connection_event").is_empty(), "{told:?}");
}

#[test]
fn without_any_hint_a_sweep_tells_everything() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    let second = nodes.on(1).connect("bob");
    nodes.take(second);
    nodes.on(0).say("alice", room, "one");
    let carol = nodes.on(0).connect("carol");
    let mark = json!({"conversation_id": room, "seq": 1});
    nodes.on(0).ask(carol, "mark_read", mark);
    nodes.on(0).settle();
    let other = nodes.on(0).group("alice", &["bob"]);
    nodes.hints(0);
    assert!(nodes.take(bob).is_empty() && nodes.take(second).is_empty());

    assert_eq!(nodes.sweep(1), 2);
    nodes.world.pass(200);
    let told = nodes.take(bob);
    assert_eq!(seqs(&told), [1]);
    let receipts = of(&told, "read_receipt");
    let by_carol = receipts.iter().find(|read| read["user_id"] == "carol");
    assert_eq!(by_carol.expect("a receipt")["seq"], 1);
    for told in [told, nodes.take(second)] {
        let items = of(&told, "conversation_activity");
        let new = items
            .iter()
            .find(|told| told["conversation_id"] == other.to_string());
        let new = new.expect("the new conversation");
        assert_eq!(new["conversation"]["membership"], "joined");
    }
    assert_eq!(nodes.sweep(1), 0, "once is enough");
}

#[test]
fn a_member_whom_a_subscription_passes_over_is_told_by_the_hint_or_the_sweep_that_comes_behind() {
    for hinted in [true, false] {
        let mut nodes = Nodes::new();
        let (room, reader) = nodes.with_bob();
        nodes.on(0).add("alice", room, "dave");
        let hints = nodes.hints(0);
        let late = nodes.on(1).member("bob", room);
        if hinted {
            nodes.tell(1, &hints);
        } else {
            nodes.sweep(1);
        }
        let told = nodes.take(late);
        let items = of(&told, "conversation_activity");
        assert_eq!(items.len(), 1, "{hinted}: {told:?}");
        assert_eq!(items[0]["conversation"]["members_count"], 4);
        // Who reads the event is told by it.
        let told = nodes.take(reader);
        assert_eq!(seqs(&told), [1], "{hinted}");
        assert!(of(&told, "conversation_activity").is_empty(), "{told:?}");
        // Nothing is told twice, and what comes later is read in the room.
        nodes.on(0).add("alice", room, "erin");
        let hints = nodes.hints(0);
        nodes.tell(1, &hints);
        nodes.sweep(1);
        nodes.world.pass(200);
        for at in [late, reader] {
            assert_eq!(kinds(&nodes.take(at)), ["member_joined"], "{hinted}");
        }
    }
}

#[test]
fn who_was_removed_on_another_node_gets_nothing_later_though_every_hint_is_lost() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    nodes.on(0).say("alice", room, "before");
    nodes.on(0).remove("alice", room, "bob");
    nodes.hints(0);
    // The second node hears nothing of that, and goes on.
    let carol = nodes.on(1).member("carol", room);
    let room_json = json!({"conversation_id": room});
    nodes.world.block(bob);
    nodes.on(1).ask(carol, "typing_start", room_json);
    nodes.on(1).settle();
    nodes.on(1).ask(
        carol,
        "mark_read",
        json!({"conversation_id": room, "seq": 2}),
    );
    nodes.on(1).settle();
    nodes.on(1).say("carol", room, "AFTER");
    nodes.on(1).settle();
    nodes.world.unblock(bob);
    nodes.on(1).settle();
    let told = nodes.take(bob);
    assert_eq!(
        kinds(&told),
        ["new_message", "member_left", "connection_event"]
    );
    nodes
        .on(1)
        .input(carol, causerie_server::conn::Input::Closed);
    nodes.sweep(1);
    nodes.world.pass(10_000);
    let told = nodes.take(bob);
    assert!(
        kinds(&told).iter().all(|kind| *kind == "connection_event"),
        "{told:?}"
    );
}

#[test]
fn typing_alone_does_not_pass_a_removal_that_no_hint_told() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    let carol = nodes.on(1).member("carol", room);
    nodes.on(0).remove("alice", room, "bob");
    nodes.hints(0);
    nodes
        .on(1)
        .ask(carol, "typing_start", json!({"conversation_id": room}));
    nodes.on(1).settle();
    nodes
        .on(1)
        .input(carol, causerie_server::conn::Input::Closed);
    nodes.on(1).settle();
    assert!(nodes.take(bob).is_empty());
}

#[test]
fn who_left_and_came_back_unheard_is_told_both() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    nodes.on(0).remove("alice", room, "bob");
    nodes.on(0).say("alice", room, "not for bob");
    nodes.on(0).add("alice", room, "bob");
    nodes.hints(0);
    nodes.sweep(1);
    nodes.world.pass(200);
    let told = nodes.take(bob);
    let revoked = of(&told, "connection_event");
    assert_eq!(revoked[0]["event"], "membership_revoked");
    let created = of(&told, "conversation_created");
    assert_eq!(created[0]["conversation"]["membership"], "joined");
    assert!(seqs(&told).is_empty(), "{told:?}");
}

#[test]
fn a_newer_connection_on_another_node_supersedes_the_older_and_a_late_hint_does_not() {
    let mut nodes = Nodes::new();
    let id = nodes.on(0).uuid();
    let client_id = ClientId::from_uuid(id);
    let older = nodes.on(0).open_as("alice", client_id);
    nodes.on(0).authenticate(older, json!({}));
    let of_older = nodes.hints(0);
    let newer = nodes.on(1).open_as("alice", client_id);
    nodes.on(1).authenticate(newer, json!({}));
    let of_newer = nodes.hints(1);
    nodes.tell(1, &of_older);
    assert_eq!(nodes.world.closed(newer), None);
    nodes.tell(0, &of_newer);
    assert_eq!(nodes.world.closed(older), Some(4007));
    nodes.tell(0, &of_newer);
    nodes.tell(1, &of_older);
    assert_eq!(nodes.world.closed(newer), None);
}

#[test]
fn typing_crosses_nodes_and_is_forgotten_in_time() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    let alice = nodes.on(0).member("alice", room);
    nodes.hints(0);
    nodes
        .on(0)
        .ask(alice, "typing_start", json!({"conversation_id": room}));
    nodes.on(0).settle();
    let hints = nodes.hints(0);
    nodes.tell(1, &hints);
    let shown = nodes.take(bob);
    assert_eq!(of(&shown, "typing_indicator")[0]["typing"], true);
    // What bob's socket could not take in time is over.
    nodes.world.block(bob);
    nodes.tell(1, &hints);
    nodes.world.pass(7000);
    nodes.world.unblock(bob);
    let told = nodes.take(bob);
    assert!(of(&told, "typing_indicator").is_empty(), "{told:?}");
}

#[test]
fn a_sweep_that_the_store_does_not_answer_is_made_up_for_by_the_next() {
    let mut nodes = Nodes::new();
    let (room, bob) = nodes.with_bob();
    nodes.on(0).say("alice", room, "one");
    nodes.hints(0);
    let now = nodes.world.now();
    let hub = nodes.nodes[1].0.hub.clone();
    let query = hub.lock().poll_sweep();
    assert!(matches!(query, Some(Query::Changed { since: Some(_) })));
    assert!(hub.lock().poll_sweep().is_none(), "one at a time");
    hub.lock().handle_swept(None, now);
    assert_eq!(nodes.sweep(1), 1);
    assert_eq!(seqs(&nodes.take(bob)), [1]);
}
