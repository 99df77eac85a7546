//! The same over HTTP (docs/protocol.md §10): one store, one set of rules, one stream of events.

use std::time::Duration;

use causerie_server::{
    conn::{ConnConfig, RateConfig},
    listener::Options,
};
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use crate::site::{Site, exchange};

/// An answer over HTTP.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

/// A request by this user.
async fn ask(site: &Site, user: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let token = site.token(user, Duration::from_secs(600));
    let bearer = format!("authorization: Bearer {token}\r\n");
    with(site, &bearer, method, path, body).await
}

async fn with(site: &Site, headers: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let body = body.map_or_else(String::new, |body| body.to_string());
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        site.addr,
        body.len()
    );
    let response = exchange(site.addr, &request).await;
    let (head, body) = response.split_once("\r\n\r\n").expect("a response");
    Answer {
        status: head[9..12].parse().expect("a status"),
        head: head.to_lowercase(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn get<'a>(site: &'a Site, user: &'a str, path: &'a str) -> impl Future<Output = Answer> + 'a {
    ask(site, user, "GET", path, None)
}

/// A UUIDv7 of a test's own.
fn name(n: u8) -> Uuid {
    Builder::from_unix_timestamp_millis(5, &[n; 10]).into_uuid()
}

fn say(n: u8, text: &str) -> Option<Value> {
    Some(json!({"temp_id": name(n), "kind": "text", "content": text}))
}

#[tokio::test]
async fn what_is_sent_over_http_reaches_sockets_and_the_other_way_round() {
    let site = Site::dev().await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    let room = alice.group(&["bob"]).await;
    bob.subscribe(room).await;
    let path = format!("/api/conversations/{room}/messages");

    let sent = ask(&site, "alice", "POST", &path, say(1, "over HTTP")).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let event = bob.next("new_message").await;
    assert_eq!(event["payload"]["message_id"], sent.body["message_id"]);
    assert_eq!(event["meta"]["sender_id"], "alice");
    assert!(event["meta"]["client_id"].is_null(), "{event}");

    alice.say(room, "over the socket").await;
    let page = get(&site, "bob", &path).await;
    let texts: Vec<_> = page.body["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(texts, ["over HTTP", "over the socket"]);

    let id = sent.body["message_id"].as_str().expect("an id");
    let edit = json!({"temp_id": name(2), "content": "edited"});
    let path = format!("/api/messages/{id}");
    let edited = ask(&site, "alice", "PATCH", &path, Some(edit)).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(
        bob.next("message_edited").await["payload"]["content"],
        "edited"
    );
    let read = json!({"message_ids": [id]});
    let read = ask(&site, "bob", "POST", "/api/messages/read", Some(read)).await;
    assert_eq!(read.body["cursors"][0]["read_seq"], 1, "{}", read.body);
    let (_, metrics) = site.http("GET", "/metrics", "").await;
    let counted = "causerie_rest_requests_total{method=\"PATCH\",route=\"/api/messages/{id}\",status=\"200\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_repeat_is_the_first_result_whichever_way_it_comes() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&[]).await;
    let path = format!("/api/conversations/{room}/messages");
    let first = ask(&site, "alice", "POST", &path, say(1, "once")).await;
    let again = ask(&site, "alice", "POST", &path, say(1, "once")).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["message_id"], first.body["message_id"]);
    assert_eq!(again.body["duplicate"], true);
    let payload = json!({
        "temp_id": name(1), "conversation_id": room, "kind": "text", "content": "once",
    });
    let reply = alice.call("send_message", payload).await;
    assert_eq!(reply["payload"]["message_id"], first.body["message_id"]);
    // The same name for something else.
    let id = first.body["message_id"].as_str().expect("an id");
    let edit = json!({"temp_id": name(1), "content": "x"});
    let path = format!("/api/messages/{id}");
    let conflict = ask(&site, "alice", "PATCH", &path, Some(edit)).await;
    assert_eq!(conflict.code(), (409, "conflict"));
    assert_eq!(conflict.body["temp_id"], json!(name(1)));
}

