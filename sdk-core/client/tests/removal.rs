//! Who was removed receives nothing later (docs/protocol.md §6): what an app sees of it, with the
//! real server.

mod common;

use causerie::{
    Client, Conversation, ConversationId, ErrorCode, Event, EventFilter, EventKind,
    MembershipState, SendState, Timeline, TimelineStart,
};
use common::{
    direct,
    site::{Site, Wire, live, new_id},
    soon,
};
use serde_json::json;
use tempfile::TempDir;

/// Bob's group with alice in it, and both of them.
struct Scene {
    site: Site,
    folder: TempDir,
    _data: TempDir,
    bob: Wire,
    id: String,
    client: Client,
    conversation: Conversation,
    timeline: Timeline,
}

impl Scene {
    /// Alice has the group on her screen, and in it "one" and "two".
    async fn set() -> Self {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let site = Site::start(data.path());
        let client = site.builder("alice", folder.path()).open().await.unwrap();
        client.start().await.unwrap();
        live(&client).await;
        let mut bob = site.wire("bob").await;
        let id = new_id().to_string();
        let group = json!({"kind": "group", "title": "Plot", "members": ["alice"]});
        bob.write("create_conversation", &id, group).await;
        let with_alice = json!({"kind": "direct", "members": ["alice"]});
        bob.write("create_conversation", &direct().to_string(), with_alice)
            .await;
        bob.say(&id, "one").await;
        bob.say(&id, "two").await;
        let conversation = client.conversation(id.parse().unwrap());
        for id in [conversation.id(), direct()] {
            listed(&client, id, |_| true).await;
        }
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let scene = Self {
            site,
            folder,
            _data: data,
            bob,
            id,
            client,
            conversation,
            timeline,
        };
        scene.shows(&["one", "two"]).await;
        scene
    }

    async fn members(&mut self, what: &str) {
        let alice = json!({"user_ids": ["alice"]});
        let done = self.bob.write(what, &self.id, alice).await;
        assert!(done["seq"].is_u64(), "{done}");
    }

    async fn plot(&mut self) {
        for n in 0..20 {
            self.bob.say(&self.id, &format!("secret {n}")).await;
        }
    }

    fn texts(&self) -> Vec<String> {
        let items = self.timeline.items();
        let text = |item: &causerie::TimelineItem| item.message.content.text().map(str::to_owned);
        items.iter().filter_map(text).collect()
    }

    async fn shows(&self, texts: &[&str]) {
        let mut updates = self.timeline.updates();
        soon(&format!("the screen to show {texts:?}"), async {
            while self.texts() != texts {
                updates.next().await.unwrap();
            }
        })
        .await;
    }

    async fn has_left(&self) {
        let left = |membership| membership == MembershipState::Left;
        listed(&self.client, self.conversation.id(), left).await;
    }

    /// What bob says elsewhere comes behind everything that the server had to tell.
    async fn catches_up(&mut self) {
        self.bob.say(&direct().to_string(), "are you there?").await;
        let private = self.client.conversation(direct());
        let timeline = private.timeline(TimelineStart::Newest).await.unwrap();
        let mut updates = timeline.updates();
        soon("what is said elsewhere", async {
            while timeline.items().is_empty() {
                updates.next().await.unwrap();
            }
        })
        .await;
    }

    /// Closes everything, and looks for a word in whatever is left on the disk.
    async fn leaves_no(self, word: &str) {
        self.client.close().await;
        drop(self.bob);
        self.site.stop().await;
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "{word:?} is in {}", path.display());
        }
    }
}

/// Waits until a conversation is listed with such a membership.
async fn listed(client: &Client, id: ConversationId, wanted: impl Fn(MembershipState) -> bool) {
    let mut lists = client.conversations().updates();
    let is = || {
        let entry = client.conversations().get(id);
        entry.is_some_and(|entry| wanted(entry.item.membership))
    };
    soon("the conversation in the list", async {
        while !is() {
            lists.next().await.unwrap();
        }
    })
    .await;
}

