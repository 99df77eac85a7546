//! Where this connection's user types. What is said last counts, however fast it changes.

use std::time::Duration;

use causerie_protocol::{ConversationId, limits::TYPING_EXPIRES_MS};

#[derive(Debug)]
struct Place {
    conversation_id: ConversationId,
    /// What the user wants others to see.
    typing: bool,
    /// Whether the store is being asked for the right to it.
    asking: bool,
    /// Others were told that the user types, and that holds until here.
    told_until: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct TypingPlaces {
    places: Vec<Place>,
}

impl TypingPlaces {
    /// The user begins or ends. Returns whether the store is to be asked.
    pub(super) fn handle_request(
        &mut self,
        conversation_id: ConversationId,
        typing: bool,
        now: Duration,
    ) -> bool {
        self.places
            .retain(|place| place.asking || place.told_until.is_some_and(|until| until > now));
        let place = self
            .places
            .iter_mut()
            .find(|place| place.conversation_id == conversation_id);
        match place {
            Some(place) => {
                place.typing = typing;
                !std::mem::replace(&mut place.asking, true)
            }
            None => {
                self.places.push(Place {
                    conversation_id,
                    typing,
                    asking: true,
                    told_until: None,
                });
                true
            }
        }
    }

    /// The store answered. Returns what to tell the others, if the user may.
    pub(super) fn handle_answer(
        &mut self,
        conversation_id: ConversationId,
        allowed: bool,
        now: Duration,
    ) -> Option<bool> {
        let at = self
            .places
            .iter()
            .position(|place| place.conversation_id == conversation_id)?;
        let place = &mut self.places[at];
        place.asking = false;
        let typing = place.typing;
        if allowed && typing {
            place.told_until = Some(now + Duration::from_millis(TYPING_EXPIRES_MS));
        } else {
            self.places.swap_remove(at);
        }
        allowed.then_some(typing)
    }

    /// The connection ends: where others still see the user type.
    pub(super) fn drain(&mut self, now: Duration) -> impl Iterator<Item = ConversationId> + '_ {
        self.places
            .drain(..)
            .filter(move |place| place.told_until.is_some_and(|until| until > now))
            .map(|place| place.conversation_id)
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::UserId;

    use super::*;

    #[test]
    fn a_stop_that_overtakes_the_permission_to_start_wins() {
        let mut places = TypingPlaces::default();
        let user = |name| UserId::new(name).unwrap();
        let room = ConversationId::direct(&user("alice"), &user("bob"));
        let now = Duration::ZERO;
        assert!(places.handle_request(room, true, now));
        assert!(!places.handle_request(room, false, now));
        assert_eq!(places.handle_answer(room, true, now), Some(false));
        assert_eq!(places.drain(now).count(), 0);
        assert!(places.handle_request(room, true, now));
        assert_eq!(places.handle_answer(room, true, now), Some(true));
        assert_eq!(places.drain(now).collect::<Vec<_>>(), [room]);
    }

    #[test]
    fn who_may_not_speak_is_not_shown_typing() {
        let mut places = TypingPlaces::default();
        let user = |name| UserId::new(name).unwrap();
        let room = ConversationId::direct(&user("alice"), &user("bob"));
        assert!(places.handle_request(room, true, Duration::ZERO));
        assert_eq!(places.handle_answer(room, false, Duration::ZERO), None);
    }
}
