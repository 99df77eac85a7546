//! One entry of a long conversation list changes.

use std::{path::Path, time::Duration};

use causerie::{Client, ConnectionState, ListDiff, TimelineStart, TokenError, TokenRequest};
use causerie_engine::{Emission, Engine, EngineConfig, Input, Now, Output, SocketEvent};
use causerie_protocol::{
    ConversationActivity, ServerFrame, ServerMessage, SyncPage, encode_server,
};

use crate::{
    Failed, Figure, Samples, cache, clock,
    peer::{self, Server, Talk},
};

const GROUPS: u64 = 1_000;
const MESSAGES: u64 = 20;
const CHANGES: u64 = 2_000;
const WARM_UP: u64 = 200;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    drop(cache::fill_groups(folder, GROUPS, MESSAGES)?);
    let mut figures = through_the_engine(folder)?;
    figures.extend(through_the_client(folder)?);
    Ok(figures)
}

/// Somebody spoke in a group that is not on the screen: it goes to the top of the list.
fn activity(change: u64) -> Result<ServerFrame, Failed> {
    let group = change * 7 % GROUPS;
    let head = MESSAGES + 1 + change / GROUPS;
    let mut item = cache::group_item(group, head)?;
    if let Some(last) = &mut item.last_message {
        last.created_at = 1_763_800_000_000 + change;
    }
    Ok(ServerFrame::event(ServerMessage::ConversationActivity(
        Box::new(ConversationActivity {
            conversation_id: item.conversation_id,
            head_seq: head,
            head_number: head,
            read_seq: MESSAGES,
            read_number: MESSAGES,
            mentions_unread: 0,
            rev: 1,
            last_message: item.last_message,
            conversation: None,
        }),
    )))
}

/// The engine alone: frames in, differences out, nothing stored.
fn through_the_engine(folder: &Path) -> Result<Vec<Figure>, Failed> {
    let snapshot = cache::open(folder)?.snapshot;
    let now = Now {
        mono: Duration::from_secs(1),
        wall: 1_763_600_000_000,
    };
    let mut engine = Engine::restore(snapshot, EngineConfig::default(), now, 7);
    let start = causerie_engine::Command {
        reply: causerie_engine::ReplyId(1),
        kind: causerie_engine::CommandKind::Start,
    };
    let hello = ServerFrame::reply(Some(1), peer::authenticated());
    let page = SyncPage {
        token: Some("synced".into()),
        ..SyncPage::default()
    };
    let page = ServerFrame::event(ServerMessage::SyncPage(page));
    for input in [
        Input::Command(start),
        Input::Socket(SocketEvent::Opened),
        Input::Token(Ok("token".into())),
        Input::Frames(vec![hello, page]),
    ] {
        engine.handle(input, now);
        while engine.poll_output().is_some() {}
    }
    let mut samples = Samples::default();
    for change in 0..CHANGES {
        let frames = vec![activity(change)?];
        let began = clock();
        engine.handle(Input::Frames(frames), now);
        let mut told = false;
        while let Some(output) = engine.poll_output() {
            if let Output::Emit(emissions) = output {
                told |= emissions
                    .iter()
                    .any(|emission| matches!(emission, Emission::Conversations(_)));
            }
        }
        samples.add(began.elapsed());
        if !told {
            return Err("a change was not told".into());
        }
    }
    Ok(vec![
        Figure::millis("the engine alone, p50", samples.percentile(50), ""),
        Figure::millis("the engine alone, p99", samples.percentile(99), ""),
    ])
}

/// From the server's write until a listener has the difference: socket, decoding, engine, commit.
fn through_the_client(folder: &Path) -> Result<Vec<Figure>, Failed> {
    let server = Server::start(MESSAGES, Talk::Nothing)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = Client::builder(&server.url(), "alice")
            .data_dir(folder)
            .token_provider(|_: TokenRequest| async { Ok::<_, TokenError>("token".to_owned()) })
            .open()
            .await?;
        client.start().await?;
        let mut states = client.connection_state();
        while states.next().await != Some(ConnectionState::Live) {}
        let shown = client.conversation(cache::group(0));
        let _timeline = shown.timeline(TimelineStart::Newest).await?;
        while client.stats().await?.subscribed == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let others = changes(&client, &server, activity).await?;
        let own = changes(&client, &server, |change| {
            let seq = MESSAGES + 1 + change;
            Ok(peer::event(cache::group_message(0, seq)))
        });
        let own = own.await?;
        client.close().await;
        let mut figures = Vec::new();
        for (name, mut samples, goal) in [
            ("conversation_activity of any of them", others, ""),
            ("new_message of one on the screen", own, "goal < 0.2"),
        ] {
            for (at, percent) in [("p50", 50), ("p99", 99), ("slowest", 100)] {
                let goal = if percent == 50 { goal } else { "" };
                let name = format!("{name}, {at}");
                figures.push(Figure::millis(name, samples.percentile(percent), goal));
            }
        }
        Ok(figures)
    })
}

async fn changes(
    client: &Client,
    server: &Server,
    frame: impl Fn(u64) -> Result<ServerFrame, Failed>,
) -> Result<Samples, Failed> {
    let mut updates = client.conversations().updates();
    updates.next().await;
    let mut samples = Samples::default();
    for change in 0..CHANGES {
        let frame = frame(change)?;
        let wanted = frame.message.position().map(|(id, _)| id);
        let wanted = wanted.unwrap_or_else(|| cache::group(change * 7 % GROUPS));
        server.say(encode_server(&frame)?);
        loop {
            let update = updates.next().await.ok_or("the client ended")?;
            let told = update.diffs.iter().any(|diff| match diff {
                ListDiff::Insert { entry, .. }
                | ListDiff::Update { entry, .. }
                | ListDiff::Move { entry, .. } => entry.item.conversation_id == wanted,
                ListDiff::Reset(_) | ListDiff::Remove { .. } => false,
            });
            if told {
                break;
            }
        }
        if let (Some(said), true) = (server.said(), change >= WARM_UP) {
            samples.add(said.elapsed());
        }
    }
    Ok(samples)
}
