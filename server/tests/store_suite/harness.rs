//! Words to speak to a store under test.

use std::sync::atomic::Ordering;

use causerie_protocol::{
    ClientId, Content, ConversationId, ConversationKind, CreateConversation, EditMessage,
    ErrorCode, ErrorReply, History, HistoryPage, HistoryPolicy, Item, Mark, Members, Message,
    MessageId, MessageSent, React, Role, SendMessage, Seq, SyncPage, Target, TempId, UserId, Write,
    WriteAck, WriteOp,
};
use causerie_server::store::{
    Actor, Answer, AuditEntry, Command, Commit, EventRecord, EventsAnswer, LaneId, Outcome, Query,
    ReadState, SubscribeAnswer, SyncFrom,
};
use uuid::Uuid;

pub use crate::backend::{Backend, Memory, Sources, Sqlite};

/// A store under test.
pub struct Harness {
    backend: Box<dyn Backend>,
    pub sources: Sources,
}

/// The user of this name.
pub fn user(name: &str) -> UserId {
    UserId::new(name).expect("a sound user id")
}

/// The users of these names.
pub fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| user(name)).collect()
}

/// The device of the user of this name.
pub fn actor(name: &str) -> Actor {
    let (name, admin) = match name.strip_prefix("admin:") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let client = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
    Actor {
        user_id: user(name),
        client_id: ClientId::from_uuid(client),
        admin,
    }
}

/// The direct conversation of two.
pub fn direct(one: &str, other: &str) -> ConversationId {
    ConversationId::direct(&user(one), &user(other))
}

/// By the server's id.
pub fn by_id(message_id: MessageId) -> Target {
    Target::Message { message_id }
}

/// By the sender's name.
pub fn by_temp(target_temp_id: TempId) -> Target {
    Target::Temp { target_temp_id }
}

pub fn text(text: &str) -> WriteOp {
    WriteOp::SendMessage(SendMessage::text(text))
}

pub fn mentioning(says: &str, names: &[&str]) -> WriteOp {
    WriteOp::SendMessage(SendMessage {
        mentions: users(names),
        ..SendMessage::text(says)
    })
}

pub fn edit(target: Target, says: &str) -> WriteOp {
    WriteOp::EditMessage(EditMessage {
        target,
        content: Content::from(says),
    })
}

pub fn delete(target: Target) -> WriteOp {
    WriteOp::DeleteMessage(causerie_protocol::DeleteMessage { target })
}

pub fn react(target: Target, emoji: &str) -> WriteOp {
    WriteOp::AddReaction(React {
        target,
        emoji: emoji.into(),
    })
}

pub fn unreact(target: Target, emoji: &str) -> WriteOp {
    WriteOp::RemoveReaction(React {
        target,
        emoji: emoji.into(),
    })
}

pub fn create(kind: ConversationKind, members: &[&str]) -> CreateConversation {
    CreateConversation {
        kind,
        group_id: None,
        title: None,
        members: Some(users(members)),
        history: None,
    }
}

pub fn add(names: &[&str]) -> WriteOp {
    WriteOp::AddMembers(members(names))
}

pub fn remove(names: &[&str]) -> WriteOp {
    WriteOp::RemoveMembers(members(names))
}

pub fn set_role(names: &[&str], role: Role) -> WriteOp {
    WriteOp::SetRole(Members {
        role: Some(role),
        ..members(names)
    })
}

pub fn quit() -> WriteOp {
    WriteOp::QuitConversation(Members::default())
}

fn members(names: &[&str]) -> Members {
    Members {
        user_ids: users(names),
        role: None,
    }
}

