//! Who was removed receives nothing later.

use causerie_cli::raw::RawClient;
use causerie_e2e::{
    House,
    chat::{create_group, message, new_id, refusal, say, subscribe},
};
use serde_json::{Value, json};

/// Adds or removes bob, and gives the seq of that event.
async fn members(owner: &mut RawClient, what: &str, conversation: &str) -> u64 {
    let request = json!({
        "temp_id": new_id(), "conversation_id": conversation, "user_ids": ["bob"],
    });
    let done = owner.request(what, request).await.expect("the owner may");
    done["payload"]["seq"]
        .as_u64()
        .expect("it changed something")
}

/// Everything that has arrived up to now. What the server did before it answers is there.
async fn arrived(client: &mut RawClient) -> Vec<Value> {
    client
        .request("ping", json!({"t": 1}))
        .await
        .expect("a pong");
    client.inbox().cloned().collect()
}

#[tokio::test]
async fn after_the_removal_no_connection_of_the_user_gets_anything_of_the_room() {
    let house = House::open().await;
    let mut owner = house.client("owner").await;
    let conversation = create_group(&mut owner, &["bob"]).await;
    let mut bob = house.client("bob").await;
    let mut bobs_second = house.client("bob").await;
    subscribe(&mut bob, &conversation, None)
        .await
        .expect("bob is a member");
    let temp_id = new_id();
    let his = message(temp_id, &conversation, "hello");
    let first = bob
        .request("send_message", his.clone())
        .await
        .expect("bob is a member");

    let left_at = members(&mut owner, "remove_members", &conversation).await;
    bob.wait_for("the revocation", |f| {
        f["payload"]["event"] == "membership_revoked"
    })
    .await
    .expect("bob is told");
    for n in 0..20 {
        say(&mut owner, &conversation, &format!("secret {n}"))
            .await
            .expect("the owner talks");
    }

    for client in [&mut bob, &mut bobs_second] {
        for frame in arrived(client).await {
            assert!(!frame.to_string().contains("secret"), "{frame}");
            let seq = frame["payload"]["seq"].as_u64();
            assert!(seq.is_none_or(|seq| seq <= left_at), "{frame}");
        }
        let refused = subscribe(client, &conversation, None).await;
        assert_eq!(refusal(refused), "forbidden");
        let history = json!({"conversation_id": conversation, "limit": 10});
        assert_eq!(
            refusal(client.request("history", history).await),
            "forbidden"
        );
        let said = say(client, &conversation, "let me in").await;
        assert_eq!(refusal(said), "forbidden");
    }
    // A retry of what was taken before is answered all the same, with the first result.
    let again = bob.request("send_message", his).await.expect("a repeat");
    assert_eq!(again["payload"]["duplicate"], true);
    assert_eq!(again["payload"]["seq"], first["payload"]["seq"]);

    let token = house.server.token("bob").expect("a token");
    let mut fresh = RawClient::connect(house.server.addr())
        .await
        .expect("connects");
    let opening = json!({
        "token": token, "client_id": new_id(), "protocol": 1, "sync_token": null,
        "subscriptions": [{"room": format!("conv:{conversation}"), "since": 0}],
    });
    fresh
        .request("authenticate", opening)
        .await
        .expect("bob is still a user");
    let page = fresh
        .wait_for("the sync", |f| f["type"] == "sync_page")
        .await
        .expect("a page");
    assert!(!page.to_string().contains("secret"), "{page}");
    for frame in arrived(&mut fresh).await {
        assert!(!frame.to_string().contains("secret"), "{frame}");
    }
}

#[tokio::test]
async fn who_is_let_in_again_sees_what_is_said_from_then_on() {
    let house = House::open().await;
    let mut owner = house.client("owner").await;
    let conversation = create_group(&mut owner, &["bob"]).await;
    let mut bob = house.client("bob").await;
    subscribe(&mut bob, &conversation, None)
        .await
        .expect("bob is a member");
    say(&mut owner, &conversation, "before")
        .await
        .expect("the owner talks");
    members(&mut owner, "remove_members", &conversation).await;
    for n in 0..5 {
        say(&mut owner, &conversation, &format!("secret {n}"))
            .await
            .expect("the owner talks");
    }
    let joined_at = members(&mut owner, "add_members", &conversation).await;
    say(&mut owner, &conversation, "welcome back")
        .await
        .expect("the owner talks");

    let subscribed = subscribe(&mut bob, &conversation, Some(0))
        .await
        .expect("bob is back");
    assert_eq!(subscribed["visible_from"], joined_at);
    assert!(!subscribed.to_string().contains("secret"), "{subscribed}");
    assert!(
        subscribed.to_string().contains("welcome back"),
        "{subscribed}"
    );
    let history = bob.history(&conversation).await.expect("bob is back");
    let texts: Vec<_> = history.iter().map(|m| m["content"].clone()).collect();
    assert_eq!(texts, ["welcome back"]);

    say(&mut owner, &conversation, "and live")
        .await
        .expect("the owner talks");
    bob.wait_for("what is said now", |f| {
        f["payload"]["content"] == "and live"
    })
    .await
    .expect("live again");
    for frame in arrived(&mut bob).await {
        assert!(!frame.to_string().contains("secret"), "{frame}");
    }
}
