//! Scalars as the wire has them: integers below 2^53, and strings read without a copy
//! (docs/protocol.md, opening and §1).

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::limits::MAX_INTEGER;

/// For `deserialize_with`: an integer that every client can hold exactly. The check stands in the
/// visitor, so that an error knows its place in the text.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Visitor;
    impl de::Visitor<'_> for Visitor {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer from 0 to below 2^53")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            if number < MAX_INTEGER {
                Ok(number)
            } else {
                Err(E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }
        }
    }
    deserializer.deserialize_u64(Visitor)
}

/// As [`integer`], or null. Wants `default` beside it.
pub(crate) fn integer_option<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Integer(#[serde(deserialize_with = "integer")] u64);
    Ok(Option::<Integer>::deserialize(deserializer)?.map(|Integer(number)| number))
}

/// For `deserialize_with`: a list that some write as null when it is empty.
pub(crate) fn list_or_null<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// For `deserialize_with`: an object kept as its text, or null. Serde would take a struct's fields
/// from an array as well, which the wire does not allow.
pub(crate) fn raw_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    let raw = Option::<&RawValue>::deserialize(deserializer)?;
    match raw {
        Some(raw) if !raw.get().starts_with('{') => {
            Err(de::Error::custom("the field `payload` is an object"))
        }
        raw => Ok(raw),
    }
}

/// Reads a string through a function that borrows it.
pub(crate) fn read_str<'de, D, T, E>(
    deserializer: D,
    expecting: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    struct Visitor<F, T, E> {
        expecting: &'static str,
        read: F,
        result: PhantomData<(T, E)>,
    }

    impl<F, T, E> de::Visitor<'_> for Visitor<F, T, E>
    where
        F: FnOnce(&str) -> Result<T, E>,
        E: fmt::Display,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expecting)
        }

        fn visit_str<X: de::Error>(self, text: &str) -> Result<T, X> {
            (self.read)(text).map_err(X::custom)
        }
    }

    deserializer.deserialize_str(Visitor {
        expecting,
        read,
        result: PhantomData,
    })
}
