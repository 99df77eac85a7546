//! The border from this side: what another language's objects do, done by Rust's.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use causerie_border::{
    Action,
    record::{ConnectionKind, DiffKind, SendKind, TimelineBatch, TokenQuestion},
};
use causerie_ffi::{
    CauserieError, Client, ListenerError, Options, TimelineListener, TokenAnswer, TokenProvider,
};

struct NoTokens;

#[async_trait::async_trait]
impl TokenProvider for NoTokens {
    async fn token(&self, _: TokenQuestion) -> Result<TokenAnswer, ListenerError> {
        Err(ListenerError::Thrown {
            reason: "thrown by the app".into(),
        })
    }
}

/// Throws at every call, once it has passed on what it got.
struct Thrower(Mutex<mpsc::Sender<TimelineBatch>>);

impl TimelineListener for Thrower {
    fn on_batch(&self, batch: TimelineBatch) -> Result<(), ListenerError> {
        self.0.lock().unwrap().send(batch).unwrap();
        Err(ListenerError::Thrown {
            reason: "thrown by the app".into(),
        })
    }
}

async fn open(folder: &std::path::Path, user_id: &str) -> Result<Arc<Client>, CauserieError> {
    let options = Options {
        server_url: "ws://127.0.0.1:1".into(),
        user_id: user_id.into(),
        data_dir: folder.to_string_lossy().into_owned(),
    };
    Client::open(options, Arc::new(NoTokens)).await
}

#[tokio::test]
async fn what_is_sent_is_listed_asked_for_and_told_also_to_a_listener_that_throws() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    let timeline = chat.timeline().await.unwrap();
    let (tell, told) = mpsc::channel();
    let subscription = timeline.on_batch(Arc::new(Thrower(tell.into())));
    let next = || told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(next().diffs[0].kind, DiffKind::Reset);

    let key = chat.send("Bonjour").await.unwrap();
    let diff = next().diffs.remove(0);
    assert_eq!(
        (diff.kind, diff.items[0].key.as_str()),
        (DiffKind::Insert, key.as_str())
    );
    assert_eq!(diff.items[0].seq, None, "not confirmed");
    let status = client.write_status(&key).unwrap().unwrap();
    assert_eq!(status.kind, SendKind::Queued);
    let updates = timeline.updates();
    let batch = updates.next().await.unwrap();
    assert_eq!(batch.diffs[0].items, timeline.items());
    assert_eq!(client.conversations()[0].title, "bob");

    subscription.cancel();
    updates.end();
    assert!(updates.next().await.is_none());
    client.end().await;
}

#[tokio::test]
async fn a_failure_names_code_and_action() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let CauserieError::Failed { fault } = open(folder.path(), "bob").await.unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.action),
        ("other_user", Action::SignIn)
    );
    client.end().await;
    let CauserieError::Failed { fault } = client.start().await.unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.action),
        ("closed", Action::FixCode)
    );
    assert_eq!(client.connection().kind, ConnectionKind::Disconnected);
}
