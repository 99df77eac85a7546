//! The end of the process.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak, mpsc},
    thread,
    time::Duration,
};

use crate::{call::look, gate};

/// How long calls that are running may take to return.
const RETURN: Duration = Duration::from_secs(2);
/// How long the clients may take to end.
const END: Duration = Duration::from_secs(3);

static CLIENTS: Mutex<Vec<Weak<causerie::Client>>> = Mutex::new(Vec::new());

/// Remembers a client, so that it is ended with the process.
pub(crate) fn remember(client: &Arc<causerie::Client>) {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    clients.retain(|client| client.strong_count() > 0);
    clients.push(Arc::downgrade(client));
}

/// For the end of the process, before the language's own end: ends all clients, and sees to it that
/// no thread of the SDK's calls into the language any more. Call it where the language lets one do
/// something at its exit: `atexit` in Python (the package's `__init__.py` does),
/// `Runtime.addShutdownHook` on a JVM, `applicationWillTerminate` in Swift. Blocks until calls that
/// are running have returned and all is closed, at most 5 seconds; whether that was enough. Nothing
/// works after it, and futures that wait are never ready. Once more does nothing.
#[uniffi::export]
pub fn shutdown() -> bool {
    look(end_all)
}

fn end_all() -> bool {
    gate::close();
    let returned = gate::wait(RETURN);
    let clients: Vec<_> = CLIENTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .drain(..)
        .filter_map(|client| client.upgrade())
        .collect();
    let (tell, told) = mpsc::channel();
    // A thread of its own: this one may be a runtime's.
    thread::spawn(move || {
        let ending = tokio::runtime::Builder::new_current_thread().build();
        if let Ok(ending) = ending {
            for client in clients {
                ending.block_on(client.close());
            }
        }
        drop(tell);
    });
    let ended = told.recv_timeout(END);
    returned && ended == Err::<(), _>(mpsc::RecvTimeoutError::Disconnected)
}
