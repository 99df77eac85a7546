//! `causerie chat`: a line chat over the public SDK. What is typed is sent, what happens is
//! printed; it works offline and goes on after a restart where it was.

mod finish;
mod line;
mod screen;
mod token;

use std::{
    collections::HashSet,
    io::{BufRead, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use causerie::{
    Client, ConnectionState, Conversation, ConversationId, Event, EventFilter, EventKind,
    MessageTarget, SendState, TempId, Timeline, TimelineStart, UserId,
};
use causerie_cli::say;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use self::{
    line::Line,
    screen::{Entry, Screen},
};
use crate::Refused;

const EXAMPLES: &str = "Examples:
  causerie chat --user alice --direct bob
      with a server that runs with --dev on this machine
  causerie chat --server wss://chat.example.org --user alice --token $TOKEN --conversation 0192…
      with a token of your own, in a conversation that you are a member of
  echo \"The build is green\" | causerie chat --user ci --direct bob
      sends the lines of a pipe, waits until they are sent, and ends

Type a line to say it; /help lists the commands. Without a connection messages are queued, and go
when there is one, also after a restart. The end of the input waits until there is one; /quit does
not.

Exit code: 0 if it ended as it was told to, 1 if a message was refused or there was no signing in,
2 if it could not begin, 130 if Ctrl-C ended it while messages waited to be sent at the end of the
input, 141 if nobody reads any more what it prints.";

/// Arguments of `causerie chat`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["conversation", "direct"])))]
pub struct Args {
    /// The server
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:4000")]
    server: String,
    /// Who you are
    #[arg(long, value_name = "ID", value_parser = |id: &str| UserId::new(id))]
    user: UserId,
    /// A conversation, by its id
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// The direct conversation with this user, made if there is none
    #[arg(long, value_name = "USER")]
    direct: Option<String>,
    /// The folder for messages and the outbox [default: causerie-chat/USER]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A token for the user; without one, the server is asked for one by POST /dev/token
    #[arg(
        long,
        value_name = "TOKEN",
        env = "CAUSERIE_TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
}

/// How a chat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// As it was told to.
    Done,
    /// Something will never be sent.
    Failed,
    /// By Ctrl-C, before everything was sent.
    Interrupted,
}

/// Runs until `/quit`, the end of the input, or Ctrl-C.
pub fn run(args: Args) -> Result<ExitCode, Refused> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let done = runtime.block_on(chat(args));
    // A thread may still wait for a line that nobody types.
    runtime.shutdown_background();
    Ok(match done? {
        Ending::Done => ExitCode::SUCCESS,
        Ending::Failed => ExitCode::FAILURE,
        Ending::Interrupted => ExitCode::from(130),
    })
}

async fn chat(args: Args) -> Result<Ending, Refused> {
    let folder = match args.data {
        Some(folder) => folder,
        None => PathBuf::from("causerie-chat").join(file_name(&args.user)),
    };
    let client = Client::builder(&args.server, args.user.as_str())
        .data_dir(&folder)
        .token_provider(token::provider(&args.server, args.token))
        .runtime(tokio::runtime::Handle::current())
        .open()
        .await?;
    let done = converse(&client, folder, args.conversation, args.direct.as_deref()).await;
    client.close().await;
    done
}

