//! The border from this side: what Dart does, done by Rust.

use causerie_border::{
    Action,
    record::{DiffKind, SendKind, TokenAnswer},
};
use causerie_flutter::api::{Client, Options};

async fn open(folder: &std::path::Path, user_id: &str) -> Result<Client, causerie_border::Fault> {
    let options = Options {
        server_url: "ws://127.0.0.1:1".into(),
        user_id: user_id.into(),
        data_dir: folder.to_string_lossy().into_owned(),
    };
    Client::open(options, |_| {
        Box::pin(async { TokenAnswer::temporary("no backend here") })
    })
    .await
}

#[tokio::test]
async fn what_is_sent_is_listed_and_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob".into()).await.unwrap();
    let timeline = chat.timeline().await.unwrap();
    let updates = timeline.updates();
    assert_eq!(updates.next().await.unwrap().diffs[0].kind, DiffKind::Reset);
    let key = chat.send("Bonjour".into()).await.unwrap();
    let batch = updates.next().await.unwrap();
    assert_eq!(batch.diffs[0].kind, DiffKind::Insert);
    assert_eq!(batch.diffs[0].items, timeline.items());
    let status = client.write_status(key).unwrap().unwrap();
    assert_eq!(status.kind, SendKind::Queued);
    assert_eq!(client.conversations()[0].title, "bob");
    updates.end();
    assert!(updates.next().await.is_none());
    client.end().await;
}

#[tokio::test]
async fn a_failure_names_code_and_action() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let fault = open(folder.path(), "bob").await.err().unwrap();
    assert_eq!(
        (fault.code.as_str(), fault.action),
        ("other_user", Action::SignIn)
    );
    client.end().await;
    let fault = client.start().await.unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.action),
        ("closed", Action::FixCode)
    );
}
