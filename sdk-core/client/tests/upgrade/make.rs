//! How a fixture is made: by living through a little story with the real client and server.
//!
//! ```sh
//! CAUSERIE_MAKE_FIXTURE=schema-2 cargo test -p causerie --test upgrade a_fixture_is_made
//! ```
//!
//! It refuses to touch one that exists. Read `expected.json` before it is committed: from then on
//! it is what every later version must make of the files beside it.

use std::{fs, path::Path};

use causerie::{Client, ConversationId, MessageTarget, NewConversation, TimelineStart};
use causerie_engine::{LoadQuery, OutboxRow, OutboxState, Position, Range, StoreOp};
use causerie_protocol::{ClientFrame, ErrorCode, Request, Write, WriteOp, encode_client};
use causerie_store::{Durability, Options, Store};
use serde_json::{Value, json};

use crate::{
    common::{
        direct,
        site::{Site, Wire, live},
        soon,
    },
    databases, picture,
};

const ORDER: &str = "CAUSERIE_MAKE_FIXTURE";

/// Not a test of its own: makes a fixture when it is told to.
#[tokio::test]
async fn a_fixture_is_made_when_it_is_ordered() {
    let Ok(name) = std::env::var(ORDER) else {
        return;
    };
    let folder = picture::fixtures().join(&name);
    assert!(!folder.exists(), "{name} exists and stays as it is");
    let (client, server) = (folder.join("client"), folder.join("server"));
    live_through(&client, &server).await;
    for lock in [&client, &server] {
        fs::remove_file(lock.join("causerie.lock")).unwrap();
    }
    let expected = json!({
        "stored": picture::stored(&client),
        "shown": picture::shown_offline(&client).await,
        "told": databases::told(&server).await,
        "met": picture::met(&client, &server).await,
    });
    let text = serde_json::to_string_pretty(&expected).unwrap();
    fs::write(folder.join("expected.json"), text + "\n").unwrap();
}

async fn live_through(folder: &Path, data: &Path) {
    let site = Site::start(data);
    let client = site.builder("alice", folder).open().await.unwrap();
    client.start().await.unwrap();
    live(&client).await;
    let (team, dinner) = together(&site, &client).await;
    // Once more, for a token that lies behind all this.
    client.stop().await.unwrap();
    client.start().await.unwrap();
    live(&client).await;
    let mut bob = site.wire("bob").await;
    bob.say(&team, "so long").await;
    sees(&client, team.parse().unwrap(), 27).await;
    client.stop().await.unwrap();

    for n in 1..=3 {
        bob.say(&direct().to_string(), &format!("while you were away {n}"))
            .await;
    }
    let edit = alone(&client, &team, dinner).await;
    client.close().await;
    in_between(&site, folder, edit).await;
    site.stop().await;
}

/// While everybody is connected. Gives the team's id, and what bob asked in private.
async fn together(site: &Site, client: &Client) -> (String, causerie::MessageId) {
    let private = client.open_direct("bob").await.unwrap();
    let first = private.send("Bonjour, Bob").await.unwrap();
    let new = NewConversation::group("Team", vec!["bob".into(), "carol".into()]);
    let team = client.create_conversation(new).await.unwrap();
    team.send("Welcome, all").await.unwrap();
    picture::all_sent(client).await;
    let id = team.id().to_string();
    let with_bob = direct().to_string();

    let mut bob = site.wire("bob").await;
    let mut carol = site.wire("carol").await;
    bob.say(&with_bob, "Salut, Alice").await;
    let asked = bob.say(&with_bob, "Dinner at eight?").await;
    let thumb = json!({"message_id": message_id(&mut bob, &with_bob, 0).await, "emoji": "👍"});
    bob.write("add_reaction", &with_bob, thumb).await;
    for n in 1..=24 {
        let who = if n % 3 == 0 { &mut carol } else { &mut bob };
        who.say(&id, &format!("point {n}")).await;
    }
    let mended =
        json!({"message_id": message_id(&mut bob, &id, 23).await, "content": "point 23, mended"});
    bob.write("edit_message", &id, mended).await;
    let gone = json!({"message_id": message_id(&mut carol, &id, 24).await});
    carol.write("delete_message", &id, gone).await;
    carol.say(&id, "@alice, your turn").await;
    let archive = ConversationId::from_uuid(crate::common::site::new_id());
    let group = json!({"kind": "group", "title": "Archive", "members": ["alice"]});
    bob.write("create_conversation", &archive.to_string(), group)
        .await;
    bob.say(&archive.to_string(), "for the record").await;

    for (id, count) in [(direct(), 3), (team.id(), 26), (archive, 1)] {
        sees(client, id, count).await;
    }
    private
        .edit(MessageTarget::Key(first), "Bonjour, Bob !")
        .await
        .unwrap();
    picture::all_sent(client).await;
    let asked = serde_json::from_value(asked["message_id"].clone()).unwrap();
    (id, asked)
}

/// Waits until a screen shows so many messages.
async fn sees(client: &Client, id: ConversationId, count: usize) {
    let conversation = client.conversation(id);
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    soon("what was said", async {
        while timeline.items().len() < count || timeline.state().loading {
            updates.next().await.unwrap();
        }
    })
    .await;
}