#[tokio::test]
async fn who_is_no_member_sees_and_does_nothing_and_cannot_tell_why() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&["bob"]).await;
    let sent = alice.say(room, "for members").await;
    let id = sent["message_id"].as_str().expect("an id").to_owned();
    let nowhere = name(200);
    let message = format!("/api/messages/{id}");
    let before = get(&site, "bob", &format!("/api/conversations/{room}")).await;
    assert_eq!(before.status, 200, "{}", before.body);
    let out = format!(
        "/api/conversations/{room}/members?temp_id={}&user_id=bob",
        name(3)
    );
    let out = ask(&site, "alice", "DELETE", &out, None).await;
    assert_eq!(
        (out.status, &out.body["seq"]),
        (200, &json!(2)),
        "{}",
        out.body
    );
    for user in ["bob", "mallory"] {
        for room in [room, nowhere] {
            for end in ["", "/messages", "/messages?q=members", "/members"] {
                let path = format!("/api/conversations/{room}{end}");
                let answer = get(&site, user, &path).await;
                assert_eq!(answer.code(), (403, "forbidden"), "{user} {path}");
            }
            let path = format!("/api/conversations/{room}/messages");
            let answer = ask(&site, user, "POST", &path, say(9, "hi")).await;
            assert_eq!(answer.code(), (403, "forbidden"), "{user} {path}");
        }
    }
    let read = json!({"message_ids": [id]});
    let edit = Some(json!({"temp_id": name(4), "content": "x"}));
    let mallory = ask(&site, "mallory", "PATCH", &message, edit.clone()).await;
    assert_eq!(mallory.code(), (404, "not_found"));
    let mallory = ask(&site, "mallory", "POST", "/api/messages/read", Some(read)).await;
    assert_eq!(mallory.code(), (404, "not_found"));
    let bob = ask(&site, "bob", "PATCH", &message, edit).await;
    assert_eq!(bob.code(), (403, "forbidden"));
    let later = alice.say(room, "without bob").await;
    let later = format!(
        "/api/messages/{}",
        later["message_id"].as_str().expect("an id")
    );
    let path = format!("{later}?temp_id={}", name(5));
    let bob = ask(&site, "bob", "DELETE", &path, None).await;
    assert_eq!(bob.code(), (404, "not_found"));
    let bob = get(&site, "bob", "/api/messages/undelivered").await;
    assert_eq!(bob.body["messages"], json!([]));
}

#[tokio::test]
async fn what_was_deleted_is_told_nowhere() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&["bob"]).await;
    let token = get(&site, "bob", "/api/sync").await.body["token"].clone();
    let sent = alice.say(room, "the secret").await;
    let path = format!(
        "/api/messages/{}?temp_id={}",
        sent["message_id"].as_str().expect("an id"),
        name(1)
    );
    let deleted = ask(&site, "alice", "DELETE", &path, None).await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let room = format!("/api/conversations/{room}");
    let since = format!(
        "/api/messages/since?token={}",
        token.as_str().expect("a token")
    );
    for path in [
        "/api/conversations",
        "/api/sync",
        "/api/messages/undelivered",
        &since,
        &room,
        &format!("{room}/messages"),
        &format!("{room}/messages?from=0"),
    ] {
        let answer = get(&site, "bob", path).await;
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.body.to_string();
        assert!(!text.contains("secret"), "{path}: {text}");
        assert!(
            text.contains("deleted_at") || path.ends_with("members"),
            "{path}: {text}"
        );
    }
    let found = get(&site, "bob", &format!("{room}/messages?q=secret")).await;
    assert_eq!(found.body["messages"], json!([]));
}

