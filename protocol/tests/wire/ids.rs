//! Ids and rooms (docs/protocol.md §1).

use causerie_protocol::*;

#[test]
fn derived_conversations_are_those_that_every_implementation_derives() -> Result<(), IdError> {
    let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
    let direct = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";
    assert_eq!(ConversationId::direct(&alice, &bob).to_string(), direct);
    assert_eq!(ConversationId::direct(&bob, &alice).to_string(), direct);
    // Bytewise, capitals come first.
    let (large, small) = (UserId::new("Zoë")?, UserId::new("zoë")?);
    let direct = "dfa21c5c-ad4d-5ebf-acd0-e20740740cde";
    assert_eq!(ConversationId::direct(&small, &large).to_string(), direct);
    let inbox = "93a00051-560e-5e00-abd9-39d4c98a66fd";
    assert_eq!(inbox_id(&alice).to_string(), inbox);
    Ok(())
}

#[test]
fn a_user_id_has_1_to_128_bytes_and_no_control_characters() {
    assert!(UserId::new("").is_err());
    assert!(UserId::new("x".repeat(128)).is_ok());
    assert!(UserId::new("x".repeat(129)).is_err());
    assert!(UserId::new("é".repeat(64)).is_ok());
    assert!(UserId::new("é".repeat(65)).is_err());
    for control in ["a\nb", "\0", "\u{7f}", "\u{85}"] {
        assert_eq!(UserId::new(control), Err(IdError::UserIdControl));
    }
    assert!(UserId::new("user:7 \"x\" 👍").is_ok());
}

#[test]
fn a_uuid_has_its_hyphens_and_any_case() {
    let id = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";
    let parsed: ConversationId = id.parse().expect("hyphens");
    assert_eq!(id.to_uppercase().parse(), Ok(parsed));
    for other in [
        id.replace('-', ""),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        id.replace('2', "g"),
        "é".repeat(18),
        String::new(),
    ] {
        let read = other.parse::<ConversationId>();
        assert!(matches!(read, Err(IdError::NotUuid(_))), "{other}");
    }
}

#[test]
fn only_version_7_ids_are_made_by_clients() {
    let seven: TempId = "01920000-0000-7000-8000-000000000001"
        .parse()
        .expect("a UUID");
    assert!(seven.is_v7());
    for other in [
        "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e",
        "00000000-0000-0000-0000-000000000000",
        "01920000-0000-7000-0000-000000000001",
    ] {
        assert!(!other.parse::<TempId>().expect("a UUID").is_v7(), "{other}");
    }
}

#[test]
fn a_room_reads_as_it_is_written() {
    let id = "01920000-0000-7000-8000-000000000001";
    for name in [
        format!("conv:{id}"),
        format!("group:{id}"),
        "user:a:b".into(),
    ] {
        let room: Room = name.parse().expect("a room");
        assert_eq!(room.to_string(), name);
    }
    for name in ["", "conv", "conv:", "conv:x", "user:", "lobby:x", "CONV:x"] {
        assert!(name.parse::<Room>().is_err(), "{name}");
    }
}

#[test]
fn close_codes_and_error_codes_have_their_published_numbers_and_words() {
    for (number, after) in [
        (1001, AfterClose::ComeBack),
        (1006, AfterClose::ComeBack),
        (1011, AfterClose::ComeBack),
        (1012, AfterClose::ComeBack),
        (1013, AfterClose::ComeBack),
        (4000, AfterClose::ComeBack),
        (4001, AfterClose::ComeBack),
        (4002, AfterClose::ComeBack),
        (4003, AfterClose::ComeBack),
        (4004, AfterClose::NewToken),
        (4005, AfterClose::ComeBack),
        (4006, AfterClose::ComeBack),
        (4007, AfterClose::ComeBack),
        (4008, AfterClose::ComeBack),
        (4500, AfterClose::NewToken),
        (4501, AfterClose::Later),
        (4503, AfterClose::Stop),
        (4504, AfterClose::Later),
        (4505, AfterClose::Stop),
    ] {
        let code = CloseCode::from_number(number);
        assert_eq!(code.number(), number);
        assert_eq!(code.after(), after, "{number}");
        assert_eq!(
            number < 4000,
            matches!(code, CloseCode::Other(_)),
            "{number}"
        );
    }
    let retryable = ["rate_limited", "aborted", "unavailable", "internal"];
    for word in [
        "unauthenticated",
        "forbidden",
        "not_found",
        "invalid",
        "too_large",
        "rate_limited",
        "unknown_type",
        "conflict",
        "cancelled",
        "aborted",
        "unavailable",
        "internal",
    ] {
        let code = ErrorCode::from(word);
        assert!(!matches!(code, ErrorCode::Other(_)), "{word}");
        assert_eq!(code.as_str(), word);
        assert_eq!(code.is_retryable(), retryable.contains(&word), "{word}");
    }
    for word in [
        "token_invalid",
        "token_expired",
        "version_unsupported",
        "guest_forbidden",
        "revoked",
    ] {
        assert!(
            !matches!(AuthCode::from(word), AuthCode::Other(_)),
            "{word}"
        );
    }
}
