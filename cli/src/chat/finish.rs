//! The end of the input: what came through a pipe is sent before the chat ends.

use std::{collections::HashSet, time::Duration};

use causerie::{ConnectionState, SendState, WriteKind};
use causerie_cli::note;

use super::{Chat, Ending, failed};

/// How long it waits before it says so.
const QUIET: Duration = Duration::from_secs(2);

impl Chat {
    /// Waits until everything is sent, or never will be, or Ctrl-C.
    pub(super) async fn finish(&mut self) -> Ending {
        let ending = self.wait().await;
        // How it all stands at the end.
        if let Some(batch) = self.timeline.updates().next().await {
            self.show(&batch);
        }
        ending
    }

    async fn wait(&mut self) -> Ending {
        let mut updates = self.client.outbox().updates();
        let mut states = self.client.connection_state();
        // Whether it is still to be told that there is no connection.
        let mut says = true;
        let mut told_why = false;
        let mut told: HashSet<_> = self.failed.clone();
        loop {
            for (key, why) in failed(&self.client) {
                if told.insert(key) {
                    note!("! not sent: {why}");
                    self.refused = true;
                }
            }
            if self.unsent() == 0 {
                break;
            }
            tokio::select! {
                update = updates.next() => if update.is_none() {
                    return self.give_up("the chat is closed");
                },
                state = states.next() => match state {
                    Some(ConnectionState::Live) => says = false,
                    Some(ConnectionState::SignInNeeded { reason }) => {
                        return self.give_up(&reason);
                    }
                    Some(ConnectionState::Closed { reason }) => {
                        return self.give_up(&reason.to_string());
                    }
                    Some(
                        ConnectionState::Disconnected
                        | ConnectionState::Suspended
                        | ConnectionState::Connecting
                        | ConnectionState::Authenticating,
                    ) => {}
                    // One attempt was made: it may take longer.
                    Some(ConnectionState::Waiting { reason, .. }) => {
                        if !std::mem::replace(&mut told_why, true) {
                            says = false;
                            self.tell_that_it_waits(&reason);
                        }
                    }
                    None => return self.give_up("the chat is closed"),
                },
                () = tokio::time::sleep(QUIET), if says => {
                    says = false;
                    self.tell_that_it_waits("still trying");
                }
                _ = self.interrupt.recv() => {
                    note!("* {} and will be sent when this runs again", self.waiting());
                    return Ending::Interrupted;
                }
            }
        }
        if self.refused {
            Ending::Failed
        } else {
            Ending::Done
        }
    }

    fn tell_that_it_waits(&self, why: &str) {
        note!(
            "* not connected yet ({why}): {} until there is a connection, kept in the database in \
             {}; Ctrl-C ends",
            self.waiting(),
            self.folder.display()
        );
    }

    fn give_up(&self, why: &str) -> Ending {
        note!("! {}, since there is no connection: {why}", self.waiting());
        Ending::Failed
    }

    /// How many messages wait, in words; or how many other changes, if it is none.
    fn waiting(&self) -> String {
        let outbox = self.client.outbox().list();
        let queued = outbox
            .iter()
            .filter(|entry| entry.state == SendState::Queued);
        let all = queued.clone().count();
        let messages = queued
            .filter(|entry| entry.op.kind() == WriteKind::SendMessage)
            .count();
        match (messages, all) {
            (0, 1) => "1 change waits".to_owned(),
            (0, all) => format!("{all} changes wait"),
            (1, _) => "1 message waits".to_owned(),
            (messages, _) => format!("{messages} messages wait"),
        }
    }
}
