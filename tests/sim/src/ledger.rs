//! What the server's durable order says, as the model hears it: each event at its commit. From it
//! follows what any message looks like as of any seq; this folding shares no code with the engine
//! or the server.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use causerie_protocol::{ConversationId, MessageId, Seq, TempId, UserId};
use causerie_server::store::{Command, Commit, EventBody, EventRecord, Outcome};

/// All conversations, in their durable order.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    rooms: BTreeMap<ConversationId, Room>,
    answers: HashMap<TempId, Answered>,
}

/// What the server's store answered to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It is durable.
    Taken,
    /// It was refused, at least once.
    Refused,
}

/// One conversation.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// How many messages there are up to each seq.
    numbers: Vec<u64>,
    messages: HashMap<MessageId, Said>,
    temps: HashMap<TempId, MessageId>,
    /// From which seq to which one somebody was a member.
    members: HashMap<UserId, Vec<(Seq, Seq)>>,
}

/// A message, and all that happened to it.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its place.
    pub seq: Seq,
    /// How many messages there were with it.
    pub number: u64,
    /// Who said it.
    pub sender: UserId,
    /// What.
    pub text: Option<String>,
    changes: Vec<(Seq, Change)>,
}

#[derive(Debug, Clone)]
enum Change {
    Edited(Option<String>),
    Deleted,
    Added(UserId, String),
    Removed(UserId, String),
}

/// What a person sees of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// What it says; nothing once deleted.
    pub text: Option<String>,
    /// Whether it says so.
    pub edited: bool,
    /// Only its place is left.
    pub deleted: bool,
    /// Each emoji, and who put it there.
    pub reactions: Vec<(String, Vec<UserId>)>,
}

impl Look {
    /// Somebody puts an emoji on it, or takes one off.
    pub fn react(&mut self, user: &UserId, emoji: &str, on: bool) {
        let at = self.reactions.iter().position(|(other, _)| other == emoji);
        match (at, on) {
            (None, true) => self.reactions.push((emoji.to_owned(), vec![user.clone()])),
            (Some(at), true) => {
                let users = &mut self.reactions[at].1;
                if !users.contains(user) {
                    users.push(user.clone());
                    users.sort();
                }
            }
            (Some(at), false) => {
                let users = &mut self.reactions[at].1;
                users.retain(|other| other != user);
                if users.is_empty() {
                    self.reactions.remove(at);
                }
            }
            (None, false) => {}
        }
        self.reactions.sort();
    }

    /// It is taken back.
    pub fn delete(&mut self) {
        *self = Self {
            deleted: true,
            ..Self::default()
        };
    }
}

impl Said {
    /// The seqs at which it changed, its own first.
    pub fn states(&self) -> impl Iterator<Item = Seq> {
        std::iter::once(self.seq).chain(self.changes.iter().map(|(seq, _)| *seq))
    }

    /// Whether it is taken back in the end.
    pub fn is_deleted(&self) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|(_, change)| matches!(change, Change::Deleted))
    }

    /// The latest state in which it says this. Each text is said once only.
    pub fn state_that_says(&self, text: &str) -> Option<Seq> {
        let edits = self
            .changes
            .iter()
            .filter_map(|(seq, change)| match change {
                Change::Edited(Some(text)) => Some((*seq, text)),
                _ => None,
            });
        let all = self.text.iter().map(|text| (self.seq, text)).chain(edits);
        all.filter(|(_, said)| *said == text)
            .map(|(seq, _)| seq)
            .next_back()
    }

    /// What it looks like after all that happened to it up to a seq.
    pub fn look(&self, state: Seq) -> Look {
        let mut look = Look {
            text: self.text.clone(),
            ..Look::default()
        };
        for (_, change) in self.changes.iter().take_while(|(seq, _)| *seq <= state) {
            match change {
                Change::Edited(text) => {
                    look.text.clone_from(text);
                    look.edited = true;
                }
                Change::Deleted => look.delete(),
                Change::Added(user, emoji) => look.react(user, emoji, true),
                Change::Removed(user, emoji) => look.react(user, emoji, false),
            }
        }
        look
    }
}

impl Room {
    /// The last seq.
    pub fn head(&self) -> Seq {
        self.numbers.len() as Seq
    }

    /// How many messages there are up to a seq.
    pub fn number_at(&self, seq: Seq) -> u64 {
        let at = usize::try_from(seq.min(self.head())).unwrap_or(0);
        at.checked_sub(1).map_or(0, |at| self.numbers[at])
    }

    /// A message.
    pub fn message(&self, id: MessageId) -> Option<&Said> {
        self.messages.get(&id)
    }

    /// A message by its sender's name for it.
    pub fn by_temp(&self, temp_id: TempId) -> Option<&Said> {
        self.messages.get(self.temps.get(&temp_id)?)
    }

