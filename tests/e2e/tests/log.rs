//! A log that cannot be written costs the log, and nothing else.

use std::process::{Child, Command, Stdio};

use causerie_cli::raw::RawError;
use causerie_e2e::{House, chat, control::http, disk::Room, program, within};
use serde_json::json;

/// A server whose log has no reader any more.
struct Unread(Child);

impl Drop for Unread {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn whoever_connects_is_served_though_nobody_reads_the_log_any_more() {
    let mut house = House::build();
    let mut command = house.server.command().expect("a command");
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stderr.take());
    let _server = Unread(child);
    within(20, "an answer", async {
        while http(house.server.addr(), "GET", "/readyz", "")
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for user in ["alice", "bob"] {
        let mut client = house.client(user).await;
        let pong = client.request("ping", json!({"t": 1})).await;
        assert_eq!(pong.expect("an answer")["type"], "pong");
    }
    house.server.kill();
}

#[tokio::test]
async fn a_disk_that_is_full_for_the_log_too_only_refuses_until_there_is_room() {
    let (mut house, disk) = House::build_on_disk();
    house.server.log_to("/dev/full");
    house.start().await;
    let mut client = house.client("alice").await;
    let conversation = chat::create_group(&mut client, &[]).await;
    chat::say(&mut client, &conversation, "with room")
        .await
        .expect("sent");
    disk.set_room(Room::None);
    match chat::say(&mut client, &conversation, "without room").await {
        Err(RawError::Error(frame)) => assert_eq!(frame["payload"]["code"], "unavailable"),
        other => panic!("{other:?}"),
    }
    disk.set_room(Room::Enough);
    let mut other = house.client("alice").await;
    chat::say(&mut other, &conversation, "room again")
        .await
        .expect("sent");
}

#[test]
fn a_configuration_is_checked_though_the_words_find_no_room() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = Command::new(program())
        .args(["serve", "--dev", "--check-config"])
        .stdout(full.expect("there is one"))
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("space"), "{text}");
}
