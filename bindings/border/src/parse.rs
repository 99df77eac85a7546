//! Ids from text, with an error that names the argument.

use std::str::FromStr;

use causerie::{ConversationId, Error, FixCode, ItemKey, TempId};

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

/// An item's key as text.
pub(crate) fn item_key(key: ItemKey) -> String {
    key.0.to_string()
}

fn parse<T: FromStr<Err = causerie::IdError>>(field: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error: causerie::IdError| {
        FixCode::Invalid {
            field: field.into(),
            message: error.to_string(),
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use crate::{Action, Fault};

    #[test]
    fn a_malformed_id_is_the_programs_mistake_and_names_the_argument() {
        let fault = Fault::from(super::conversation_id("bob").unwrap_err());
        assert_eq!(
            (fault.code.as_str(), fault.action),
            ("invalid", Action::FixCode)
        );
        assert!(fault.message.starts_with("conversation_id: "), "{fault:?}");
        let id = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";
        assert_eq!(super::conversation_id(id).unwrap().to_string(), id);
    }
}
