//! `conversation_activity` and `conversation_created`: the first at once, then at most one for each
//! conversation in 100 ms, coalesced, never dropped (docs/protocol.md §5).

use std::{collections::BTreeMap, time::Duration};

use causerie_protocol::ConversationId;

use crate::hub::Notice;

const EVERY: Duration = Duration::from_millis(100);
/// Most conversations that are asked for at once: their items stay below a batch's limit.
const AT_ONCE: usize = 50;

#[derive(Debug, Default)]
struct Entry {
    notice: Option<Notice>,
    next_at: Duration,
}

/// The conversations of which a connection has something to hear, or heard a moment ago.
#[derive(Debug, Default)]
pub(super) struct Activity {
    entries: BTreeMap<ConversationId, Entry>,
    asking: bool,
}

impl Activity {
    /// Something happened there.
    pub(super) fn handle_notice(&mut self, conversation_id: ConversationId, notice: Notice) {
        let entry = self.entries.entry(conversation_id).or_default();
        match &mut entry.notice {
            Some(before) => before.merge(notice),
            None => entry.notice = Some(notice),
        }
    }

    /// The conversations that are due. Until [`Activity::handle_told`] nothing else is.
    pub(super) fn poll(&mut self, now: Duration) -> Vec<(ConversationId, Notice)> {
        if self.asking || self.entries.is_empty() {
            return Vec::new();
        }
        self.entries
            .retain(|_, entry| entry.notice.is_some() || entry.next_at > now);
        let due: Vec<_> = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| entry.next_at <= now)
            .filter_map(|(id, entry)| Some((*id, entry.notice.take()?)))
            .take(AT_ONCE)
            .collect();
        self.asking = !due.is_empty();
        due
    }

    /// What was due has been told.
    pub(super) fn handle_told(&mut self, told: &[(ConversationId, Notice)], now: Duration) {
        self.asking = false;
        for (id, _) in told {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.next_at = now + EVERY;
            }
        }
    }

    /// What was due could not be read; it is due again a little later.
    pub(super) fn handle_failed(&mut self, failed: Vec<(ConversationId, Notice)>, now: Duration) {
        self.handle_told(&failed, now);
        for (id, notice) in failed {
            let entry = self.entries.entry(id).or_default();
            let later = entry.notice.replace(notice);
            if let (Some(before), Some(later)) = (&mut entry.notice, later) {
                before.merge(later);
            }
        }
    }

    pub(super) fn next_at(&self) -> Option<Duration> {
        if self.asking {
            return None;
        }
        self.entries
            .values()
            .filter(|entry| entry.notice.is_some())
            .map(|entry| entry.next_at)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::UserId;

    use super::*;

    #[test]
    fn the_first_is_due_at_once_and_the_next_ones_together_after_100_ms() {
        let mut activity = Activity::default();
        let (room, other) = (room("bob"), room("carol"));
        let ms = Duration::from_millis;
        activity.handle_notice(room, Notice::activity(false));
        assert_eq!(activity.next_at(), Some(ms(0)));
        let due = activity.poll(ms(0));
        assert_eq!(due, [(room, Notice::activity(false))]);
        activity.handle_told(&due, ms(1));
        activity.handle_notice(room, Notice::activity(false));
        activity.handle_notice(room, Notice::activity(true));
        assert!(activity.poll(ms(100)).is_empty());
        activity.handle_notice(other, Notice::activity(false));
        assert_eq!(activity.poll(ms(100)).len(), 1);
        activity.handle_told(&[(other, Notice::default())], ms(100));
        assert_eq!(activity.next_at(), Some(ms(101)));
        assert_eq!(activity.poll(ms(101)), [(room, Notice::activity(true))]);
    }

    #[test]
    fn what_could_not_be_read_is_not_lost() {
        let mut activity = Activity::default();
        let room = room("bob");
        activity.handle_notice(room, Notice::created());
        let due = activity.poll(Duration::ZERO);
        activity.handle_notice(room, Notice::activity(true));
        activity.handle_failed(due, Duration::ZERO);
        let due = activity.poll(Duration::from_millis(100));
        assert_eq!(due.len(), 1);
        assert!(due[0].1.created && due[0].1.full);
    }

    fn room(with: &str) -> ConversationId {
        let user = |name| UserId::new(name).unwrap();
        ConversationId::direct(&user("alice"), &user(with))
    }
}
