//! One client of the demo: a process of its own around the public SDK, so that it can be killed
//! with -9 at any moment. It does what it is told and reports what the SDK shows it.

use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError, mpsc as blocking},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use causerie::{
    Client, ConnectionState, Conversation, Durability, Error, MessageTarget, NetworkHint,
    OutboxUpdate, SendState, Timeline, TimelineDiff, TimelineItem, TimelineStart, TokenError,
    TokenRequest,
};
use tokio::sync::mpsc;

use super::{
    cue::{Cue, How, Report, Target},
    seen::{Change, Mark, Seen},
};

/// The largest page, so that a restarted client shows much at once.
const PAGE: u32 = 200;

/// `causerie demo-client`: not for people.
#[derive(Debug, Clone, clap::Args)]
pub struct ActorArgs {
    /// The server.
    #[arg(long)]
    server: String,
    /// Whose client this is.
    #[arg(long)]
    user: String,
    /// With whom it talks.
    #[arg(long)]
    peer: String,
    /// Where its data lie.
    #[arg(long)]
    data: PathBuf,
    /// Its token.
    #[arg(long, env = "CAUSERIE_DEMO_TOKEN", hide_env_values = true)]
    token: String,
    /// What is shown survives a power loss as well.
    #[arg(long)]
    durable: bool,
}

