//! What clients and a server of a released version said to each other, line by line. Today's server
//! gets the clients' lines and must answer as it was answered; today's client gets the server's
//! lines and must show what was to be seen.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use causerie::{Message, TimelineStart};
use causerie_protocol::{Request, decode_client};
use serde_json::{Value, json};

use crate::{
    common::{
        Server,
        site::{Site, Wire},
        soon,
    },
    picture,
};

const ORDER: &str = "CAUSERIE_RECORD_SESSION";
/// Stands for a token in a record.
const TOKEN: &str = "<token>";
/// The conversation of the story.
const ROOM: &str = "01920000-0000-7000-8000-0000000000c1";

/// What two clients of 0.1 say, the second of which is of a version to come. Alice watches, bob and
/// she talk.
fn story() -> Vec<(&'static str, Value)> {
    let n = |n: u32| format!("01920000-0000-7000-8000-{n:012}");
    let room = || format!("conv:{ROOM}");
    let ask =
        |id: u64, kind: &str, payload: Value| json!({"type": kind, "id": id, "payload": payload});
    let write = |id: u64, kind: &str, more: Value| {
        let mut payload = json!({"temp_id": n(1_000 + id as u32), "conversation_id": ROOM});
        let fields = payload.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        ask(id, kind, payload)
    };
    let say = |id, text: &str| write(id, "send_message", json!({"kind": "text", "content": text}));
    let own = |id: u32| n(1_000 + id);
    let hello = |id: u32| {
        json!({"token": TOKEN, "client_id": n(id), "protocol": 1, "sdk": "causerie/0.1.0 (linux)",
               "epoch": null, "sync_token": null, "compression": [], "subscriptions": []})
    };
    let mut newer = hello(2);
    newer["wishes"] = json!({"holograms": [1, 2]});
    vec![
        ("alice", ask(1, "authenticate", hello(1))),
        ("bob", ask(1, "authenticate", newer)),
        (
            "alice",
            write(
                2,
                "create_conversation",
                json!({"kind": "group", "title": "Lunch", "members": ["bob"]}),
            ),
        ),
        (
            "alice",
            ask(3, "subscribe", json!({"room": room(), "since": 0})),
        ),
        (
            "alice",
            ask(4, "history", json!({"conversation_id": ROOM, "limit": 50})),
        ),
        ("bob", ask(2, "subscribe", json!({"room": room()}))),
        ("bob", say(10, "Où es-tu ?")),
        ("alice", say(10_011, "Ici \"là\" \u{1F44B}")),
        (
            "bob",
            write(
                12,
                "send_message",
                json!({
            "kind": "custom", "content": {"poll": ["yes", "no"]}, "metadata": {"a": 1},
            "mentions": ["alice"], "spoiler": true }),
            ),
        ),
        (
            "bob",
            write(
                13,
                "edit_message",
                json!({"target_temp_id": own(10), "content": "Où es-tu ??"}),
            ),
        ),
        (
            "alice",
            write(
                10_014,
                "edit_message",
                json!({"target_temp_id": own(10_011), "content": "Ici"}),
            ),
        ),
        (
            "bob",
            write(
                15,
                "add_reaction",
                json!({"target_temp_id": own(10), "emoji": "👍🏽"}),
            ),
        ),
        (
            "alice",
            ask(16, "mark_read", json!({"conversation_id": ROOM, "seq": 3})),
        ),
        ("bob", say(17, "a slip")),
        (
            "bob",
            write(18, "delete_message", json!({"target_temp_id": own(17)})),
        ),
        ("bob", say(10, "the same again, with other words")),
        (
            "bob",
            json!({"type": "hologram", "id": 20, "payload": {"x": 1}}),
        ),
        (
            "bob",
            write(
                21,
                "edit_message",
                json!({"target_temp_id": n(9), "content": "of what?"}),
            ),
        ),
        (
            "alice",
            write(22, "update_conversation", json!({"title": "Late lunch"})),
        ),
        (
            "alice",
            write(
                23,
                "set_role",
                json!({"user_ids": ["bob"], "role": "admin"}),
            ),
        ),
        (
            "bob",
            write(
                24,
                "remove_reaction",
                json!({"target_temp_id": own(10), "emoji": "👍🏽"}),
            ),
        ),
        (
            "bob",
            write(
                25,
                "add_reaction",
                json!({"target_temp_id": own(12), "emoji": "🍝"}),
            ),
        ),
        ("bob", ask(26, "members", json!({"conversation_id": ROOM}))),
        (
            "bob",
            ask(27, "users", json!({"user_ids": ["alice", "nobody"]})),
        ),
        (
            "bob",
            json!({"type": "typing_start", "payload": {"conversation_id": ROOM}}),
        ),
        ("bob", say(28, "done")),
        ("bob", ask(29, "sync", json!({"token": null, "limit": 20}))),
        (
            "alice",
            ask(30, "history", json!({"conversation_id": ROOM, "limit": 50})),
        ),
        (
            "alice",
            write(31, "remove_members", json!({"user_ids": ["bob"]})),
        ),
        ("bob", say(32, "am I still here?")),
    ]
}

