//! What the log says of the engine's work. The engine is pure and says nothing itself: what is
//! worth a line is told here, from what the engine wants done and from what comes in.
//!
//! There are ids, codes, counts and times in it, and the reasons for which a connection ended; never
//! a token, and nothing of what people write. Of a frame there is its type. What a server says of a
//! refusal is told to the app, and not logged: it may quote what it refuses.

use std::time::Duration;

use causerie_engine::{ConnectionState, Emission, OutboxRow, Output, SendState, TokenFailure};
use causerie_protocol::{
    ClientFrame, CloseCode, ErrorReply, Request, ServerFrame, ServerMessage, SyncPage, SyncToken,
    TempId,
};

/// Whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes the lines of one client.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Of the sync that is running.
    sync: Brought,
}

/// What a sync brought so far.
#[derive(Debug, Default)]
struct Brought {
    pages: usize,
    conversations: usize,
    users: usize,
}

impl Journal {
    /// The engine wants something done.
    pub(super) fn wanted(&mut self, output: &Output) {
        match output {
            Output::OpenSocket => {
                self.sync = Brought::default();
                tracing::debug!("opening a socket");
            }
            Output::CloseSocket => tracing::debug!("closing the socket"),
            Output::RequestToken { refused } => {
                tracing::debug!(refused, "asking the app for a token");
            }
            Output::NewClientId => {
                tracing::warn!("another device uses this one's id; it takes a new one");
            }
            Output::Transmit(frames) => frames.iter().for_each(sent),
            Output::Emit(emissions) => emissions.iter().for_each(emitted),
            Output::Store(_) | Output::Load { .. } | Output::Reply { .. } => {}
        }
    }

    /// The server said something.
    pub(super) fn heard(&mut self, frames: &[ServerFrame]) {
        for frame in frames {
            tracing::trace!(kind = frame.message.kind(), id = frame.id, "a frame came");
            match &frame.message {
                ServerMessage::Authenticated(hello) => tracing::debug!(
                    session_id = %hello.session_id,
                    epoch = hello.epoch,
                    heartbeat_ms = hello.heartbeat_ms,
                    "the server took the token"
                ),
                ServerMessage::AuthError(error) => tracing::warn!(
                    code = %error.code,
                    retryable = error.retryable,
                    "the server refused the token"
                ),
                ServerMessage::TokenRefreshed(_) => tracing::debug!("the server took a new token"),
                ServerMessage::Error(error) | ServerMessage::MessageError(error) => refused(error),
                ServerMessage::SyncPage(page) => self.synced(page),
                ServerMessage::ConnectionEvent(event) => tracing::info!(
                    event = event.event.as_str(),
                    retry_after_ms = event.retry_after_ms,
                    "the server says something of the connection"
                ),
                _ => {}
            }
        }
    }

    fn synced(&mut self, page: &SyncPage) {
        let Brought {
            pages,
            conversations,
            users,
        } = &mut self.sync;
        *pages += 1;
        *conversations += page.conversations.len();
        *users += page.users.len();
        if page.cursor.is_some() {
            tracing::debug!(pages, conversations, users, "a page of the sync came");
        } else {
            tracing::info!(pages, conversations, users, "the sync has ended");
            self.sync = Brought::default();
        }
    }
}

/// The socket ended, or did not come to be.
pub(super) fn closed(code: Option<CloseCode>, reason: &str) {
    let code = code.map(CloseCode::number);
    tracing::debug!(code, reason, "the socket has ended");
}

/// The app answered.
pub(super) fn answered(token: &Result<String, TokenFailure>) {
    match token {
        Ok(_) => tracing::debug!("the app gave a token"),
        Err(TokenFailure::Temporary(reason)) => {
            tracing::warn!(reason, "the app has no token now; it is asked again");
        }
        Err(TokenFailure::SignInNeeded(reason)) => {
            tracing::warn!(reason, "the app has no token before a sign-in");
        }
    }
}

fn sent(frame: &ClientFrame) {
    tracing::trace!(kind = frame.request.kind(), id = frame.id, "a frame goes");
    match &frame.request {
        Request::Authenticate(hello) => {
            let syncs = !matches!(hello.sync_token, SyncToken::Absent);
            let subscriptions = hello.subscriptions.len();
            tracing::debug!(syncs, subscriptions, "authenticating");
        }
        Request::RefreshToken(_) => tracing::debug!("bringing the server a new token"),
        Request::Sync(sync) => {
            let next_page = sync.cursor.is_some();
            tracing::debug!(next_page, "asking for what changed");
        }
        Request::Write(write) => tracing::debug!(
            key = %write.temp_id,
            conversation_id = %write.conversation_id,
            kind = write.kind().as_str(),
            "a write is sent"
        ),
        _ => {}
    }
}

fn emitted(emission: &Emission) {
    match emission {
        Emission::Connection(state) => connection(state),
        Emission::Outbox { key, state, row } => write(*key, state.as_ref(), row.as_deref()),
        Emission::Conversations(_)
        | Emission::Timeline { .. }
        | Emission::Typing { .. }
        | Emission::Cursors { .. }
        | Emission::Users(_)
        | Emission::Event(_)
        | Emission::Stats(_)
        // Told where the server's refusal is.
        | Emission::Fault { .. } => {}
    }
}

fn connection(state: &ConnectionState) {
    match state {
        ConnectionState::Disconnected => tracing::info!("disconnected"),
        ConnectionState::Connecting => tracing::debug!("connecting"),
        ConnectionState::Authenticating => tracing::debug!("the socket is open"),
        ConnectionState::Live => tracing::info!("connected"),
        ConnectionState::Waiting {
            attempt,
            retry_in,
            reason,
        } => tracing::warn!(
            attempt,
            delay_ms = millis(*retry_in),
            reason,
            "no connection; it is tried again"
        ),
        ConnectionState::SignInNeeded { reason } => {
            tracing::error!(reason, "no connection before a sign-in");
        }
        ConnectionState::Suspended => tracing::info!("suspended"),
        ConnectionState::Closed { reason } => {
            tracing::error!(reason, "no connection before the next start");
        }
    }
}

fn write(key: TempId, state: Option<&SendState>, row: Option<&OutboxRow>) {
    let kind = row.map(|row| row.op.kind().as_str());
    match state {
        Some(SendState::Queued) => tracing::debug!(%key, kind, "a write is queued"),
        Some(SendState::Sent { seq }) => tracing::debug!(%key, kind, seq, "a write is confirmed"),
        Some(SendState::Failed { code, .. }) => {
            tracing::warn!(%key, kind, %code, "a write has failed; it waits to be retried or cancelled");
        }
        None => tracing::debug!(%key, "a write is given up"),
    }
}

fn refused(error: &ErrorReply) {
    let what = match error {
        ErrorReply { room: Some(_), .. } => "subscription",
        ErrorReply {
            temp_id: Some(_), ..
        } => "write",
        _ => "request",
    };
    tracing::warn!(
        what,
        code = %error.code,
        retryable = error.retryable,
        retry_after_ms = error.retry_after_ms,
        field = error.field,
        room = error.room,
        key = error.temp_id.map(tracing::field::display),
        "the server refused"
    );
}
