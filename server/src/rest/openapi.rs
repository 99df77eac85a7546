//! The description of the operations, for machines at `/openapi.json` and for people at `/docs`.
//!
//! It is made from the types that the operations read and write, and from what stands above each of
//! them. The page brings all it needs, and asks nobody but this server.

use std::sync::LazyLock;

use axum::{
    body::Bytes,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use causerie_protocol::{ErrorReply, limits::MAX_INTEGER};
use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components, ContentBuilder, Ref, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{conversations, history, members, messages, refusal::TokenRefused, sync};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Causerie",
        description = "Conversations and messages over HTTP, for what needs no socket. The same tokens, rules and codes as the protocol over WebSocket.",
    ),
    paths(
        conversations::list,
        conversations::create,
        conversations::item,
        history::of_conversation,
        messages::send,
        messages::edit,
        messages::delete,
        members::list,
        members::add,
        members::remove,
        history::with_user,
        history::of_group,
        sync::messages_since,
        sync::undelivered,
        messages::mark_read,
        sync::page,
    ),
    components(schemas(ErrorReply, TokenRefused)),
    modifiers(&Everywhere),
    security(("token" = [])),
    tags(
        (name = "conversations", description = "The conversations that one belongs to."),
        (name = "messages", description = "What was said."),
        (name = "members", description = "Who belongs to a conversation."),
        (name = "sync", description = "What changed since one last asked."),
    )
)]
struct Api;

/// What holds for every operation: the token, and what may go wrong anywhere.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        api.components
            .get_or_insert_with(Components::new)
            .add_security_scheme("token", SecurityScheme::Http(scheme));
        for item in api.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.post,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                for (status, about) in ANYWHERE {
                    let reply = Ref::from_schema_name("ErrorReply");
                    let content = ContentBuilder::new().schema(Some(reply)).build();
                    let refused = ResponseBuilder::new()
                        .description(about)
                        .content("application/json", content)
                        .build();
                    let responses = &mut operation.responses.responses;
                    responses.insert(status.to_owned(), refused.into());
                }
                let head = "The head of the request has more than 16 KiB.";
                let refused = ResponseBuilder::new().description(head).build();
                let responses = &mut operation.responses.responses;
                responses.insert("431".to_owned(), refused.into());
            }
        }
    }
}

const ANYWHERE: [(&str, &str); 3] = [
    (
        "429",
        "Too often, or too many at once: `Retry-After` says when to come back.",
    ),
    ("500", "A fault of the server."),
    (
        "503",
        "The server cannot now: `Retry-After` says when to come back. A write may have been done all the same; its `temp_id` tells.",
    ),
];

/// Which answers name what other operations take: from, where in the answer, to, as which parameter.
const LINKS: [(&str, &str, &str, &str); 10] = [
    (
        "createConversation",
        "/conversation_id",
        "getConversation",
        "id",
    ),
    (
        "createConversation",
        "/conversation_id",
        "listMessages",
        "id",
    ),
    (
        "createConversation",
        "/conversation_id",
        "sendMessage",
        "id",
    ),
    (
        "createConversation",
        "/conversation_id",
        "listMembers",
        "id",
    ),
    ("createConversation", "/conversation_id", "addMembers", "id"),
    (
        "createConversation",
        "/conversation_id",
        "removeMembers",
        "id",
    ),
    (
        "createConversation",
        "/conversation_id",
        "listMessagesOfGroup",
        "group_id",
    ),
    (
        "createConversation",
        "/conversation/peer_id",
        "listMessagesWithUser",
        "user_id",
    ),
    ("sendMessage", "/message_id", "editMessage", "id"),
    ("sendMessage", "/message_id", "deleteMessage", "id"),
];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut api = serde_json::to_value(Api::openapi()).unwrap_or_default();
    spell_out(&mut api);
    if let Some(schemas) = api["components"]["schemas"].as_object_mut() {
        schemas.remove("u64");
    }
    link(&mut api);
    api.to_string().into()
});