/// One line of a record: who said it or was told it.
struct Line {
    who: String,
    told: bool,
    frame: Value,
}

fn records() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(picture::fixtures()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let records: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    assert!(!records.is_empty());
    records
}

fn read(path: &PathBuf) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let told = line.get("to").is_some();
            let who = line[if told { "to" } else { "from" }]
                .as_str()
                .unwrap()
                .to_owned();
            let frame = line["line"].take();
            Line { who, told, frame }
        })
        .collect()
}

/// Says the lines to today's server, each after the one before was answered, and gives what everybody
/// was told. `told` is how many frames each is known to be told; what is read from the store for a
/// user comes in its own time.
async fn live_through(said: &[(String, Value)], told: &BTreeMap<String, usize>) -> Vec<Line> {
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path());
    let mut wires: BTreeMap<String, Wire> = BTreeMap::new();
    let mut record = Vec::new();
    for (who, frame) in said {
        if !wires.contains_key(who) {
            wires.insert(who.clone(), site.socket().await);
        }
        let line = frame.to_string().replace(TOKEN, &site.token(who));
        let wire = wires.get_mut(who).unwrap();
        wire.send(&line).await;
        record.push(Line {
            who: who.clone(),
            told: false,
            frame: frame.clone(),
        });
        // Reads are answered when they are read, and a ping at once.
        let mut answered = Vec::new();
        let last = match frame["type"].as_str() {
            Some("authenticate") => ("type", json!("sync_page")),
            Some(_) | None => ("id", frame["id"].clone()),
        };
        while !last.1.is_null()
            && answered
                .last()
                .is_none_or(|frame: &Value| frame[last.0] != last.1)
        {
            answered.push(wire.receive().await);
        }
        let to = |name: &str| {
            let who = name.to_owned();
            move |frame| Line {
                who: who.clone(),
                told: true,
                frame,
            }
        };
        record.extend(answered.into_iter().map(to(who)));
        for (name, wire) in &mut wires {
            record.extend(wire.barrier().await.into_iter().map(to(name)));
        }
    }
    for (name, wire) in &mut wires {
        let count = |record: &[Line]| {
            let told = record.iter().filter(|line| line.told && line.who == *name);
            told.count()
        };
        while told.get(name).is_some_and(|told| count(&record) < *told) {
            let frame = wire.receive().await;
            record.push(Line {
                who: name.clone(),
                told: true,
                frame,
            });
        }
    }
    drop(wires);
    site.stop().await;
    record
}

/// Not a test of its own: records the story when it is told to.
#[tokio::test]
async fn a_session_is_recorded_when_it_is_ordered() {
    let Ok(version) = std::env::var(ORDER) else {
        return;
    };
    let path = picture::fixtures().join(format!("wire-{version}.jsonl"));
    assert!(!path.exists(), "{version} exists and stays as it is");
    let said: Vec<_> = story()
        .into_iter()
        .map(|(who, frame)| (who.to_owned(), frame))
        .collect();
    let mut text = String::new();
    for line in live_through(&said, &BTreeMap::new()).await {
        let side = if line.told { "to" } else { "from" };
        text += &json!({side: line.who, "line": line.frame}).to_string();
        text.push('\n');
    }
    std::fs::write(path, text).unwrap();
}

/// Ids that the server made and times, by their place of first appearance.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn normalise(&mut self, value: &mut Value, key: &str) {
        match value {
            Value::Object(fields) => fields
                .iter_mut()
                .for_each(|(key, v)| self.normalise(v, key)),
            Value::Array(list) => list.iter_mut().for_each(|v| self.normalise(v, key)),
            Value::Number(_)
                if key == "at"
                    || key == "timestamp"
                    || key.ends_with("_at")
                    || key.ends_with("_time") =>
            {
                *value = "<time>".into();
            }
            Value::String(_) if ["epoch", "token", "cursor", "since_token"].contains(&key) => {
                *value = format!("<{key}>").into();
            }
            Value::String(text) if uuid::Uuid::try_parse(text).is_ok() => {
                let next = self.0.len();
                let name = self
                    .0
                    .entry(text.clone())
                    .or_insert_with(|| format!("<id {next}>"));
                *value = name.clone().into();
            }
            _ => {}
        }
    }
}

