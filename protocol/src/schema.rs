//! Schemas of what is no plain struct, for a description of the REST API (docs/protocol.md §10).

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaFormat, SchemaType, Type},
    },
};

use crate::{ClientId, Content, ConversationId, MessageId, SessionId, TempId, UserId, limits};

const ANY_UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const UUID_V7: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// A string that is one of these words, as far as this version knows.
pub(crate) fn words(words: &[&str], about: &str) -> RefOr<Schema> {
    let words = words.iter().map(|word| (*word).to_owned());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(about))
        .into()
}

macro_rules! uuids {
    ($($id:ident: $pattern:ident, $about:literal;)+) => {
        $(
            impl PartialSchema for $id {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .format(Some(SchemaFormat::Custom("uuid".into())))
                        .pattern(Some($pattern))
                        .description(Some($about))
                        .into()
                }
            }

            impl ToSchema for $id {}
        )+
    };
}

uuids! {
    ConversationId: ANY_UUID, "A conversation: a UUIDv7, or derived from its two members.";
    MessageId: ANY_UUID, "A message, by the server's name.";
    TempId: UUID_V7, "A write, by its sender's name: a UUIDv7.";
    ClientId: UUID_V7, "An installation of an app: a UUIDv7.";
    SessionId: UUID_V7, "A connection.";
}

impl PartialSchema for UserId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(limits::MAX_USER_ID_BYTES))
            .description(Some(
                "A user, by the app's own id: 1 to 128 bytes without control characters.",
            ))
            .into()
    }
}

impl ToSchema for UserId {}

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        let types = [Type::String, Type::Object, Type::Null];
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter(types))
            .description(Some(
                "A text, an object of the app's own, or null: at most 16 KiB encoded.",
            ))
            .into()
    }
}

impl ToSchema for Content {}
