//! Names and pictures of users.

use std::sync::Arc;

use causerie_engine::{CommandKind, Reply};
use causerie_protocol::{User, UserIds};

use super::{client::user_id, conversation::unexpected};
use crate::{Error, driver::Core};

/// What is known of users. Names come with the conversations and messages that need them, and are
/// kept for offline use; changes arrive as [`Event::Users`](crate::Event::Users).
///
/// ```
/// use causerie::Client;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// assert!(client.users().get("bob").is_none()); // never heard of
/// let offline = client.users().fetch(vec!["bob".into()]).await.unwrap_err();
/// assert_eq!(offline.code(), "offline");
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Users {
    pub(crate) core: Arc<Core>,
}

impl Users {
    /// A user, if known on this device.
    pub fn get(&self, id: &str) -> Option<User> {
        self.core.user(id)
    }

    /// All users known on this device, in no order.
    pub fn list(&self) -> Vec<User> {
        self.core.users()
    }

    /// Asks the server for up to 100 users. Those that are unknown or hidden are left out.
    ///
    /// # Errors
    /// `offline` if there is no connection, `sign_in_needed` if there is none before the user signs
    /// in, `invalid` if an id is malformed; or the server's code.
    pub async fn fetch(&self, ids: Vec<String>) -> Result<Vec<User>, Error> {
        let user_ids = ids
            .iter()
            .map(|id| user_id("user_ids", id))
            .collect::<Result<Vec<_>, _>>()?;
        match self
            .core
            .command(CommandKind::FetchUsers(UserIds { user_ids }))
            .await?
        {
            Reply::Users(page) => Ok(page.users),
            Reply::Done | Reply::Members(_) | Reply::Timeline(_) => Err(unexpected()),
        }
    }
}
