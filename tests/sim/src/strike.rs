//! What goes wrong goes wrong.

use std::time::Duration;

use crate::{
    coverage::State,
    fault::{Fault, FaultKind, Occasion},
    ledger::Answered,
    world::{Event, World},
};
use causerie_engine::{CommandKind, Input, Lifecycle, NetworkHint};
use causerie_protocol::CloseCode;

/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;

impl World {
    /// Something goes wrong, and has an effect. It is counted with the states that it met; what
    /// shows its effect only later is counted then.
    pub(crate) fn strike(&mut self, mut fault: Fault) {
        let met = self.meet(&fault);
        match fault.kind {
            FaultKind::TokenRefused => self.devices[fault.device].refused = Some(met),
            FaultKind::Removal => return self.strike_membership(&mut fault, met),
            _ => self.coverage.count(fault.kind, &met),
        }
        match fault.kind {
            FaultKind::Delay
            | FaultKind::Cut
            | FaultKind::HalfOpen
            | FaultKind::Stall
            | FaultKind::Repeat
            | FaultKind::Offline => self.strike_line(&mut fault),
            FaultKind::DeviceDies
            | FaultKind::DeviceClock
            | FaultKind::Sleep
            | FaultKind::Suspend
            | FaultKind::TokenRefused => self.strike_device(&mut fault),
            FaultKind::NodeDies
            | FaultKind::NodeDiesInCommit
            | FaultKind::NodeClock
            | FaultKind::BusDies
            | FaultKind::DatabaseDies
            | FaultKind::CommitFails
            | FaultKind::Restore
            | FaultKind::Removal => self.strike_server(&mut fault),
        }
    }

    /// The states of a fault's device, before it changes them.
    fn meet(&mut self, fault: &Fault) -> Vec<State> {
        let index = fault.device;
        let state = self.devices[index].connection.clone();
        self.note(|| format!("{:?} strikes device {index}, {state:?}", fault.kind));
        State::of(&self.devices[index], &self.model.people[index])
    }

    fn strike_line(&mut self, fault: &mut Fault) {
        let index = fault.device;
        let dice = &mut fault.dice;
        let Some(id) = self.devices[index].link else {
            if fault.kind == FaultKind::Offline {
                self.go_offline(index, dice.millis(500, 20_000));
            }
            return;
        };
        match fault.kind {
            FaultKind::Cut => self.cut(id),
            FaultKind::Offline => {
                let pause = dice.millis(500, 20_000);
                self.cut(id);
                self.go_offline(index, pause);
            }
            FaultKind::Stall => {
                let pause = dice.millis(500, 8000);
                self.stall(index, pause);
            }
            FaultKind::Delay => {
                let until = self.now + dice.millis(500, 10_000);
                let by = dice.millis(100, 3000);
                if let Some(link) = self.links.get_mut(&id) {
                    link.slow = (by, until);
                }
            }
            FaultKind::HalfOpen => {
                if let Some(link) = self.links.get_mut(&id) {
                    link.swallows = true;
                }
            }
            // What the device says now arrives, and it never hears so: it will say it again.
            FaultKind::Repeat => {
                let pause = dice.millis(100, 4000);
                if let Some(link) = self.links.get_mut(&id) {
                    link.deaf = true;
                }
                self.after(pause, Event::Break(id));
            }
            _ => {}
        }
    }

    fn go_offline(&mut self, index: usize, pause: Duration) {
        self.devices[index].offline = true;
        self.after(pause, Event::NetworkBack(index));
    }

