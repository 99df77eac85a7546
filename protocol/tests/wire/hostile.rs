//! Whatever a stranger may send: nothing panics, nothing overflows a small stack, and what is no
//! frame is an error.

use causerie_protocol::*;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

use crate::samples;

/// Far less than any thread of a server or a phone has.
const SMALL_STACK: usize = 256 * 1024;
const DEEP: usize = 100_000;

#[test]
fn a_frame_cut_anywhere_is_an_error() {
    on_a_small_stack(|| {
        for line in lines() {
            for (end, _) in line.char_indices().skip(1) {
                let cut = &line[..end];
                let client: Vec<_> = decode_client(cut).collect();
                assert!(matches!(client[..], [Err(_)]), "{cut}");
                let server: Vec<_> = decode_server(cut).collect();
                assert!(matches!(server[..], [Err(DecodeError::Syntax(_))]), "{cut}");
            }
        }
    });
}

#[test]
fn nesting_without_end_is_an_error_or_stays_unread() {
    on_a_small_stack(|| {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
            let ids = r#""temp_id":"01920000-0000-7000-8000-000000000004","conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e""#;

            // The server's limits refuse it; the client has none of that kind.
            let all = format!(r#"{{"type":"x","payload":{{"a":{deep}}}}}"#);
            let fault = decode_client(&all)
                .next()
                .expect("a frame")
                .expect_err("too large");
            assert_eq!(fault.error.code, ErrorCode::TooLarge);
            let frame = decode_server(&all)
                .next()
                .expect("a frame")
                .expect("unknown");
            assert!(matches!(frame.message, ServerMessage::Unknown(_)));
            assert_eq!(encode_server(&frame).expect("sound"), all);

            for bad in [
                format!(r#"{{"type":{deep}}}"#),
                format!(r#"{{"type":"ping","id":{deep}}}"#),
                format!(r#"{{"type":"users_page","payload":{deep}}}"#),
                format!(r#"{{"type":"users_page","payload":{{"users":{deep}}}}}"#),
                format!(
                    r#"{{"type":"signal","payload":{{"user_id":"a","name":"b","data":{deep}}}}}"#
                ),
                format!(r#"{{"type":"ping","payload":{{}},"meta":{{"timestamp":{deep}}}}}"#),
                deep.clone(),
            ] {
                let server: Vec<_> = decode_server(&bad).collect();
                let (first, left) = server.split_first().expect("a frame");
                assert!(matches!(first, Err(DecodeError::Shape(_))));
                for frame in left.iter().flatten() {
                    let line = encode_server(frame).expect("sound");
                    assert!(line.len() < 200, "nothing of it is kept: {frame:?}");
                }
                let client: Vec<_> = decode_client(&bad).collect();
                assert!(matches!(client[..], [Err(_)]));
            }

            // Unknown fields are skipped, not read.
            for skipped in [
                format!(r#"{{"a":{deep},"type":"ping","payload":{{"t":1}}}}"#),
                format!(r#"{{"type":"ping","payload":{{"a":{deep},"t":1}}}}"#),
                format!(r#"{{"type":"ping","payload":{{"t":1}},"meta":{{"a":{deep}}}}}"#),
            ] {
                let frame = decode_server(&skipped)
                    .next()
                    .expect("a frame")
                    .expect("sound");
                assert_eq!(frame.message, ServerMessage::Ping(Ping { t: 1 }));
            }

            // As deep as fits into a client's frame.
            let within = limits::MAX_FRAME_BYTES / 2 / (open.len() + close.len());
            let deep = format!("{}1{}", open.repeat(within), close.repeat(within));
            for field in ["content", "metadata", "attachments", "reply_to"] {
                let text =
                    format!(r#"{{"type":"send_message","payload":{{{ids},"{field}":{deep}}}}}"#);
                let frame = decode_client(&text)
                    .next()
                    .expect("a frame")
                    .expect("a write");
                let Request::Write(write) = frame.request else {
                    panic!("a write");
                };
                let fault = write.op.expect_err("too deep");
                assert_eq!(fault.code, ErrorCode::Invalid);
                assert_eq!(fault.field.as_deref(), Some(field));
            }
        }
    });
}

#[test]
fn the_deepest_value_that_is_read_fits_on_a_small_stack() {
    on_a_small_stack(|| {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let at = |levels: usize| {
                let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                format!(
                    r#"{{"type":"signal","payload":{{"user_id":"a","name":"b","data":{{"a":{deep}}},"as_of_seq":0}}}}"#
                )
            };
            let deepest = (1..200)
                .rev()
                .find(|levels| decode_server(&at(*levels)).all(|frame| frame.is_ok()))
                .expect("some depth is read");
            assert!(deepest > 100, "{deepest}");
            let frame = decode_server(&at(deepest))
                .next()
                .expect("one")
                .expect("sound");
            assert_eq!(encode_server(&frame).expect("sound"), at(deepest));
            assert_eq!(frame.clone(), frame);

            // The longest way down: a reply, an event in it, and the app's value in that.
            let value = format!("{}1{}", open.repeat(deepest), close.repeat(deepest));
            let (_, sample) = samples::replies()
                .into_iter()
                .find(|(name, _)| *name == "subscribed")
                .expect("a sample");
            let line = encode_server(&sample).expect("sound");
            let line = line.replace(
                r#""metadata":null"#,
                &format!(r#""metadata":{{"a":{value}}}"#),
            );
            let frame = decode_server(&line).next().expect("one").expect("sound");
            assert_eq!(encode_server(&frame).expect("sound"), line);
        }
    });
}

#[test]
fn frames_inside_frames_inside_frames_are_refused() {
    on_a_small_stack(|| {
        let open = r#"{"type":"subscribed","payload":{"room":"user:a","head_seq":0,"head_number":0,"from_seq":1,"complete":true,"reset":false,"visible_from":1,"events":["#;
        for levels in [2, 3, 1000] {
            let text = format!("{}{}", open.repeat(levels), "]}}".repeat(levels));
            let mut read = decode_server(&text);
            assert!(matches!(read.next(), Some(Err(DecodeError::Shape(_)))));
            let outermost = read.next().expect("the rest of it").expect("sound");
            let ServerMessage::Subscribed(outermost) = outermost.message else {
                panic!("a subscribed");
            };
            assert_eq!(outermost.events, [], "{levels}");
            assert!(read.next().is_none());
        }
        let text = format!("{open}]}}}}");
        assert!(decode_server(&text).all(|frame| frame.is_ok()));
    });
}

#[test]
fn u0000_and_lone_surrogates_are_invalid_anywhere() {
    for bad in [
        r"\u0000",
        r"a\u0000b",
        r"\\\u0000",
        r"\ud800",
        r"\uDBFF",
        r"\udc00",
        r"\uDFFF",
        r"\ud800\ud800",
        r"\ud800\u0041",
        r"\ud800A",
        r"\ud800\n",
        r"\ud800é",
        r"\udc00\ud800",
        r"\ud83d\ude00\ud83d",
    ] {
        for text in [
            format!(r#"{{"type":"{bad}"}}"#),
            format!(r#"{{"type":"activity","{bad}":1}}"#),
            format!(r#"{{"type":"activity","x":"{bad}"}}"#),
            format!(r#"{{"type":"activity","payload":{{"x":["{bad}"]}}}}"#),
            format!(r#"{{"type":"activity","payload":{{"{bad}":1}}}}"#),
            format!(r#"{{"type":"activity","meta":{{"x":"{bad}"}}}}"#),
            format!(r#"{{"type":"unheard_of","payload":{{"x":{{"y":"{bad}"}}}}}}"#),
            format!(r#"{{"type":"set_preferences","payload":{{"preferences":{{"{bad}":1}}}}}}"#),
            format!(r#"{{"type":"users","payload":{{"user_ids":["{bad}"]}}}}"#),
            format!(r#"["{bad}"]"#),
            format!(r#""{bad}""#),
        ] {
            let read: Vec<_> = decode_client(&text).collect();
            let [Err(fault)] = &read[..] else {
                panic!("{text}: {read:?}");
            };
            assert_eq!(fault.error.code, ErrorCode::Invalid);
            let read: Vec<_> = decode_server(&text).collect();
            assert!(
                matches!(read[..], [Err(DecodeError::Character)]),
                "{text}: {read:?}"
            );
        }
    }
}

#[test]
fn an_escaped_backslash_before_u0000_is_innocent() {
    for innocent in [
        r"\\u0000",
        r"\\\\u0000",
        r"\\ud800",
        r"\u005cu0000",
        r#"\\\"\\u0000"#,
        r"\ud83d\ude00",
        r"\ud83d\ude00\ud83d\ude00",
        r"\u0001",
        r"u0000",
    ] {
        let text = format!(
            r#"{{"type":"set_preferences","payload":{{"preferences":{{"{innocent}":"{innocent}"}}}}}}"#
        );
        let read: Vec<_> = decode_client(&text).collect();
        assert!(matches!(read[..], [Ok(_)]), "{text}: {read:?}");
    }
}

#[test]
fn an_unfinished_escape_is_malformed() {
    for broken in [r"\u", r"\u00", r"\u00g0", r"\u+123", r"\x00", r"\"] {
        let text = format!(r#"{{"type":"activity","x":"{broken}"}}"#);
        let read: Vec<_> = decode_server(&text).collect();
        assert!(
            matches!(read[..], [Err(DecodeError::Syntax(_))]),
            "{text}: {read:?}"
        );
    }
}

#[test]
fn numbers_beyond_all_measure_are_errors_where_they_are_read() {
    for huge in [
        "1e400",
        "-1e400",
        &"9".repeat(5000),
        &format!("1e{}", "9".repeat(5000)),
    ] {
        for text in [
            format!(r#"{{"type":"ping","id":{huge}}}"#),
            format!(r#"{{"type":"ping","payload":{{"t":{huge}}}}}"#),
            format!(
                r#"{{"type":"history","payload":{{"conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e","limit":{huge}}}}}"#
            ),
            format!(r#"{{"type":"set_preferences","payload":{{"preferences":{{"x":{huge}}}}}}}"#),
        ] {
            let read: Vec<_> = decode_client(&text).collect();
            assert!(matches!(read[..], [Err(_)]), "{text}");
        }
        let text = format!(r#"{{"type":"unheard_of","payload":{{"x":{huge}}},"y":{huge}}}"#);
        let frame = decode_client(&text)
            .next()
            .expect("a frame")
            .expect("unknown");
        assert!(matches!(frame.request, Request::Unknown(_)));
    }
}

#[test]
fn a_field_that_stands_twice_is_invalid() {
    let names = r#""temp_id":"01920000-0000-7000-8000-000000000004","conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e""#;
    for (text, field) in [
        (r#"{"type":"ping","type":"pong"}"#.to_owned(), "type"),
        (r#"{"id":1,"type":"ping","id":2}"#.to_owned(), "id"),
        (
            r#"{"type":"ping","payload":{},"payload":{}}"#.to_owned(),
            "payload",
        ),
        (r#"{"type":"ping","payload":{"t":1,"t":2}}"#.to_owned(), "t"),
        (
            format!(r#"{{"type":"send_message","payload":{{{names},{names},"content":"x"}}}}"#),
            "temp_id",
        ),
    ] {
        let read: Vec<_> = decode_client(&text).collect();
        let [Err(fault)] = &read[..] else {
            panic!("{text}: {read:?}");
        };
        assert_eq!(fault.error.code, ErrorCode::Invalid);
        assert_eq!(fault.error.field.as_deref(), Some(field), "{text}");
    }
    let twice =
        format!(r#"{{"type":"send_message","payload":{{{names},"content":"x","content":"y"}}}}"#);
    let frame = decode_client(&twice)
        .next()
        .expect("a frame")
        .expect("a write");
    let Request::Write(write) = frame.request else {
        panic!("a write");
    };
    assert_eq!(
        write.op.expect_err("twice").field.as_deref(),
        Some("content")
    );
}

#[test]
fn an_escaped_type_is_the_type_and_an_array_is_no_payload() {
    let read: Vec<_> = decode_client(r#"{"type":"p\u0069ng","payload":{"t":1}}"#).collect();
    let request = Request::Ping(Ping { t: 1 });
    assert_eq!(read, [Ok(ClientFrame { id: None, request })]);
    for text in [r#"["ping",1,{"t":1}]"#, r#"{"type":"ping","payload":[1]}"#] {
        assert!(decode_client(text).all(|frame| frame.is_err()), "{text}");
        assert!(decode_server(text).all(|frame| frame.is_err()), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..300)) {
        survive(String::from_utf8_lossy(&bytes).into_owned());
    }

    #[test]
    fn any_heap_of_json_is_survived(tokens in vec(token(), 0..60)) {
        survive(tokens.concat());
    }

    #[test]
    fn a_frame_with_one_wrong_place_is_survived(
        line in any::<Index>(),
        from in any::<Index>(),
        length in 0..12_usize,
        put in vec(token(), 0..3),
    ) {
        let lines = lines();
        let characters: Vec<char> = line.get(&lines).chars().collect();
        let from = from.index(characters.len());
        let to = characters.len().min(from + length);
        let mut text = String::from_iter(&characters[..from]);
        text += &put.concat();
        text.extend(&characters[to..]);
        survive(text);
    }
}

/// What JSON and frames are made of, and what hurts.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(vec!["{", "}", "[", "]", ":", ",", "\"", "\\", " ", "\n"]),
        4 => proptest::sample::select(vec![
            "{\"type\":", "\"id\":", "\"payload\":{", "\"meta\":", "\"content\":", "\"temp_id\":",
            "\"send_message\"", "\"new_message\"", "\"subscribed\"", "\"ack\"", "\"events\":[",
            "\"01920000-0000-7000-8000-000000000004\"", "\"conversation_id\":", "\"room\":",
        ]),
        2 => proptest::sample::select(vec![
            "\\u0000", "\\ud800", "\\u", "null", "true", "-", "-1", "0", "1e999", "1.5", "\0", "é",
            "\u{feff}", "9007199254740992", "18446744073709551616", "\u{2028}", "//", "NaN",
        ]),
    ]
    .prop_map(str::to_owned)
}

/// Reads as client and as server; what was read can be written.
fn survive(text: String) {
    on_a_small_stack(move || {
        for frame in decode_client(&text) {
            match frame {
                Ok(frame) => drop(encode_client(&frame)),
                Err(fault) => drop(encode_server(&fault.into_frame())),
            }
        }
        for frame in decode_server(&text).flatten() {
            drop(encode_server(&frame));
        }
        let frames: usize = raw_frames(&text).map(|(frame, _)| frame.len()).sum();
        assert!(frames <= text.len());
    });
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(SMALL_STACK)
        .spawn(test);
    if let Err(panic) = thread.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

fn lines() -> Vec<String> {
    let client = [samples::requests(), samples::writes()].concat();
    let server = [samples::replies(), samples::events()].concat();
    let client = client
        .iter()
        .map(|(_, frame)| encode_client(frame).expect("sound"));
    let server = server
        .iter()
        .map(|(_, frame)| encode_server(frame).expect("sound"));
    client
        .chain(server)
        .chain([json!({"type": "x"}).to_string()])
        .collect()
}
