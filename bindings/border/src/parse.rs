//! What comes from text and signed numbers, with an error that names the argument.

use std::{fmt::Display, str::FromStr};

use causerie::{ConversationId, Error, FixCode, ItemKey, MessageId, Object, TempId, UserId};

/// The id of a conversation.
///
/// # Errors
/// `invalid`.
pub fn conversation_id(text: &str) -> Result<ConversationId, Error> {
    parse("conversation_id", text)
}

/// The key that a write was given.
///
/// # Errors
/// `invalid`.
pub fn write_key(text: &str) -> Result<TempId, Error> {
    parse("key", text)
}

/// A number that is none of the negative ones.
///
/// # Errors
/// `invalid`.
pub fn count<N: TryFrom<i64>>(field: &str, number: i64) -> Result<N, Error> {
    N::try_from(number).map_err(|_| invalid(field, format!("{number} is out of range")))
}

/// The id of a message.
pub(crate) fn message_id(field: &str, text: &str) -> Result<MessageId, Error> {
    parse(field, text)
}

/// The ids of users.
pub(crate) fn user_ids(field: &str, ids: &[String]) -> Result<Vec<UserId>, Error> {
    ids.iter().map(|id| parse(field, id)).collect()
}

/// A JSON object.
pub(crate) fn object(field: &str, json: &str) -> Result<Object, Error> {
    // What serde says of the text may show it.
    serde_json::from_str(json).map_err(|_| invalid(field, "this is no JSON object"))
}

/// A JSON object as text.
pub(crate) fn json(object: &Object) -> Option<String> {
    serde_json::to_string(object).ok()
}

/// An item's key as text.
pub(crate) fn item_key(key: ItemKey) -> String {
    key.0.to_string()
}

pub(crate) fn invalid(field: &str, message: impl Display) -> Error {
    FixCode::Invalid {
        field: field.into(),
        message: message.to_string(),
    }
    .into()
}

fn parse<T: FromStr<Err = causerie::IdError>>(field: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| invalid(field, error))
}

#[cfg(test)]
mod tests {
    use causerie::Error;

    use crate::{Action, Fault};

    fn refused<T: std::fmt::Debug>(result: Result<T, Error>, field: &str) {
        let fault = Fault::from(result.unwrap_err());
        assert_eq!(
            (fault.code.as_str(), fault.action),
            ("invalid", Action::FixCode)
        );
        assert!(
            fault.message.starts_with(&format!("{field}: ")),
            "{fault:?}"
        );
    }

    #[test]
    fn a_malformed_argument_is_the_programs_mistake_and_is_named() {
        refused(super::conversation_id("bob"), "conversation_id");
        refused(super::write_key(""), "key");
        refused(super::count::<u64>("seq", -1), "seq");
        refused(super::count::<u32>("page", 1 << 40), "page");
        refused(super::user_ids("mentions", &[String::new()]), "mentions");
        refused(super::object("metadata", "[1]"), "metadata");
    }

    #[test]
    fn a_sound_argument_is_what_it_says() {
        let id = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";
        assert_eq!(super::conversation_id(id).unwrap().to_string(), id);
        assert_eq!(super::count::<u64>("seq", 7).unwrap(), 7);
        let object = super::object("metadata", r#"{"a":1}"#).unwrap();
        assert_eq!(super::json(&object).unwrap(), r#"{"a":1}"#);
    }

    #[test]
    fn what_is_wrong_with_an_object_is_said_without_showing_it() {
        let fault = Fault::from(super::object("object", r#"{"a-secret"#).unwrap_err());
        assert!(!fault.message.contains("a-secret"), "{fault:?}");
    }
}