    fn strike_device(&mut self, fault: &mut Fault) {
        let index = fault.device;
        let dice = &mut fault.dice;
        match fault.kind {
            FaultKind::DeviceDies => self.device_dies(index),
            FaultKind::DeviceClock => {
                let hours = dice.below(12 * HOUR) as i64;
                let sign = if dice.one_in(2) { -1 } else { 1 };
                self.devices[index].wall_offset = hours * sign;
                self.device_handle(index, Input::Network(NetworkHint::Changed));
            }
            // The lid was closed: nothing ran, and nobody was told before or after.
            FaultKind::Sleep => {
                let slept = dice.millis(60_000, 12 * HOUR);
                self.sleep(index, slept);
                self.device_timer(index);
            }
            FaultKind::Suspend => {
                self.device_handle(index, Input::Lifecycle(Lifecycle::Suspend));
                if dice.one_in(2) {
                    let slept = dice.millis(60_000, 12 * HOUR);
                    self.sleep(index, slept);
                }
                let pause = dice.millis(100, 5000);
                self.after(pause, Event::Resume(index));
            }
            FaultKind::TokenRefused => {
                self.devices[index].bad_tokens = 1 + dice.below(3) as u32;
                // The token that it has is as good as the next ones.
                if let Some(id) = self.devices[index].link {
                    self.end_line(id, Some(CloseCode::TokenInvalid));
                }
            }
            _ => {}
        }
    }

    fn sleep(&mut self, index: usize, slept: Duration) {
        let device = &mut self.devices[index];
        device.slept += slept;
        device.wall_offset += i64::try_from(slept.as_millis()).unwrap_or_default();
    }

    fn strike_server(&mut self, fault: &mut Fault) {
        let dice = &mut fault.dice;
        match fault.kind {
            FaultKind::NodeDies => {
                let up = (0..self.nodes.len()).filter(|node| self.nodes[*node].is_up());
                if let Some(&node) = dice.pick(&up.collect::<Vec<_>>()) {
                    self.node_dies(node, "of a fault");
                }
            }
            FaultKind::NodeClock => {
                let right =
                    |node: &usize| self.nodes[*node].is_up() && self.nodes[*node].wall_offset == 0;
                let right: Vec<usize> = (0..self.nodes.len()).filter(right).collect();
                let Some(&node) = dice.pick(&right) else {
                    return;
                };
                let hours = 1 + dice.below(3 * HOUR) as i64;
                let sign = if dice.one_in(2) { -1 } else { 1 };
                self.nodes[node].wall_offset = hours * sign;
                let pause = dice.millis(1000, 20_000);
                self.after(pause, Event::ClockRight(node));
            }
            FaultKind::BusDies => {
                let pause = dice.millis(1000, 15_000);
                self.silence_bus(pause);
            }
            FaultKind::DatabaseDies => {
                let in_doubt = fault.occasion == Occasion::Sync && dice.one_in(3);
                self.database_dies(in_doubt);
            }
            FaultKind::CommitFails => self.fail_commit(),
            FaultKind::Restore => {
                self.restore();
                // Another one that waits has its own backup.
                self.back_up_again();
            }
            // What these do depends on the transaction that they met.
            _ => {}
        }
    }

    /// The device's user is put out of a group, whatever the device does at the time, and is often
    /// taken in again. It is counted when it is durable.
    fn strike_membership(&mut self, fault: &mut Fault, met: Vec<State>) {
        let groups = self.groups(fault.device);
        let Some(&group) = fault.dice.pick(&groups) else {
            return;
        };
        let user = self.devices[fault.device].user.clone();
        if let Some(name) = self.change_member(group, &user, false) {
            self.removals.push((name, met));
        }
        if !fault.dice.one_in(4) {
            let pause = fault.dice.millis(10, 9000);
            self.after(pause, Event::Rejoin(group, user));
        }
    }

    /// A transaction is durable, and with it perhaps a removal.
    pub(crate) fn count_removals(&mut self) {
        let answered = |name| self.model.ledger.answer(name) == Some(Answered::Taken);
        let removals = std::mem::take(&mut self.removals);
        let (done, waiting): (Vec<_>, Vec<_>) =
            removals.into_iter().partition(|(name, _)| answered(*name));
        self.removals = waiting;
        for (_, met) in done {
            self.coverage.count(FaultKind::Removal, &met);
        }
    }

    /// The app comes to the foreground.
    pub(crate) fn resume(&mut self, index: usize) {
        self.device_handle(index, Input::Lifecycle(Lifecycle::Resume));
    }

    /// The person does what the app asks for.
    pub(crate) fn sign_in(&mut self, index: usize) {
        if self.devices[index].is_up() {
            self.command(index, CommandKind::Start);
        }
    }

    pub(crate) fn put_clock_right(&mut self, node: usize) {
        self.nodes[node].wall_offset = 0;
    }
}
