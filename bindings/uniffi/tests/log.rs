//! The log of the process: one test, since there is one.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

use causerie_border::record::{LogLevel, LogRecord};
use causerie_ffi::{ListenerError, LogSink, set_log_sink};

const PATIENCE: Duration = Duration::from_secs(20);

/// Passes on what it gets, waits until it may return, and then throws or not.
struct Sink {
    told: Sender<Vec<LogRecord>>,
    go_on: std::sync::Mutex<Receiver<Result<(), ListenerError>>>,
}

impl LogSink for Sink {
    fn log(&self, records: Vec<LogRecord>) -> Result<(), ListenerError> {
        self.told.send(records).unwrap();
        let go_on = self.go_on.lock().unwrap();
        go_on.recv().unwrap_or(Ok(()))
    }
}

struct Seen {
    told: Receiver<Vec<LogRecord>>,
    go_on: Sender<Result<(), ListenerError>>,
}

impl Seen {
    fn next(&self) -> Vec<LogRecord> {
        self.told.recv_timeout(PATIENCE).unwrap()
    }

    fn go_on(&self) {
        self.go_on.send(Ok(())).unwrap();
    }

    fn is_given_back(&self) {
        let end = self.told.recv_timeout(PATIENCE).unwrap_err();
        assert_eq!(end, RecvTimeoutError::Disconnected);
    }
}

fn sink() -> (Arc<Sink>, Seen) {
    let (tell, told) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let sink = Arc::new(Sink {
        told: tell,
        go_on: wait.into(),
    });
    (sink, Seen { told, go_on })
}

fn messages(records: &[LogRecord]) -> Vec<&str> {
    records.iter().map(|r| r.message.as_str()).collect()
}

fn say(count: u64) {
    for number in 0..count {
        tracing::info!(target: "causerie::trial", number, "said");
    }
}

#[test]
fn a_sink_gets_what_is_logged_in_batches_and_may_block_throw_and_be_replaced() {
    let (first, seen) = sink();
    set_log_sink(Some(first), LogLevel::Info);
    tracing::warn!(target: "causerie::trial", attempt = 3, "it waits");
    let records = seen.next();
    assert_eq!(messages(&records), ["it waits attempt=3"]);
    assert_eq!(
        (records[0].level, records[0].target.as_str()),
        (LogLevel::Warn, "causerie::trial")
    );
    assert!(records[0].at_ms > 1_600_000_000_000);

    // The first call is held. What is logged meanwhile comes at once, in batches; what is below the
    // level and what others log does not.
    tracing::debug!(target: "causerie::trial", "too low");
    tracing::error!(target: "another::crate", "another's");
    say(300);
    seen.go_on();
    let second = seen.next();
    assert_eq!(
        (second.len(), second[0].message.as_str()),
        (256, "said number=0")
    );
    seen.go_on();
    assert_eq!(seen.next().len(), 44);

    // One that does not take them costs nobody anything: what is too much is dropped and counted.
    say(1024 + 7);
    seen.go_on();
    let late = seen.next();
    assert_eq!(late.len(), 257);
    assert!(
        late[256].message.starts_with("7 log records were lost"),
        "{late:?}"
    );

    // One that throws is called again, and is told what it lost.
    let thrown = ListenerError::Thrown {
        reason: "thrown by the app".into(),
    };
    seen.go_on.send(Err(thrown)).unwrap();
    let again = seen.next();
    let lost = &again.last().unwrap().message;
    assert!(
        lost.starts_with("257 log records were lost: the sink threw"),
        "{lost}"
    );

    // The next one gets the rest of the process, and another level; the one before nothing more.
    let (next, sees) = sink();
    set_log_sink(Some(next), LogLevel::Debug);
    tracing::debug!(target: "causerie::trial", "to the next");
    assert_eq!(messages(&sees.next()), ["to the next"]);
    seen.go_on();
    seen.is_given_back();

    set_log_sink(None, LogLevel::Trace);
    tracing::error!(target: "causerie::trial", "to nobody");
    sees.go_on();
    sees.is_given_back();
}
