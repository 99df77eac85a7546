//! The connections that are open, so that a server that drains can tell them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use causerie_protocol::UserId;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::mailbox::Mailbox;
use crate::store::LaneId;

/// One open connection.
pub(crate) struct Open {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) user_id: Option<UserId>,
}

#[derive(Default)]
struct Table {
    open: HashMap<LaneId, Open>,
    /// Requests over REST under way.
    visits: u64,
    last: u64,
}

/// A request over REST. A server that drains waits until it is gone.
pub(crate) struct Visiting {
    connections: Arc<Connections>,
    lane: LaneId,
}

impl Visiting {
    /// Its order of writes, never used before.
    pub(crate) fn lane(&self) -> LaneId {
        self.lane
    }
}

impl Drop for Visiting {
    fn drop(&mut self) {
        let mut table = self.connections.table.lock();
        table.visits -= 1;
        self.connections.tell(&table);
    }
}

/// All open connections.
#[derive(Default)]
pub(crate) struct Connections {
    table: Mutex<Table>,
    draining: AtomicBool,
    empty: Notify,
}

impl Connections {
    /// Adds one, under a lane that was never used before.
    pub(super) fn add(&self, mailbox: Arc<Mailbox>) -> LaneId {
        let mut table = self.table.lock();
        table.last += 1;
        let lane = LaneId(table.last);
        let open = Open {
            mailbox,
            user_id: None,
        };
        table.open.insert(lane, open);
        lane
    }

    pub(super) fn name(&self, lane: LaneId, user_id: &UserId) {
        if let Some(open) = self.table.lock().open.get_mut(&lane) {
            open.user_id = Some(user_id.clone());
        }
    }

    pub(super) fn remove(&self, lane: LaneId) {
        let mut table = self.table.lock();
        table.open.remove(&lane);
        self.tell(&table);
    }

    /// A request over REST begins.
    pub(crate) fn visit(self: Arc<Self>) -> Visiting {
        let mut table = self.table.lock();
        table.last += 1;
        table.visits += 1;
        let lane = LaneId(table.last);
        drop(table);
        Visiting {
            connections: self,
            lane,
        }
    }

    fn tell(&self, table: &Table) {
        if table.open.is_empty() && table.visits == 0 {
            self.empty.notify_waiters();
        }
    }

    pub(super) fn count(&self) -> usize {
        self.table.lock().open.len()
    }

    pub(super) fn for_each(&self, mut each: impl FnMut(LaneId, &Open)) {
        for (lane, open) in &self.table.lock().open {
            each(*lane, open);
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(super) fn set_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    fn is_empty(&self) -> bool {
        let table = self.table.lock();
        table.open.is_empty() && table.visits == 0
    }

    /// Until none is open, and no request is under way.
    pub(super) async fn wait_until_none(&self) {
        loop {
            let empty = self.empty.notified();
            if self.is_empty() {
                return;
            }
            empty.await;
        }
    }
}
