//! The hub as connections and the store's publisher hold it.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{Hub, RingLimits, ring::RingEvent};
use crate::{clock::Now, store::Commit};

/// The hub that connections and the store's publisher share.
///
/// One lock guards it. What is done under it is short: marks and reference counts, never JSON.
/// Clones are the same hub.
#[derive(Clone, Default)]
pub struct SharedHub(Arc<Mutex<Hub>>);

impl SharedHub {
    /// A hub whose rings keep this much.
    pub fn new(ring_limits: RingLimits) -> Self {
        Self(Arc::new(Mutex::new(Hub {
            ring_limits,
            ..Hub::default()
        })))
    }

    /// Locks the hub. Whoever is to be woken is woken when the guard goes.
    pub fn lock(&self) -> HubGuard<'_> {
        HubGuard(self.0.lock())
    }

    /// Takes in what a durable transaction changed: encodes its events once, outside of the lock,
    /// and wakes whom they concern.
    pub fn publish(&self, commits: &[Commit], now: Now) {
        let open: Vec<bool> = {
            let hub = self.0.lock();
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
        let mut hub = self.lock();
        for (commit, frames) in commits.iter().zip(frames) {
            hub.publish(commit, frames, now);
        }
    }
}

/// The locked hub.
pub struct HubGuard<'a>(MutexGuard<'a, Hub>);

impl std::ops::Deref for HubGuard<'_> {
    type Target = Hub;

    fn deref(&self) -> &Hub {
        &self.0
    }
}

impl std::ops::DerefMut for HubGuard<'_> {
    fn deref_mut(&mut self) -> &mut Hub {
        &mut self.0
    }
}

impl Drop for HubGuard<'_> {
    fn drop(&mut self) {
        if self.0.wakes.is_empty() && self.0.superseded.is_empty() {
            return;
        }
        let wakes = std::mem::take(&mut self.0.wakes);
        let superseded = std::mem::take(&mut self.0.superseded);
        MutexGuard::unlocked(&mut self.0, || {
            for connection in superseded {
                connection.supersede();
            }
            for connection in wakes {
                connection.wake();
            }
        });
    }
}
