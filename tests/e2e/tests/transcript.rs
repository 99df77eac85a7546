//! What the README shows is what happens.

use causerie_e2e::{House, control::http, replay};

const README: &str = include_str!("../../../README.md");

#[tokio::test]
async fn the_transcript_in_the_readme_plays_against_a_fresh_server() {
    let house = House::open().await;
    let addr = house.server.addr();
    let body = r#"{"user_id":"alice"}"#;
    let (status, answer) = http(addr, "POST", "/dev/token", body)
        .await
        .expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let token = answer["token"].as_str().expect("a token");

    let lines = replay::transcript(README);
    assert!(lines.len() >= 8, "the README has no transcript any more");
    if let Err(problem) = replay::play(addr, &lines, token).await {
        panic!("{problem}");
    }
}