/// Puts numbers where the types have a name for them, and says how large they are.
fn spell_out(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object
                .get("$ref")
                .is_some_and(|name| name == "#/components/schemas/u64")
            {
                object.remove("$ref");
                object.insert("type".into(), "integer".into());
                object.insert("format".into(), "int64".into());
                object.insert("minimum".into(), 0.into());
            }
            let is_wide = object.get("format").is_some_and(|format| format == "int64");
            if is_wide {
                object.insert("maximum".into(), (MAX_INTEGER - 1).into());
            }
            let is_narrow = object.get("format").is_some_and(|format| format == "int32");
            if is_narrow {
                object.insert("format".into(), "uint32".into());
                object.insert("maximum".into(), u32::MAX.into());
            }
            object.values_mut().for_each(spell_out);
        }
        Value::Array(values) => values.iter_mut().for_each(spell_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn link(api: &mut Value) {
    let Some(paths) = api["paths"].as_object_mut() else {
        return;
    };
    let operations = paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut());
    for operation in operations {
        let from = operation["operationId"].clone();
        for (_, place, to, parameter) in LINKS.iter().filter(|(of, ..)| from == *of) {
            operation["responses"]["200"]["links"][format!("{to} {place}")] = json!({
                "operationId": to,
                "parameters": { *parameter: format!("$response.body#{place}") },
            });
        }
        if from == "sendMessage" {
            operation["responses"]["200"]["links"]["markRead"] = json!({
                "operationId": "markRead",
                "requestBody": { "message_ids": ["$response.body#/message_id"] },
            });
        }
    }
}

/// `/openapi.json`
pub(super) async fn document() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], DOCUMENT.clone()).into_response()
}

/// `/docs`
pub(super) async fn page() -> Response {
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy)];
    (headers, Html(include_str!("docs.html"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_with_its_refusals() {
        let api: serde_json::Value = serde_json::from_slice(&DOCUMENT).expect("JSON");
        let paths = api["paths"].as_object().expect("paths");
        let operations: Vec<_> = paths
            .values()
            .flat_map(|item| item.as_object().expect("operations").values())
            .collect();
        assert_eq!(operations.len(), 16);
        for operation in operations {
            for status in ["200", "401", "429", "500", "503"] {
                assert!(operation["responses"][status].is_object(), "{operation}");
            }
        }
    }

    #[test]
    fn what_links_name_is_there() {
        let text = std::str::from_utf8(&DOCUMENT).expect("text");
        for (from, _, to, parameter) in LINKS {
            for name in [from, to] {
                assert!(
                    text.contains(&format!("\"operationId\":\"{name}\"")),
                    "{name}"
                );
            }
            assert!(
                text.contains(&format!("\"name\":\"{parameter}\"")),
                "{parameter}"
            );
        }
        assert!(!text.contains("schemas/u64"));
    }

    #[test]
    fn the_examples_ask_what_is_described() {
        let api: Value = serde_json::from_slice(&DOCUMENT).expect("JSON");
        let paths: Vec<&String> = api["paths"].as_object().expect("paths").keys().collect();
        let asked = include_str!("../../../docs/rest.md")
            .split("http://127.0.0.1:4000")
            .skip(1)
            .map(|rest| rest.split(['?', '"', ' ', '\n']).next().unwrap_or_default())
            .filter(|path| path.starts_with("/api"));
        let is_described = |asked: &str| {
            paths.iter().any(|path| {
                let (path, asked): (Vec<_>, Vec<_>) =
                    (path.split('/').collect(), asked.split('/').collect());
                path.len() == asked.len()
                    && (path.iter().zip(&asked)).all(|(p, a)| p == a || p.starts_with('{'))
            })
        };
        let mut count = 0;
        for asked in asked {
            assert!(is_described(asked), "{asked}");
            count += 1;
        }
        assert!(count >= 8, "{count} examples");
    }

    #[test]
    fn the_page_asks_nobody_else() {
        let page = include_str!("docs.html");
        assert!(!page.contains("http://") && !page.contains("https://"));
        assert!(page.len() < 16 * 1024);
    }
}
