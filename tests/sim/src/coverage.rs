//! Which fault met which state: a promise that was never in danger has not been tested.

use std::{collections::BTreeMap, fmt};

use causerie_engine::ConnectionState;

use crate::fault::FaultKind;

/// Which fault met which state of a device's connection.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<(FaultKind, &'static str), u64>);

impl Coverage {
    const STATES: [&'static str; 4] = ["connecting", "authenticating", "live", "waiting"];

    /// A fault struck a device in this state.
    pub fn count(&mut self, fault: FaultKind, state: &ConnectionState) {
        let state = match state {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Authenticating => "authenticating",
            ConnectionState::Live => "live",
            ConnectionState::Waiting { .. } => "waiting",
            ConnectionState::Disconnected
            | ConnectionState::SignInNeeded { .. }
            | ConnectionState::Suspended
            | ConnectionState::Closed { .. } => return,
        };
        *self.0.entry((fault, state)).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }

    /// How many faults struck.
    pub fn faults(&self) -> u64 {
        self.0.values().sum()
    }

    /// Pairs that never met.
    pub fn missing(&self) -> Vec<String> {
        FaultKind::ALL
            .into_iter()
            .flat_map(|fault| Self::STATES.map(|state| (fault, state)))
            .filter(|key| !self.0.contains_key(key))
            .map(|(fault, state)| format!("{fault:?} × {state}"))
            .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<20}", "fault × state")?;
        for state in Self::STATES {
            write!(f, "{state:>16}")?;
        }
        for fault in FaultKind::ALL {
            write!(f, "\n{:<20}", format!("{fault:?}"))?;
            for state in Self::STATES {
                let count = self.0.get(&(fault, state)).copied().unwrap_or_default();
                write!(f, "{count:>16}")?;
            }
        }
        Ok(())
    }
}
