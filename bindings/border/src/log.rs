//! The SDK's log, on its way to the app's own.
//!
//! The SDK logs through `tracing`, and this is what hears it: a subscriber of the whole process that
//! knows levels and fields, and no more. `tracing-subscriber` can more than that, and costs more
//! than all of what is here. Whoever logs only puts a line into a queue, whatever locks they hold;
//! a thread of the sink's own takes all that waits and hands it over. What the sink does there, be
//! it that it blocks, throws or calls back, nobody else notices.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

use crate::record::{LogLevel, LogRecord};

/// So many records wait for a sink; those that come then are dropped, and counted.
const WAITING: usize = 1024;
/// The most records that a sink gets at once.
const AT_ONCE: usize = 256;

/// Takes what the SDK logs: what a language's own sink is wrapped in.
pub trait Sink: Send + Sync {
    /// Some records, oldest first. On a thread of its own, one call at a time, and it may block.
    fn take(&self, records: Vec<LogRecord>) -> Taken;

    /// It gets nothing more; a call that is running may still be.
    fn release(&self);
}

/// What became of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The sink has them.
    Whole,
    /// It threw: they are lost, and the next call says so.
    Thrown,
    /// There is no sink any more.
    Gone,
}

/// The sink of the process.
static CURRENT: Mutex<Option<Arc<Channel>>> = Mutex::new(None);
/// [`LogLevel`], from 1; 0 is silence.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// Has the SDK's log, for the whole process and from this level up; nobody has it without a sink, as
/// at the beginning. The sink before gets nothing more once this returns, but for a call that is
/// running. Logging costs the SDK's threads next to nothing: what a sink does not take in time, up to
/// 1,024 records, is dropped, and the next call says how many.
pub fn set_sink(sink: Option<Arc<dyn Sink>>, level: LogLevel) {
    let channel = sink.map(Channel::open);
    let silent = channel.is_none();
    let before = {
        let mut current = lock(&CURRENT);
        LEVEL.store(if silent { 0 } else { rank(level) }, Ordering::Relaxed);
        std::mem::replace(&mut *current, channel.clone())
    };
    // Not under the lock: giving a sink back calls into the app.
    if let Some(before) = before {
        before.end();
    }
    let Some(channel) = channel else {
        tracing::callsite::rebuild_interest_cache();
        return;
    };
    // Fails from the second time on, and then it is ours that is there.
    if tracing::subscriber::set_global_default(Ears).is_err()
        && !tracing::dispatcher::get_default(|there| there.is::<Ears>())
    {
        channel.put(LogRecord {
            level: LogLevel::Error,
            target: module_path!().into(),
            message: "the log of this process goes elsewhere: it has a subscriber".into(),
            at_ms: now(),
        });
    }
    tracing::callsite::rebuild_interest_cache();
}

fn rank(level: LogLevel) -> u8 {
    match level {
        LogLevel::Error => 1,
        LogLevel::Warn => 2,
        LogLevel::Info => 3,
        LogLevel::Debug => 4,
        LogLevel::Trace => 5,
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

#[expect(clippy::disallowed_methods, reason = "when a line was logged")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears everything that the SDK logs. There are no spans in it.
struct Ears;

impl Subscriber for Ears {
    /// Only the SDK's own: what other crates log may hold anything.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && rank(level(*metadata.level())) <= LEVEL.load(Ordering::Relaxed)
            && metadata.target().starts_with("causerie")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match LEVEL.load(Ordering::Relaxed) {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        })
    }

    fn event(&self, event: &Event<'_>) {
        let Some(channel) = lock(&CURRENT).clone() else {
            return;
        };
        let mut line = Line(String::new());
        event.record(&mut line);
        channel.put(LogRecord {
            level: level(*event.metadata().level()),
            target: event.metadata().target().to_owned(),
            message: line.0,
            at_ms: now(),
        });
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A record in one line: what it says, then its fields.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let line = &mut self.0;
        if !line.is_empty() {
            line.push(' ');
        }
        // Writing into a string does not fail.
        let _ = match field.name() {
            "message" => write!(line, "{value:?}"),
            name => write!(line, "{name}={value:?}"),
        };
    }
}

/// What waits for one sink.
struct Channel {
    waiting: Mutex<Waiting>,
    came: Condvar,
    sink: Arc<dyn Sink>,
}

#[derive(Default)]
struct Waiting {
    records: VecDeque<LogRecord>,
    /// Records that found no place, since the last call.
    dropped: u64,
    /// Records of calls that threw, since the last that did not.
    thrown: u64,
    ended: bool,
}

impl Channel {
    fn open(sink: Arc<dyn Sink>) -> Arc<Self> {
        let channel = Arc::new(Self {
            waiting: Mutex::default(),
            came: Condvar::new(),
            sink,
        });
        let taking = Arc::clone(&channel);
        let started = thread::Builder::new()
            .name("causerie-log".into())
            .spawn(move || taking.hand_over());
        if let Err(problem) = started {
            // The only word that this sink gets.
            let record = LogRecord {
                level: LogLevel::Error,
                target: module_path!().into(),
                message: format!("nothing is logged, since no thread can be had: {problem}"),
                at_ms: now(),
            };
            channel.sink.take(vec![record]);
        }
        channel
    }

    fn put(&self, record: LogRecord) {
        let mut waiting = lock(&self.waiting);
        if waiting.records.len() < WAITING {
            waiting.records.push_back(record);
        } else {
            waiting.dropped += 1;
        }
        drop(waiting);
        self.came.notify_one();
    }

    /// The thread: hands over what waits, until the end.
    fn hand_over(&self) {
        while let Some(records) = self.next() {
            let count = records.len();
            match catch_unwind(AssertUnwindSafe(|| self.sink.take(records))) {
                Ok(Taken::Whole) => lock(&self.waiting).thrown = 0,
                Ok(Taken::Thrown) | Err(_) => lock(&self.waiting).thrown += count as u64,
                Ok(Taken::Gone) => return,
            }
        }
    }

    /// What waits, once there is something, and what was lost.
    fn next(&self) -> Option<Vec<LogRecord>> {
        let waiting = lock(&self.waiting);
        let mut waiting = self
            .came
            .wait_while(waiting, |waiting| {
                waiting.records.is_empty() && !waiting.ended
            })
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.ended {
            return None;
        }
        let count = waiting.records.len().min(AT_ONCE);
        let mut records: Vec<_> = waiting.records.drain(..count).collect();
        let dropped = std::mem::take(&mut waiting.dropped);
        let thrown = waiting.thrown;
        drop(waiting);
        if dropped > 0 {
            records.push(lost(dropped, "the sink did not keep up"));
        }
        if thrown > 0 {
            records.push(lost(thrown, "the sink threw"));
        }
        Some(records)
    }

    fn end(&self) {
        let records = {
            let mut waiting = lock(&self.waiting);
            waiting.ended = true;
            std::mem::take(&mut waiting.records)
        };
        drop(records);
        self.came.notify_one();
        self.sink.release();
    }
}

fn lost(count: u64, why: &str) -> LogRecord {
    LogRecord {
        level: LogLevel::Warn,
        target: module_path!().into(),
        message: format!("{count} log records were lost: {why}"),
        at_ms: now(),
    }
}
