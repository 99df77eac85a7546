//! How ids, numbers and JSON lie in columns.

use rusqlite::{
    Row,
    types::{FromSqlError, Type},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// Numbers stay below 2^53 (docs/protocol.md), so nothing is cut off here.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn uint(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(crate) fn uint_option(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let number: Option<i64> = row.get(column)?;
    number
        .map(|number| {
            u64::try_from(number)
                .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
        })
        .transpose()
}

pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let value = row.get_ref(column)?;
    value
        .as_blob()
        .ok()
        .and_then(|blob| Uuid::from_slice(blob).ok())
        .ok_or_else(|| broken(column, value.data_type(), "not a UUID"))
}

pub(crate) fn uuid_option(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    if row.get_ref(column)? == rusqlite::types::ValueRef::Null {
        return Ok(None);
    }
    uuid(row, column).map(Some)
}

pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    text(row, column)?
        .parse()
        .map_err(|e: T::Err| broken(column, Type::Text, e))
}

pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text(row, column)?).map_err(|e| broken(column, Type::Text, e))
}

pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    let value = row.get_ref(column)?;
    value
        .as_str()
        .map_err(|e: FromSqlError| broken(column, value.data_type(), e))
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

/// A column that this program would not have written: the file is damaged.
pub(crate) fn broken(column: usize, found: Type, why: impl std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, found, why.to_string().into())
}
