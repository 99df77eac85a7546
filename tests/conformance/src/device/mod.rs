//! A client under test: what a scenario has it do, and what it shows. The only folder that knows the
//! SDK's API; what another language's runner writes anew is this.

mod look;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use causerie::{
    Client, Conversation, ConversationId, Error, EventFilter, HistoryPolicy, MessageTarget,
    NewConversation, SendMessage, Subscription, TempId, Timeline, TimelineStart, TimelineUpdates,
    TokenRequest, Unsent, UpdateConversation,
};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    names::many,
    scenario::Action,
    screen::Screen,
    shown::{Given, Refusal, Shown},
    tokens::Backend,
};

/// Whose device it is and where its server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The server's address.
    pub url: String,
    /// The control port's address.
    pub control: String,
    /// Whose.
    pub user: String,
    /// Its data.
    pub folder: PathBuf,
    /// How long its tokens are good.
    pub token_ms: u64,
}

/// A device.
#[derive(Debug)]
pub struct Device {
    spec: Spec,
    changed: Arc<Notify>,
    backend: Arc<Backend>,
    open: Option<Open>,
    /// What screens of an earlier opening showed.
    ever: Vec<String>,
}

/// A client that is open, and what watches it.
#[derive(Debug)]
struct Open {
    client: Client,
    screens: BTreeMap<ConversationId, Watched>,
    listeners: BTreeMap<String, Slow>,
    said: Arc<Mutex<Vec<String>>>,
    _watches: Vec<Subscription>,
}

/// A timeline and the screen that shows it.
#[derive(Debug)]
struct Watched {
    timeline: Timeline,
    screen: Arc<Mutex<Screen>>,
    _watch: Subscription,
}

/// A listener that takes what waits for it only when it is told to.
#[derive(Debug)]
struct Slow {
    timeline: Timeline,
    updates: TimelineUpdates,
    screen: Screen,
}

type Done = Result<Vec<Given>, Refusal>;

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
        }
    }
}

/// The scenario asks for what cannot be, or what was to hold does not.
fn wrong(message: impl Into<String>) -> Refusal {
    Refusal {
        code: "scenario".into(),
        message: message.into(),
    }
}

impl Device {
    /// A device that is not open yet. `changed` is told whenever it may show something else.
    pub fn new(spec: Spec, changed: Arc<Notify>) -> Self {
        let backend = Backend::new(&spec.control, spec.token_ms, Arc::clone(&changed));
        Self {
            spec,
            changed,
            backend: Arc::new(backend),
            open: None,
            ever: Vec::new(),
        }
    }

    /// Does something, with ids in place of names.
    ///
    /// # Errors
    /// What the call gave.
    pub async fn act(&mut self, action: Action) -> Done {
        match action {
            Action::Open => self.open().await.map(|()| Vec::new()),
            Action::Tokens(mood) => {
                self.backend.set(mood);
                Ok(Vec::new())
            }
            Action::Close => {
                if let Some(open) = self.leave() {
                    open.client.close().await;
                }
                Ok(Vec::new())
            }
            Action::SignOut { wipe, discard } => {
                let unsent = if discard {
                    Unsent::Discard
                } else {
                    Unsent::Refuse
                };
                self.opened()?.client.sign_out(wipe, unsent).await?;
                self.leave();
                Ok(Vec::new())
            }
            Action::Kill => Err(wrong("only a process can be killed")),
            other => {
                let changed = Arc::clone(&self.changed);
                self.opened()?.act(other, &changed).await
            }
        }
    }

    fn opened(&mut self) -> Result<&mut Open, Refusal> {
        self.open.as_mut().ok_or_else(|| wrong("it is not open"))
    }

    async fn open(&mut self) -> Result<(), Refusal> {
        let backend = Arc::clone(&self.backend);
        let client = Client::builder(&self.spec.url, &self.spec.user)
            .data_dir(&self.spec.folder)
            .runtime(Handle::current())
            .token_provider(move |request: TokenRequest| {
                let backend = Arc::clone(&backend);
                async move { backend.token(request).await }
            })
            .open()
            .await?;
        self.open = Some(Open::new(client, &self.changed));
        Ok(())
    }

    /// Lets go of the client, and keeps what it showed.
    fn leave(&mut self) -> Option<Open> {
        self.ever = self.shown_ever();
        self.open.take()
    }

    fn shown_ever(&self) -> Vec<String> {
        let mut ever = self.ever.clone();
        if let Some(open) = &self.open {
            ever.extend(locked(&open.said).iter().cloned());
            for watched in open.screens.values() {
                ever.extend(locked(&watched.screen).ever.iter().cloned());
            }
        }
        ever.sort();
        ever.dedup();
        ever
    }

