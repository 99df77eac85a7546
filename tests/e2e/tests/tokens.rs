//! Tokens end, and connections with them.

use std::time::Duration;

use causerie_cli::raw::{RawClient, RawError};
use causerie_e2e::{House, chat, within};
use serde_json::json;

/// Of the tokens here, in seconds.
const LIFETIME: i64 = 600;

async fn short_lived(house: &House, user: &str) -> RawClient {
    let lifetime = Duration::from_secs(LIFETIME.unsigned_abs());
    let token = house.server.token_for(user, lifetime).expect("a token");
    let client_id = chat::new_id().to_string();
    let client = RawClient::open(house.server.addr(), &token, &client_id).await;
    client.expect("the token is good")
}

#[tokio::test]
async fn whoever_does_not_bring_a_new_token_is_warned_and_then_closed_with_4004() {
    let house = House::open().await;
    let mut client = short_lived(&house, "alice").await;
    house.control.clock((LIFETIME - 50) * 1_000).await;
    let warning = client
        .wait_for("the warning", |f| f["type"] == "connection_event")
        .await
        .expect("a warning a minute before");
    assert_eq!(warning["payload"]["event"], "token_expiring");
    house.control.clock((LIFETIME + 30) * 1_000).await;
    assert_eq!(client.wait_closed().await.expect("a close frame"), 4004);
}

#[tokio::test]
async fn whoever_brings_a_new_token_stays() {
    let house = House::open().await;
    let mut client = short_lived(&house, "alice").await;
    let conversation = chat::create_group(&mut client, &[]).await;
    house.control.clock((LIFETIME - 50) * 1_000).await;
    client
        .wait_for("the warning", |f| f["payload"]["event"] == "token_expiring")
        .await
        .expect("a warning");
    let token = house.server.token("alice").expect("a token");
    let refreshed = client
        .request("refresh_token", json!({"token": token}))
        .await;
    assert_eq!(refreshed.expect("it is good")["type"], "token_refreshed");
    house.control.clock((LIFETIME + 30) * 1_000).await;
    chat::say(&mut client, &conversation, "still here")
        .await
        .expect("still served");
}

#[tokio::test]
async fn a_token_of_somebody_else_does_not_refresh() {
    let house = House::open().await;
    let mut client = short_lived(&house, "alice").await;
    let token = house.server.token("bob").expect("a token");
    let refused = client
        .request("refresh_token", json!({"token": token}))
        .await;
    assert!(
        matches!(refused, Err(RawError::Error(_) | RawError::Closed(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_expired_token_and_a_forged_one_are_told_apart() {
    let house = House::open().await;
    let token = house
        .server
        .token_for("alice", Duration::from_secs(30))
        .expect("a token");
    house.control.clock(60_000).await;
    assert_eq!(
        opening(&house, &token).await,
        ("token_expired".to_owned(), true)
    );
    let forged = format!("{}x", house.server.token("alice").expect("a token"));
    assert_eq!(opening(&house, &forged).await.0, "token_invalid");
}

async fn opening(house: &House, token: &str) -> (String, bool) {
    let client_id = chat::new_id().to_string();
    match RawClient::open(house.server.addr(), token, &client_id).await {
        Err(RawError::Error(frame)) => {
            let code = frame["payload"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            (code, frame["payload"]["retryable"] == true)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_asks_its_provider_for_a_new_token_and_goes_on() {
    use causerie::{Client, SendState, TokenError, TokenRequest};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    let house = House::open().await;
    let lifetime = Duration::from_secs(LIFETIME.unsigned_abs());
    let short = house.server.token_for("alice", lifetime).expect("a token");
    let long = house.server.token("alice").expect("a token");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let provider = move |_: TokenRequest| {
        let token = match count.fetch_add(1, Ordering::SeqCst) {
            0 => short.clone(),
            _ => long.clone(),
        };
        async move { Ok::<String, TokenError>(token) }
    };
    let client = Client::builder(&format!("ws://{}", house.server.addr()), "alice")
        .data_dir(house.folder("alice"))
        .token_provider(provider)
        .open()
        .await
        .expect("opens");
    client.start().await.expect("starts");
    let conversation = client.open_direct("bob").await.expect("a conversation");
    let key = conversation.send("before").await.expect("is shown");
    let sent = within(20, "the first message", client.outbox().settled(key)).await;
    assert!(matches!(sent, Ok(SendState::Sent { .. })), "{sent:?}");

    house.control.clock((LIFETIME + 30) * 1_000).await;
    let key = conversation.send("after").await.expect("is shown");
    let sent = within(20, "the second message", client.outbox().settled(key)).await;
    assert!(matches!(sent, Ok(SendState::Sent { .. })), "{sent:?}");
    house.control.cut("alice").await;
    let key = conversation.send("after a cut").await.expect("is shown");
    let sent = within(20, "the third message", client.outbox().settled(key)).await;
    assert!(matches!(sent, Ok(SendState::Sent { .. })), "{sent:?}");
    assert!(
        asked.load(Ordering::SeqCst) >= 2,
        "the provider was not asked again"
    );
    client.close().await;
}
