//! Who types (docs/protocol.md §4 and §5). Nothing of it is stored, and nothing is sent late.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use causerie_protocol::{ConversationId, UserId, limits::TYPING_EXPIRES_MS};

use crate::EngineConfig;

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Send {
    Start,
    Stop,
}

#[derive(Debug, Clone, Copy)]
struct Own {
    /// When `typing_start` was sent last.
    sent: Duration,
    /// When the person last typed.
    last: Duration,
}

#[derive(Debug)]
pub(crate) struct TypingState {
    repeat: Duration,
    idle: Duration,
    own: BTreeMap<ConversationId, Own>,
    others: BTreeMap<(ConversationId, UserId), Duration>,
    changed: BTreeSet<ConversationId>,
}

impl TypingState {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            repeat: config.typing_repeat,
            idle: config.typing_idle,
            own: BTreeMap::new(),
            others: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }

    /// This user types, or stopped.
    pub(crate) fn handle_own(
        &mut self,
        conversation_id: ConversationId,
        typing: bool,
        now: Duration,
    ) -> Option<Send> {
        if !typing {
            return self.own.remove(&conversation_id).map(|_| Send::Stop);
        }
        match self.own.get_mut(&conversation_id) {
            Some(own) => {
                own.last = now;
                if now < own.sent + self.repeat {
                    return None;
                }
                own.sent = now;
            }
            None => {
                self.own.insert(
                    conversation_id,
                    Own {
                        sent: now,
                        last: now,
                    },
                );
            }
        }
        Some(Send::Start)
    }

    /// Another one types, or stopped.
    pub(crate) fn handle_other(
        &mut self,
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
        expires_in: Duration,
        now: Duration,
    ) {
        let key = (conversation_id, user_id);
        let changed = if typing {
            let until = now + expires_in.min(Duration::from_millis(TYPING_EXPIRES_MS));
            self.others.insert(key, until).is_none()
        } else {
            self.others.remove(&key).is_some()
        };
        if changed {
            self.changed.insert(conversation_id);
        }
    }

    /// Lets what is over end. Gives the conversations where this user fell silent.
    pub(crate) fn handle_timer(&mut self, now: Duration) -> Vec<ConversationId> {
        let idle = self.idle;
        let mut stopped = Vec::new();
        self.own.retain(|id, own| {
            let over = own.last + idle <= now;
            if over {
                stopped.push(*id);
            }
            !over
        });
        let changed = &mut self.changed;
        self.others.retain(|(id, _), until| {
            if *until <= now {
                changed.insert(*id);
            }
            *until > now
        });
        stopped
    }

    /// The connection is gone: nobody is known to type.
    pub(crate) fn handle_lost(&mut self) {
        self.own.clear();
        self.changed
            .extend(std::mem::take(&mut self.others).into_keys().map(|k| k.0));
    }

    /// Conversations where others began or ended, with all who type there now.
    pub(crate) fn take_changes(&mut self) -> Vec<(ConversationId, Vec<UserId>)> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|id| {
                let users = self
                    .others
                    .keys()
                    .filter(|(conversation, _)| *conversation == id)
                    .map(|(_, user)| user.clone())
                    .collect();
                (id, users)
            })
            .collect()
    }

    pub(crate) fn poll_stop(&self) -> Option<Duration> {
        self.own.values().map(|own| own.last + self.idle).min()
    }

    pub(crate) fn poll_expiry(&self) -> Option<Duration> {
        self.others.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn id() -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(1))
    }

    fn bob() -> UserId {
        UserId::new("bob").expect("a sound id")
    }

    #[test]
    fn start_is_sent_every_three_seconds_at_most_and_stop_after_three_idle_ones() {
        let mut typing = TypingState::new(&EngineConfig::default());
        assert_eq!(typing.handle_own(id(), true, at(0)), Some(Send::Start));
        assert_eq!(typing.handle_own(id(), true, at(2_999)), None);
        assert_eq!(typing.handle_own(id(), true, at(3_000)), Some(Send::Start));
        assert_eq!(typing.poll_stop(), Some(at(6_000)));
        assert!(typing.handle_timer(at(5_999)).is_empty());
        assert_eq!(typing.handle_timer(at(6_000)), [id()]);
        assert_eq!(typing.handle_own(id(), false, at(6_001)), None);
    }

    #[test]
    fn another_one_who_falls_silent_stops_after_six_seconds() {
        let mut typing = TypingState::new(&EngineConfig::default());
        typing.handle_other(id(), bob(), true, at(6_000), at(0));
        assert_eq!(typing.take_changes(), [(id(), vec![bob()])]);
        typing.handle_other(id(), bob(), true, at(6_000), at(1_000));
        assert!(typing.take_changes().is_empty());
        typing.handle_timer(at(6_999));
        assert!(typing.take_changes().is_empty());
        typing.handle_timer(at(7_000));
        assert_eq!(typing.take_changes(), [(id(), vec![])]);
    }

    #[test]
    fn nobody_types_without_a_connection() {
        let mut typing = TypingState::new(&EngineConfig::default());
        typing.handle_other(id(), bob(), true, at(6_000), at(0));
        typing.take_changes();
        typing.handle_lost();
        assert_eq!(typing.take_changes(), [(id(), vec![])]);
    }
}
