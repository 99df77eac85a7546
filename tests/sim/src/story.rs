//! A failure as a person wants it: shrunk, with its history, and the line that repeats it.

use std::fmt::Write as _;

use crate::{
    Failure, Plan,
    plan::{Keep, Mask},
    replay,
    shrink::{Shrunk, shrink},
};

/// Shrinks a failure and tells it. `goes_on` limits the search.
pub fn tell(plan: &Plan, failure: Box<Failure>, goes_on: &mut dyn FnMut() -> bool) -> String {
    let seed = failure.seed;
    let Shrunk {
        plan,
        failure,
        runs,
    } = shrink(plan, failure, goes_on);
    let recorded = match replay(seed, &plan) {
        Err(recorded) => recorded,
        // What is written down must not change what happens.
        Ok(_) => failure,
    };
    let mut story = format!(
        "seed {seed}: {}\n{} acts and {} faults of {} and {} remain after {runs} runs\n",
        recorded.what,
        plan.draw_acts(seed).len(),
        plan.draw_faults(seed).0.len(),
        plan.acts,
        plan.faults,
    );
    for line in &recorded.trace {
        // Writing to a string cannot fail.
        let _ = writeln!(story, "  {line}");
    }
    let _ = writeln!(story, "seed {seed}: {}", recorded.what);
    let _ = write!(story, "once more: {}", command(seed, &plan));
    story
}

/// The line that repeats a run.
pub fn command(seed: u64, plan: &Plan) -> String {
    let mut line = format!("cargo xtask sim --seed {seed}");
    let usual = Plan::default();
    if plan.acts != usual.acts {
        let _ = write!(line, " --acts {}", plan.acts);
    }
    if plan.faults != usual.faults {
        let _ = write!(line, " --faults {}", plan.faults);
    }
    let Keep {
        acts,
        faults,
        devices,
    } = &plan.keep;
    let kept: Vec<String> = [("acts", acts), ("faults", faults), ("devices", devices)]
        .into_iter()
        .filter_map(|(name, mask)| match mask {
            Mask::All => None,
            Mask::Only(kept) => {
                let kept: Vec<_> = kept.iter().map(u32::to_string).collect();
                Some(format!("{name}={}", kept.join(",")))
            }
        })
        .collect();
    if !kept.is_empty() {
        let _ = write!(line, " --keep {}", kept.join(" "));
    }
    line
}

/// Reads what [`command`] writes behind `--keep`.
///
/// # Errors
/// What is wrong with it.
pub fn read_keep(words: &[String]) -> Result<Keep, String> {
    let mut keep = Keep::default();
    for word in words {
        let (name, list) = word
            .split_once('=')
            .ok_or_else(|| format!("`{word}` is not like acts=3,17"))?;
        let kept = list
            .split(',')
            .filter(|number| !number.is_empty())
            .map(|number| {
                number
                    .parse()
                    .map_err(|_| format!("`{number}` in `{word}` is not a number"))
            })
            .collect::<Result<_, _>>()?;
        *match name {
            "acts" => &mut keep.acts,
            "faults" => &mut keep.faults,
            "devices" => &mut keep.devices,
            _ => return Err(format!("`{name}` is neither acts, faults nor devices")),
        } = Mask::Only(kept);
    }
    Ok(keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_repeats_a_run_can_be_read_back() {
        let mut plan = Plan::default();
        plan.keep.acts = Mask::Only([3, 17].into());
        plan.keep.faults = Mask::Only([].into());
        let line = command(12, &plan);
        assert_eq!(line, "cargo xtask sim --seed 12 --keep acts=3,17 faults=");
        let words: Vec<_> = line
            .split(' ')
            .skip_while(|word| *word != "--keep")
            .skip(1)
            .map(str::to_owned)
            .collect();
        assert_eq!(read_keep(&words), Ok(plan.keep));
        assert!(read_keep(&["acts:3".into()]).is_err());
        assert!(read_keep(&["acts=x".into()]).is_err());
        assert!(read_keep(&["seeds=1".into()]).is_err());
    }
}
