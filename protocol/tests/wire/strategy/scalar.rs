//! Arbitrary ids, words, numbers and texts, and the objects of apps.

use causerie_protocol::*;
use proptest::{collection::vec, prelude::*};
use serde_json::{Number, Value};
use uuid::Uuid;

/// A type that no version has, and any object.
pub fn unknown() -> impl Strategy<Value = UnknownFrame> {
    let payload = object().prop_map(|object| serde_json::value::to_raw_value(&object));
    (text(), payload).prop_map(|(kind, payload)| UnknownFrame {
        kind: format!("x.{kind}"),
        payload: payload.expect("an object is JSON"),
    })
}

pub fn room() -> impl Strategy<Value = Room> {
    prop_oneof![
        user_id().prop_map(Room::User),
        id().prop_map(Room::Group),
        id().prop_map(Room::Conversation),
    ]
}

pub fn id<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|bits| T::from(Uuid::from_u128(bits)))
}

pub fn id_v7<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<[u8; 16]>().prop_map(|bytes| {
        let builder = uuid::Builder::from_bytes(bytes).with_version(uuid::Version::SortRand);
        T::from(builder.with_variant(uuid::Variant::RFC4122).into_uuid())
    })
}

pub fn user_id() -> impl Strategy<Value = UserId> {
    some_text().prop_map(|text| {
        let visible = text.replace(char::is_control, "\u{e9}");
        visible.parse().expect("twenty characters are a user id")
    })
}

/// One of these words or one that no version knows.
pub fn word<T>(known: &'static [&'static str]) -> impl Strategy<Value = T>
where
    T: for<'a> From<&'a str> + std::fmt::Debug,
{
    prop_oneof![
        9 => proptest::sample::select(known).prop_map(T::from),
        1 => text().prop_map(|text| T::from(&*format!("x.{text}"))),
    ]
}

pub fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..100u64,
        0..limits::MAX_INTEGER,
        Just(limits::MAX_INTEGER - 1)
    ]
}

/// Any characters but U+0000, with those that JSON escapes among them often.
pub fn text() -> impl Strategy<Value = String> {
    vec(character(), 0..20).prop_map(String::from_iter)
}

pub fn some_text() -> impl Strategy<Value = String> {
    vec(character(), 1..20).prop_map(String::from_iter)
}

pub fn emoji() -> impl Strategy<Value = String> {
    some_text().prop_map(|text| {
        let visible = text.replace(char::is_control, "+");
        visible.chars().take(limits::MAX_EMOJI_BYTES / 4).collect()
    })
}

pub fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        proptest::sample::select(vec![
            '"', '\\', '/', '\n', '\u{7f}', '\u{2028}', 'u', '0', '👍'
        ]),
        any::<char>().prop_map(|c| if c == '\0' { '\u{1}' } else { c }),
    ]
}

pub fn content() -> impl Strategy<Value = Content> {
    prop_oneof![Just(Content::Empty), some_content()]
}

pub fn some_content() -> impl Strategy<Value = Content> {
    prop_oneof![
        text().prop_map(Content::Text),
        object().prop_map(Content::Object)
    ]
}

pub fn object() -> impl Strategy<Value = Object> {
    vec((text(), value()), 0..3).prop_map(Object::from_iter)
}

pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((text(), inner), 0..3).prop_map(|fields| Value::Object(Object::from_iter(fields))),
        ]
    })
}
