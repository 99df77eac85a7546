//! Database files of released versions, opened by this one.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    common::site::{Site, Wire},
    picture::{self, copy, holds},
};

/// Every fixture: its folder, and what was expected of it.
fn all() -> Vec<(PathBuf, Value)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(picture::fixtures()).unwrap() {
        let folder = entry.unwrap().path();
        if let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) {
            all.push((folder, serde_json::from_str(&text).unwrap()));
        }
    }
    assert!(!all.is_empty());
    all
}

fn check(folder: &Path, recorded: &Value, present: &Value) {
    if let Err(difference) = holds(recorded, present, "") {
        panic!("{}: {difference}\nnow: {present:#}", folder.display());
    }
}

#[test]
fn every_row_of_a_released_client_database_is_read_as_it_was_written() {
    for (folder, expected) in all() {
        let present = picture::stored(&folder.join("client"));
        check(&folder, &expected["stored"], &present);
        let outbox = expected["stored"]["outbox"].as_array().unwrap();
        let states: BTreeSet<_> = outbox
            .iter()
            .map(|row| row["state"]["state"].as_str().unwrap())
            .collect();
        assert_eq!(
            states,
            BTreeSet::from(["acked", "failed", "queued"]),
            "a full outbox"
        );
    }
}

#[tokio::test]
async fn a_released_client_database_shows_the_same_screens() {
    for (folder, expected) in all() {
        let present = picture::shown_offline(&folder.join("client")).await;
        check(&folder, &expected["shown"], &present);
    }
}

#[tokio::test]
async fn a_full_outbox_of_a_released_version_reaches_the_server_in_order_and_once() {
    for (folder, expected) in all() {
        let present = picture::met(&folder.join("client"), &folder.join("server")).await;
        check(&folder, &expected["met"], &present);
    }
}

#[tokio::test]
async fn a_released_server_database_gives_the_same_answers() {
    for (folder, expected) in all() {
        let present = told(&folder.join("server")).await;
        check(&folder, &expected["told"], &present);
    }
}

#[tokio::test]
async fn a_repeat_of_what_a_released_version_took_is_answered_with_the_first_result() {
    for (folder, expected) in all() {
        let data = copy(&folder.join("server"));
        let site = Site::start(data.path());
        let mut wire = site.wire("alice").await;
        let outbox = expected["stored"]["outbox"].as_array().unwrap();
        let arrived = outbox
            .iter()
            .find(|row| row["payload"]["content"] == "arrived, unanswered")
            .unwrap();
        let team = arrived["conversation_id"].as_str().unwrap();
        let before = wire.history(team).await;
        let first = before
            .iter()
            .find(|m| m["temp_id"] == arrived["key"])
            .unwrap();
        let again = repeat(&mut wire, arrived, "send_message").await;
        assert_eq!(again["type"], "message_sent", "{again}");
        assert_eq!(again["payload"]["duplicate"], true, "{again}");
        for field in ["seq", "number", "message_id", "created_at"] {
            assert_eq!(again["payload"][field], first[field], "{field}");
        }
        let other = repeat(&mut wire, arrived, "delete_message").await;
        assert_eq!(other["payload"]["code"], "conflict", "{other}");
        assert_eq!(wire.history(team).await, before, "nothing came of it");
        drop(wire);
        site.stop().await;
    }
}

async fn repeat(wire: &mut Wire, row: &Value, kind: &str) -> Value {
    let mut payload = row["payload"].clone();
    let named = json!({
        "temp_id": row["key"], "conversation_id": row["conversation_id"], "target_temp_id": row["key"],
    });
    let fields = payload.as_object_mut().unwrap();
    fields.extend(named.as_object().unwrap().clone());
    wire.request(kind, payload).await
}

#[tokio::test]
async fn a_sync_token_of_a_released_version_still_means_what_changed_since() {
    for (folder, expected) in all() {
        let data = copy(&folder.join("server"));
        let site = Site::start(data.path());
        let stored = &expected["stored"];
        let mut wire = site.socket().await;
        let hello = json!({
            "token": site.token("alice"), "client_id": stored["client_id"], "protocol": 1,
            "epoch": stored["epoch"], "sync_token": stored["sync_token"],
        });
        let welcome = wire.request("authenticate", hello).await;
        assert_eq!(
            welcome["payload"]["epoch"], stored["epoch"],
            "the same database"
        );
        let page = loop {
            let frame = wire.receive().await;
            if frame["type"] == "sync_page" {
                break frame;
            }
        };
        let changed = page["payload"]["conversations"].as_array().unwrap();
        let titles: BTreeSet<_> = changed.iter().map(|item| item["title"].as_str()).collect();
        assert_eq!(
            titles,
            BTreeSet::from([None, Some("Team")]),
            "not the archive: {page}"
        );
        site.stop().await;
    }
}

/// What a released server's database tells, word by word.
pub async fn told(server: &Path) -> Value {
    let data = copy(server);
    let site = Site::start(data.path());
    let mut told = serde_json::Map::new();
    for user in ["alice", "bob", "carol"] {
        let mut wire = site.wire(user).await;
        let page = wire
            .request("sync", json!({"token": null, "limit": 200}))
            .await;
        let mut conversations = Vec::new();
        for item in page["payload"]["conversations"].as_array().unwrap() {
            let id = item["conversation_id"].as_str().unwrap();
            let members = wire
                .request("members", json!({"conversation_id": id}))
                .await;
            let room = json!({"room": format!("conv:{id}"), "since": 0});
            let subscribed = wire.request("subscribe", room).await;
            let mut conversation = json!({
                "item": item, "members": members["payload"]["members"],
                "read_cursors": subscribed["payload"]["read_cursors"],
            });
            // One pair of eyes is enough for what all see alike.
            if user == "alice" {
                conversation["history"] = json!(wire.history(id).await);
                conversation["events"] = subscribed["payload"]["events"].clone();
            }
            conversations.push(conversation);
        }
        told.insert(user.to_owned(), json!(conversations));
    }
    site.stop().await;
    Value::Object(told)
}

fn version(database: &Path) -> u32 {
    let connection = Connection::open(database).unwrap();
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// Versions that have a fixture, by the files themselves.
fn covered(side: &str) -> BTreeSet<u32> {
    let files = all()
        .into_iter()
        .map(|(folder, _)| copy(&folder.join(side)));
    files
        .map(|files| version(&files.path().join("causerie.db")))
        .collect()
}

#[tokio::test]
async fn no_schema_was_ever_released_without_a_fixture() {
    let (client, server) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    crate::common::offline(client.path()).await.close().await;
    Site::start(server.path()).stop().await;
    for (side, folder) in [("client", &client), ("server", &server)] {
        let present = version(&folder.path().join("causerie.db"));
        let covered = covered(side);
        let missing: Vec<_> = (1..=present).filter(|v| !covered.contains(v)).collect();
        // The present one may be missing until it is released; those before it never.
        let excused = if present > 1 {
            vec![present]
        } else {
            Vec::new()
        };
        assert!(
            missing.is_empty() || missing == excused,
            "the {side}'s schemas {missing:?} have no fixture: check out the last release of each \
             and make one there, as make.rs says"
        );
    }
}
