//! A client without a server, and what is asked of it again and again.

use std::{path::Path, sync::Arc, time::Duration};

use causerie_border::{
    Fault,
    record::{StartKind, TimelineStart, TokenQuestion},
};
use causerie_ffi::{CauserieError, Client, ListenerError, Options, TokenAnswer, TokenProvider};

/// Nothing here takes as long, unless it is wrong.
#[allow(dead_code, reason = "not every suite waits")]
pub const PATIENCE: Duration = Duration::from_secs(20);

struct NoTokens;

#[async_trait::async_trait]
impl TokenProvider for NoTokens {
    async fn token(&self, _: TokenQuestion) -> Result<TokenAnswer, ListenerError> {
        Err(thrown())
    }
}

pub fn thrown() -> ListenerError {
    ListenerError::Thrown {
        reason: "thrown by the app".into(),
    }
}

pub async fn open(folder: &Path, user_id: &str) -> Result<Arc<Client>, CauserieError> {
    let options = Options {
        server_url: "ws://127.0.0.1:1".into(),
        user_id: user_id.into(),
        data_dir: folder.to_string_lossy().into_owned(),
        max_reconnect_attempts: None,
        durability: None,
    };
    Client::open(options, Arc::new(NoTokens)).await
}

#[allow(dead_code, reason = "not every suite fails")]
pub fn fault<T>(result: Result<T, CauserieError>) -> Fault {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(CauserieError::Failed { fault }) => fault,
    }
}

#[allow(dead_code, reason = "not every suite has a timeline")]
pub const NEWEST: TimelineStart = TimelineStart {
    kind: StartKind::Newest,
    seq: None,
};
