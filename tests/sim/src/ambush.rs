//! A fault lies in wait until it can do something: until there is a line to cut, a group to be put
//! out of, a transaction to die beside. One that aims at a state waits for that as well, for a while.

use std::time::Duration;

use causerie_protocol::{ConversationId, ConversationKind};

use crate::{
    act::{Act, ActKind},
    coverage::State,
    database::owner,
    fault::{Fault, FaultKind, Occasion},
    world::World,
};

/// How long a fault waits for the state that it aims at.
const AIMS: Duration = Duration::from_secs(10);

/// A fault that lies in wait.
pub struct Ambush {
    fault: Fault,
    /// Not before.
    from: Duration,
    /// From then on it strikes whatever state it meets.
    aims_until: Duration,
}

impl World {
    /// It is a fault's time.
    pub(crate) fn lie_in_wait(&mut self, mut fault: Fault) {
        let mut from = self.now;
        if fault.kind == FaultKind::Restore {
            self.back_up();
            from += fault.dice.millis(0, 4000);
        }
        if fault.kind == FaultKind::Removal && self.groups(fault.device).is_empty() {
            self.make_group_for(&fault);
        }
        self.ambushes.push(Ambush {
            fault,
            from,
            aims_until: from + AIMS,
        });
    }

    /// Somebody else makes a group, out of which this device's user can be put.
    fn make_group_for(&mut self, fault: &Fault) {
        let user = self.devices[fault.device].user.clone();
        let mut others = self.present().into_iter();
        let owner = others.find(|other| {
            let other = &self.devices[*other];
            other.is_up() && other.user != user
        });
        if let Some(device) = owner {
            let mut act = Act {
                index: self.plan.acts + fault.index,
                at: fault.at,
                device,
                kind: ActKind::CreateGroup,
                dice: fault.dice.clone(),
            };
            self.create_group(&mut act);
        }
    }

    /// Another restoring that waits needs another backup.
    pub(crate) fn back_up_again(&mut self) {
        let mut waiting = self.ambushes.iter();
        if waiting.any(|ambush| ambush.fault.kind == FaultKind::Restore) {
            self.back_up();
        }
    }

    /// What those that still wait want does not come any more: they cut lines.
    pub(crate) fn give_up_waiting(&mut self) {
        for ambush in &mut self.ambushes {
            ambush.fault.kind = FaultKind::Cut;
            ambush.fault.occasion = Occasion::Any;
            ambush.fault.aim = None;
            ambush.fault.left = 0;
        }
    }

    /// Whether a fault still waits.
    pub(crate) fn is_ambushed(&self) -> bool {
        !self.ambushes.is_empty()
    }

    /// After an event: what was waiting for something to strike, and has it now, strikes.
    pub(crate) fn spring(&mut self) {
        while !self.ambushes.is_empty()
            && let Some(fault) = self.ambushed(Occasion::Any, 0)
        {
            self.strike(fault);
        }
    }

    /// The fault that takes this occasion, if one does. An output is one of a device.
    pub(crate) fn ambushed(&mut self, occasion: Occasion, device: usize) -> Option<Fault> {
        let takes = |ambush: &Ambush| {
            let fault = &ambush.fault;
            fault.occasion == occasion
                && (!occasion.is_of_a_device() || fault.device == device)
                && self.now >= ambush.from
                && self.has_aim(ambush)
                && self.can_strike(fault)
        };
        let found = self.ambushes.iter().position(takes)?;
        let fault = &mut self.ambushes[found].fault;
        if fault.left > 0 {
            fault.left -= 1;
            return None;
        }
        Some(self.ambushes.remove(found).fault)
    }

    fn has_aim(&self, ambush: &Ambush) -> bool {
        let index = ambush.fault.device;
        ambush.fault.aim.is_none_or(|aim| {
            self.now >= ambush.aims_until
                || aim.holds(&self.devices[index], &self.model.people[index])
        })
    }

    /// Whether it would do anything now.
    fn can_strike(&self, fault: &Fault) -> bool {
        let index = fault.device;
        let device = &self.devices[index];
        let states = || State::of(device, &self.model.people[index]);
        let is_busy = || states().into_iter().any(State::is_of_connection);
        let line = device.link.and_then(|id| self.links.get(&id));
        let line = line.filter(|line| device.is_up() && line.alive && !line.swallows);
        match fault.kind {
            FaultKind::Cut | FaultKind::HalfOpen => line.is_some(),
            FaultKind::Delay => line.is_some_and(|line| line.slowness(self.now).is_zero()),
            FaultKind::Stall => line.is_some_and(|line| line.stalled_until <= self.now),
            FaultKind::Repeat => line.is_some_and(|line| !line.deaf),
            FaultKind::Offline => device.is_up() && !device.offline,
            FaultKind::DeviceDies | FaultKind::DeviceClock | FaultKind::Sleep => device.is_up(),
            FaultKind::Suspend => is_busy(),
            FaultKind::TokenRefused => is_busy() && device.bad_tokens == 0,
            FaultKind::NodeDies => self.nodes.iter().any(|node| node.is_up()),
            FaultKind::NodeClock => self
                .nodes
                .iter()
                .any(|node| node.is_up() && node.wall_offset == 0),
            FaultKind::NodeDiesInCommit | FaultKind::CommitFails | FaultKind::DatabaseDies => {
                self.database.is_up()
            }
            FaultKind::BusDies => self.now >= self.bus_dead_until,
            FaultKind::Restore => self.database.has_backup(),
            FaultKind::Removal => {
                self.nodes.iter().any(|node| node.is_up()) && !self.groups(index).is_empty()
            }
        }
    }

    /// The groups out of which this device's user can be put: somebody else owns them.
    pub(crate) fn groups(&self, index: usize) -> Vec<ConversationId> {
        let device = &self.devices[index];
        self.joined(index)
            .into_iter()
            .filter(|id| {
                let entry = device.entries.get(id);
                entry.is_some_and(|entry| entry.item.kind == ConversationKind::Group)
                    && owner(&self.database.store, *id).is_some_and(|owner| owner != device.user)
            })
            .collect()
    }
}
