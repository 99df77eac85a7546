//! The scenarios, as a command line or a benchmark sets them.

use std::time::Duration;

use super::{
    LoadError, connect::Connect, fanout::Fanout, part::Bounds, report::Report, stage::Stage,
    storm::Storm, throughput::Throughput,
};

/// A scenario that is set.
#[derive(Debug, Clone)]
pub enum Set {
    /// Connections and their memory.
    Connect(Connect),
    /// A large conversation.
    Fanout(Fanout),
    /// Writes.
    Throughput(Throughput),
    /// Reconnecting.
    Storm(Storm),
}

/// Members of one conversation where there are many, as `create_conversation` takes them at once.
pub const ROOM: usize = 1_000;

impl Set {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        match self {
            Self::Connect(connect) => connect.measure(stage).await,
            Self::Fanout(fanout) => fanout.measure(stage).await,
            Self::Throughput(throughput) => throughput.measure(stage).await,
            Self::Storm(storm) => storm.measure(stage).await,
        }
    }

    /// What `all` runs, in its order.
    pub fn all(bounds: Bounds) -> Vec<Self> {
        let fanout = |rate| {
            Self::Fanout(Fanout {
                members: 1_000,
                senders: 10,
                rate,
                in_flight: 8,
                text: 100,
                bounds,
            })
        };
        let throughput = |conversations| {
            Self::Throughput(Throughput {
                senders: 64,
                in_flight: 8,
                conversations,
                text: 100,
                bounds,
            })
        };
        vec![
            Self::Connect(Connect {
                connections: 4_000,
                rate: None,
                room: ROOM,
                hold: Duration::from_secs(1),
            }),
            fanout(Some(100)),
            fanout(None),
            throughput(64),
            throughput(1),
            Self::Storm(Storm {
                connections: 2_000,
                missed: 20,
                room: ROOM,
                rounds: 3,
            }),
        ]
    }
}
