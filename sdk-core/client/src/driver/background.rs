//! While the app is in the background: nothing is open, and what is asked is done all the same.

use causerie_engine::{CommandKind, Input, Lifecycle};
use causerie_store::Resumed;

use super::thread::CoreThread;
use crate::{Error, RetryLater};

impl CoreThread {
    /// Runs something with the store open: if the app is in the background, it is opened for this
    /// and closed again.
    pub(super) fn awake(&mut self, work: impl FnOnce(Result<&mut Self, Error>)) {
        if self.is_stalled() {
            self.try_again();
        }
        if let Some(trouble) = &self.trouble
            && !trouble.restored
        {
            return work(Err(RetryLater::Store(trouble.reason.clone()).into()));
        }
        if !self.suspended {
            return work(Ok(self));
        }
        match self.open_store() {
            Ok(restored) => {
                if restored {
                    self.feed(Input::Lifecycle(Lifecycle::Suspend));
                }
                work(Ok(self));
                self.store.suspend();
                self.answer_late();
            }
            Err(error) => work(Err(error)),
        }
    }

    /// Gives the answers that waited until the files were closed again.
    pub(super) fn answer_late(&mut self) {
        for (answer, result) in self.late.drain(..) {
            drop(answer.send(result));
        }
    }

    pub(super) fn suspend(&mut self) {
        if self.suspended {
            return;
        }
        self.feed(Input::Lifecycle(Lifecycle::Suspend));
        self.drop_socket();
        self.suspended = true;
        self.store.suspend();
    }

    pub(super) fn resume(&mut self) -> Result<(), Error> {
        if !self.suspended {
            return Ok(());
        }
        let restored = self.open_store()?;
        self.suspended = false;
        self.feed(Input::Lifecycle(Lifecycle::Resume));
        if restored && self.started {
            self.command(CommandKind::Start, None, None);
        }
        Ok(())
    }

    /// Opens the store after it was suspended. Whether the engine had to be restored, since another
    /// process wrote meanwhile, or the file was damaged.
    fn open_store(&mut self) -> Result<bool, Error> {
        match self.store.resume()? {
            Resumed::Unchanged => Ok(false),
            Resumed::Changed { snapshot, recovery } => {
                self.restore(*snapshot);
                self.drain();
                self.tell_recovery(recovery);
                Ok(true)
            }
        }
    }
}
