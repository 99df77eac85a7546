//! A backlog of 100,000 messages.

use std::{path::Path, time::Duration};

use causerie::{Client, TimelineStart, TokenError, TokenRequest};
use causerie_engine::{
    Command, CommandKind, Engine, EngineConfig, Input, Now, Output, ReplyId, SocketEvent,
};
use causerie_protocol::{
    ClientFrame, Request, ServerFrame, ServerMessage, Subscribed, SyncPage, decode_server,
    encode_server,
};
use causerie_store::Store;

use crate::{
    Failed, Figure, cache, clock,
    peer::{self, Server, Talk},
};

const MESSAGES: u64 = 100_000;
/// As the driver's inbox gives them out.
const BATCH: usize = 128;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    let mut figures = vec![decoding()?];
    for (shown, name) in [
        (false, "engine and store, nothing on the screen"),
        (true, "engine and store, on the screen"),
    ] {
        let rate = engine_and_store(&folder.join(name), shown)?;
        figures.push(Figure::new(name, rate, "/s", "goal > 50,000"));
    }
    figures.push(whole_client(&folder.join("client"))?);
    Ok(figures)
}

fn rate(took: Duration) -> f64 {
    MESSAGES as f64 / took.as_secs_f64()
}

fn decoding() -> Result<Figure, Failed> {
    let mut text = String::new();
    for seq in 1..=MESSAGES {
        text.push_str(&encode_server(&peer::event(cache::message(seq)))?);
        text.push('\n');
    }
    let began = clock();
    let frames = decode_server(&text).filter(Result::is_ok).count();
    let figure = Figure::new(
        "decoding alone, on the I/O threads",
        rate(began.elapsed()),
        "/s",
        "",
    );
    if frames as u64 != MESSAGES {
        return Err("a frame could not be decoded".into());
    }
    Ok(figure)
}

/// An engine and a store, without threads and sockets: what the core's thread does.
struct Bare {
    engine: Engine,
    store: Store,
    now: Now,
    asked: Vec<ClientFrame>,
}

impl Bare {
    fn feed(&mut self, input: Input) -> Result<(), Failed> {
        self.now.mono += Duration::from_micros(100);
        self.engine.handle(input, self.now);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Store(ops) => self.store.apply(&ops)?,
                Output::Load { load, query } => {
                    let messages = self.store.load(&query)?;
                    self.engine
                        .handle(Input::Loaded { load, messages }, self.now);
                }
                Output::Transmit(frames) => self.asked.extend(frames),
                Output::OpenSocket
                | Output::CloseSocket
                | Output::RequestToken { .. }
                | Output::NewClientId
                | Output::Emit(_)
                | Output::Reply { .. } => {}
            }
        }
        Ok(())
    }

    fn command(&mut self, kind: CommandKind) -> Result<(), Failed> {
        let reply = ReplyId(1);
        self.feed(Input::Command(Command { reply, kind }))
    }

    fn frame(&mut self, frame: ServerFrame) -> Result<(), Failed> {
        self.feed(Input::Frames(vec![frame]))
    }

    /// Answers every subscription that was asked for.
    fn join(&mut self) -> Result<(), Failed> {
        for frame in std::mem::take(&mut self.asked) {
            let Request::Subscribe(wanted) = frame.request else {
                continue;
            };
            let joined = Subscribed {
                room: wanted.room,
                head_seq: 0,
                head_number: 0,
                from_seq: 1,
                complete: true,
                reset: false,
                visible_from: 1,
                events: Vec::new(),
                read_cursors: Vec::new(),
                viewers: Vec::new(),
                users: Vec::new(),
                read_seq: 0,
                read_number: 0,
                mentions_unread: 0,
                rev: 1,
            };
            self.frame(ServerFrame::reply(
                frame.id,
                ServerMessage::Subscribed(joined),
            ))?;
        }
        Ok(())
    }
}

fn engine_and_store(folder: &Path, shown: bool) -> Result<f64, Failed> {
    let opened = cache::open(folder)?;
    let now = Now {
        mono: Duration::from_secs(1),
        wall: 1_763_600_000_000,
    };
    let mut bare = Bare {
        engine: Engine::restore(opened.snapshot, EngineConfig::default(), now, 1),
        store: opened.store,
        now,
        asked: Vec::new(),
    };
    bare.command(CommandKind::Start)?;
    bare.feed(Input::Socket(SocketEvent::Opened))?;
    bare.feed(Input::Token(Ok("token".into())))?;
    let hello = bare.asked.drain(..).next().ok_or("no first frame")?;
    bare.frame(ServerFrame::reply(hello.id, peer::authenticated()))?;
    bare.frame(ServerFrame::event(ServerMessage::SyncPage(SyncPage {
        conversations: vec![cache::item(0)?],
        token: Some("synced".into()),
        ..SyncPage::default()
    })))?;
    let timeline = causerie_engine::TimelineId(1);
    bare.command(CommandKind::OpenTimeline {
        timeline,
        conversation_id: cache::conversation(),
        start: TimelineStart::Newest,
        page: 50,
    })?;
    bare.join()?;
    if !shown {
        // The subscription outlives the screen.
        bare.command(CommandKind::CloseTimeline(timeline))?;
    }
    let mut batches = Vec::new();
    let mut batch = Vec::with_capacity(BATCH);
    for seq in 1..=MESSAGES {
        batch.push(peer::event(cache::message(seq)));
        if batch.len() == BATCH || seq == MESSAGES {
            batches.push(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    }
    let began = clock();
    for batch in batches {
        bare.feed(Input::Frames(batch))?;
        bare.asked.clear();
    }
    let took = began.elapsed();
    let newest = bare.store.load(&causerie_engine::LoadQuery {
        conversation_id: cache::conversation(),
        lo: 0,
        hi: MESSAGES,
        limit: 1,
        newest: true,
    })?;
    if newest.first().map(|message| message.seq) != Some(MESSAGES) {
        return Err("the backlog was not stored".into());
    }
    Ok(rate(took))
}

/// The whole client: socket, decoding, engine, store, and a listener on an open timeline.
fn whole_client(folder: &Path) -> Result<Figure, Failed> {
    let server = Server::start(0, Talk::Flood(MESSAGES))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = Client::builder(&server.url(), "alice")
            .data_dir(folder)
            .token_provider(|_: TokenRequest| async { Ok::<_, TokenError>("token".to_owned()) })
            .open()
            .await?;
        client.start().await?;
        let mut lists = client.conversations().updates();
        let conversation = client.conversation(cache::conversation());
        while conversation.entry().is_none() {
            lists.next().await;
        }
        drop(lists);
        let began = clock();
        let timeline = conversation.timeline(TimelineStart::Newest).await?;
        let mut updates = timeline.updates();
        let mut newest = 0;
        while newest < MESSAGES {
            let batch = updates.next().await.ok_or("the client ended")?;
            for diff in batch.diffs {
                newest = newest.max(match diff {
                    causerie::TimelineDiff::Insert { item, .. } => item.message.seq,
                    causerie::TimelineDiff::Reset(items) => {
                        items.last().map_or(0, |item| item.message.seq)
                    }
                    causerie::TimelineDiff::Update(_)
                    | causerie::TimelineDiff::Move { .. }
                    | causerie::TimelineDiff::Remove(_) => 0,
                });
            }
        }
        let took = began.elapsed();
        client.close().await;
        Ok(Figure::new(
            "the whole client: a server beside it, socket, listener",
            rate(took),
            "/s",
            "",
        ))
    })
}