/// Runs until its standard input ends, or it is killed.
pub fn run(args: ActorArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(act(args)),
        Err(error) => Err(error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::note!("demo-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn act(args: ActorArgs) -> Result<(), String> {
    let reports = Reports::open();
    let token = args.token.clone();
    let durability = if args.durable {
        Durability::PowerLoss
    } else {
        Durability::Process
    };
    let client = Client::builder(&args.server, &args.user)
        .data_dir(&args.data)
        .durability(durability)
        .token_provider(move |_: TokenRequest| {
            let token = token.clone();
            async move { Ok::<String, TokenError>(token) }
        })
        // An app keeps the defaults. Here a dozen outages come within half a minute, and whoever
        // watches should not wait 30 s for the last of them.
        .tune(|config| {
            config.backoff_cap = Duration::from_secs(1);
            config.probe_timeout = Duration::from_secs(1);
        })
        .open()
        .await
        .map_err(text)?;
    let conversation = client.open_direct(&args.peer).await.map_err(text)?;
    client.start().await.map_err(text)?;
    let timeline = conversation
        .timeline_paged(TimelineStart::Newest, PAGE)
        .await
        .map_err(text)?;

    // Before it is ready, so that what an earlier life left is not taken for nothing.
    tell_outbox(&client, &reports);
    tokio::spawn(watch_link(client.clone(), reports.clone()));
    tokio::spawn(watch_outbox(client.clone(), reports.clone()));
    tokio::spawn(watch_timeline(timeline, reports.clone()));
    let mut cues = read_cues();
    while let Some(cue) = cues.recv().await {
        if let Err(error) = obey(cue, &client, &conversation, &reports).await {
            reports.send(Report::Trouble {
                what: error.to_string(),
            });
        }
    }
    client.close().await;
    Ok(())
}

fn text(error: Error) -> String {
    error.to_string()
}

async fn obey(
    cue: Cue,
    client: &Client,
    conversation: &Conversation,
    reports: &Reports,
) -> Result<(), Error> {
    match cue {
        Cue::Say { number, text } => {
            let at = now();
            let key = conversation.send(&text).await?.to_string();
            // Before the key, so that whoever has it knows that the message waits.
            tell_outbox(client, reports);
            reports.send(Report::Said { number, key, at });
        }
        Cue::Change {
            number,
            target,
            how,
        } => {
            if let Some(target) = message(&target, reports) {
                match how {
                    How::Edit(text) => conversation.edit(target, &text).await?,
                    How::Delete => conversation.delete(target).await?,
                    How::React(emoji) => conversation.react(target, &emoji).await?,
                };
                tell_outbox(client, reports);
                reports.send(Report::Done { number });
            }
        }
        Cue::NetworkChanged => client.network_changed(NetworkHint::Changed),
        Cue::Dump => {
            let timeline = conversation
                .timeline_paged(TimelineStart::Newest, PAGE)
                .await?;
            show_all(&timeline).await?;
            let items = timeline.items().iter().map(seen).collect();
            reports.send(Report::Dump { items });
        }
    }
    Ok(())
}

fn message(target: &Target, reports: &Reports) -> Option<MessageTarget> {
    let found = match target {
        Target::Key(key) => key.parse().ok().map(MessageTarget::Key),
        Target::Message(id) => id.parse().ok().map(MessageTarget::Message),
    };
    if found.is_none() {
        reports.send(Report::Trouble {
            what: format!("{target:?} names no message"),
        });
    }
    found
}

/// Loads older messages until there are none.
async fn show_all(timeline: &Timeline) -> Result<(), Error> {
    let mut updates = timeline.updates();
    while timeline.state().has_older {
        if !timeline.state().loading {
            timeline.load_older().await?;
        }
        // Whatever was loaded comes as an update; the first one tells what was there.
        if updates.next().await.is_none() {
            break;
        }
    }
    Ok(())
}

async fn watch_link(client: Client, reports: Reports) {
    let mut states = client.connection_state();
    while let Some(state) = states.next().await {
        reports.send(Report::Link {
            live: state == ConnectionState::Live,
        });
    }
}

async fn watch_outbox(client: Client, reports: Reports) {
    let mut updates = client.outbox().updates();
    while let Some(update) = updates.next().await {
        let _: OutboxUpdate = update;
        tell_outbox(&client, &reports);
    }
}

/// Reports what is in the outbox.
fn tell_outbox(client: &Client, reports: &Reports) {
    reports.send_in_turn(|| {
        let entries = client.outbox().list();
        let failed = entries.iter().filter_map(|entry| match &entry.state {
            SendState::Failed { code, message } => Some(format!("{code}: {message}")),
            SendState::Queued | SendState::Sent { .. } => None,
        });
        Report::Outbox {
            waiting: entries.len(),
            failed: failed.collect(),
        }
    });
}

/// Reports every change; loads what is older, as a person who scrolls up would.
async fn watch_timeline(timeline: Timeline, reports: Reports) {
    let mut updates = timeline.updates();
    let mut ready = false;
    while let Some(batch) = updates.next().await {
        let changes = batch.diffs.iter().map(change).collect();
        reports.send(Report::Changed { at: now(), changes });
        if !ready {
            ready = true;
            reports.send(Report::Ready);
        }
        if batch.state.has_older && !batch.state.loading {
            // It fails only once the client is closed.
            let _ = timeline.load_older().await;
        }
    }
}

fn change(diff: &TimelineDiff) -> Change {
    match diff {
        TimelineDiff::Reset(items) => Change::Reset(items.iter().map(seen).collect()),
        TimelineDiff::Insert { after, item } => {
            Change::Insert(after.map(|key| key.0.to_string()), seen(item))
        }
        TimelineDiff::Update(item) => Change::Update(seen(item)),
        TimelineDiff::Move { key, after } => {
            Change::Move(key.0.to_string(), after.map(|key| key.0.to_string()))
        }
        TimelineDiff::Remove(key) => Change::Remove(key.0.to_string()),
    }
}

fn seen(item: &TimelineItem) -> Seen {
    let message = &item.message;
    let mark = match &item.send {
        None | Some(SendState::Sent { .. }) if message.seq > 0 => Mark::Confirmed,
        Some(SendState::Failed { .. }) => Mark::Failed,
        None | Some(SendState::Sent { .. } | SendState::Queued) => Mark::Queued,
    };
    let reactions = message.reactions.iter().flat_map(|reaction| {
        let users = reaction.users.iter();
        users.map(|user| (reaction.emoji.clone(), user.to_string()))
    });
    Seen {
        key: item.key.0.to_string(),
        message_id: if message.seq == 0 {
            String::new()
        } else {
            message.message_id.to_string()
        },
        seq: message.seq,
        sender: message.sender_id.to_string(),
        text: message.content.text().map(str::to_owned),
        edited: message.edited_at.is_some(),
        deleted: message.deleted_at.is_some(),
        reactions: reactions.collect(),
        mark,
    }
}

/// The way to the parent: a thread of its own writes, so that a full pipe holds up nobody.
#[derive(Clone)]
struct Reports {
    sender: blocking::Sender<Report>,
    turn: Arc<Mutex<()>>,
}

impl Reports {
    fn open() -> Self {
        let (sender, receiver) = blocking::channel::<Report>();
        std::thread::spawn(move || {
            let mut out = io::stdout().lock();
            for report in receiver {
                let Ok(line) = serde_json::to_string(&report) else {
                    continue;
                };
                if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    // Nobody listens any more.
                    return;
                }
            }
        });
        Self {
            sender,
            turn: Arc::default(),
        }
    }

    fn send(&self, report: Report) {
        // The thread ends only when the parent has gone.
        let _ = self.sender.send(report);
    }

    /// Sends what is so now. No other that is sent so comes between the look and the report, or an
    /// older state would be told last.
    fn send_in_turn(&self, look: impl FnOnce() -> Report) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.send(look());
    }
}

fn read_cues() -> mpsc::UnboundedReceiver<Cue> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if let Ok(cue) = serde_json::from_str(&line)
                && sender.send(cue).is_err()
            {
                return;
            }
        }
    });
    receiver
}

#[expect(
    clippy::disallowed_methods,
    reason = "latencies between processes are measured by the machine's one clock"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(0))
}
