//! How the tests talk to a server, as plain JSON.

use causerie_cli::raw::{RawClient, RawError};
use serde_json::{Value, json};
use uuid::Uuid;

/// A new UUIDv7.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's clients make ids from nothing"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Makes a group conversation with these users beside its creator, and gives its id.
pub async fn create_group(owner: &mut RawClient, members: &[&str]) -> String {
    let id = new_id().to_string();
    let request = json!({
        "temp_id": new_id(), "conversation_id": id, "kind": "group", "members": members,
    });
    let created = owner.request("create_conversation", request).await;
    created.expect("the conversation is created");
    id
}

/// Subscribes to a conversation and gives the answer's payload.
///
/// # Errors
/// If it is refused.
pub async fn subscribe(
    client: &mut RawClient,
    conversation: &str,
    since: Option<u64>,
) -> Result<Value, RawError> {
    let room = format!("conv:{conversation}");
    let payload = match since {
        Some(since) => json!({"room": room, "since": since}),
        None => json!({"room": room}),
    };
    Ok(client.request("subscribe", payload).await?["payload"].take())
}

/// What `send_message` carries.
pub fn message(temp_id: Uuid, conversation: &str, text: &str) -> Value {
    json!({"temp_id": temp_id, "conversation_id": conversation, "kind": "text", "content": text})
}

/// Sends a text, waits for its acknowledgement, and gives its payload.
///
/// # Errors
/// If it is refused.
pub async fn say(
    client: &mut RawClient,
    conversation: &str,
    text: &str,
) -> Result<Value, RawError> {
    let payload = message(new_id(), conversation, text);
    Ok(client.request("send_message", payload).await?["payload"].take())
}

/// The code of a refusal.
///
/// # Panics
/// If it was none.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, RawError>) -> String {
    match result {
        Err(RawError::Error(frame)) => frame["payload"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        other => panic!("expected a refusal: {other:?}"),
    }
}