async fn message_id(wire: &mut Wire, conversation: &str, index: usize) -> Value {
    wire.history(conversation).await[index]["message_id"].clone()
}

/// While there is no connection. Gives the key of an edit.
async fn alone(client: &Client, team: &str, dinner: causerie::MessageId) -> causerie::TempId {
    let private = client.conversation(direct());
    let one = private.send("queued one").await.unwrap();
    private.send("queued two").await.unwrap();
    private
        .edit(MessageTarget::Key(one), "queued one, mended")
        .await
        .unwrap();
    private
        .react(MessageTarget::Message(dinner), "🍝")
        .await
        .unwrap();
    let team = client.conversation(team.parse().unwrap());
    let timeline = team.timeline(TimelineStart::Newest).await.unwrap();
    let welcome = timeline.items()[0].message.message_id;
    let edit = team
        .edit(MessageTarget::Message(welcome), "Welcome, everybody")
        .await
        .unwrap();
    for text in ["arrived, unanswered", "lost on the way", "refused", "later"] {
        team.send(text).await.unwrap();
    }
    let last = team.send("a slip").await.unwrap();
    team.delete(MessageTarget::Key(last)).await.unwrap();
    team.delete(MessageTarget::Message(welcome)).await.unwrap();
    team.mark_read(None).await.unwrap();
    team.set_draft(Some("half a tho".into())).await.unwrap();
    let new = NewConversation::group("Plans", vec!["bob".into()]);
    let plans = client.create_conversation(new).await.unwrap();
    plans.send("first plan").await.unwrap();
    plans.add_members(vec!["carol".into()]).await.unwrap();
    edit
}

/// What the network can do to a client between two frames: writes that arrived without an answer,
/// were answered without the event, were refused, or got lost; and a hole in what is cached.
async fn in_between(site: &Site, folder: &Path, edit: causerie::TempId) {
    let options = Options {
        durability: Durability::Process,
        fresh_client_id: uuid::Uuid::nil().into(),
    };
    let alice = causerie::UserId::new("alice").unwrap();
    let opened = Store::open(folder, &alice, options).unwrap();
    let (mut store, snapshot) = (opened.store, opened.snapshot);
    let mut wire = site.wire("alice").await;
    let mut ops = Vec::new();
    let title = |title: &str| {
        let rows = &snapshot.conversations;
        rows.iter()
            .find(|row| row.item.title.as_deref() == Some(title))
    };
    let mut team = title("Team").unwrap().clone();
    let Some(Position { seq: head, .. }) = team.position else {
        panic!("the team was subscribed");
    };
    for row in &snapshot.outbox {
        let mut row = row.clone();
        let text = match &row.op {
            WriteOp::SendMessage(message) => message.content.text().unwrap_or_default(),
            _ => "",
        };
        row.attempted = true;
        if row.key == edit {
            let answer = send(&mut wire, &row).await;
            row.state = OutboxState::Acked {
                seq: answer["seq"].as_u64().unwrap(),
                at: answer["at"].as_u64().unwrap(),
            };
        } else if text == "arrived, unanswered" {
            send(&mut wire, &row).await;
        } else if text == "refused" {
            row.state = OutboxState::Failed {
                code: ErrorCode::Forbidden,
                message: "not you".into(),
                after_seq: head - 1,
            };
        } else if text != "lost on the way" {
            continue;
        }
        ops.push(StoreOp::PutOutbox(Box::new(row)));
    }
    let known = |lo, hi| Range {
        lo,
        hi,
        as_of: head,
    };
    team.ranges = vec![known(1, 9), known(16, head)];
    ops.push(StoreOp::PutConversation(Box::new(team.clone())));
    store.apply(&ops).unwrap();
    let hole = LoadQuery {
        conversation_id: team.item.conversation_id,
        lo: 10,
        hi: 15,
        limit: 10,
        newest: true,
    };
    assert_eq!(store.load(&hole).unwrap().len(), 6);
    drop(store);
    let database = rusqlite::Connection::open(folder.join("causerie.db")).unwrap();
    let id = team.item.conversation_id.uuid();
    database
        .execute(
            "DELETE FROM messages WHERE seq BETWEEN 10 AND 15 AND conversation =
             (SELECT id FROM conversations WHERE conversation_id = ?1)",
            [id.as_bytes().as_slice()],
        )
        .unwrap();
}

/// Sends a row as the client would.
async fn send(wire: &mut Wire, row: &OutboxRow) -> Value {
    let write = Write {
        temp_id: row.key,
        conversation_id: row.conversation_id,
        skip: None,
        op: Ok(row.op.clone()),
    };
    let frame = ClientFrame {
        id: None,
        request: Request::Write(Box::new(write)),
    };
    let frame: Value = serde_json::from_str(&encode_client(&frame).unwrap()).unwrap();
    let kind = frame["type"].as_str().unwrap().to_owned();
    wire.request(&kind, frame["payload"].clone()).await["payload"].take()
}