#[tokio::test]
async fn history_is_searched_by_text_and_by_time() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&["bob"]).await;
    let mut times = Vec::new();
    for (minute, text) in ["Zebra one", "nothing", "a ZEBRA again", "über alles"]
        .iter()
        .enumerate()
    {
        site.clock.set_offset_ms(minute as i64 * 60_000);
        times.push(
            alice.say(room, text).await["created_at"]
                .as_u64()
                .expect("a time"),
        );
    }
    let seqs = async |query: &str| {
        let path = format!("/api/conversations/{room}/messages?{query}");
        let page = get(&site, "bob", &path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let seqs: Vec<_> = page.body["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|message| message["seq"].as_u64().expect("a seq"))
            .collect();
        (seqs, page.body["more"] == true)
    };
    assert_eq!(seqs("q=zebra").await, (vec![1, 3], false));
    assert_eq!(seqs("q=%C3%9CBER").await, (vec![4], false));
    assert_eq!(seqs("q=zebra&limit=1").await, (vec![3], true));
    assert_eq!(seqs("q=zebra&limit=1&before=3").await, (vec![1], false));
    assert_eq!(seqs("q=zebra&limit=1&after=0").await, (vec![1], true));
    let (from, to) = (times[1], times[3]);
    assert_eq!(
        seqs(&format!("from={from}&to={to}")).await,
        (vec![2, 3], false)
    );
    assert_eq!(
        seqs(&format!("from={from}&q=zebra")).await,
        (vec![3], false)
    );
    assert_eq!(
        seqs(&format!("from={}", times[3] + 1)).await,
        (vec![], false)
    );
    assert_eq!(seqs(&format!("to={}", times[0])).await, (vec![], false));
}

#[tokio::test]
async fn what_is_new_since_a_token_comes_once_and_in_pages() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let (one, other) = (alice.group(&["bob"]).await, alice.group(&["bob"]).await);
    let old = alice.say(one, "old").await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let token = text(&get(&site, "bob", "/api/sync").await.body["token"]);
    for n in 0..3 {
        alice.say(other, &format!("new {n}")).await;
    }
    let edit = json!({"temp_id": name(1), "content": "old, edited"});
    let path = format!("/api/messages/{}", text(&old["message_id"]));
    ask(&site, "alice", "PATCH", &path, Some(edit)).await;
    let mut path = format!("/api/messages/since?token={token}&limit=3");
    let mut said = Vec::new();
    let next = loop {
        let page = get(&site, "bob", &path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let messages = page.body["messages"].as_array().expect("messages");
        assert!(messages.len() <= 3);
        said.extend(messages.iter().map(|message| text(&message["content"])));
        match page.body["cursor"].as_str() {
            Some(cursor) => {
                path = format!("/api/messages/since?token={token}&limit=3&cursor={cursor}");
            }
            None => break text(&page.body["token"]),
        }
    };
    assert_eq!(said, ["old, edited", "new 0", "new 1", "new 2"]);
    let path = format!("/api/messages/since?token={next}");
    let page = get(&site, "bob", &path).await;
    assert_eq!(page.body["messages"], json!([]), "{}", page.body);
    alice.say(one, "newer").await;
    let page = get(&site, "bob", &path).await;
    assert_eq!(
        page.body["messages"][0]["content"], "newer",
        "{}",
        page.body
    );

    let waiting = get(&site, "bob", "/api/messages/undelivered").await;
    assert_eq!(waiting.body["messages"].as_array().map(Vec::len), Some(5));
    let mut bob = site.connect("bob").await;
    let mark = json!({"conversation_id": other, "seq": 2});
    bob.call("mark_delivered", mark).await;
    let waiting = get(&site, "bob", "/api/messages/undelivered").await;
    assert_eq!(waiting.body["messages"].as_array().map(Vec::len), Some(3));
    let own = get(&site, "alice", "/api/messages/undelivered").await;
    assert_eq!(own.body["messages"], json!([]));
}

#[tokio::test]
async fn a_direct_conversation_needs_no_id_and_is_read_by_its_user() {
    let site = Site::dev().await;
    let create = json!({"temp_id": name(1), "kind": "direct", "members": ["bob"]});
    let made = ask(&site, "alice", "POST", "/api/conversations", Some(create)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";
    assert_eq!(made.body["conversation"]["conversation_id"], id);
    let path = format!("/api/conversations/{id}/messages");
    ask(&site, "alice", "POST", &path, say(2, "hello")).await;
    let page = get(&site, "bob", "/api/messages/user/alice?limit=1").await;
    assert_eq!(page.body["messages"][0]["content"], "hello");
    assert_eq!(
        get(&site, "bob", "/api/messages/user/bob").await.code(),
        (400, "invalid")
    );
    assert_eq!(
        get(&site, "bob", "/api/messages/user/carol").await.code(),
        (403, "forbidden")
    );
    let list = get(&site, "bob", "/api/conversations").await;
    assert_eq!(list.body["conversations"][0]["peer_id"], "alice");
}

#[tokio::test]
async fn the_list_comes_in_pages_by_cursor_or_by_number() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let mut rooms = Vec::new();
    for n in 0..5 {
        site.clock.set_offset_ms(n * 1_000);
        rooms.push(alice.group(&[]).await.to_string());
    }
    rooms.reverse();
    let ids = |answer: &Answer| -> Vec<String> {
        let list = answer.body["conversations"].as_array().expect("a list");
        list.iter()
            .map(|item| item["conversation_id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let first = get(&site, "alice", "/api/conversations?limit=2").await;
    assert_eq!(ids(&first), rooms[..2]);
    let cursor = first.body["cursor"].as_str().expect("more");
    let path = format!("/api/conversations?limit=3&cursor={cursor}");
    let rest = get(&site, "alice", &path).await;
    assert_eq!(ids(&rest), rooms[2..]);
    assert!(rest.body["cursor"].is_null());
    let skipped = get(&site, "alice", "/api/conversations?limit=2&offset=1").await;
    assert_eq!(ids(&skipped), rooms[1..3]);
    let beyond = get(&site, "alice", "/api/conversations?offset=9").await;
    assert_eq!(ids(&beyond), [""; 0]);
}

#[tokio::test]
async fn a_token_is_needed_and_its_refusal_says_why() {
    let site = Site::dev().await;
    let none = with(&site, "", "GET", "/api/sync", None).await;
    assert_eq!(none.code(), (401, "token_invalid"));
    assert!(
        none.head.contains("\r\nwww-authenticate: bearer"),
        "{}",
        none.head
    );
    let token = site.token("alice", Duration::from_secs(60));
    let query = format!("/api/sync?token=x&authorization={token}");
    assert_eq!(with(&site, "", "GET", &query, None).await.status, 401);
    site.clock.set_offset_ms(61_000);
    let bearer = format!("authorization: Bearer {token}\r\n");
    let over = with(&site, &bearer, "GET", "/api/sync", None).await;
    assert_eq!(over.code(), (401, "token_expired"));
    assert_eq!(over.body["retryable"], true);
}

#[tokio::test]
async fn what_is_malformed_is_named() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&[]).await;
    let messages = format!("/api/conversations/{room}/messages");
    for (path, field) in [
        (format!("{messages}?befor=3"), "befor"),
        (format!("{messages}?before=x"), "before"),
        (format!("{messages}?before=1&before=2"), "before"),
        (format!("{messages}?q="), "q"),
        ("/api/conversations?cursor=nonsense".into(), "cursor"),
        ("/api/messages/since".into(), "token"),
        ("/api/conversations/nonsense".into(), "id"),
    ] {
        let answer = get(&site, "alice", &path).await;
        assert_eq!(answer.code(), (400, "invalid"), "{path}");
        assert_eq!(answer.body["field"], field, "{path}");
    }
    let large = "x".repeat(20_000);
    let huge = "x".repeat(70_000);
    let twice = json!({"temp_id": name(1), "content": "x", "conversation_id": name(2)});
    for (body, code) in [
        (json!({"content": "no name"}), (400, "invalid")),
        (json!({"temp_id": "x", "content": "x"}), (400, "invalid")),
        (json!({"temp_id": name(1), "content": 5}), (400, "invalid")),
        (
            json!({"temp_id": name(1), "content": large}),
            (413, "too_large"),
        ),
        (
            json!({"temp_id": name(1), "content": huge}),
            (413, "too_large"),
        ),
        (json!(["no object"]), (400, "invalid")),
        (
            json!({"temp_id": name(1), "content": "\u{0}"}),
            (400, "invalid"),
        ),
        (json!({"content": "\u{0}"}), (400, "invalid")),
        (twice, (400, "invalid")),
    ] {
        let answer = ask(&site, "alice", "POST", &messages, Some(body)).await;
        assert_eq!(answer.code(), code, "{}", answer.body);
    }
    let unknown = get(&site, "alice", "/api/search?q=x").await;
    assert_eq!(unknown.code(), (404, "unknown_type"));
    let method = ask(&site, "alice", "PUT", &messages, None).await;
    assert_eq!(method.code(), (405, "unknown_type"));
    assert!(method.head.contains("\r\nallow: "), "{}", method.head);
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_told_when_to_come_back() {
    let config = ConnConfig {
        rate: Some(RateConfig {
            per_second: 0.1,
            burst: 3.0,
            flood: 5.0,
        }),
        ..ConnConfig::default()
    };
    let site = Site::new(config, Options::default()).await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&[]).await;
    let path = format!("/api/conversations/{room}/messages");
    let first = ask(&site, "alice", "POST", &path, say(1, "first")).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for _ in 0..2 {
        get(&site, "alice", "/api/sync").await;
    }
    let refused = get(&site, "alice", "/api/sync").await;
    assert_eq!(refused.code(), (429, "rate_limited"));
    assert!(
        refused.head.contains("\r\nretry-after: 1"),
        "{}",
        refused.head
    );
    let refused = get(&site, "alice", "/api/conversations").await;
    assert_eq!(refused.code(), (429, "rate_limited"));
    // A repeat is answered even so, as on a socket.
    let again = ask(&site, "alice", "POST", &path, say(1, "first")).await;
    assert_eq!(again.body["duplicate"], true, "{}", again.body);
    let new = ask(&site, "alice", "POST", &path, say(2, "second")).await;
    assert_eq!(new.code(), (429, "rate_limited"));
    assert_eq!(get(&site, "bob", "/api/sync").await.status, 200);
}

#[tokio::test]
async fn pages_of_foreign_origins_are_refused_and_those_of_the_list_may_read() {
    let options = Options {
        allowed_origins: vec!["https://app.example".into()],
        ..Options::default()
    };
    let site = Site::new(ConnConfig::default(), options).await;
    let token = site.token("alice", Duration::from_secs(60));
    for (origin, status) in [("https://evil.example", 403), ("https://app.example", 200)] {
        let headers = format!("authorization: Bearer {token}\r\norigin: {origin}\r\n");
        let answer = with(&site, &headers, "GET", "/api/sync", None).await;
        assert_eq!(answer.status, status, "{origin}");
        let allowed = format!("\r\naccess-control-allow-origin: {origin}");
        assert_eq!(
            answer.head.contains(&allowed),
            status == 200,
            "{}",
            answer.head
        );
    }
    let ask = "origin: https://app.example\r\naccess-control-request-method: PATCH\r\n";
    let path = format!("/api/messages/{}", name(1));
    let preflight = with(&site, ask, "OPTIONS", &path, None).await;
    assert_eq!(preflight.status, 204);
    assert!(
        preflight
            .head
            .contains("\r\naccess-control-allow-methods: ")
    );
    assert!(
        preflight.head.contains("authorization"),
        "{}",
        preflight.head
    );
}

#[tokio::test]
async fn a_name_in_a_token_is_known_to_others_after_a_request() {
    let site = Site::dev().await;
    let asked = r#"{"user_id":"alice","name":"Alice"}"#;
    let (_, body) = site.http("POST", "/dev/token", asked).await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let bearer = format!(
        "authorization: Bearer {}\r\n",
        body["token"].as_str().expect("a token")
    );
    let create = json!({"temp_id": name(1), "kind": "direct", "members": ["bob"]});
    let path = "/api/conversations";
    let made = with(&site, &bearer, "POST", path, Some(create)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.body["conversation_id"].as_str().expect("an id");
    let members = get(&site, "bob", &format!("{path}/{id}/members")).await;
    let users = members.body["users"].as_array().expect("users");
    assert!(
        users.iter().any(|user| user["name"] == "Alice"),
        "{users:?}"
    );
}

#[tokio::test]
async fn the_description_is_there_for_machines_and_people() {
    let site = Site::dev().await;
    let (status, text) = site.http("GET", "/openapi.json", "").await;
    assert_eq!(status, 200);
    let api: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        api["openapi"].as_str().map(|version| &version[..2]),
        Some("3.")
    );
    let (status, page) = site.http("GET", "/docs", "").await;
    assert_eq!(status, 200);
    assert!(page.contains("openapi.json"), "{page}");
}
