//! The hub as connections and the store's publisher hold it.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{Hub, RingLimits, applied::Applied, ring::RingEvent};
use crate::{
    bus::{Bus, Hint, Local},
    clock::Now,
    store::Commit,
};

/// The hub that connections and the store's publisher share.
///
/// One lock guards it. What is done under it is short: marks and reference counts, never JSON.
/// Clones are the same hub.
#[derive(Clone)]
pub struct SharedHub {
    hub: Arc<Mutex<Hub>>,
    bus: Arc<dyn Bus>,
}

impl Default for SharedHub {
    fn default() -> Self {
        Self::new(RingLimits::default())
    }
}

impl SharedHub {
    /// The only node's hub, whose rings keep this much.
    pub fn new(ring_limits: RingLimits) -> Self {
        Self::with_bus(ring_limits, Arc::new(Local))
    }

    /// A hub that tells others by this bus. If it has peers, nothing that they say is understood
    /// before the first sweep (see [`Hub::poll_sweep`]) was answered, so connections should wait for
    /// that.
    pub fn with_bus(ring_limits: RingLimits, bus: Arc<dyn Bus>) -> Self {
        let hub = Hub {
            ring_limits,
            applied: bus.has_peers().then(Applied::default),
            ..Hub::default()
        };
        Self {
            hub: Arc::new(Mutex::new(hub)),
            bus,
        }
    }

    /// Locks the hub. Whoever is to be woken is woken when the guard goes, and other nodes are told
    /// then.
    pub fn lock(&self) -> HubGuard<'_> {
        HubGuard {
            hub: self.hub.lock(),
            bus: &*self.bus,
        }
    }

    /// Whether there are other nodes.
    pub fn has_peers(&self) -> bool {
        self.bus.has_peers()
    }

    /// Takes in what a durable transaction changed: encodes its events once, outside of the lock,
    /// wakes whom they concern, and tells the other nodes.
    pub fn publish(&self, commits: &[Commit], now: Now) {
        self.take_in_commits(commits, now);
        if self.bus.has_peers() && !commits.is_empty() {
            self.bus.send(Hint::Commits(commits.into()));
        }
    }

    /// Takes in what another node hints at.
    pub fn take_in(&self, hint: &Hint, now: Now) {
        match hint {
            Hint::Commits(commits) => {
                if !self.hub.lock().knows(commits) {
                    self.take_in_commits(commits, now);
                }
            }
            Hint::Typing {
                conversation_id,
                user_id,
                typing,
                as_of_seq,
            } => {
                let mut hub = self.lock();
                hub.show_typing(*conversation_id, user_id, *typing, *as_of_seq, now);
            }
            Hint::Attached {
                user_id,
                client_id,
                session,
            } => self.lock().handle_attached(user_id, *client_id, *session),
        }
    }

    fn take_in_commits(&self, commits: &[Commit], now: Now) {
        let open: Vec<bool> = {
            let hub = self.hub.lock();
            commits
                .iter()
                .map(|commit| hub.is_open(commit.conversation_id))
                .collect()
        };
        let frames: Vec<Vec<RingEvent>> = commits
            .iter()
            .zip(open)
            .map(|(commit, open)| {
                // A room that opens in between begins with a query that sees this commit.
                let events = if open { commit.events.as_slice() } else { &[] };
                events.iter().cloned().map(RingEvent::new).collect()
            })
            .collect();
        self.lock().publish(commits, frames, now);
    }
}

/// The locked hub.
pub struct HubGuard<'a> {
    hub: MutexGuard<'a, Hub>,
    bus: &'a dyn Bus,
}

impl std::ops::Deref for HubGuard<'_> {
    type Target = Hub;

    fn deref(&self) -> &Hub {
        &self.hub
    }
}

impl std::ops::DerefMut for HubGuard<'_> {
    fn deref_mut(&mut self) -> &mut Hub {
        &mut self.hub
    }
}

impl Drop for HubGuard<'_> {
    fn drop(&mut self) {
        let hub = &mut self.hub;
        if hub.wakes.is_empty() && hub.superseded.is_empty() && hub.hints.is_empty() {
            return;
        }
        let wakes = std::mem::take(&mut hub.wakes);
        let superseded = std::mem::take(&mut hub.superseded);
        let hints = std::mem::take(&mut hub.hints);
        MutexGuard::unlocked(&mut self.hub, || {
            for connection in superseded {
                connection.supersede();
            }
            for connection in wakes {
                connection.wake();
            }
            for hint in hints {
                self.bus.send(hint);
            }
        });
    }
}
