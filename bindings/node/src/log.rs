//! The SDK's log, for the app's own.

use std::sync::Arc;

use causerie_border::{
    log::{Sink, Taken, set_sink},
    record::{LogLevel, LogRecord},
};
use napi::{Env, Status, bindgen_prelude::block_on, threadsafe_function::ThreadsafeFunction};
use napi_derive::napi;
use tokio::sync::watch;

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
        let (ended, _) = watch::channel(false);
        Arc::new(Heard { function, ended })
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
    ended: watch::Sender<bool>,
}

impl Sink for Heard {
    fn take(&self, records: Vec<LogRecord>) -> Taken {
        let mut ended = self.ended.subscribe();
        block_on(async {
            tokio::select! {
                biased;
                // A JavaScript thread that ends drops the call, and its answer never comes.
                _ = ended.wait_for(|ended| *ended) => Taken::Gone,
                taken = self.function.call_async_catch(records) => match taken.map_err(|error| error.status) {
                    Ok(()) => Taken::Whole,
                    Err(Status::PendingException) => Taken::Thrown,
                    Err(_) => Taken::Gone,
                },
            }
        })
    }

    fn release(&self) {
        self.ended.send_replace(true);
    }
}