    /// What it shows now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn look(&self) -> Result<Shown, Refusal> {
        let Some(open) = &self.open else {
            return Ok(Shown {
                connection: "closed".into(),
                ever: self.ever.clone(),
                ..Shown::default()
            });
        };
        let mut shown = open.look().await?;
        shown.tokens_asked = self.backend.asked();
        shown.ever = self.shown_ever();
        Ok(shown)
    }
}

impl Open {
    fn new(client: Client, changed: &Arc<Notify>) -> Self {
        let tell = || {
            let changed = Arc::clone(changed);
            move || changed.notify_one()
        };
        let (list, connection, outbox, events) = (tell(), tell(), tell(), tell());
        let said = Arc::new(Mutex::new(Vec::new()));
        let (says, entries) = (Arc::clone(&said), client.conversations());
        let watches = vec![
            client.conversations().on_update(move |_| {
                let previews = entries
                    .items()
                    .into_iter()
                    .filter_map(|entry| look::last(&entry));
                locked(&says).extend(previews);
                list();
            }),
            client.on_connection_state(move |_| connection()),
            client.outbox().on_update(move |_| outbox()),
            client.on_events(EventFilter::all(), move |_| events()),
        ];
        Self {
            client,
            screens: BTreeMap::new(),
            listeners: BTreeMap::new(),
            said,
            _watches: watches,
        }
    }

