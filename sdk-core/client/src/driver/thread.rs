//! The core's thread: owns the engine and the store, and does one thing at a time.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use causerie_engine::{
    Command, CommandKind, Engine, EngineConfig, Input, Lifecycle, Reply, ReplyId, SocketEvent,
    TimelineId,
};
use causerie_protocol::{ServerFrame, ServerMessage, TempId};
use causerie_store::{Opened, Options, Recovery, Store};
use tokio::{
    runtime::{self, Runtime},
    sync::{oneshot, watch},
};

use super::{
    Core, Handle, Opening,
    ask::{Answer, Ask, View},
    clock,
    inbox::Work,
    journal::{self, Journal},
    recovery::{Trouble, restore},
    registry,
};
use crate::{
    AskUser, Error, Event, FixCode, RetryLater, TokenProvider, Unsent,
    observe::{Observed, OutboxMirror, TimelineMirror},
    transport::Socket,
};

/// Starts the thread; it answers once the folder is open, or why it is not. `busy` holds the
/// folder's slot in the registry until then.
pub(super) fn start(
    opening: Opening,
    busy: watch::Sender<()>,
    answer: oneshot::Sender<Result<Handle, Error>>,
) {
    let folder = opening.folder.clone();
    let spawned = std::thread::Builder::new()
        .name("causerie-core".into())
        .spawn(move || run(opening, busy, answer));
    if let Err(error) = spawned {
        // The answer went with the closure: the caller is told that the client is closed.
        tracing::error!(%error, "no thread for the core");
        registry::ended(&folder);
    }
}

fn run(opening: Opening, busy: watch::Sender<()>, answer: oneshot::Sender<Result<Handle, Error>>) {
    let folder = opening.folder.clone();
    // Lives as long as the thread: whoever waits for its end waits for this.
    let (end, ended) = watch::channel(());
    let opened = catch_unwind(AssertUnwindSafe(|| CoreThread::open(opening, ended)));
    match opened.unwrap_or_else(|_| Err(internal())) {
        Err(error) => {
            tracing::error!(code = error.code(), "the client cannot be opened");
            registry::ended(&folder);
            drop(busy);
            let _ = answer.send(Err(error));
        }
        Ok((mut thread, runtime)) => {
            let handle = registry::opened(&thread.core);
            drop(busy);
            // If nobody waits any more, the handle is dropped here, and that ends the thread.
            let _ = answer.send(Ok(handle));
            thread.work();
            let core = Arc::clone(&thread.core);
            if catch_unwind(AssertUnwindSafe(|| thread.end())).is_err() {
                core.close();
            }
            if let Some(runtime) = runtime {
                runtime.shutdown_background();
            }
        }
    }
    drop(end);
}

/// A command whose answer is awaited.
pub(super) struct Pending {
    pub(super) answer: Option<Answer<Reply>>,
    /// The timeline that it opens.
    pub(super) opens: Option<TimelineId>,
}

pub(super) struct CoreThread {
    pub(super) core: Arc<Core>,
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) config: EngineConfig,
    pub(super) provider: Arc<dyn TokenProvider>,
    pub(super) socket: Option<Socket>,
    /// Names the present socket; news of older ones is dropped.
    pub(super) socket_number: u64,
    pub(super) pending: HashMap<ReplyId, Pending>,
    /// The command that is being carried out.
    pub(super) current: Option<ReplyId>,
    pub(super) next_reply: u64,
    pub(super) views: HashMap<TimelineId, View>,
    /// When `send` was called for messages whose `Insert` has not been told.
    pub(super) echoes: HashMap<TempId, Duration>,
    /// This device's clock less the server's, in milliseconds.
    clock_ahead: i64,
    /// Whether the app wants a connection.
    pub(super) started: bool,
    pub(super) suspended: bool,
    /// Answers that wait until the files are closed again, while the app is in the background.
    pub(super) late: Vec<(Answer<Reply>, Result<Reply, Error>)>,
    pub(super) trouble: Option<Trouble>,
    pub(super) journal: Journal,
    ending: bool,
}

