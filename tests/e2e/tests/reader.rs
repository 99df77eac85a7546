//! One reader does not read; nobody else notices.

use causerie_cli::{
    load::watch::Watch,
    proxy::{Direction, Proxy},
    raw::RawClient,
};
use causerie_e2e::{
    House,
    chat::{create_group, new_id, say, subscribe},
    within,
};

/// Enough to fill every buffer on the way several times.
const MESSAGES: u64 = 1_500;
const TEXT: usize = 12 * 1024;

#[tokio::test]
async fn a_reader_that_stalls_delays_nobody_and_misses_nothing() {
    let house = House::open().await;
    let mut owner = house.client("owner").await;
    let conversation = create_group(&mut owner, &["quick", "stalled"]).await;
    let mut quick = house.client("quick").await;
    subscribe(&mut quick, &conversation, None)
        .await
        .expect("a member");

    let proxy = Proxy::start(house.server.addr())
        .await
        .expect("a free port");
    let token = house.server.token("stalled").expect("a token");
    let client_id = new_id().to_string();
    let mut stalled = RawClient::open(proxy.addr(), &token, &client_id)
        .await
        .expect("connects");
    subscribe(&mut stalled, &conversation, None)
        .await
        .expect("a member");
    proxy.stall(Direction::Down, true);

    let reading = tokio::spawn(async move {
        let mut watch = Watch::default();
        while watch.last() < MESSAGES {
            let frame = quick.next().await.expect("the quick one is served");
            if frame["type"] == "new_message" {
                watch.handle(frame["payload"]["seq"].as_u64().expect("a seq"));
            }
        }
        watch
    });
    let text = "x".repeat(TEXT);
    for _ in 0..MESSAGES {
        say(&mut owner, &conversation, &text)
            .await
            .expect("the sender is served");
    }
    // All of that happened while one reader did not read.
    let watch = within(60, "the quick one's last message", reading)
        .await
        .expect("no panic");
    assert!(watch.is_clean(), "{watch:?}");
    assert_eq!(watch.received, MESSAGES);

    proxy.stall(Direction::Down, false);
    let mut watch = Watch::default();
    while watch.last() < MESSAGES {
        match stalled.next().await {
            Ok(frame) if frame["type"] == "new_message" => {
                watch.handle(frame["payload"]["seq"].as_u64().expect("a seq"));
            }
            Ok(_) => {}
            // On a slow machine it may have been closed as too slow (4002): then it resumes.
            Err(_) => {
                stalled = RawClient::open(proxy.addr(), &token, &client_id)
                    .await
                    .expect("connects");
                let back = subscribe(&mut stalled, &conversation, Some(watch.last())).await;
                let back = back.expect("a member");
                let from = back["from_seq"].as_u64().expect("from_seq");
                assert!(
                    from <= watch.last() + 1 || back["complete"] == false,
                    "{back}"
                );
                for event in back["events"].as_array().into_iter().flatten() {
                    watch.handle(event["payload"]["seq"].as_u64().expect("a seq"));
                }
                return;
            }
        }
    }
    assert!(watch.is_clean(), "{watch:?}");
    assert_eq!(watch.received, MESSAGES);
}