/// What each was told, without what differs from run to run: every reply by its request, and the
/// events of each type in their order. Between types the order is free, but for what the seqs say.
fn answers(record: &[Line]) -> Value {
    let mut told: BTreeMap<(&str, String), Vec<Value>> = BTreeMap::new();
    for line in record.iter().filter(|line| line.told) {
        let name = match line.frame["id"].as_u64() {
            Some(id) => format!("reply {id:>6}"),
            None => line.frame["type"].as_str().unwrap().to_owned(),
        };
        let of_this_name = told.entry((&line.who, name)).or_default();
        of_this_name.push(line.frame.clone());
    }
    let mut names = Names::default();
    let mut answers = serde_json::Map::new();
    for ((who, name), mut frames) in told {
        frames
            .iter_mut()
            .for_each(|frame| names.normalise(frame, ""));
        answers.insert(format!("{who}, {name}"), json!(frames));
    }
    Value::Object(answers)
}

/// How many frames each was told.
fn counts(record: &[Line]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in record.iter().filter(|line| line.told) {
        *counts.entry(line.who.clone()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_server_of_today_answers_released_clients_as_they_were_answered() {
    for path in records() {
        let record = read(&path);
        let said: Vec<_> = record
            .iter()
            .filter(|line| !line.told)
            .map(|line| (line.who.clone(), line.frame.clone()))
            .collect();
        assert!(said.len() > 20);
        let present = live_through(&said, &counts(&record)).await;
        let (was, is) = (answers(&record), answers(&present));
        if let Err(difference) = picture::holds(&was, &is, "") {
            panic!("{}: {difference}\nnow: {is:#}", path.display());
        }
    }
}

#[tokio::test]
async fn a_client_of_today_shows_what_released_servers_tell() {
    for path in records() {
        let told: Vec<Value> = read(&path)
            .into_iter()
            .filter(|line| line.told && line.who == "alice")
            .map(|line| line.frame)
            .collect();
        let is = |frame: &Value, kind: &str| frame["type"] == kind;
        let last = told
            .iter()
            .rfind(|frame| is(frame, "history_page"))
            .unwrap();
        let messages = last["payload"]["messages"].as_array().unwrap().iter();
        let wanted: Vec<_> = messages
            .map(|message| serde_json::from_value::<Message>(message.clone()).unwrap())
            .map(|message| picture::line(&message))
            .collect();
        assert!(wanted.len() >= 4, "{wanted:?}");

        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let client = crate::common::builder(&server.url(), folder.path());
        let client = client.open().await.unwrap();
        client.start().await.unwrap();
        let mut peer = server.accept().await;
        let id: causerie::ConversationId = ROOM.parse().unwrap();
        let mut timeline = None;
        for frame in &told {
            let mut frame = frame.clone();
            // What alice asked for is answered when today's client asks for it.
            let asked: Option<fn(&Request) -> bool> = match frame["type"].as_str().unwrap() {
                "authenticated" => Some(|r| matches!(r, Request::Authenticate(_))),
                "subscribed" => Some(|r| matches!(r, Request::Subscribe(_))),
                _ if frame.get("id").is_some() => continue,
                _ => None,
            };
            if let Some(asked) = asked {
                if is(&frame, "subscribed") {
                    let conversation = client.conversation(id);
                    listed(&client, id).await;
                    timeline = Some(conversation.timeline(TimelineStart::Newest).await.unwrap());
                }
                frame["id"] = loop {
                    let request = peer.receive().await.expect("a request");
                    if asked(&request.request) {
                        break json!(request.id);
                    }
                };
            }
            peer.send_text(&frame.to_string()).await;
        }
        let timeline = timeline.expect("the conversation was told");
        picture::settles(&timeline, &wanted).await;
        let entry = client.conversation(id).entry().unwrap();
        assert_eq!(entry.title, "Late lunch");
        client.close().await;
    }
}

async fn listed(client: &causerie::Client, id: causerie::ConversationId) {
    let mut lists = client.conversations().updates();
    soon("the conversation", async {
        while client.conversations().get(id).is_none() {
            lists.next().await.unwrap();
        }
    })
    .await;
}

#[test]
fn the_story_is_of_frames_that_can_be_read() {
    for (_, frame) in story() {
        let line = frame.to_string();
        for read in decode_client(&line) {
            read.unwrap();
        }
    }
}
