//! Which fault met which state: a promise that was never in danger has not been tested.

use std::{collections::BTreeMap, fmt};

use causerie_engine::{ConnectionState, SendState};

use crate::{device::Device, fault::FaultKind, person::Person};

/// Which fault met which state of a device, and had an effect there.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    met: BTreeMap<(FaultKind, State), u64>,
    struck: u64,
}

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
    /// All of them.
    pub const ALL: [Self; 10] = [
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

    /// All states that a device is in. One whose process does not run is in none.
    pub(crate) fn of(device: &Device, person: &Person) -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|state| state.holds(device, person)).collect()
    }

    /// Whether a device is in this state.
    pub(crate) fn holds(self, device: &Device, person: &Person) -> bool {
        let queued = || device.outbox.values().any(|s| *s == SendState::Queued);
        let flies = || !person.flying.is_empty();
        let shows = |state| {
            device.screens.values().any(|(id, screen)| {
                let attached = person.rooms.get(id).is_some_and(|known| known.attached);
                let shown = match (screen.state.loading, attached) {
                    (true, _) => Self::Loading,
                    (false, true) => Self::AtNewest,
                    (false, false) => Self::Hole,
                };
                shown == state
            })
        };
        let connection = &device.connection;
        device.is_up()
            && match self {
                Self::Connecting => *connection == ConnectionState::Connecting,
                Self::Authenticating => *connection == ConnectionState::Authenticating,
                Self::Live => *connection == ConnectionState::Live,
                Self::Waiting => matches!(connection, ConnectionState::Waiting { .. }),
                Self::NothingQueued => !queued(),
                Self::Queued => !flies() && queued(),
                Self::InFlight => flies() && queued(),
                Self::AtNewest | Self::Loading | Self::Hole => shows(self),
            }
    }

    /// Whether it is one of the connection.
    pub(crate) fn is_of_connection(self) -> bool {
        matches!(
            self,
            Self::Connecting | Self::Authenticating | Self::Live | Self::Waiting
        )
    }
}

impl Coverage {
    /// A fault struck a device in these states, and had an effect.
    pub fn count(&mut self, fault: FaultKind, states: &[State]) {
        self.struck += 1;
        for state in states {
            *self.met.entry((fault, *state)).or_default() += 1;
        }
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.struck += other.struck;
        for (key, count) in &other.met {
            *self.met.entry(*key).or_default() += count;
        }
    }

    /// How many faults struck. One that found nothing to strike is none.
    pub fn faults(&self) -> u64 {
        self.struck
    }

    /// What speaks against the table: pairs that never met, and such as are said not to meet, and
    /// did.
    pub fn missing(&self) -> Vec<String> {
        let all = FaultKind::ALL
            .into_iter()
            .flat_map(|fault| State::ALL.map(|state| (fault, state)));
        all.filter_map(|(fault, state)| {
            let is_met = self.met.contains_key(&(fault, state));
            let name = format!("{fault:?} × {}", state.name());
            match fault.cannot_meet(state) {
                None if !is_met => Some(format!("{name} never met")),
                Some(reason) if is_met => Some(format!("{name} met, though {reason}")),
                None | Some(_) => None,
            }
        })
        .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reasons = Vec::new();
        write!(f, "{:<17}", "fault × state")?;
        for state in State::ALL {
            write!(f, "{:>11}", state.name())?;
        }
        for fault in FaultKind::ALL {
            write!(f, "\n{:<17}", format!("{fault:?}"))?;
            for state in State::ALL {
                let count = self.met.get(&(fault, state)).copied().unwrap_or_default();
                match fault.cannot_meet(state) {
                    Some(reason) if count == 0 => {
                        write!(f, "{:>11}", "–")?;
                        if !reasons.contains(&reason) {
                            reasons.push(reason);
                        }
                    }
                    Some(_) | None => write!(f, "{count:>11}")?,
                }
            }
        }
        for reason in reasons {
            write!(f, "\n–: {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_never_met_is_missing_and_one_that_cannot_meet_is_not() {
        let mut coverage = Coverage::default();
        for fault in FaultKind::ALL {
            let states = State::ALL.into_iter();
            let possible = states.filter(|state| fault.cannot_meet(*state).is_none());
            coverage.count(fault, &possible.collect::<Vec<_>>());
        }
        assert_eq!(coverage.missing(), [""; 0]);
        coverage.met.remove(&(FaultKind::Cut, State::Connecting));
        coverage.count(FaultKind::Delay, &[State::Waiting]);
        let missing = coverage.missing();
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[0].starts_with("Delay × waiting met, though"));
        assert_eq!(missing[1], "Cut × connecting never met");
    }
}