    /// Whether a user was a member when this was said.
    pub fn may_see(&self, user: &UserId, seq: Seq) -> bool {
        let mut stays = self.members.get(user).into_iter().flatten();
        stays.any(|(from, to)| (*from..=*to).contains(&seq))
    }

    /// Where the latest stay of a user begins, as of a seq.
    pub fn let_in(&self, user: &UserId, upto: Seq) -> Seq {
        let stays = self.members.get(user).into_iter().flatten();
        let stays = stays.filter(|(from, _)| *from <= upto);
        stays.map(|(from, _)| *from).max().unwrap_or(0)
    }

    /// The first transaction says who is in it from the beginning.
    fn begin(members: &[UserId]) -> Self {
        let stays = members
            .iter()
            .map(|user| (user.clone(), vec![(0, Seq::MAX)]));
        Self {
            members: stays.collect(),
            ..Self::default()
        }
    }

    fn add(&mut self, event: &EventRecord) -> Result<(), String> {
        if event.seq != self.head() + 1 {
            return Err(format!(
                "the server commits seq {} of {} after seq {}",
                event.seq,
                event.conversation_id,
                self.head()
            ));
        }
        let mut number = self.number_at(self.head());
        let by = event.actor.clone();
        let change = match &event.body {
            EventBody::Message(message) => {
                number += 1;
                if let Some(temp_id) = message.temp_id
                    && self.temps.insert(temp_id, message.message_id).is_some()
                {
                    return Err(format!("the server commits {temp_id} twice"));
                }
                let said = Said {
                    seq: event.seq,
                    number,
                    sender: message.sender_id.clone(),
                    text: message.content.text().map(str::to_owned),
                    changes: Vec::new(),
                };
                self.messages.insert(message.message_id, said);
                None
            }
            EventBody::Edited {
                message_id,
                content,
                ..
            } => Some((
                *message_id,
                Change::Edited(content.text().map(str::to_owned)),
            )),
            EventBody::Deleted { message_id, .. } => Some((*message_id, Change::Deleted)),
            EventBody::ReactionAdded {
                message_id, emoji, ..
            } => Some((*message_id, Change::Added(by, emoji.clone()))),
            EventBody::ReactionRemoved {
                message_id, emoji, ..
            } => Some((*message_id, Change::Removed(by, emoji.clone()))),
            EventBody::MemberJoined { user_id, .. } => {
                let stays = self.members.entry(user_id.clone()).or_default();
                stays.push((event.seq, Seq::MAX));
                None
            }
            EventBody::MemberLeft { user_id, .. } => {
                let stays = self.members.get_mut(user_id);
                if let Some((_, to)) = stays.and_then(|stays| stays.last_mut()) {
                    *to = event.seq;
                }
                None
            }
            EventBody::MemberUpdated { .. } | EventBody::Updated { .. } => None,
        };
        self.numbers.push(number);
        if let Some((message_id, change)) = change {
            let said = self
                .messages
                .get_mut(&message_id)
                .ok_or_else(|| format!("the server changes {message_id}, which nobody has said"))?;
            said.changes.push((event.seq, change));
        }
        Ok(())
    }
}

impl Ledger {
    /// A transaction is durable.
    ///
    /// # Errors
    /// What it breaks.
    pub fn hear(
        &mut self,
        commands: &[Command],
        outcomes: &[Outcome],
        commits: &[Commit],
    ) -> Result<(), String> {
        for commit in commits {
            let room = self
                .rooms
                .entry(commit.conversation_id)
                .or_insert_with(|| Room::begin(&commit.members));
            for event in commit.events.iter().map(Arc::as_ref) {
                room.add(event)?;
            }
        }
        for (command, outcome) in commands.iter().zip(outcomes) {
            let Command::Write { write, .. } = command else {
                continue;
            };
            let answer = match outcome {
                Outcome::Refused(_) => Answered::Refused,
                Outcome::Sent(_) | Outcome::Acked(_) | Outcome::Marked { .. } | Outcome::Done => {
                    Answered::Taken
                }
            };
            let known = self.answers.entry(write.temp_id).or_insert(answer);
            if answer == Answered::Taken {
                *known = answer;
            }
        }
        Ok(())
    }

    /// An older database took the place of this one. What was answered, was.
    pub fn restore(&mut self, backup: Self) {
        self.rooms = backup.rooms;
    }

    /// All that there are.
    pub fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.rooms.keys().copied()
    }

    /// A conversation.
    pub fn room(&self, id: ConversationId) -> Option<&Room> {
        self.rooms.get(&id)
    }

    /// What the store answered to a write.
    pub fn answer(&self, key: TempId) -> Option<Answered> {
        self.answers.get(&key).copied()
    }
}
