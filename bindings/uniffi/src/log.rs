//! The SDK's log, for the app's own.

use std::sync::Arc;

use causerie_border::{
    log::{Sink, Taken, set_sink},
    record::{LogLevel, LogRecord},
};

use crate::{ListenerError, call::look, held::Held};

/// Takes what the SDK logs.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Some records, oldest first. On a thread of its own, one call at a time. What it throws is
    /// counted, and the next call says so.
    fn log(&self, records: Vec<LogRecord>) -> Result<(), ListenerError>;
}

/// Has the SDK's log, for the whole process and from this level up; nobody has it without a sink,
/// as at the beginning. The sink before gets nothing more once this returns, but for a call that is
/// running. Logging costs the SDK's threads next to nothing: what a sink does not take in time, up
/// to 1,024 records, is dropped, and the next call says how many.
#[uniffi::export]
pub fn set_log_sink(sink: Option<Arc<dyn LogSink>>, level: LogLevel) {
    look(|| {
        let sink = sink.map(|sink| Arc::new(Foreign(Held::new(sink))) as Arc<dyn Sink>);
        set_sink(sink, level);
    });
}

/// The app's sink.
struct Foreign(Held<Arc<dyn LogSink>>);

impl Sink for Foreign {
    fn take(&self, records: Vec<LogRecord>) -> Taken {
        match self.0.with(|sink| sink.log(records)) {
            Some(Ok(())) => Taken::Whole,
            Some(Err(_)) => Taken::Thrown,
            None => Taken::Gone,
        }
    }

    fn release(&self) {
        self.0.give_back();
    }
}
