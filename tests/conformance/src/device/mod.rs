//! A client under test: what a scenario has it do, and what it shows. The only folder that knows the
//! SDK's API; what another language writes anew is this.

mod look;
mod serve;

pub use serve::serve;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use causerie::{
    Client, Conversation, ConversationId, Error, EventFilter, HistoryPolicy, MessageTarget,
    NewConversation, SendMessage, Subscription, Timeline, TimelineStart, TimelineUpdates,
    TokenRequest, Unsent, UpdateConversation,
};
use serde::Serialize;
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    protocol::{Call, Done, Spec, Target},
    screen::Screen,
    shown::{Refusal, Shown},
    tokens::Backend,
};

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
    /// What the list's previews showed, and timelines that are closed.
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

type Outcome = Result<Done, Refusal>;

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

    /// Calls the SDK.
    ///
    /// # Errors
    /// What the call gave.
    pub async fn call(&mut self, call: Call) -> Outcome {
        match call {
            Call::Open => self.open().await?,
            Call::Tokens { mood } => self.backend.set(mood),
            Call::Close => {
                if let Some(open) = self.leave() {
                    open.client.close().await;
                }
            }
            Call::SignOut { wipe, discard } => {
                let unsent = if discard {
                    Unsent::Discard
                } else {
                    Unsent::Refuse
                };
                self.opened()?.client.sign_out(wipe, unsent).await?;
                self.leave();
            }
            other => {
                let changed = Arc::clone(&self.changed);
                return self.opened()?.call(other, &changed).await;
            }
        }
        Ok(Done::default())
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

    async fn call(&mut self, call: Call, changed: &Arc<Notify>) -> Outcome {
        match call {
            Call::Start => self.client.start().await?,
            Call::Stop => self.client.stop().await?,
            Call::Suspend => self.client.suspend().await?,
            Call::Resume => self.client.resume().await?,
            Call::Sync => self.client.sync_now().await?,
            Call::Direct { with } => {
                return Ok(Done::room(self.client.open_direct(&with).await?.id()));
            }
            Call::Group {
                title,
                members,
                all_history,
            } => {
                let mut new = NewConversation::group(&title, members);
                new.history = all_history.then_some(HistoryPolicy::All);
                return Ok(Done::room(self.client.create_conversation(new).await?.id()));
            }
            Call::Show { room, page } => {
                let conversation = self.known(&room).await?;
                let timeline = conversation
                    .timeline_paged(TimelineStart::Newest, page)
                    .await?;
                self.hide(conversation.id());
                let watched = Watched::new(timeline, changed);
                self.screens.insert(conversation.id(), watched);
            }
            Call::Hide { room } => self.hide(parse(&room)?),
            Call::Older { room } => self.screen(&room)?.timeline.load_older().await?,
            Call::Retry { key } => self.client.outbox().retry(parse(&key)?).await?,
            Call::Cancel { key } => self.client.outbox().cancel(parse(&key)?).await?,
            Call::Read { room, seq } => self.conversation(&room)?.mark_read(seq).await?,
            Call::Typing { room, on } => self.conversation(&room)?.typing(on).await?,
            Call::Draft { room, text } => self.conversation(&room)?.set_draft(text).await?,
            Call::Members { room } => {
                let page = self.conversation(&room)?.members(None).await?;
                let members = page.members.into_iter();
                let members = members.map(|m| (m.user_id.to_string(), word(&m.role)));
                return Ok(Done {
                    members: Some(members.collect()),
                    ..Done::default()
                });
            }
            Call::Listen { room, listener } => {
                let timeline = self.screen(&room)?.timeline.clone();
                let slow = Slow {
                    updates: timeline.updates(),
                    timeline,
                    screen: Screen::default(),
                };
                self.listeners.insert(listener, slow);
            }
            Call::Drain { listener } => {
                let slow = self.listeners.get_mut(&listener);
                return slow.ok_or_else(|| wrong("no such listener"))?.drain().await;
            }
            other => return self.write(other).await,
        }
        Ok(Done::default())
    }

    /// What goes through the outbox.
    async fn write(&mut self, call: Call) -> Outcome {
        let key = match call {
            Call::Send {
                room,
                text,
                reply_to,
                mentions,
            } => {
                let mut message = SendMessage::text(&text);
                message.reply_to = reply_to.map(|id| parse(&id)).transpose()?;
                message.mentions = mentions
                    .iter()
                    .map(|user| parse(user))
                    .collect::<Result<_, _>>()?;
                self.conversation(&room)?.send_message(message).await?
            }
            Call::Fill { room, texts } => {
                let conversation = self.conversation(&room)?;
                let mut done = Done::default();
                for text in texts {
                    done.keys.push(conversation.send(&text).await?.to_string());
                }
                return Ok(done);
            }
            Call::Edit { room, target, text } => {
                let conversation = self.conversation(&room)?;
                conversation.edit(message(&target)?, &text).await?
            }
            Call::Delete { room, target } => {
                let conversation = self.conversation(&room)?;
                conversation.delete(message(&target)?).await?
            }
            Call::React {
                room,
                target,
                emoji,
            } => {
                let conversation = self.conversation(&room)?;
                conversation.react(message(&target)?, &emoji).await?
            }
            Call::Unreact {
                room,
                target,
                emoji,
            } => {
                let conversation = self.conversation(&room)?;
                conversation.unreact(message(&target)?, &emoji).await?
            }
            Call::Add { room, users } => self.conversation(&room)?.add_members(users).await?,
            Call::Remove { room, users } => self.conversation(&room)?.remove_members(users).await?,
            Call::Quit { room } => self.conversation(&room)?.quit().await?,
            Call::Rename { room, title } => {
                let changes = UpdateConversation {
                    title: Some(title),
                    ..UpdateConversation::default()
                };
                self.conversation(&room)?.update(changes).await?
            }
            other => return Err(wrong(format!("{other:?} is no write"))),
        };
        Ok(Done::key(key))
    }

    /// Closes a timeline, and keeps what it showed.
    fn hide(&mut self, id: ConversationId) {
        if let Some(watched) = self.screens.remove(&id) {
            locked(&self.said).extend(locked(&watched.screen).ever.iter().cloned());
        }
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
    /// Takes what waits until it knows what the timeline shows.
    async fn drain(&mut self) -> Outcome {
        loop {
            let batch = self.updates.next().await;
            self.screen
                .apply(batch.ok_or_else(|| wrong("it was closed"))?);
            if self.screen.items == self.timeline.items() {
                break;
            }
        }
        Ok(Done {
            resets: Some(self.screen.resets),
            moves: Some(self.screen.moves),
            ..Done::default()
        })
    }
}

fn message(target: &Target) -> Result<MessageTarget, Refusal> {
    Ok(match target {
        Target::Key(key) => MessageTarget::Key(parse(key)?),
        Target::MessageId(id) => MessageTarget::Message(parse(id)?),
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