impl CoreThread {
    fn open(
        opening: Opening,
        ended: watch::Receiver<()>,
    ) -> Result<(Self, Option<Runtime>), Error> {
        let options = Options {
            durability: opening.durability,
            fresh_client_id: clock::fresh_id().into(),
        };
        let Opened {
            store,
            snapshot,
            recovery,
        } = Store::open(&opening.folder, &opening.user_id, options)?;
        let (handle, runtime) = match &opening.runtime {
            Some(handle) => (handle.clone(), None),
            None => {
                let runtime = runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .thread_name("causerie-io")
                    .enable_all()
                    .build()
                    .map_err(|error| RetryLater::Store(format!("no threads for I/O: {error}")))?;
                (runtime.handle().clone(), Some(runtime))
            }
        };
        let core = Core::new(&opening, handle, ended);
        let engine = restore(&core, snapshot, &opening.config);
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            user_id = %opening.user_id,
            conversations = core.list.read(|list| list.len()),
            outbox = core.outbox.read(|outbox| outbox.len()),
            "the client is open"
        );
        let mut thread = Self {
            core,
            store,
            engine,
            config: opening.config,
            provider: opening.provider,
            socket: None,
            socket_number: 0,
            pending: HashMap::new(),
            current: None,
            next_reply: 0,
            views: HashMap::new(),
            echoes: HashMap::new(),
            clock_ahead: 0,
            started: false,
            suspended: false,
            late: Vec::new(),
            trouble: None,
            journal: Journal::default(),
            ending: false,
        };
        thread.drain();
        thread.tell_recovery(recovery);
        Ok((thread, runtime))
    }

    /// Until it is told to end. A panic is a bug, and costs what was being done and the
    /// connection; but not the client, whose user may have nothing else.
    fn work(&mut self) {
        while !self.ending {
            if catch_unwind(AssertUnwindSafe(|| self.step())).is_ok() {
                continue;
            }
            if catch_unwind(AssertUnwindSafe(|| self.handle_panic())).is_err() {
                self.ending = true;
            }
        }
    }

    fn step(&mut self) {
        match self.core.inbox.next(self.wait()) {
            Work::Ask(ask) => self.handle_ask(ask),
            Work::Opened { socket } => {
                if socket == self.socket_number {
                    self.feed(Input::Socket(SocketEvent::Opened));
                }
            }
            Work::Frames { socket, frames } => {
                if socket == self.socket_number {
                    self.handle_frames(frames);
                }
            }
            Work::Closed {
                socket,
                code,
                reason,
            } => {
                if socket == self.socket_number {
                    journal::closed(code, &reason);
                    self.drop_socket();
                    self.feed(Input::Socket(SocketEvent::Closed { code, reason }));
                }
            }
            Work::Token(token) => {
                journal::answered(&token);
                self.feed(Input::Token(token));
            }
            Work::Timer => self.handle_timer(),
        }
    }

    /// How long there is nothing to do unless something comes.
    fn wait(&self) -> Option<Duration> {
        if self.suspended {
            return None;
        }
        let retry = self.trouble.as_ref().and_then(|trouble| trouble.at);
        let engine = if self.is_stalled() {
            None
        } else {
            self.engine.poll_timeout().map(|(at, _)| at)
        };
        let at = retry.into_iter().chain(engine).min()?;
        Some(at.saturating_sub(clock::monotonic()))
    }

    fn handle_timer(&mut self) {
        let due = |at: Duration| at <= clock::monotonic();
        let retry = self.trouble.as_ref().and_then(|trouble| trouble.at);
        if retry.is_some_and(due) {
            self.try_again();
        }
        if self.engine.poll_timeout().is_some_and(|(at, _)| due(at)) {
            self.feed(Input::Timer);
        }
    }

    fn handle_ask(&mut self, ask: Ask) {
        match ask {
            Ask::Command { kind, echo, answer } => self.handle_command(kind, echo, answer),
            Ask::OpenTimeline {
                timeline,
                view,
                answer,
            } => self.awake(|thread| match thread {
                Ok(thread) => {
                    let kind = view.open(timeline);
                    thread.views.insert(timeline, view);
                    thread.command(kind, Some(answer), Some(timeline));
                }
                Err(error) => drop(answer.send(Err(error))),
            }),
            Ask::CloseTimeline(timeline) => {
                if let Some(view) = self.views.remove(&timeline) {
                    view.mirror.close();
                    self.command(CommandKind::CloseTimeline(timeline), None, None);
                }
            }
            Ask::Lifecycle(lifecycle, answer) => {
                let result = match lifecycle {
                    Lifecycle::Suspend => {
                        self.suspend();
                        Ok(())
                    }
                    Lifecycle::Resume => self.resume(),
                };
                drop(answer.send(result));
            }
            Ask::Network(hint) => {
                tracing::debug!(?hint, "the app says something of the network");
                if !self.suspended {
                    self.feed(Input::Network(hint));
                }
            }
            Ask::ReadCursors(id, answer) => self.awake(|thread| {
                let result = thread.and_then(|thread| {
                    thread
                        .store
                        .cursors(id)
                        .map_err(|error| Error::from(&error))
                });
                drop(answer.send(result));
            }),
            Ask::Stats(answer) => self.awake(|thread| {
                let result = thread.and_then(|thread| match thread.store.counts() {
                    Ok(counts) => Ok((thread.engine.stats(), counts)),
                    Err(error) => Err(Error::from(&error)),
                });
                drop(answer.send(result));
            }),
            Ask::SignOut {
                wipe,
                unsent,
                answer,
            } => {
                let result = self.sign_out(wipe, unsent);
                drop(answer.send(result));
            }
            Ask::Close => self.ending = true,
            #[cfg(test)]
            Ask::Meddle(meddle) => meddle(self),
        }
    }

    fn handle_command(
        &mut self,
        kind: CommandKind,
        echo: Option<(TempId, Duration)>,
        answer: Answer<Reply>,
    ) {
        match kind {
            CommandKind::Start => self.started = true,
            CommandKind::Stop => self.started = false,
            _ => {}
        }
        self.awake(|thread| match thread {
            Ok(thread) => {
                thread.echoes.extend(echo);
                thread.command(kind, Some(answer), None);
                thread.echoes.clear();
            }
            Err(error) => drop(answer.send(Err(error))),
        });
    }

    /// Gives the engine a command and carries out what follows.
    pub(super) fn command(
        &mut self,
        kind: CommandKind,
        answer: Option<Answer<Reply>>,
        opens: Option<TimelineId>,
    ) {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.pending.insert(reply, Pending { answer, opens });
        self.current = Some(reply);
        self.feed(Input::Command(Command { reply, kind }));
        self.current = None;
    }

    pub(super) fn feed(&mut self, input: Input) {
        if self
            .trouble
            .as_ref()
            .is_some_and(|trouble| !trouble.restored)
        {
            return;
        }
        self.engine.handle(input, clock::now());
        self.drain();
    }

    fn handle_frames(&mut self, frames: Vec<ServerFrame>) {
        self.journal.heard(&frames);
        let mut created = Vec::new();
        for frame in &frames {
            match &frame.message {
                ServerMessage::Authenticated(hello) => {
                    self.clock_ahead = difference(clock::now().wall, hello.server_time);
                }
                ServerMessage::NewMessage(event)
                    if event.message.sender_id != *self.core.user_id() =>
                {
                    created.push(event.message.created_at);
                }
                _ => {}
            }
        }
        self.feed(Input::Frames(frames));
        if created.is_empty() {
            return;
        }
        let now = clock::now().wall;
        let mut measured = self.core.measured.lock();
        for created_at in created {
            let ms = difference(now, created_at).saturating_sub(self.clock_ahead);
            let ms = u64::try_from(ms).unwrap_or(0);
            measured.delivery.record(Duration::from_millis(ms));
        }
    }

    fn sign_out(&mut self, wipe: bool, unsent: Unsent) -> Result<(), Error> {
        let count = self.core.outbox.read(|outbox| outbox.len() as u64);
        if count > 0 && unsent == Unsent::Refuse {
            return Err(AskUser::Unsent { count }.into());
        }
        self.ending = true;
        tracing::info!(wipe, unsent = count, "the user signs out");
        self.feed(Input::Command(Command {
            reply: ReplyId(u64::MAX),
            kind: CommandKind::Stop,
        }));
        self.drop_socket();
        if wipe {
            self.store
                .wipe()
                .map_err(|error| FixCode::DataDir(error.to_string()))?;
            self.show_nothing();
        } else if count > 0 {
            if self.suspended {
                self.store.resume()?;
            }
            self.store
                .discard_outbox()
                .map_err(|error| Error::from(&error))?;
            self.core.outbox.publish(OutboxMirror::empty);
        }
        Ok(())
    }

    /// Nothing of the user is left here, and no screen may show that it was.
    fn show_nothing(&mut self) {
        for view in self.views.values() {
            view.mirror.publish(|mirror| Some(mirror.empty()));
        }
        self.core.outbox.publish(OutboxMirror::empty);
        self.core
            .list
            .publish(|list| list.reset(std::iter::empty()));
        self.core.users.lock().clear();
        self.core.typing.lock().clear();
    }

    /// Closes everything. Listeners get what waits for them, then the end.
    fn end(mut self) {
        let shown = Shown(
            self.views
                .values()
                .map(|view| Arc::clone(&view.mirror))
                .collect(),
        );
        // Taken out of the engine's reach, which would only drop it.
        let socket = self.socket.take();
        if !self.suspended {
            self.feed(Input::Command(Command {
                reply: ReplyId(u64::MAX),
                kind: CommandKind::Stop,
            }));
        }
        if let Some(socket) = socket {
            socket.close();
        }
        let core = Arc::clone(&self.core);
        // The store first: who is told of the end may open the folder again at once.
        drop(self);
        drop(shown);
        core.close();
        tracing::info!(user_id = %core.user_id, "the client is closed");
    }

    pub(super) fn drop_socket(&mut self) {
        self.socket = None;
        self.socket_number += 1;
    }

    pub(super) fn tell_recovery(&self, recovery: Option<Recovery>) {
        if let Some(recovery) = recovery {
            self.core.events.publish(&Event::Recovered(recovery));
        }
    }
}

/// Timelines whose listeners are told of the end, even if ending panics.
struct Shown(Vec<Arc<Observed<TimelineMirror>>>);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.iter().for_each(|mirror| mirror.close());
    }
}

/// What is told of a panic.
pub(super) fn internal() -> Error {
    RetryLater::Store("an internal error; see the log".into()).into()
}

fn difference(one: u64, other: u64) -> i64 {
    i64::try_from(i128::from(one) - i128::from(other)).unwrap_or(0)
}
