//! The bus between the nodes, and the sweeps that find what it lost.

use std::time::Duration;

use causerie_server::{
    bus::{Hint, Lossy, Odds, SWEEP_EVERY},
    store::{Answer, Changed},
};

use crate::{
    fault::Occasion,
    world::{Event, World},
};

/// How bad the bus is, also when nothing else goes wrong.
const ODDS: Odds = Odds {
    lost: 150,
    repeated: 100,
    late: 150,
    late_ms: 9000,
    usual_ms: 30,
};

impl World {
    /// What a node has for the others sets out.
    pub(crate) fn carry_hints(&mut self, from: usize) {
        let hints = self.nodes[from].bus.take();
        if !hints.is_empty()
            && let Some(fault) = self.ambushed(Occasion::Hint, 0)
        {
            self.strike(fault);
        }
        for hint in hints {
            if self.now < self.bus_dead_until {
                continue;
            }
            for to in 0..self.nodes.len() {
                if to == from {
                    continue;
                }
                let generation = self.nodes[to].generation();
                let rng = &mut self.rng;
                for (delay, hint) in Lossy::carry(&hint, &ODDS, &mut |below| rng.below(below)) {
                    self.after(delay, Event::Hint(to, generation, Box::new(hint)));
                }
            }
        }
    }

    /// A hint arrives.
    pub(crate) fn take_in_hint(&mut self, node: usize, generation: u64, hint: &Hint) {
        if generation != self.nodes[node].generation() {
            return;
        }
        if let Some(shared) = &self.nodes[node].shared {
            shared.hub.take_in(hint, self.node_now(node));
        }
        self.ring_bells(node);
    }

    /// A node that begins knows what the database holds, and takes connections after that.
    pub(crate) fn begin_sweeping(&mut self, node: usize) {
        self.sweep_now(node);
        let generation = self.nodes[node].generation();
        self.after(SWEEP_EVERY, Event::Sweep(node, generation));
    }

    /// The time of a sweep.
    pub(crate) fn sweep(&mut self, node: usize, generation: u64) {
        if generation != self.nodes[node].generation() {
            return;
        }
        if let Some(until) = self.database.syncs_until() {
            return self.at(until, Event::Sweep(node, generation));
        }
        self.after(SWEEP_EVERY, Event::Sweep(node, generation));
        let Some(changed) = self.read_changes(node) else {
            return;
        };
        let delay = self.disk_delay();
        self.after(delay, Event::Swept(node, generation, changed.map(Box::new)));
    }

    fn sweep_now(&mut self, node: usize) {
        if let Some(changed) = self.read_changes(node) {
            self.swept(node, self.nodes[node].generation(), changed);
        }
    }

    /// What changed, if the node wants to know and the database answers.
    fn read_changes(&mut self, node: usize) -> Option<Option<Changed>> {
        let shared = self.nodes[node].shared.clone()?;
        let query = shared.hub.lock().poll_sweep()?;
        Some(match self.database.store.query(&query) {
            Ok(Answer::Changed(changed)) => Some(changed),
            Ok(_) | Err(_) => None,
        })
    }

    /// What a sweep found is taken in.
    pub(crate) fn swept(&mut self, node: usize, generation: u64, changed: Option<Changed>) {
        if generation != self.nodes[node].generation() {
            return;
        }
        if let Some(shared) = self.nodes[node].shared.clone() {
            let now = self.node_now(node);
            shared.hub.lock().handle_swept(changed, now);
        }
        self.ring_bells(node);
    }

    /// For a while nothing gets through.
    pub(crate) fn silence_bus(&mut self, pause: Duration) {
        self.note(|| format!("the bus is dead for {pause:?}"));
        self.bus_dead_until = self.bus_dead_until.max(self.now + pause);
    }
}
