//! One core per data folder in a process: whoever opens a folder that is open gets another handle
//! to the same core. So does a second isolate, or the app after a hot restart.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use super::{Core, Opening, thread};
use crate::{Error, FixCode, SignIn};

static CORES: Mutex<Option<HashMap<PathBuf, Slot>>> = Mutex::new(None);

enum Slot {
    /// It is being opened or closed. The channel closes when that is done.
    Busy(watch::Receiver<()>),
    Open {
        core: Arc<Core>,
        handles: usize,
    },
}

fn with_cores<R>(work: impl FnOnce(&mut HashMap<PathBuf, Slot>) -> R) -> R {
    work(CORES.lock().get_or_insert_default())
}

/// A claim on a core: it lives as long as there is one.
#[derive(Debug)]
pub(crate) struct Handle {
    core: Arc<Core>,
    closed: AtomicBool,
}

impl Handle {
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Gives the claim up. If it was the last, waits until everything is closed.
    pub(crate) async fn close(&self) {
        if self.release() {
            self.core.ended().await;
        }
    }

    /// Whether the core ends with it.
    fn release(&self) -> bool {
        if self.closed.swap(true, Ordering::AcqRel) {
            return self.core.is_ending();
        }
        let last = with_cores(|cores| {
            let Some(Slot::Open { core, handles }) = cores.get_mut(self.core.folder()) else {
                return false;
            };
            if !Arc::ptr_eq(core, &self.core) {
                return false;
            }
            *handles -= 1;
            if *handles > 0 {
                return false;
            }
            let busy = Slot::Busy(self.core.end_signal());
            cores.insert(self.core.folder().to_owned(), busy);
            true
        });
        if last {
            self.core.end();
        }
        last
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.release();
    }
}

/// Opens a folder, or attaches to the core that has it open.
pub(crate) async fn open(mut opening: Opening) -> Result<Handle, Error> {
    let folder = &opening.folder;
    opening.folder = std::fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| FixCode::DataDir(format!("cannot use {}: {error}", folder.display())))?;
    loop {
        let step = with_cores(|cores| match cores.get_mut(&opening.folder) {
            Some(Slot::Open { core, handles }) => {
                Step::Done(attach(core, handles, &opening).map_err(Box::new))
            }
            Some(Slot::Busy(done)) if done.has_changed().is_ok() => Step::Wait(done.clone()),
            // Nobody is at it: free, or left behind by a thread that died. Waiting for that one
            // would be for ever.
            None | Some(Slot::Busy(_)) => {
                let (busy, done) = watch::channel(());
                cores.insert(opening.folder.clone(), Slot::Busy(done));
                Step::Open(busy)
            }
        });
        match step {
            Step::Done(handle) => return handle.map_err(|error| *error),
            Step::Wait(mut done) => while done.changed().await.is_ok() {},
            Step::Open(busy) => {
                let (answer, opened) = oneshot::channel();
                thread::start(opening, busy, answer);
                return opened.await.unwrap_or_else(|_| Err(Error::closed()));
            }
        }
    }
}

enum Step {
    Done(Result<Handle, Box<Error>>),
    Wait(watch::Receiver<()>),
    Open(watch::Sender<()>),
}

fn attach(core: &Arc<Core>, handles: &mut usize, opening: &Opening) -> Result<Handle, Error> {
    if *core.user_id() != opening.user_id {
        return Err(SignIn::OtherUser(format!(
            "the folder {} is open for another user in this process",
            opening.folder.display()
        ))
        .into());
    }
    if *core.address() != opening.address {
        return Err(FixCode::OtherServer {
            path: opening.folder.clone(),
            open: core.address().to_string(),
            asked: opening.address.to_string(),
        }
        .into());
    }
    *handles += 1;
    Ok(Handle {
        core: Arc::clone(core),
        closed: AtomicBool::new(false),
    })
}

/// Called by the core's thread once it is open.
pub(super) fn opened(core: &Arc<Core>) -> Handle {
    let slot = Slot::Open {
        core: Arc::clone(core),
        handles: 1,
    };
    with_cores(|cores| cores.insert(core.folder().to_owned(), slot));
    Handle {
        core: Arc::clone(core),
        closed: AtomicBool::new(false),
    }
}

/// Called by the core's thread once nothing of it is left, or when it could not be opened.
pub(super) fn ended(folder: &Path) {
    with_cores(|cores| cores.remove(folder));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_whose_opening_died_can_be_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let (busy, done) = watch::channel(());
        with_cores(|cores| cores.insert(path.clone(), Slot::Busy(done)));
        let waiting = tokio::spawn(
            crate::Client::builder("ws://localhost:1", "alice")
                .data_dir(&path)
                .open(),
        );
        tokio::task::yield_now().await;
        drop(busy);
        waiting.await.unwrap().unwrap().close().await;
    }
}