/// A folder's name for a user id, which may hold anything.
fn file_name(user: &UserId) -> String {
    let mut name = String::new();
    for byte in user.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || (b"-_.@".contains(&byte) && !name.is_empty()) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

async fn converse(
    client: &Client,
    folder: PathBuf,
    id: Option<ConversationId>,
    direct: Option<&str>,
) -> Result<Ending, Refused> {
    // Before what is typed can end: no Ctrl-C is lost between two waits.
    let interrupt = signal(SignalKind::interrupt())?;
    let failed = failed(client).map(|(key, _)| key).collect();
    client.start().await?;
    let conversation = match (id, direct) {
        (_, Some(user)) => client.open_direct(user).await?,
        (Some(id), None) => known(client, id).await?,
        (None, None) => return Err(Refused("name a --conversation or a --direct user".into())),
    };
    let timeline = conversation
        .timeline_paged(TimelineStart::Newest, 20)
        .await?;
    let title = conversation
        .entry()
        .map_or_else(String::new, |entry| entry.title);
    say!(
        "* {title} ({}); /help lists the commands",
        conversation.id()
    );
    let mut chat = Chat {
        client: client.clone(),
        conversation,
        timeline,
        screen: Screen::new(client.user_id().clone()),
        folder,
        interrupt,
        failed,
        refused: false,
    };
    chat.talk().await
}

/// What the server has refused for good, with its reason.
fn failed(client: &Client) -> impl Iterator<Item = (TempId, String)> {
    let entries = client.outbox().list().into_iter();
    entries.filter_map(|entry| match entry.state {
        SendState::Failed { code, message } => Some((entry.key, format!("{message} ({code})"))),
        SendState::Queued | SendState::Sent { .. } => None,
    })
}

/// Waits until the server has told of a conversation that this device does not know yet.
async fn known(client: &Client, id: ConversationId) -> Result<Conversation, Refused> {
    let conversation = client.conversation(id);
    if conversation.entry().is_some() {
        return Ok(conversation);
    }
    say!("* this device does not know the conversation yet; asking the server (Ctrl-C ends)");
    let mut lists = client.conversations().updates();
    let mut states = client.connection_state();
    loop {
        tokio::select! {
            update = lists.next() => {
                if update.is_none() || conversation.entry().is_some() {
                    return Ok(conversation);
                }
            }
            Some(state) = states.next() => {
                if !matches!(state, ConnectionState::Authenticating) {
                    tell_state(&state);
                }
            }
            _ = tokio::signal::ctrl_c() => {
                return Err(Refused(format!("the server did not tell of the conversation {id}")));
            }
        }
    }
}

struct Chat {
    client: Client,
    conversation: Conversation,
    timeline: Timeline,
    screen: Screen,
    /// Where what is queued lies.
    folder: PathBuf,
    interrupt: Signal,
    /// What had failed before this run.
    failed: HashSet<TempId>,
    /// A line could not even be queued.
    refused: bool,
}

impl Chat {
    async fn talk(&mut self) -> Result<Ending, Refused> {
        let mut updates = self.timeline.updates();
        let mut states = self.client.connection_state();
        let mut events = self.client.events(EventFilter::kinds(vec![
            EventKind::Typing,
            EventKind::Fault,
        ]));
        let mut lines = typed_lines();
        let mut told = None;
        loop {
            tokio::select! {
                // In this order: what a line did is printed before the next is read.
                biased;
                Some(batch) = updates.next() => self.show(&batch),
                Some(state) = states.next() => {
                    // Every attempt would be too much to tell.
                    let kind = std::mem::discriminant(&state);
                    let on_the_way = matches!(
                        state,
                        ConnectionState::Connecting | ConnectionState::Authenticating
                    );
                    if told != Some(kind) && !(on_the_way && told.is_some()) {
                        tell_state(&state);
                        told = Some(kind);
                    }
                }
                Some(event) = events.next() => self.tell_event(&event),
                line = lines.recv() => match line {
                    Some(line) => match Line::parse(&line) {
                        Ok(Line::Quit) => break,
                        Ok(line) => self.obey(line).await,
                        Err(why) => say!("! {why}"),
                    },
                    None => return Ok(self.finish().await),
                },
                _ = self.interrupt.recv() => break,
            }
        }
        let queued = self.unsent();
        if queued > 0 {
            say!("* {queued} not sent yet; they go when this runs again");
        }
        Ok(Ending::Done)
    }

    fn show(&mut self, batch: &causerie::TimelineBatch) {
        let users = self.client.users();
        let name = |id: &UserId| {
            let user = users.get(id.as_str());
            user.and_then(|user| user.name)
                .unwrap_or_else(|| id.to_string())
        };
        for line in self.screen.apply(batch, name) {
            say!("{line}");
        }
        // What is on the screen is read.
        let conversation = self.conversation.clone();
        if let Some(seq) = self.screen.newest_of_others() {
            tokio::spawn(async move { conversation.mark_read(Some(seq)).await });
        }
    }

    fn tell_event(&self, event: &Event) {
        match event {
            Event::Typing {
                conversation_id,
                user_ids,
            } if *conversation_id == self.conversation.id() && !user_ids.is_empty() => {
                let names: Vec<&str> = user_ids.iter().map(UserId::as_str).collect();
                say!("* {} … types", names.join(", "));
            }
            Event::Fault { code, message, .. } => say!("! {code}: {message}"),
            Event::Recovered(recovery) => say!(
                "! the local data was damaged; {} queued writes were saved, the rest comes again",
                recovery.outbox
            ),
            _ => {}
        }
    }

    async fn obey(&mut self, line: Line) {
        let is_said = matches!(line, Line::Say(_));
        let done = match line {
            Line::Say(text) => self.conversation.send(&text).await.map(drop),
            Line::Edit(number, text) => match self.target(number) {
                Some(target) => self.conversation.edit(target, &text).await.map(drop),
                None => return,
            },
            Line::Delete(number) => match self.target(number) {
                Some(target) => self.conversation.delete(target).await.map(drop),
                None => return,
            },
            Line::React(number, emoji) => match self.target(number) {
                Some(target) => self.conversation.react(target, &emoji).await.map(drop),
                None => return,
            },
            Line::Unreact(number, emoji) => match self.target(number) {
                Some(target) => self.conversation.unreact(target, &emoji).await.map(drop),
                None => return,
            },
            Line::Retry(number) => match self.entry(number) {
                Some(entry) => self.client.outbox().retry(entry.key).await,
                None => return,
            },
            Line::Cancel(number) => match self.entry(number) {
                Some(entry) => self.client.outbox().cancel(entry.key).await,
                None => return,
            },
            Line::History => {
                if !self.timeline.state().has_older {
                    say!("* this is the beginning");
                }
                self.timeline.load_older().await
            }
            Line::Outbox => {
                self.tell_outbox();
                Ok(())
            }
            Line::Help => {
                say!("{}", line::HELP);
                Ok(())
            }
            Line::Empty | Line::Quit => Ok(()),
        };
        if let Err(error) = done {
            self.refused |= is_said;
            say!("! {error}");
        }
    }

    fn tell_outbox(&self) {
        let entries = self.client.outbox().list();
        if entries.is_empty() {
            say!("* everything is sent");
        }
        for entry in entries {
            let state = match &entry.state {
                SendState::Queued => "queued".to_owned(),
                SendState::Sent { .. } => "sent".to_owned(),
                SendState::Failed { code, message } => format!("failed ({code}): {message}"),
            };
            say!("* {} {state}", entry.op.kind().as_str());
        }
    }

    fn entry(&self, number: usize) -> Option<Entry> {
        let entry = self.screen.entry(number);
        if entry.is_none() {
            say!("! there is no message {number} on the screen");
        }
        entry
    }

    /// One's own message is known by its key, before and after the server has it.
    fn target(&self, number: usize) -> Option<MessageTarget> {
        let entry = self.entry(number)?;
        Some(if entry.mine {
            MessageTarget::Key(entry.key)
        } else {
            MessageTarget::Message(entry.message_id)
        })
    }

    fn unsent(&self) -> usize {
        let outbox = self.client.outbox().list();
        outbox
            .iter()
            .filter(|entry| entry.state == SendState::Queued)
            .count()
    }
}

fn tell_state(state: &ConnectionState) {
    match state {
        ConnectionState::Disconnected | ConnectionState::Suspended => say!("* offline"),
        ConnectionState::Connecting | ConnectionState::Authenticating => say!("* connecting"),
        ConnectionState::Live => say!("* connected"),
        ConnectionState::Waiting { reason, .. } => {
            say!("* no connection ({reason}); trying again by itself");
        }
        ConnectionState::SignInNeeded { reason } => say!("! no token: {reason}"),
        ConnectionState::Closed { reason } => say!("! closed: {reason}"),
    }
}

/// Lines as they are typed, from a thread, since reading a terminal cannot be interrupted.
fn typed_lines() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if typed.send(line).is_err() {
                break;
            }
        }
        if std::io::stdin().is_terminal() {
            say!();
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_of_any_kind_names_a_folder_within_the_folder() {
        let name = |id: &str| file_name(&UserId::new(id).unwrap());
        assert_eq!(name("alice@example.org"), "alice@example.org");
        assert_eq!(name("../../etc"), "%2E.%2F..%2Fetc");
        assert_eq!(name("."), "%2E");
        assert_eq!(name("ö"), "%C3%B6");
    }
}
