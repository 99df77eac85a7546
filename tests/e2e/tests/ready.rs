//! `/readyz` tells the truth about the disk.

use causerie_cli::raw::RawError;
use causerie_e2e::{House, chat, control::http, disk::Room, within};
use serde_json::Value;

async fn ready(house: &House) -> u16 {
    let answer = http(house.server.addr(), "GET", "/readyz", "").await;
    answer.expect("an answer").0
}

fn is_unavailable(said: &Result<Value, RawError>) -> bool {
    matches!(said, Err(RawError::Error(frame)) if frame["payload"]["code"] == "unavailable")
}

#[tokio::test]
async fn a_server_without_room_is_not_ready_and_is_again_by_itself_once_there_is_some() {
    let (house, disk) = House::open_on_disk().await;
    let mut client = house.client("alice").await;
    let conversation = chat::create_group(&mut client, &[]).await;
    assert_eq!(ready(&house).await, 200);
    disk.set_room(Room::None);
    let said = chat::say(&mut client, &conversation, "without room").await;
    assert!(is_unavailable(&said), "{said:?}");
    assert_eq!(ready(&house).await, 503);
    disk.set_room(Room::Enough);
    within(20, "readiness", async {
        while ready(&house).await != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_data_are_removed_acknowledges_nothing_and_is_not_ready() {
    let house = House::open().await;
    let mut client = house.client("alice").await;
    let conversation = chat::create_group(&mut client, &[]).await;
    std::fs::remove_dir_all(house.server.data()).expect("removed");
    assert_eq!(ready(&house).await, 503);
    let said = chat::say(&mut client, &conversation, "into nothing").await;
    assert!(is_unavailable(&said), "{said:?}");
    let log = house.server.log();
    assert!(log.contains("removed or replaced"), "{log}");
}