    async fn act(&mut self, action: Action, changed: &Arc<Notify>) -> Done {
        match action {
            Action::Start => self.client.start().await?,
            Action::Stop => self.client.stop().await?,
            Action::Suspend => self.client.suspend().await?,
            Action::Resume => self.client.resume().await?,
            Action::Sync => self.client.sync_now().await?,
            Action::Direct { with, r#as } => {
                let made = self.client.open_direct(&with).await?;
                return Ok(vec![room(r#as, &made)]);
            }
            Action::Group {
                r#as,
                title,
                members,
                all_history,
            } => {
                let mut new = NewConversation::group(&title, members);
                new.history = all_history.then_some(HistoryPolicy::All);
                let made = self.client.create_conversation(new).await?;
                return Ok(vec![room(r#as, &made)]);
            }
            Action::Show { room, page } => {
                let conversation = self.known(&room).await?;
                let timeline = conversation
                    .timeline_paged(TimelineStart::Newest, page)
                    .await?;
                let watched = Watched::new(timeline, changed);
                self.screens.insert(conversation.id(), watched);
            }
            Action::Hide(room) => {
                self.screens.remove(&parse(&room)?);
            }
            Action::Older(room) => self.screen(&room)?.timeline.load_older().await?,
            Action::Fill { to, id } => {
                let conversation = self.conversation(&to)?;
                let mut given = Vec::new();
                for name in many(&id) {
                    let key = conversation.send(&name).await?;
                    given.extend(write(Some(name), key, &conversation));
                }
                return Ok(given);
            }
            Action::Retry(key) => self.client.outbox().retry(parse(&key)?).await?,
            Action::Cancel(key) => self.client.outbox().cancel(parse(&key)?).await?,
            Action::Read { room, up_to } => {
                let seq = up_to.map(|seq| parse(&seq)).transpose()?;
                self.conversation(&room)?.mark_read(seq).await?;
            }
            Action::Typing { room, on } => self.conversation(&room)?.typing(on).await?,
            Action::Draft { room, text } => self.conversation(&room)?.set_draft(text).await?,
            Action::Members { of, are } => {
                let page = self.conversation(&of)?.members(None).await?;
                let members = page.members.into_iter();
                let found: BTreeMap<_, _> = members
                    .map(|member| (member.user_id.to_string(), word(&member.role)))
                    .collect();
                if found != are {
                    return Err(wrong(format!("expected {are:?}, and they are {found:?}")));
                }
            }
            Action::Listen { room, r#as } => {
                let timeline = self.screen(&room)?.timeline.clone();
                let slow = Slow {
                    updates: timeline.updates(),
                    timeline,
                    screen: Screen::default(),
                };
                self.listeners.insert(r#as, slow);
            }
            Action::Drain {
                listener,
                resets,
                moves,
            } => {
                let slow = self.listeners.get_mut(&listener);
                let slow = slow.ok_or_else(|| wrong("no such listener"))?;
                slow.drain(resets, moves).await?;
            }
            other => return self.write(other).await,
        }
        Ok(Vec::new())
    }

    /// What goes through the outbox.
    async fn write(&mut self, action: Action) -> Done {
        let (name, key, conversation) = match action {
            Action::Send {
                to,
                id,
                text,
                size,
                reply_to,
                mentions,
            } => {
                let conversation = self.conversation(&to)?;
                let text = size.map(|size| "x".repeat(size)).or(text);
                let mut message = SendMessage::text(text.as_deref().unwrap_or(&id));
                message.reply_to = reply_to.map(|id| parse(&id)).transpose()?;
                message.mentions = mentions
                    .iter()
                    .map(|user| parse(user))
                    .collect::<Result<_, _>>()?;
                let key = conversation.send_message(message).await?;
                (Some(id), key, conversation)
            }
            Action::Edit { id, text, r#as } => {
                let (conversation, target) = self.target(&id)?;
                (r#as, conversation.edit(target, &text).await?, conversation)
            }
            Action::Delete { id, r#as } => {
                let (conversation, target) = self.target(&id)?;
                (r#as, conversation.delete(target).await?, conversation)
            }
            Action::React { id, emoji, r#as } => {
                let (conversation, target) = self.target(&id)?;
                (
                    r#as,
                    conversation.react(target, &emoji).await?,
                    conversation,
                )
            }
            Action::Unreact { id, emoji, r#as } => {
                let (conversation, target) = self.target(&id)?;
                (
                    r#as,
                    conversation.unreact(target, &emoji).await?,
                    conversation,
                )
            }
            Action::Add { room, users, r#as } => {
                let conversation = self.conversation(&room)?;
                (r#as, conversation.add_members(users).await?, conversation)
            }
            Action::Remove { room, users, r#as } => {
                let conversation = self.conversation(&room)?;
                (
                    r#as,
                    conversation.remove_members(users).await?,
                    conversation,
                )
            }
            Action::Quit(room) => {
                let conversation = self.conversation(&room)?;
                (None, conversation.quit().await?, conversation)
            }
            Action::Rename { room, title } => {
                let conversation = self.conversation(&room)?;
                let changes = UpdateConversation {
                    title: Some(title),
                    ..UpdateConversation::default()
                };
                (None, conversation.update(changes).await?, conversation)
            }
            other => return Err(wrong(format!("{other:?} is no write"))),
        };
        Ok(write(name, key, &conversation).into_iter().collect())
    }

    fn conversation(&self, id: &str) -> Result<Conversation, Refusal> {
        Ok(self.client.conversation(parse(id)?))
    }

    /// The conversation, once this device knows it.
    async fn known(&self, id: &str) -> Result<Conversation, Refusal> {
        let conversation = self.conversation(id)?;
        let mut updates = self.client.conversations().updates();
        while conversation.entry().is_none() {
            updates.next().await.ok_or_else(|| wrong("it was closed"))?;
        }
        Ok(conversation)
    }

    fn screen(&self, id: &str) -> Result<&Watched, Refusal> {
        let screen = self.screens.get(&parse(id)?);
        screen.ok_or_else(|| wrong("its timeline is not open"))
    }

    /// From `<conversation>/key:…` or `<conversation>/message:…`.
    fn target(&self, id: &str) -> Result<(Conversation, MessageTarget), Refusal> {
        let malformed = || wrong(format!("{id} is no target"));
        let (room, target) = id.split_once('/').ok_or_else(malformed)?;
        let target = match target.split_once(':').ok_or_else(malformed)? {
            ("key", key) => MessageTarget::Key(parse(key)?),
            ("message", id) => MessageTarget::Message(parse(id)?),
            _ => return Err(malformed()),
        };
        Ok((self.conversation(room)?, target))
    }
}

impl Watched {
    fn new(timeline: Timeline, changed: &Arc<Notify>) -> Self {
        let screen = Arc::new(Mutex::new(Screen::default()));
        let (draws, changed) = (Arc::clone(&screen), Arc::clone(changed));
        let watch = timeline.on_update(move |batch| {
            locked(&draws).apply(batch);
            changed.notify_one();
        });
        Self {
            timeline,
            screen,
            _watch: watch,
        }
    }
}

impl Slow {
    /// Takes what waits until it knows what the timeline shows, and looks at what that took.
    async fn drain(&mut self, resets: u32, moves: u32) -> Result<(), Refusal> {
        loop {
            let batch = self.updates.next().await;
            self.screen
                .apply(batch.ok_or_else(|| wrong("it was closed"))?);
            if self.screen.items == self.timeline.items() {
                break;
            }
        }
        if let Some(broken) = self.screen.broken.first() {
            return Err(wrong(broken));
        }
        match (self.screen.resets, self.screen.moves) {
            (r, m) if r == resets && m == moves => Ok(()),
            (r, m) => Err(wrong(format!(
                "expected {resets} resets and {moves} moves, and there were {r} and {m}"
            ))),
        }
    }
}

fn room(name: String, made: &Conversation) -> Given {
    let id = made.id().to_string();
    Given::Room { name, id }
}

fn write(name: Option<String>, key: TempId, conversation: &Conversation) -> Option<Given> {
    Some(Given::Write {
        name: name?,
        key: key.to_string(),
        room: conversation.id().to_string(),
    })
}

/// How the wire spells it.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| wrong(format!("{text} is no id")))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
