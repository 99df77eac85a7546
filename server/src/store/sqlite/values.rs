//! Between the rules' types and SQLite's.

use causerie_protocol::{
    ConversationId, ConversationKind, HistoryPolicy, MessageKind, Role, UserId, WriteKind,
};
use rusqlite::{
    Row,
    types::{FromSqlError, Type},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::store::tables::TableError;

impl From<rusqlite::Error> for TableError {
    /// What the disk or another process does may pass; everything else is this row's, or ours.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed,
            OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
        };
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(
                DiskFull
                | SystemIoFailure
                | DatabaseBusy
                | DatabaseLocked
                | OutOfMemory
                | CannotOpen
                | ReadOnly
                | PermissionDenied
                | FileLockingProtocolFailed,
            ) => Self::Unavailable(text),
            Some(_) | None => Self::Defect(text),
        }
    }
}

/// Numbers stay below 2^53, so none is lost.
pub(super) fn int(number: u64) -> i64 {
    number.min(i64::MAX as u64) as i64
}

/// An unsigned number.
pub(super) fn number(row: &Row<'_>, at: &str) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|value| value.max(0) as u64)
}

/// An unsigned number, or nothing.
pub(super) fn perhaps(row: &Row<'_>, at: &str) -> rusqlite::Result<Option<u64>> {
    let value: Option<i64> = row.get(at)?;
    Ok(value.map(|value| value.max(0) as u64))
}

/// An id of 16 bytes.
pub(super) fn id<I: From<Uuid>>(row: &Row<'_>, at: &str) -> rusqlite::Result<I> {
    Ok(I::from(Uuid::from_bytes(row.get(at)?)))
}

/// An id of 16 bytes, or nothing.
pub(super) fn perhaps_id<I: From<Uuid>>(row: &Row<'_>, at: &str) -> rusqlite::Result<Option<I>> {
    let bytes: Option<[u8; 16]> = row.get(at)?;
    Ok(bytes.map(|bytes| I::from(Uuid::from_bytes(bytes))))
}

/// A user id.
pub(super) fn user_id(row: &Row<'_>, at: &str) -> rusqlite::Result<UserId> {
    let index = row.as_ref().column_index(at)?;
    let text = row.get_ref(index)?.as_str().map_err(wrong(index))?;
    UserId::new(text).map_err(|error| broken(index, error))
}

/// A word of one of the protocol's enums.
pub(super) fn word<W: for<'a> From<&'a str>>(row: &Row<'_>, at: &str) -> rusqlite::Result<W> {
    let index = row.as_ref().column_index(at)?;
    let text = row.get_ref(index)?.as_str().map_err(wrong(index))?;
    Ok(W::from(text))
}

/// JSON; the default, if there is none.
pub(super) fn json<V: DeserializeOwned + Default>(row: &Row<'_>, at: &str) -> rusqlite::Result<V> {
    let index = row.as_ref().column_index(at)?;
    let text = row.get_ref(index)?.as_str_or_null().map_err(wrong(index))?;
    match text {
        Some(text) => serde_json::from_str(text).map_err(|error| broken(index, error)),
        None => Ok(V::default()),
    }
}

/// As JSON, for a column that holds NULL instead of what is empty.
pub(super) fn to_json<V: Serialize>(value: Option<&V>) -> Result<Option<String>, TableError> {
    value
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| TableError::Defect(format!("cannot be written as JSON: {error}")))
}

/// A list as JSON, or NULL if it is empty.
pub(super) fn list_to_json<V: Serialize>(list: &[V]) -> Result<Option<String>, TableError> {
    to_json(Some(&list).filter(|list| !list.is_empty()))
}

fn wrong(index: usize) -> impl Fn(FromSqlError) -> rusqlite::Error {
    move |error| broken(index, error)
}

fn broken<E: std::error::Error + Send + Sync + 'static>(index: usize, error: E) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}

/// Words that a column holds.
pub(super) trait Word {
    /// As on the wire.
    fn word(&self) -> &str;
}

macro_rules! words {
    ($($type:ty),+) => {
        $(impl Word for $type {
            fn word(&self) -> &str {
                self.as_str()
            }
        })+
    };
}

words!(ConversationKind, HistoryPolicy, MessageKind, Role);

/// The 16 bytes of an id.
pub(super) fn bytes(uuid: Uuid) -> [u8; 16] {
    uuid.into_bytes()
}

/// The 16 bytes of a conversation's id.
pub(super) fn conversation_bytes(id: ConversationId) -> [u8; 16] {
    id.uuid().into_bytes()
}

/// The number that stands for a kind in `writes`, for ever: there are as many rows as messages.
pub(super) fn kind_number(kind: WriteKind) -> i64 {
    match kind {
        WriteKind::SendMessage => 1,
        WriteKind::EditMessage => 2,
        WriteKind::DeleteMessage => 3,
        WriteKind::AddReaction => 4,
        WriteKind::RemoveReaction => 5,
        WriteKind::CreateConversation => 6,
        WriteKind::UpdateConversation => 7,
        WriteKind::AddMembers => 8,
        WriteKind::RemoveMembers => 9,
        WriteKind::SetRole => 10,
        WriteKind::InviteMembers => 11,
        WriteKind::AcceptInvite => 12,
        WriteKind::DeclineInvite => 13,
        WriteKind::QuitConversation => 14,
        WriteKind::CreateGroup => 15,
        WriteKind::UpdateGroup => 16,
        WriteKind::AddGroupMembers => 17,
        WriteKind::RemoveGroupMembers => 18,
        WriteKind::SetGroupRole => 19,
        WriteKind::QuitGroup => 20,
    }
}

/// The kind that a number in `writes` stands for.
pub(super) fn kind_of_number(number: i64) -> Result<WriteKind, TableError> {
    WriteKind::ALL
        .iter()
        .copied()
        .find(|kind| kind_number(*kind) == number)
        .ok_or_else(|| TableError::Defect(format!("{number} stands for no kind of write")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_write_has_a_number_of_its_own() {
        for kind in WriteKind::ALL {
            assert_eq!(kind_of_number(kind_number(*kind)), Ok(*kind));
        }
        assert!(kind_of_number(0).is_err());
    }
}
