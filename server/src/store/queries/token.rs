//! Sync tokens and cursors: opaque to clients, and checked when they come back.
//!
//! A token names the epoch and the number of the last transaction that it knows of. A cursor also
//! names where its first page began and how far the pages have come. Neither gives any right: what
//! is read is what the asking user may see.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use causerie_protocol::{Millis, Seq};

use crate::store::tables::{ConversationKey, Listed, UserKey};

/// How far the pages of a sync have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyncCursor {
    /// The number of the last transaction when the first page was read.
    pub(super) start: u64,
    /// What the token said; `None` in a first sync.
    pub(super) since: Option<u64>,
    /// The last conversation of the page before.
    pub(super) after: Listed,
}

/// A token for everything up to this transaction.
pub(super) fn sync_token(epoch: &str, change: u64) -> String {
    seal(&format!("token:{epoch}:{change}"))
}

/// The transaction that a token of this epoch names.
pub(super) fn read_sync_token(epoch: &str, token: &str) -> Option<u64> {
    let text = open(token)?;
    let [kind, of_epoch, change] = fields(&text)?;
    (kind == "token" && of_epoch == epoch).then_some(())?;
    change.parse().ok()
}

/// A cursor for the next page.
pub(super) fn sync_cursor(epoch: &str, cursor: &SyncCursor) -> String {
    let since = cursor
        .since
        .map_or("first".into(), |since| since.to_string());
    seal(&format!(
        "sync:{epoch}:{}:{since}:{}:{}",
        cursor.start, cursor.after.updated_at, cursor.after.conversation.0
    ))
}

/// Reads a cursor of this epoch.
pub(super) fn read_sync_cursor(epoch: &str, cursor: &str) -> Option<SyncCursor> {
    let text = open(cursor)?;
    let [kind, of_epoch, start, since, updated_at, key] = fields(&text)?;
    (kind == "sync" && of_epoch == epoch).then_some(())?;
    let since = match since {
        "first" => None,
        number => Some(number.parse().ok()?),
    };
    Some(SyncCursor {
        start: start.parse().ok()?,
        since,
        after: Listed {
            updated_at: updated_at.parse::<Millis>().ok()?,
            conversation: ConversationKey(key.parse().ok()?),
        },
    })
}

/// A cursor behind this message, in a list that began at the transaction `start`.
pub(super) fn messages_cursor(epoch: &str, start: u64, last: (ConversationKey, Seq)) -> String {
    let (ConversationKey(key), seq) = last;
    seal(&format!("messages:{epoch}:{start}:{key}:{seq}"))
}

/// Reads it.
pub(super) fn read_messages_cursor(
    epoch: &str,
    cursor: &str,
) -> Option<(u64, (ConversationKey, Seq))> {
    let text = open(cursor)?;
    let [kind, of_epoch, start, key, seq] = fields(&text)?;
    (kind == "messages" && of_epoch == epoch).then_some(())?;
    let key = ConversationKey(key.parse().ok()?);
    Some((start.parse().ok()?, (key, seq.parse().ok()?)))
}

/// A cursor behind this member.
pub(super) fn members_cursor(last: UserKey) -> String {
    seal(&format!("members:{}", last.0))
}

/// Reads it.
pub(super) fn read_members_cursor(cursor: &str) -> Option<UserKey> {
    let text = open(cursor)?;
    let [kind, key] = fields(&text)?;
    (kind == "members").then_some(())?;
    key.parse().ok().map(UserKey)
}

fn seal(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn open(sealed: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()
}

fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split(':').collect::<Vec<_>>().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_in_its_own_epoch_only() {
        let token = sync_token("c0ffee", 42);
        assert_eq!(read_sync_token("c0ffee", &token), Some(42));
        assert_eq!(read_sync_token("decaf", &token), None);
        for garbage in ["", "42", "dG9rZW4", "\u{1F600}", &token[1..]] {
            assert_eq!(read_sync_token("c0ffee", garbage), None);
        }
    }

    #[test]
    fn a_cursor_is_read_back_and_is_no_token() {
        for since in [None, Some(7)] {
            let cursor = SyncCursor {
                start: 9,
                since,
                after: Listed {
                    updated_at: 5,
                    conversation: ConversationKey(3),
                },
            };
            let sealed = sync_cursor("c0ffee", &cursor);
            assert_eq!(read_sync_cursor("c0ffee", &sealed), Some(cursor));
            assert_eq!(read_sync_cursor("decaf", &sealed), None);
            assert_eq!(read_sync_token("c0ffee", &sealed), None);
        }
        assert_eq!(
            read_members_cursor(&members_cursor(UserKey(8))),
            Some(UserKey(8))
        );
        assert_eq!(read_members_cursor("8"), None);
    }
}
