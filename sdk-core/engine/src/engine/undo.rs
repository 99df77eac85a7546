//! What a command of the app changed is taken back if the store did not take it: a full disk is no
//! reason to lose the connection.
//!
//! A command that only writes down what a person did is handled in two steps. First comes what it
//! changes: one `Store`, and what relies on that. Whatever else follows waits until all of it was
//! carried out. So when the `Store` fails, this command is all that there is to take back.

use causerie_protocol::{ConversationId, Seq, TempId};

use super::Engine;
use crate::{Command, CommandKind, conversation::ReadMark, outbox::Pace, request::Purpose};

/// How it was before a command.
#[derive(Debug)]
pub(super) struct Undo {
    before: Before,
    polled: bool,
}

#[derive(Debug)]
enum Before {
    /// There was no such write.
    Write {
        key: TempId,
        conversation_id: ConversationId,
        /// The conversation was known; otherwise the write made it.
        known: bool,
        pace: Option<Pace>,
        /// The last request that was made.
        last_request: u64,
        /// Writes that go with it for the first time.
        first_sent: Vec<TempId>,
    },
    Draft {
        conversation_id: ConversationId,
        draft: Option<String>,
    },
    Mark {
        conversation_id: ConversationId,
        mark: Option<ReadMark>,
        read_seq: Seq,
        read_number: u64,
        mentions_unread: u64,
    },
}

impl Undo {
    /// The engine is polled. The first time this gives out the `Store`; when it is polled again, the
    /// store has it.
    pub(super) fn poll(self) -> Option<Self> {
        (!self.polled).then_some(Self {
            polled: true,
            ..self
        })
    }
}

/// Whether a command only writes down what a person did.
pub(super) fn is_local(command: &Command) -> bool {
    matches!(
        command.kind,
        CommandKind::Write { .. } | CommandKind::SetDraft { .. } | CommandKind::MarkRead { .. }
    )
}

impl Engine {
    /// Takes back the last command, since the store did not take what it changed, and nothing of it.
    /// Call this in place of carrying out the `Store` that [`Self::poll_output`] gave last, with a
    /// store that is certain to be as it was before.
    ///
    /// If this says true, the engine is as if the command had never been given: nothing is told, and
    /// nothing answered, which is the driver's to do. Go on polling. If it says false, what failed is
    /// more than such a command, and a new engine has to be restored from what is stored.
    #[must_use = "an engine that cannot take it back has to be restored"]
    pub fn undo(&mut self) -> bool {
        let Some(undo) = self.undo.take().filter(|undo| undo.polled) else {
            return false;
        };
        self.outputs.clear();
        match undo.before {
            Before::Write {
                key,
                conversation_id,
                known,
                pace,
                last_request,
                first_sent,
            } => {
                for purpose in self.requests.take_after(last_request) {
                    if let Purpose::Write { key, .. } = purpose {
                        self.outbox.land(key, first_sent.contains(&key));
                    }
                }
                self.outbox.set_pace(conversation_id, pace);
                if let Some(row) = self.outbox.withdraw(key) {
                    self.unshow(&row);
                }
                if !known {
                    self.conversations.remove(&conversation_id);
                }
            }
            Before::Draft {
                conversation_id,
                draft,
            } => {
                if let Some(conversation) = self.conversations.get_mut(&conversation_id) {
                    conversation.draft = draft;
                }
            }
            Before::Mark {
                conversation_id,
                mark,
                read_seq,
                read_number,
                mentions_unread,
            } => {
                if let Some(conversation) = self.conversations.get_mut(&conversation_id) {
                    conversation.read_mark = mark;
                    conversation.item.read_seq = read_seq;
                    conversation.item.read_number = read_number;
                    conversation.item.mentions_unread = mentions_unread;
                }
            }
        }
        true
    }

    /// The first step of a command that only writes down what a person did.
    pub(super) fn handle_local(&mut self, command: Command) {
        let mut before = self.before(&command.kind);
        let is_write = matches!(command.kind, CommandKind::Write { .. });
        self.handle_command(command);
        if is_write && self.connection.is_live() {
            // One commit has the write and that it is sent.
            let sent = self.poll_outbox();
            if let Some(Before::Write { first_sent, .. }) = &mut before {
                *first_sent = sent;
            }
        }
        // A deletion may drop a message that was never sent, and then no write came of it.
        let came = match &before {
            Some(Before::Write { key, .. }) => self.outbox.get(*key).is_some(),
            Some(Before::Draft { .. } | Before::Mark { .. }) => true,
            None => false,
        };
        self.flush();
        self.undo = before.filter(|_| came).map(|before| Undo {
            before,
            polled: false,
        });
        self.unsettled = true;
    }

    fn before(&self, kind: &CommandKind) -> Option<Before> {
        match kind {
            CommandKind::Write {
                key,
                conversation_id,
                ..
            } if self.outbox.get(*key).is_none() => Some(Before::Write {
                key: *key,
                conversation_id: *conversation_id,
                known: self.conversations.contains_key(conversation_id),
                pace: self.outbox.pace(*conversation_id),
                last_request: self.requests.last(),
                first_sent: Vec::new(),
            }),
            CommandKind::SetDraft {
                conversation_id, ..
            } => self
                .conversations
                .get(conversation_id)
                .map(|conversation| Before::Draft {
                    conversation_id: *conversation_id,
                    draft: conversation.draft.clone(),
                }),
            CommandKind::MarkRead {
                conversation_id, ..
            } => self
                .conversations
                .get(conversation_id)
                .map(|conversation| Before::Mark {
                    conversation_id: *conversation_id,
                    mark: conversation.read_mark,
                    read_seq: conversation.item.read_seq,
                    read_number: conversation.item.read_number,
                    mentions_unread: conversation.item.mentions_unread,
                }),
            _ => None,
        }
    }

    /// What was to be shown of a write was never told: that it goes is not told either.
    fn unshow(&mut self, row: &crate::OutboxRow) {
        for id in self
            .shown_in
            .get(&row.conversation_id)
            .into_iter()
            .flatten()
        {
            if let Some(timeline) = self.timelines.get_mut(id).filter(|shown| shown.anchored) {
                timeline.view.touch_row(row);
                drop(timeline.poll_batch(&self.outbox));
            }
        }
    }
}
