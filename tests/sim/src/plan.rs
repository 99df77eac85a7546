//! What a run may hold, as data: every act and every fault is drawn by its index from a stream of
//! its own, so leaving one out changes nothing about the others.

use std::{collections::BTreeSet, time::Duration};

use causerie_protocol::UserId;

use crate::{
    act::Act,
    fault::Fault,
    rng::{Rng, Stream},
};

/// What a run may hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whose devices take part; a user named twice has two.
    pub devices: Vec<UserId>,
    /// How often somebody does something.
    pub acts: u32,
    /// How often something goes wrong.
    pub faults: u32,
    /// What of it is left in.
    pub keep: Keep,
}

impl Default for Plan {
    fn default() -> Self {
        Self::new(200, 10)
    }
}

impl Plan {
    /// Alice on two devices, and bob.
    pub fn new(acts: u32, faults: u32) -> Self {
        let devices = ["alice", "alice", "bob"]
            .iter()
            .filter_map(|name| UserId::new(name).ok())
            .collect();
        Self {
            devices,
            acts,
            faults,
            keep: Keep::default(),
        }
    }

    /// What people do in the run of this seed, in the order of time. Of those that are left out,
    /// only the time passes.
    pub fn draw_acts(&self, seed: u64) -> Vec<Act> {
        let mut at = Duration::from_millis(10);
        let mut acts = Vec::new();
        for index in 0..self.acts {
            let mut dice = Rng::stream(seed, Stream::Act, index);
            at += if dice.one_in(8) {
                dice.millis(200, 4000)
            } else {
                dice.millis(1, 120)
            };
            let act = Act::draw(index, at, self.devices.len(), dice);
            if self.keep.acts.holds(index) && self.keep.devices.holds(act.device as u32) {
                acts.push(act);
            }
        }
        acts
    }

    /// What goes wrong in the run of this seed, and when the last fault is over: some strike
    /// anywhere, and as many follow close on another one.
    pub fn draw_faults(&self, seed: u64) -> (Vec<Fault>, Duration) {
        if self.faults == 0 {
            return (Vec::new(), Duration::ZERO);
        }
        // What people do takes about a third of a second each.
        let span = u64::from(self.acts.max(10)) * 300;
        let mut previous = Duration::ZERO;
        let mut end = Duration::ZERO;
        let mut faults = Vec::new();
        for index in 0..self.faults {
            let mut dice = Rng::stream(seed, Stream::Fault, index);
            let at = if index > 0 && dice.one_in(2) {
                previous + dice.millis(10, 3000)
            } else {
                dice.millis(200, span)
            };
            previous = at;
            end = end.max(at);
            let fault = Fault::draw(index, at, self.devices.len(), dice);
            if self.keep.faults.holds(index) && self.keep.devices.holds(fault.device as u32) {
                faults.push(fault);
            }
        }
        (faults, end + Duration::from_secs(2))
    }

    /// Whether this device takes part.
    pub fn has_device(&self, index: usize) -> bool {
        self.keep.devices.holds(index as u32)
    }
}

/// What of a plan is left in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Acts, by index.
    pub acts: Mask,
    /// Faults, by index.
    pub faults: Mask,
    /// Devices, by index.
    pub devices: Mask,
}

/// Everything, or what is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mask {
    /// Nothing is left out.
    #[default]
    All,
    /// Only these.
    Only(BTreeSet<u32>),
}

impl Mask {
    /// Whether it is left in.
    pub fn holds(&self, index: u32) -> bool {
        match self {
            Self::All => true,
            Self::Only(kept) => kept.contains(&index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_one_out_changes_nothing_about_the_others() {
        let whole = Plan::default();
        let mut less = whole.clone();
        less.keep.acts = Mask::Only((0..200).filter(|n| n % 3 != 0).collect());
        less.keep.faults = Mask::Only([2, 5].into());
        for seed in 0..20 {
            let all = whole.draw_acts(seed);
            for act in less.draw_acts(seed) {
                assert_eq!(format!("{act:?}"), format!("{:?}", all[act.index as usize]));
            }
            let (all, end) = whole.draw_faults(seed);
            let (kept, same_end) = less.draw_faults(seed);
            assert_eq!((kept.len(), end), (2, same_end));
            for fault in kept {
                let other = &all[fault.index as usize];
                assert_eq!(format!("{fault:?}"), format!("{other:?}"));
            }
        }
    }
}
