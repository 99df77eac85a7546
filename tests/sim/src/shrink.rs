//! The least that still fails: acts, faults and devices are left out of a plan as long as what
//! remains fails in the same way (delta debugging: Zeller and Hildebrandt, 2002).

use std::collections::BTreeSet;

use crate::{
    plan::{Keep, Mask, Plan},
    run,
    world::Failure,
};

/// A seed with the least that still fails.
pub struct Shrunk {
    /// The plan, with its mask.
    pub plan: Plan,
    /// How it fails, not written down.
    pub failure: Box<Failure>,
    /// How often the world was run for that.
    pub runs: u64,
}

/// Looks for it. `goes_on` is asked before each run, so that it can be limited.
pub fn shrink(plan: &Plan, failure: Box<Failure>, goes_on: &mut dyn FnMut() -> bool) -> Shrunk {
    let mut search = Search {
        kind: kind(&failure.what),
        best: Shrunk {
            plan: plan.clone(),
            failure,
            runs: 0,
        },
        goes_on,
    };
    loop {
        let before = search.size();
        search.minimise(plan.faults, |keep| &mut keep.faults);
        search.minimise(plan.acts, |keep| &mut keep.acts);
        search.minimise(plan.devices.len() as u32, |keep| &mut keep.devices);
        if search.size() == before || !(search.goes_on)() {
            return search.best;
        }
    }
}

struct Search<'a> {
    kind: String,
    best: Shrunk,
    goes_on: &'a mut dyn FnMut() -> bool,
}

impl Search<'_> {
    fn size(&self) -> usize {
        let size = |mask: &Mask| match mask {
            Mask::All => usize::MAX / 4,
            Mask::Only(kept) => kept.len(),
        };
        let keep = &self.best.plan.keep;
        size(&keep.acts) + size(&keep.faults) + size(&keep.devices)
    }

    /// Leaves out what can be left out of one mask: first all, then halves, quarters and so on.
    fn minimise(&mut self, of: u32, mask: fn(&mut Keep) -> &mut Mask) {
        let mut kept: Vec<u32> = {
            let mut keep = self.best.plan.keep.clone();
            let mask = mask(&mut keep);
            (0..of).filter(|index| mask.holds(*index)).collect()
        };
        let mut parts = 1;
        while !kept.is_empty() && parts <= kept.len() {
            let size = kept.len().div_ceil(parts);
            let mut left_out = false;
            for part in (0..kept.len()).step_by(size).rev() {
                let end = kept.len().min(part + size);
                let rest: Vec<u32> = [&kept[..part], &kept[end..]].concat();
                if !(self.goes_on)() {
                    return;
                }
                if self.fails_with(&rest, mask) {
                    kept = rest;
                    left_out = true;
                }
            }
            if left_out && parts > 1 {
                parts = (parts - 1).max(2);
            } else if size == 1 {
                return;
            } else {
                parts = (parts * 2).min(kept.len());
            }
        }
    }

    fn fails_with(&mut self, kept: &[u32], mask: fn(&mut Keep) -> &mut Mask) -> bool {
        let mut plan = self.best.plan.clone();
        *mask(&mut plan.keep) = Mask::Only(kept.iter().copied().collect::<BTreeSet<_>>());
        self.best.runs += 1;
        match run(self.best.failure.seed, &plan) {
            Err(failure) if kind(&failure.what) == self.kind => {
                self.best.plan = plan;
                self.best.failure = failure;
                true
            }
            Err(_) | Ok(_) => false,
        }
    }
}

/// What two failures of one kind have in common: their first words, without names and numbers.
pub fn kind(what: &str) -> String {
    what.split(|c: char| c.is_whitespace() || c == ':')
        .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()))
        .filter(|word| !matches!(*word, "alice" | "bob" | "carol" | "device"))
        .take(6)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_kind_differ_in_names_and_numbers_only() {
        let one = "device 2: alice-17 (01a0c450-7a70-7abc-bce3-cbc6f46b20b2) is lost";
        let other = "device 0: bob-3 (01a0c450-d86e-7c7a-b070-9636d2ea39c0) is lost";
        assert_eq!(kind(one), kind(other));
        assert_ne!(kind(one), kind("device 2: alice-17 is there 2 times"));
    }
}