/// What a refusal says.
pub fn refused(outcome: &Outcome) -> &ErrorReply {
    match outcome {
        Outcome::Refused(reply) => reply,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The code of a refusal.
pub fn code(outcome: &Outcome) -> ErrorCode {
    refused(outcome).code.clone()
}

/// The acknowledgement of a message.
pub fn sent(outcome: Outcome) -> MessageSent {
    match outcome {
        Outcome::Sent(sent) => *sent,
        other => panic!("expected message_sent, got {other:?}"),
    }
}

/// The acknowledgement of another write.
pub fn acked(outcome: Outcome) -> WriteAck {
    match outcome {
        Outcome::Acked(ack) => *ack,
        other => panic!("expected an ack, got {other:?}"),
    }
}

impl Harness {
    pub fn new(backend: Box<dyn Backend>, sources: Sources) -> Self {
        Self { backend, sources }
    }

    /// Lets time pass.
    pub fn tick(&self, millis: u64) {
        self.sources.clock.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn temp(&self) -> TempId {
        TempId::from_uuid(self.sources.uuid())
    }

    pub fn conversation_id(&self) -> ConversationId {
        ConversationId::from_uuid(self.sources.uuid())
    }

    pub fn batch(&mut self, commands: Vec<Command>) -> Vec<Outcome> {
        self.backend.apply(commands)
    }

    pub fn command(&mut self, command: Command) -> Outcome {
        self.batch(vec![command]).remove(0)
    }

    /// A write in the lane that belongs to its user.
    pub fn write_command(&self, who: &str, write: Write) -> Command {
        let lane = who.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte));
        self.write_in(LaneId(lane), who, write)
    }

    pub fn write_in(&self, lane: LaneId, who: &str, write: Write) -> Command {
        Command::Write {
            lane,
            actor: actor(who),
            write: Box::new(write),
            refuse: None,
        }
    }

    /// Writes under a new name.
    pub fn write(&mut self, who: &str, to: ConversationId, op: WriteOp) -> Outcome {
        let temp = self.temp();
        self.write_as(temp, who, to, op)
    }

    /// Writes under this name.
    pub fn write_as(
        &mut self,
        temp: TempId,
        who: &str,
        to: ConversationId,
        op: WriteOp,
    ) -> Outcome {
        let command = self.write_command(who, Write::new(temp, to, op));
        self.command(command)
    }

    pub fn send(&mut self, who: &str, to: ConversationId, says: &str) -> MessageSent {
        sent(self.write(who, to, text(says)))
    }

    pub fn ack(&mut self, who: &str, to: ConversationId, op: WriteOp) -> WriteAck {
        acked(self.write(who, to, op))
    }

    pub fn refused(&mut self, who: &str, to: ConversationId, op: WriteOp) -> ErrorCode {
        code(&self.write(who, to, op))
    }

    /// A conversation that `owner` made.
    pub fn make(
        &mut self,
        owner: &str,
        id: ConversationId,
        create: CreateConversation,
    ) -> ConversationId {
        let ack = self.ack(owner, id, WriteOp::CreateConversation(create));
        assert!(ack.conversation.is_some());
        id
    }

    pub fn group(&mut self, owner: &str, others: &[&str]) -> ConversationId {
        let id = self.conversation_id();
        self.make(owner, id, create(ConversationKind::Group, others))
    }

    /// A group whose later members see everything.
    pub fn open_group(&mut self, owner: &str, others: &[&str]) -> ConversationId {
        let id = self.conversation_id();
        let open = CreateConversation {
            history: Some(HistoryPolicy::All),
            ..create(ConversationKind::Group, others)
        };
        self.make(owner, id, open)
    }

    pub fn broadcast(&mut self, owner: &str, others: &[&str]) -> ConversationId {
        let id = self.conversation_id();
        self.make(owner, id, create(ConversationKind::Broadcast, others))
    }

    pub fn direct(&mut self, one: &str, other: &str) -> ConversationId {
        let create = create(ConversationKind::Direct, &[other]);
        self.make(one, direct(one, other), create)
    }

    pub fn mark_read(&mut self, who: &str, conversation_id: ConversationId, seq: Seq) -> Outcome {
        self.command(Command::MarkRead {
            actor: actor(who),
            mark: Mark {
                conversation_id,
                seq,
            },
        })
    }

    pub fn read(&mut self, who: &str, conversation_id: ConversationId, seq: Seq) -> ReadState {
        match self.mark_read(who, conversation_id, seq) {
            Outcome::Marked { row, .. } => row,
            other => panic!("expected a cursor, got {other:?}"),
        }
    }

    pub fn name(&mut self, who: &str, name: &str) {
        let outcome = self.command(Command::PutUser {
            user_id: user(who),
            name: Some(name.into()),
            avatar: None,
        });
        assert_eq!(outcome, Outcome::Done);
    }

    pub fn query(&mut self, query: Query) -> Answer {
        self.backend.query(query)
    }

    /// The item as this user sees it now.
    pub fn item(&mut self, who: &str, conversation: ConversationId) -> Item {
        let answer = self.query(Query::Items {
            user_id: user(who),
            conversation_ids: vec![conversation],
        });
        match answer {
            Answer::Items(mut items) if items.len() == 1 => items.remove(0),
            other => panic!("expected one item, got {other:?}"),
        }
    }

    pub fn history(&mut self, who: &str, conversation_id: ConversationId) -> HistoryPage {
        self.page(who, newest(conversation_id))
    }

    pub fn page(&mut self, who: &str, request: History) -> HistoryPage {
        let user_id = user(who);
        match self.query(Query::History { user_id, request }) {
            Answer::History(page) => *page,
            other => panic!("expected a page, got {other:?}"),
        }
    }

    /// The message as this user sees it now.
    pub fn message(&mut self, who: &str, conversation: ConversationId, seq: Seq) -> Message {
        let request = History {
            before: Some(seq + 1),
            limit: Some(1),
            ..newest(conversation)
        };
        let mut page = self.page(who, request);
        let message = page.messages.pop().expect("a message");
        assert_eq!(message.seq, seq);
        message
    }

    pub fn subscribe(
        &mut self,
        who: &str,
        conversation_id: ConversationId,
        since: Option<Seq>,
        since_id: Option<MessageId>,
    ) -> SubscribeAnswer {
        let answer = self.query(Query::Subscribe {
            user_id: user(who),
            conversation_id,
            since,
            since_id,
            limit: 200,
        });
        match answer {
            Answer::Subscribe(answer) => *answer,
            other => panic!("expected a subscription, got {other:?}"),
        }
    }

    pub fn events(
        &mut self,
        who: &str,
        conversation_id: ConversationId,
        after: Seq,
    ) -> EventsAnswer {
        let answer = self.query(Query::Events {
            user_id: user(who),
            conversation_id,
            after,
            limit: 1000,
        });
        match answer {
            Answer::Events(answer) => answer,
            other => panic!("expected events, got {other:?}"),
        }
    }

    pub fn all_events(&mut self, who: &str, conversation: ConversationId) -> Vec<EventRecord> {
        self.events(who, conversation, 0).events
    }

    pub fn sync_page(&mut self, who: &str, from: SyncFrom, limit: u32) -> SyncPage {
        let answer = self.query(Query::Sync {
            user_id: user(who),
            from,
            limit,
        });
        match answer {
            Answer::Sync(page) => *page,
            other => panic!("expected a sync page, got {other:?}"),
        }
    }

    /// A whole sync on one page.
    pub fn sync(&mut self, who: &str, token: Option<&str>) -> SyncPage {
        let from = match token {
            Some(token) => SyncFrom::Token(token.into()),
            None => SyncFrom::First,
        };
        let page = self.sync_page(who, from, 200);
        assert!(page.token.is_some() && page.cursor.is_none());
        page
    }

    pub fn take_commits(&mut self) -> Vec<Commit> {
        self.backend.take_commits()
    }

    pub fn fail_next_commit(&mut self) {
        self.backend.fail_next_commit();
    }

    pub fn restart(&mut self) {
        self.backend.restart();
    }

    pub fn audit(&mut self) -> Vec<AuditEntry> {
        self.backend.audit()
    }
}

/// The newest page.
pub fn newest(conversation_id: ConversationId) -> History {
    History {
        conversation_id,
        before: None,
        after: None,
        limit: None,
        changed_since: None,
    }
}

/// What the messages say, oldest first.
pub fn texts(page: &HistoryPage) -> Vec<&str> {
    let says = |message| Message::content_text(message);
    page.messages.iter().map(says).collect()
}

trait ContentText {
    fn content_text(&self) -> &str;
}

impl ContentText for Message {
    fn content_text(&self) -> &str {
        self.content.text().unwrap_or("")
    }
}
