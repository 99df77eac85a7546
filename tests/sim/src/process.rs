//! A device's process: it is started with what its store holds, and dies.

use std::cell::RefCell;

use causerie_engine::{CommandKind, ConnectionState, Engine, EngineConfig, OutboxState, SendState};
use causerie_protocol::UserId;
use causerie_store::{Durability, OpenError, Options, Store};

use crate::{
    device::Device,
    world::{Event, World},
};

thread_local! {
    /// Stores of runs that are over: making one takes as long as a tenth of a run.
    static STORES: RefCell<Vec<Store>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            STORES.with_borrow_mut(|stores| stores.push(store));
        }
    }
}

/// A new installation's store.
fn fresh_store(user: &UserId, options: Options) -> Result<Store, OpenError> {
    match STORES.with_borrow_mut(Vec::pop) {
        Some(mut store) => {
            store.begin_anew(user, options)?;
            Ok(store)
        }
        None => Ok(Store::in_memory(user, options)?.store),
    }
}

impl World {
    /// The app is started, with what its store holds.
    pub(crate) fn start_device(&mut self, index: usize) {
        if self.devices[index].is_up() {
            return;
        }
        let seed = self.rng.draw();
        let now = self.device_now(index);
        let device = &mut self.devices[index];
        let options = Options {
            durability: Durability::Process,
            fresh_client_id: device.fresh,
        };
        let store = match device.store.take() {
            Some(store) => Ok(store),
            None => fresh_store(&device.user, options),
        };
        let store = match store {
            Ok(store) => device.store.insert(store),
            Err(error) => return self.blame(format!("device {index} cannot open: {error}")),
        };
        let snapshot = match store.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => return self.blame(format!("device {index} cannot be read: {error}")),
        };
        device.outbox.clear();
        device.entries.clear();
        device.screens.clear();
        device.opening.clear();
        let mut wrong = Vec::new();
        if let Err(what) = self
            .model
            .restarted(index, snapshot.epoch.as_deref(), &snapshot.outbox)
        {
            wrong.push(format!("device {index} {what}"));
        }
        for row in &snapshot.outbox {
            let state = match &row.state {
                OutboxState::Queued => SendState::Queued,
                OutboxState::Failed { code, message, .. } => SendState::Failed {
                    code: code.clone(),
                    message: message.clone(),
                },
                OutboxState::Acked { .. } => continue,
            };
            if device.told_sent.contains(&row.key) {
                wrong.push(format!(
                    "device {index}: {} was told to be sent, but its store says {state:?}",
                    row.key
                ));
            }
            device.outbox.insert(row.key, state);
        }
        let config = EngineConfig::default();
        device.engine = Some(Engine::restore(snapshot, config, now, seed));
        device.connection = ConnectionState::Disconnected;
        if let Some(what) = wrong.pop() {
            return self.blame(what);
        }
        self.note(|| format!("device {index} starts"));
        self.read_entries(index);
        self.command(index, CommandKind::Start);
    }

    /// What a list shows before anything is emitted.
    fn read_entries(&mut self, index: usize) {
        let device = &mut self.devices[index];
        if let Some(engine) = &device.engine {
            device.entries = engine
                .conversations()
                .map(|entry| (entry.item.conversation_id, entry))
                .collect();
        }
    }

    /// kill -9.
    pub(crate) fn device_dies(&mut self, index: usize) {
        let device = &mut self.devices[index];
        if device.engine.take().is_none() {
            return;
        }
        device.connection = ConnectionState::Disconnected;
        let link = device.link.take();
        self.model.people[index].died();
        self.note(|| format!("device {index} dies"));
        if let Some(id) = link {
            self.hang_up(id);
        }
        let pause = self.rng.millis(50, 4000);
        self.after(pause, Event::DeviceUp(index));
    }
}