/// Waits until a message is refused, as one to a place where one is not.
async fn is_refused(client: &Client, key: causerie::TempId) {
    let settled = soon("the refusal", client.outbox().settled(key)).await;
    assert!(
        matches!(&settled, Ok(SendState::Failed { code, .. }) if *code == ErrorCode::Forbidden),
        "{settled:?}"
    );
}

#[tokio::test]
async fn who_is_removed_while_connected_keeps_what_they_saw_and_gets_nothing_more() {
    let mut scene = Scene::set().await;
    let mut events = scene
        .client
        .events(EventFilter::kinds(vec![EventKind::Server]));
    scene.members("remove_members").await;
    scene.plot().await;
    scene.has_left().await;
    scene.shows(&["one", "two"]).await;
    let unread = scene.conversation.entry().unwrap().unread;

    let key = scene.conversation.send("let me in").await.unwrap();
    is_refused(&scene.client, key).await;
    scene.catches_up().await;
    scene.shows(&["one", "two", "let me in"]).await;
    let entry = scene.conversation.entry().unwrap();
    assert_eq!(entry.item.membership, MembershipState::Left);
    assert_eq!(entry.unread, unread, "what came later counts for nothing");
    assert!(unread <= 2, "{entry:?}");
    let again = scene.client.outbox();
    again.cancel(key).await.unwrap();
    scene.shows(&["one", "two"]).await;

    scene.client.close().await;
    while let Some(event) = events.next().await {
        if let Event::Server(frame) = event {
            let frame = causerie_protocol::encode_server(&frame).unwrap();
            assert!(!frame.contains("secret"), "{frame}");
        }
    }
    scene.leaves_no("secret").await;
}

#[tokio::test]
async fn who_is_removed_while_offline_learns_of_it_and_of_nothing_else() {
    let mut scene = Scene::set().await;
    scene.client.stop().await.unwrap();
    let key = scene.conversation.send("late").await.unwrap();
    let edit = scene.conversation.send("later").await.unwrap();
    scene.members("remove_members").await;
    scene.plot().await;
    scene.client.start().await.unwrap();
    scene.has_left().await;
    is_refused(&scene.client, key).await;
    is_refused(&scene.client, edit).await;
    scene.catches_up().await;
    scene.shows(&["one", "two", "late", "later"]).await;
    let items = scene.timeline.items();
    let failed =
        |item: &causerie::TimelineItem| matches!(item.send, Some(SendState::Failed { .. }));
    assert_eq!(items.iter().filter(|item| failed(item)).count(), 2);
    assert_eq!(
        scene.conversation.entry().unwrap().item.membership,
        MembershipState::Left
    );
    scene.leaves_no("secret").await;
}

#[tokio::test]
async fn who_is_let_in_again_while_offline_sees_what_is_said_from_then_on() {
    let mut scene = Scene::set().await;
    scene.client.stop().await.unwrap();
    scene.members("remove_members").await;
    scene.plot().await;
    scene.members("add_members").await;
    scene.bob.say(&scene.id, "welcome back").await;
    scene.client.start().await.unwrap();
    scene.shows(&["welcome back"]).await;
    assert!(
        !scene.timeline.state().has_older,
        "it is the end, not a hole"
    );
    let entry = scene.conversation.entry().unwrap();
    assert_eq!(
        (entry.item.membership, entry.unread),
        (MembershipState::Joined, 1)
    );
    let key = scene.conversation.send("thank you").await.unwrap();
    let sent = soon("the answer", scene.client.outbox().settled(key)).await;
    assert!(matches!(sent, Ok(SendState::Sent { .. })), "{sent:?}");
    scene.shows(&["welcome back", "thank you"]).await;
    scene.leaves_no("secret").await;
}

#[tokio::test]
async fn who_is_removed_and_let_in_again_while_connected_goes_on_from_there() {
    let mut scene = Scene::set().await;
    scene.members("remove_members").await;
    scene.plot().await;
    scene.members("add_members").await;
    scene.bob.say(&scene.id, "welcome back").await;
    scene.shows(&["welcome back"]).await;
    scene.bob.say(&scene.id, "and live").await;
    scene.shows(&["welcome back", "and live"]).await;
    scene.leaves_no("secret").await;
}
