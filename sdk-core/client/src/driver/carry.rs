//! Carrying out what the engine wants, strictly in order.

use std::{collections::HashMap, sync::Arc};

use causerie_engine::{
    CommandError, CommandKind, Emission, Input, Output, Reply, ReplyId, TimelineBatch,
    TimelineDiff, TimelineId, TimelineState,
};
use causerie_protocol::TempId;
use causerie_store::StoreError;

use super::{ask::Answer, clock, thread::CoreThread, tokens};
use crate::{Error, Event, TokenRequest, transport::Socket};

/// Failures of the store in one go before it is left alone for a while.
const PATIENCE: u32 = 3;

impl CoreThread {
    /// Carries out everything that the engine wants.
    pub(super) fn drain(&mut self) {
        let mut failures = 0;
        while let Some(output) = self.engine.poll_output() {
            if let Err(error) = self.carry_out(output) {
                if self.refuse_command(&error) {
                    continue;
                }
                failures += 1;
                self.handle_failure(&error);
                if failures >= PATIENCE {
                    break;
                }
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Result<(), StoreError> {
        self.journal.wanted(&output);
        match output {
            Output::Store(ops) => {
                self.store.apply(&ops)?;
                self.note_commit();
            }
            Output::Load { load, query } => {
                let messages = self.store.load(&query)?;
                self.engine
                    .handle(Input::Loaded { load, messages }, clock::now());
            }
            Output::OpenSocket => self.open_socket(),
            Output::Transmit(frames) => {
                if let Some(socket) = &self.socket {
                    socket.send(frames);
                }
            }
            Output::CloseSocket => self.drop_socket(),
            Output::RequestToken { refused } => self.request_token(refused),
            Output::NewClientId => {
                let id = clock::fresh_id().into();
                self.engine.handle(Input::ClientId(id), clock::now());
            }
            Output::Emit(emissions) => {
                for emission in emissions {
                    self.emit(emission);
                }
            }
            Output::Reply { reply, result } => self.answer(reply, result),
        }
        Ok(())
    }

    fn open_socket(&mut self) {
        self.drop_socket();
        let number = self.socket_number;
        let core = Arc::clone(&self.core);
        let tell = move |news| core.inbox.socket(number, news);
        let runtime = self.core.runtime();
        self.socket = Some(Socket::open(runtime, self.core.address().clone(), tell));
    }

    fn request_token(&self, refused: bool) {
        let request = TokenRequest {
            user_id: self.core.user_id().clone(),
            refused,
        };
        let asked = tokens::ask(Arc::clone(&self.provider), request);
        let core = Arc::clone(&self.core);
        self.core
            .runtime()
            .spawn(async move { core.inbox.token(asked.await) });
    }

    fn answer(&mut self, reply: ReplyId, result: Result<Reply, CommandError>) {
        let Some(pending) = self.pending.remove(&reply) else {
            return;
        };
        let result = match (result, pending.opens) {
            (Ok(Reply::Timeline(batch)), Some(timeline)) => {
                self.tell_timeline(timeline, batch);
                Ok(Reply::Done)
            }
            (Ok(reply), _) => Ok(reply),
            (Err(error), opens) => {
                // Nobody asked: it was open, and is opened again.
                let reopens = pending.answer.is_none();
                let is_unknown = matches!(error, CommandError::UnknownConversation(_));
                match opens {
                    Some(timeline) if reopens && is_unknown => self.wait_for_conversation(timeline),
                    Some(timeline) => {
                        if let Some(view) = self.views.remove(&timeline) {
                            view.mirror.close();
                        }
                    }
                    None => {}
                }
                Err(Error::from(error))
            }
        };
        if let Some(answer) = pending.answer {
            self.tell(answer, result);
        }
    }

    /// Answers the app. In the background that waits until the files are closed again.
    pub(super) fn tell(&mut self, answer: Answer<Reply>, result: Result<Reply, Error>) {
        if self.suspended {
            self.late.push((answer, result));
        } else {
            drop(answer.send(result));
        }
    }

    fn emit(&mut self, emission: Emission) {
        let core = &self.core;
        match emission {
            Emission::Connection(state) => {
                core.events.publish(&Event::Connection(state.clone()));
                core.connection.publish(|present| present.set(state));
            }
            Emission::Conversations(changes) => {
                core.list.publish(|list| list.apply(changes));
                self.open_what_waits();
            }
            Emission::Timeline { timeline, batch } => self.tell_timeline(timeline, batch),
            Emission::Outbox { key, state, row } => {
                core.outbox
                    .publish(|outbox| outbox.apply(key, state, row.as_deref()));
            }
            Emission::Typing {
                conversation_id,
                user_ids,
            } => {
                let mut typing = core.typing.lock();
                if user_ids.is_empty() {
                    typing.remove(&conversation_id);
                } else {
                    typing.insert(conversation_id, user_ids.clone());
                }
                drop(typing);
                core.events.publish(&Event::Typing {
                    conversation_id,
                    user_ids,
                });
            }
            Emission::Cursors {
                conversation_id,
                cursors,
            } => core.events.publish(&Event::Cursors {
                conversation_id,
                cursors,
            }),
            Emission::Users(users) => {
                let known = users
                    .iter()
                    .map(|user| (user.user_id.clone(), user.clone()));
                core.users.lock().extend(known);
                core.events.publish(&Event::Users(users));
            }
            Emission::Event(frame) => core.events.publish(&Event::Server(frame)),
            // Asked for when the app asks.
            Emission::Stats(_) => {}
            Emission::Fault {
                code,
                message,
                retryable,
            } => core.events.publish(&Event::Fault {
                code,
                message,
                retryable,
            }),
        }
    }

    fn tell_timeline(&mut self, timeline: TimelineId, batch: TimelineBatch) {
        let Some(view) = self.views.get(&timeline) else {
            return;
        };
        let inserted: Vec<TempId> = if self.echoes.is_empty() {
            Vec::new()
        } else {
            inserted(&batch, &self.echoes)
        };
        let mut diverged = false;
        let told = view.mirror.publish(|mirror| match mirror.apply(&batch) {
            Ok(()) => Some(batch),
            Err(crate::observe::Diverged) => {
                diverged = true;
                None
            }
        });
        if told > 0 {
            let now = clock::monotonic();
            let mut measured = self.core.measured.lock();
            for key in inserted {
                if let Some(called) = self.echoes.remove(&key) {
                    measured.echo.record(now.saturating_sub(called));
                }
            }
        }
        if diverged {
            // It heals, but should never happen.
            tracing::error!(
                timeline = timeline.0,
                "a timeline diverged and is told anew"
            );
            self.reset_timeline(timeline);
        }
    }

    /// What was shown is not known any more: it is empty until the server has told of it again.
    fn wait_for_conversation(&mut self, timeline: TimelineId) {
        if let Some(view) = self.views.get_mut(&timeline) {
            view.waits = true;
            let batch = TimelineBatch {
                diffs: vec![TimelineDiff::Reset(Vec::new())],
                state: TimelineState::default(),
            };
            self.tell_timeline(timeline, batch);
        }
    }

    /// Opens timelines whose conversation has become known.
    fn open_what_waits(&mut self) {
        let list = &self.core.list;
        let is_known = |id| list.read(|list| list.get(id).is_some());
        let ready: Vec<_> = self
            .views
            .iter_mut()
            .filter(|(_, view)| view.waits && is_known(view.conversation_id))
            .map(|(timeline, view)| {
                view.waits = false;
                (*timeline, view.open(*timeline))
            })
            .collect();
        for (timeline, kind) in ready {
            let reply = self.reply_for(timeline);
            let command = causerie_engine::Command { reply, kind };
            self.engine.handle(Input::Command(command), clock::now());
        }
    }

    fn reset_timeline(&mut self, timeline: TimelineId) {
        let reply = self.reply_for(timeline);
        let kind = CommandKind::ResetTimeline(timeline);
        self.engine.handle(
            Input::Command(causerie_engine::Command { reply, kind }),
            clock::now(),
        );
    }
}

fn inserted(batch: &TimelineBatch, echoes: &HashMap<TempId, std::time::Duration>) -> Vec<TempId> {
    batch
        .diffs
        .iter()
        .filter_map(|diff| match diff {
            TimelineDiff::Insert { item, .. } => Some(TempId::from_uuid(item.key.0)),
            TimelineDiff::Reset(_)
            | TimelineDiff::Update(_)
            | TimelineDiff::Move { .. }
            | TimelineDiff::Remove(_) => None,
        })
        .filter(|key| echoes.contains_key(key))
        .collect()
}
