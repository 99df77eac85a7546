//! What the log says, and what it must never say. One test, since a process has one log.

mod common;

use std::{
    fmt::{self, Write as _},
    sync::Mutex,
};

use causerie::{
    Client, ConnectionState, MessageTarget, NewConversation, SendState, TimelineStart, TokenError,
    TokenRequest,
};
use common::{site::*, *};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Hears all that the client says, at every level, as an app's subscriber would.
struct Ears(Mutex<UnboundedSender<Line>>);

/// A line with its fields.
#[derive(Debug, Clone)]
struct Line {
    level: Level,
    text: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.text, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        // The server is in this process, too.
        target.starts_with("causerie") && !target.starts_with("causerie_server")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line {
            level: *event.metadata().level(),
            text: event.metadata().target().to_owned(),
        };
        event.record(&mut line);
        let _ = self.0.lock().unwrap().send(line);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// All that was said so far.
struct Log {
    coming: UnboundedReceiver<Line>,
    said: Vec<Line>,
}

impl Log {
    /// The next line of a level that holds all of these.
    async fn says(&mut self, level: Level, parts: &[&str]) -> Line {
        let what = format!("{level} {parts:?} in the log");
        soon(&what, async {
            loop {
                let line = self.coming.recv().await.unwrap();
                self.said.push(line.clone());
                if line.level == level && parts.iter().all(|part| line.text.contains(part)) {
                    return line;
                }
            }
        })
        .await
    }
}

/// Words that are in no identifier, type or reason.
const WORDS: [&str; 8] = [
    "Ouistiti",
    "Zinzolin",
    "Croquignole",
    "Brimborion",
    "Farfelue",
    "Galimatias",
    "Mirliton",
    "Patatras",
];

async fn settles(client: &Client, key: causerie::TempId) -> SendState {
    soon("a write's end", client.outbox().settled(key))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_failing_connection_is_heard_with_its_delay_and_no_line_holds_a_token_or_what_people_write()
 {
    let (tell, coming) = unbounded_channel();
    tracing::subscriber::set_global_default(Ears(tell.into())).unwrap();
    let mut log = Log {
        coming,
        said: Vec::new(),
    };

    // Nobody is there: each attempt is told, with why and when the next one comes.
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    log.says(
        Level::INFO,
        &["the local database has a new schema", "from=0"],
    )
    .await;
    log.says(Level::DEBUG, &["the local database is open", "schema=1"])
        .await;
    log.says(
        Level::INFO,
        &["the client is open", "user_id=alice", "outbox=0"],
    )
    .await;
    // One who listens and does not come back for a while.
    let mut writes = client.outbox().updates();
    writes.next().await.unwrap();
    let bob = client.open_direct("bob").await.unwrap();
    for _ in 0..300 {
        bob.send(WORDS[2]).await.unwrap();
    }
    writes.next().await.unwrap();
    log.says(Level::WARN, &["a listener was too slow", "dropped=301"])
        .await;
    client.start().await.unwrap();
    for attempt in ["attempt=1 ", "attempt=2 "] {
        log.says(Level::DEBUG, &["the socket has ended", "reason="])
            .await;
        log.says(
            Level::WARN,
            &["no connection", attempt, "delay_ms=", "reason="],
        )
        .await;
    }
    client.close().await;
    log.says(Level::INFO, &["the client is closed"]).await;

    // A whole session.
    let data = tempfile::tempdir().unwrap();
    let site = Site::start(data.path());
    let token = site.token("alice");
    let given = token.clone();
    let folder = tempfile::tempdir().unwrap();
    let client = site
        .builder("alice", folder.path())
        .token_provider(move |_: TokenRequest| {
            let token = given.clone();
            async move { Ok::<String, TokenError>(token) }
        })
        .open()
        .await
        .unwrap();
    client.start().await.unwrap();
    live(&client).await;
    log.says(Level::DEBUG, &["the app gave a token"]).await;
    log.says(Level::DEBUG, &["the server took the token"]).await;
    log.says(Level::INFO, &["connected"]).await;
    log.says(Level::INFO, &["the sync has ended", "pages=1"])
        .await;

    let trip = NewConversation::group(WORDS[0], vec!["bob".into()]);
    let conversation = client.create_conversation(trip).await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    conversation.set_draft(Some(WORDS[1].into())).await.unwrap();
    let key = conversation.send(WORDS[2]).await.unwrap();
    settles(&client, key).await;
    let name = key.to_string();
    log.says(Level::DEBUG, &["a write is queued", &name]).await;
    log.says(Level::TRACE, &["a frame goes", "send_message"])
        .await;
    log.says(Level::DEBUG, &["a write is sent", &name]).await;
    log.says(Level::DEBUG, &["a write is confirmed", &name])
        .await;
    let target = MessageTarget::Key(key);
    let edit = conversation.edit(target, WORDS[3]).await.unwrap();
    settles(&client, edit).await;
    let react = conversation.react(target, WORDS[4]).await.unwrap();
    settles(&client, react).await;
    // What is refused, for there is no such message.
    let nothing = MessageTarget::Key(causerie::TempId::from_uuid(new_id()));
    let refused = conversation.edit(nothing, WORDS[5]).await.unwrap();
    let state = settles(&client, refused).await;
    assert!(matches!(state, SendState::Failed { .. }), "{state:?}");
    log.says(
        Level::WARN,
        &["the server refused", "what=\"write\"", "code="],
    )
    .await;
    log.says(Level::WARN, &["a write has failed", &refused.to_string()])
        .await;
    let mut bob = site.wire("bob").await;
    bob.say(&conversation.id().to_string(), WORDS[6]).await;
    soon("what bob says", async {
        while !format!("{:?}", texts(&timeline)).contains(WORDS[6]) {
            updates.next().await.unwrap();
        }
    })
    .await;
    client.close().await;
    log.says(Level::INFO, &["the client is closed"]).await;

    // A token that the server refuses.
    let folder = tempfile::tempdir().unwrap();
    let client = site
        .builder("alice", folder.path())
        .token_provider(|_: TokenRequest| async { Ok::<String, TokenError>(WORDS[7].into()) })
        .open()
        .await
        .unwrap();
    let mut states = client.connection_state();
    client.start().await.unwrap();
    soon("the refusal", async {
        while !matches!(
            states.next().await.unwrap(),
            ConnectionState::SignInNeeded { .. }
        ) {}
    })
    .await;
    log.says(Level::WARN, &["the server refused the token", "code="])
        .await;
    log.says(Level::ERROR, &["no connection before a sign-in", "reason="])
        .await;
    client.close().await;
    log.says(Level::INFO, &["the client is closed"]).await;
    site.stop().await;

    let never = WORDS.iter().copied().chain([token.as_str()]);
    for word in never {
        let found: Vec<_> = log.said.iter().filter(|l| l.text.contains(word)).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
    for level in [
        Level::ERROR,
        Level::WARN,
        Level::INFO,
        Level::DEBUG,
        Level::TRACE,
    ] {
        assert!(log.said.iter().any(|line| line.level == level), "{level}");
    }
}

fn texts(timeline: &causerie::Timeline) -> Vec<String> {
    let items = timeline.items();
    let text = |item: &causerie::TimelineItem| item.message.content.text().map(str::to_owned);
    items.iter().filter_map(text).collect()
}
