//! The border in front of the memory store.

use std::collections::VecDeque;

use causerie_protocol::{MessageId, Millis};
use parking_lot::Mutex;

use crate::store::{Command, Done, Publish, Query, Read, Store, StoreError};

use super::MemoryStore;

/// Gives the time of a transaction.
pub type Now = Box<dyn FnMut() -> Millis + Send>;
/// Gives the id of an event.
pub type NextId = Box<dyn FnMut() -> MessageId + Send>;

/// A [`Store`] in memory. Commands run on the thread that submits them, one transaction each; one
/// that is submitted from within an answer runs after it.
pub struct SharedMemoryStore {
    epoch: String,
    store: Mutex<MemoryStore>,
    queue: Mutex<Queue>,
    sources: Mutex<Sources>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Command, Done)>,
    running: bool,
}

struct Sources {
    now: Now,
    next_id: NextId,
    publish: Publish,
}

impl SharedMemoryStore {
    /// Puts the border in front of a store.
    pub fn new(store: MemoryStore, now: Now, next_id: NextId, publish: Publish) -> Self {
        Self {
            epoch: store.epoch().to_owned(),
            store: Mutex::new(store),
            queue: Mutex::new(Queue::default()),
            sources: Mutex::new(Sources {
                now,
                next_id,
                publish,
            }),
        }
    }

    fn run(&self, command: Command, done: Done) {
        let mut sources = self.sources.lock();
        let now = (sources.now)();
        let (outcomes, commits) = {
            let next_id = &mut sources.next_id;
            self.store.lock().apply(&[command], now, next_id)
        };
        if !commits.is_empty() {
            (sources.publish)(commits);
        }
        drop(sources);
        if let Some(outcome) = outcomes.into_iter().next() {
            done(outcome);
        }
    }
}

impl Store for SharedMemoryStore {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn submit(&self, command: Command, done: Done) {
        {
            let mut queue = self.queue.lock();
            queue.waiting.push_back((command, done));
            if std::mem::replace(&mut queue.running, true) {
                return;
            }
        }
        loop {
            let next = {
                let mut queue = self.queue.lock();
                let next = queue.waiting.pop_front();
                queue.running = next.is_some();
                next
            };
            let Some((command, done)) = next else {
                return;
            };
            self.run(command, done);
        }
    }

    fn query(&self, query: Query, read: Read) {
        let answer = self.store.lock().query(&query);
        read(answer.map_err(|error| StoreError(error.to_string())));
    }
}
