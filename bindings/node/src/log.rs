//! The SDK's log, for the app's own.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use causerie_border::{
    log::{Sink, Taken, set_sink},
    record::{LogLevel, LogRecord},
};
use napi::{
    Env, Status,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::call::look;

/// A function that takes records, oldest first.
type Function = ThreadsafeFunction<Vec<LogRecord>, (), Vec<LogRecord>, Status, false, true>;

/// Has the SDK's log, for the whole process and from this level up; nobody has it without a sink, as
/// at the beginning. A worker's sink ends with the worker.
#[napi(
    catch_unwind,
    ts_args_type = "sink: ((records: Array<LogRecord>) => void) | null, level: LogLevel"
)]
pub fn set_log_sink(env: &Env, sink: Option<Function>, level: LogLevel) -> napi::Result<()> {
    let sink = sink.map(|function| {
        let waiting = Mutex::default();
        Arc::new(Heard { function, waiting })
    });
    if let Some(heard) = &sink {
        let heard = Arc::downgrade(heard);
        env.add_env_cleanup_hook(heard, |heard| {
            if let Some(heard) = heard.upgrade() {
                heard.release();
            }
        })?;
    }
    look(|| set_sink(sink.map(|heard| heard as Arc<dyn Sink>), level))
}

/// The app's sink.
struct Heard {
    function: Function,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    released: bool,
    /// Ends the call that is on its way: a JavaScript thread that ends drops it, and its answer never
    /// comes.
    answer: Option<mpsc::Sender<Taken>>,
}

impl Heard {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Heard {
    fn take(&self, records: Vec<LogRecord>) -> Taken {
        let (answer, answered) = mpsc::channel();
        {
            let mut waiting = self.waiting();
            if waiting.released {
                return Taken::Gone;
            }
            waiting.answer = Some(answer.clone());
        }
        let status = self.function.call_with_return_value(
            records,
            ThreadsafeFunctionCallMode::NonBlocking,
            move |returned, _| {
                let taken = if returned.is_ok() {
                    Taken::Whole
                } else {
                    Taken::Thrown
                };
                // Nobody waits if it was released meanwhile.
                let _ = answer.send(taken);
                Ok(())
            },
        );
        if status != Status::Ok {
            return Taken::Gone;
        }
        answered.recv().unwrap_or(Taken::Gone)
    }

    fn release(&self) {
        let mut waiting = self.waiting();
        waiting.released = true;
        if let Some(answer) = waiting.answer.take() {
            let _ = answer.send(Taken::Gone);
        }
    }
}
