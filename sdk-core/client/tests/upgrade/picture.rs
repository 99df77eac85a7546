//! What a fixture holds, as JSON that a person can read and a later version is held to.

use std::path::{Path, PathBuf};

use causerie::{Client, Message, SendState, Timeline, TimelineItem, TimelineStart};
use causerie_store::{Durability, Opened, Options, Store};
use serde_json::{Value, json};

use crate::common::{site::Site, soon};

/// Where the fixtures lie.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade/fixtures")
}

/// The files of a folder, to work with.
pub fn copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// Whether everything that was recorded is there. A newer version may say more, never less.
pub fn holds(recorded: &Value, present: &Value, place: &str) -> Result<(), String> {
    match (recorded, present) {
        (Value::Object(recorded), Value::Object(present)) => {
            recorded.iter().try_for_each(|(key, value)| {
                let place = format!("{place}.{key}");
                match present.get(key) {
                    Some(present) => holds(value, present, &place),
                    // An absent field and a null are one (docs/protocol.md, opening).
                    None if value.is_null() => Ok(()),
                    None => Err(format!("{place} is missing; it was {value}")),
                }
            })
        }
        (Value::Array(recorded), Value::Array(present)) if recorded.len() == present.len() => {
            let mut pairs = recorded.iter().zip(present).enumerate();
            pairs.try_for_each(|(n, (one, other))| holds(one, other, &format!("{place}[{n}]")))
        }
        (one, other) if one == other => Ok(()),
        (one, other) => Err(format!("{place} is {other}; it was {one}")),
    }
}

/// A message in a line.
pub fn line(message: &Message) -> String {
    let mut line = format!(
        "{}: {}",
        message.sender_id,
        message.content.text().unwrap_or("–")
    );
    if message.edited_at.is_some() {
        line += " (edited)";
    }
    if message.deleted_at.is_some() {
        line += " (deleted)";
    }
    for reaction in &message.reactions {
        line += &format!(" {}×{}", reaction.emoji, reaction.count);
    }
    line
}

/// What the client's database holds, row by row.
pub fn stored(folder: &Path) -> Value {
    let copy = copy(folder);
    let options = Options {
        durability: Durability::Process,
        fresh_client_id: uuid::Uuid::nil().into(),
    };
    let alice = causerie::UserId::new("alice").unwrap();
    let Opened {
        mut store,
        snapshot,
        recovery,
    } = Store::open(copy.path(), &alice, options).unwrap();
    assert_eq!(recovery, None, "it opens as it is");
    let outbox: Vec<_> = snapshot
        .outbox
        .iter()
        .map(|row| {
            json!({
                "key": row.key, "order": row.order, "conversation_id": row.conversation_id,
                "kind": row.op.kind().as_str(), "payload": row.op, "created_at": row.created_at,
                "attempted": row.attempted, "state": row.state,
            })
        })
        .collect();
    let mut conversations = Vec::new();
    for row in &snapshot.conversations {
        let id = row.item.conversation_id;
        let all = causerie_engine::LoadQuery {
            conversation_id: id,
            lo: 0,
            hi: 1 << 52,
            limit: 1_000,
            newest: true,
        };
        conversations.push(json!({
            "item": row.item, "position": row.position, "ranges": row.ranges,
            "read_mark": row.read_mark, "draft": row.draft,
            "messages": store.load(&all).unwrap(), "cursors": store.cursors(id).unwrap(),
        }));
    }
    json!({
        "user_id": snapshot.user_id, "client_id": snapshot.client_id, "epoch": snapshot.epoch,
        "sync_token": snapshot.sync_token, "sync_cursor": snapshot.sync_cursor,
        "conversations": conversations, "outbox": outbox, "users": snapshot.users,
    })
}

fn item_line(item: &TimelineItem) -> String {
    let state = match &item.send {
        None => "",
        Some(SendState::Queued) => "queued, ",
        Some(SendState::Sent { .. }) => "sent, ",
        Some(SendState::Failed { .. }) => "failed, ",
    };
    let changing = if item.pending_change {
        "changing, "
    } else {
        ""
    };
    format!("{state}{changing}{}", line(&item.message))
}

/// What a screen shows of every conversation.
pub async fn shown(client: &Client) -> Value {
    let mut conversations = Vec::new();
    for entry in client.conversations().items() {
        let conversation = client.conversation(entry.item.conversation_id);
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let items: Vec<_> = timeline.items().iter().map(item_line).collect();
        conversations.push(json!({
            "title": entry.title, "unread": entry.unread, "draft": entry.draft, "items": items,
        }));
    }
    let outbox = client.outbox();
    let writes: Vec<_> = outbox
        .list()
        .iter()
        .map(|entry| format!("{} {:?}", entry.op.kind().as_str(), entry.state))
        .collect();
    json!({"conversations": conversations, "outbox": writes})
}

/// What a screen shows without any network.
pub async fn shown_offline(folder: &Path) -> Value {
    let copy = copy(folder);
    let client = Client::builder("ws://localhost:1", "alice").data_dir(copy.path());
    let client = client.open().await.unwrap();
    let shown = shown(&client).await;
    client.close().await;
    shown
}

/// Waits until nothing is on its way but what was refused for good.
pub async fn all_sent(client: &Client) {
    let outbox = client.outbox();
    let mut updates = outbox.updates();
    let queued = || {
        let list = outbox.list();
        list.iter().any(|entry| entry.state == SendState::Queued)
    };
    soon("the outbox to empty", async {
        while queued() {
            updates.next().await.unwrap();
        }
    })
    .await;
}

/// What everybody sees once the client has met the server again: every conversation of the client's
/// as the server tells it to her, by lines.
pub async fn met(client: &Path, server: &Path) -> Value {
    let (folder, data) = (copy(client), copy(server));
    let site = Site::start(data.path());
    let client = site.builder("alice", folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    all_sent(&client).await;
    let failed = client.outbox().list();
    for entry in failed {
        client.outbox().retry(entry.key).await.unwrap();
    }
    all_sent(&client).await;
    let mut wire = site.wire("alice").await;
    let mut told = serde_json::Map::new();
    for entry in client.conversations().items() {
        let id = entry.item.conversation_id;
        let history: Vec<_> = wire
            .history(&id.to_string())
            .await
            .into_iter()
            .map(|message| serde_json::from_value::<Message>(message).unwrap())
            .map(|message| line(&message))
            .collect();
        shows(&client, id, &history).await;
        told.insert(entry.title, json!(history));
    }
    assert!(client.outbox().list().is_empty());
    client.close().await;
    drop(wire);
    site.stop().await;
    Value::Object(told)
}

/// Waits until a screen shows just these lines; older ones are fetched.
async fn shows(client: &Client, id: causerie::ConversationId, wanted: &[String]) {
    let conversation = client.conversation(id);
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    settles(&timeline, wanted).await;
}

/// As `shows`, of an open timeline.
pub async fn settles(timeline: &Timeline, wanted: &[String]) {
    let mut updates = timeline.updates();
    let lines = || -> Vec<_> { timeline.items().iter().map(item_line).collect() };
    let settled = async {
        while lines() != wanted {
            updates.next().await.unwrap();
            let state = timeline.state();
            if state.has_older && !state.loading {
                timeline.load_older().await.unwrap();
            }
        }
    };
    let patience = std::time::Duration::from_secs(20);
    if tokio::time::timeout(patience, settled).await.is_err() {
        panic!(
            "the screen shows {:#?}\nand the server has {wanted:#?}",
            lines()
        );
    }
}
