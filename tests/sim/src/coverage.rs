//! Which fault met which state: a promise that was never in danger has not been tested.

use std::{collections::BTreeMap, fmt};

use causerie_engine::{ConnectionState, SendState};

use crate::{device::Device, fault::FaultKind, model::Person};

/// Which fault met which state of a device.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<(FaultKind, State), u64>);

/// A state that a fault may meet: of the connection, of the outbox, of what is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The socket opens.
    Connecting,
    /// The token is asked for or checked.
    Authenticating,
    /// Frames flow.
    Live,
    /// The next attempt comes by itself.
    Waiting,
    /// Nothing is on its way.
    NothingQueued,
    /// Something is on its way, and not on the wire.
    Queued,
    /// Something is on the wire.
    InFlight,
    /// A timeline shows the newest, and nothing is missing.
    AtNewest,
    /// A timeline waits for a page.
    Loading,
    /// A timeline shows what is older, with a hole behind it.
    Hole,
}

impl State {
    const ALL: [Self; 10] = [
        Self::Connecting,
        Self::Authenticating,
        Self::Live,
        Self::Waiting,
        Self::NothingQueued,
        Self::Queued,
        Self::InFlight,
        Self::AtNewest,
        Self::Loading,
        Self::Hole,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Authenticating => "authentic.",
            Self::Live => "live",
            Self::Waiting => "waiting",
            Self::NothingQueued => "no outbox",
            Self::Queued => "queued",
            Self::InFlight => "in flight",
            Self::AtNewest => "at newest",
            Self::Loading => "loading",
            Self::Hole => "hole",
        }
    }

    /// All states that a device is in.
    pub(crate) fn of(device: &Device, person: &Person) -> Vec<Self> {
        let mut states = Vec::new();
        states.extend(match device.connection {
            ConnectionState::Connecting => Some(Self::Connecting),
            ConnectionState::Authenticating => Some(Self::Authenticating),
            ConnectionState::Live => Some(Self::Live),
            ConnectionState::Waiting { .. } => Some(Self::Waiting),
            ConnectionState::Disconnected
            | ConnectionState::SignInNeeded { .. }
            | ConnectionState::Suspended
            | ConnectionState::Closed { .. } => None,
        });
        let queued = device.outbox.values().any(|s| *s == SendState::Queued);
        states.push(match (queued, person.flying.is_empty()) {
            (false, _) => Self::NothingQueued,
            (true, true) => Self::Queued,
            (true, false) => Self::InFlight,
        });
        for (id, screen) in device.screens.values() {
            let attached = person.rooms.get(id).is_some_and(|known| known.attached);
            let state = match (screen.state.loading, attached) {
                (true, _) => Self::Loading,
                (false, true) => Self::AtNewest,
                (false, false) => Self::Hole,
            };
            if !states.contains(&state) {
                states.push(state);
            }
        }
        states
    }
}

impl Coverage {
    /// A fault struck a device in these states.
    pub fn count(&mut self, fault: FaultKind, states: &[State]) {
        for state in states {
            *self.0.entry((fault, *state)).or_default() += 1;
        }
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }

    /// How many faults struck. A device always has an outbox in some state.
    pub fn faults(&self) -> u64 {
        let outbox = [State::NothingQueued, State::Queued, State::InFlight];
        let struck = self
            .0
            .iter()
            .filter(|((_, state), _)| outbox.contains(state));
        struck.map(|(_, count)| count).sum()
    }

    /// Pairs that never met.
    pub fn missing(&self) -> Vec<String> {
        FaultKind::ALL
            .into_iter()
            .flat_map(|fault| State::ALL.map(|state| (fault, state)))
            .filter(|key| !self.0.contains_key(key))
            .map(|(fault, state)| format!("{fault:?} × {}", state.name()))
            .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<17}", "fault × state")?;
        for state in State::ALL {
            write!(f, "{:>11}", state.name())?;
        }
        for fault in FaultKind::ALL {
            write!(f, "\n{:<17}", format!("{fault:?}"))?;
            for state in State::ALL {
                let count = self.0.get(&(fault, state)).copied().unwrap_or_default();
                write!(f, "{count:>11}")?;
            }
        }
        Ok(())
    }
}
