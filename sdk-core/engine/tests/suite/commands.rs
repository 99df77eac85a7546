//! What the app asks, and what it is answered.

use causerie_engine::{
    CommandError, CommandKind, ConversationChange, Emission, Input, OutboxState, Reply, SendState,
    TimelineId, TokenFailure,
};
use causerie_protocol::{
    Ack, ConversationId, ConversationKind, CreateConversation, DeleteMessage, EditMessage,
    ErrorCode, ErrorReply, ListMembers, MembersPage, MessageSent, Request, SendMessage,
    ServerMessage, Target, TempId, User, UserEvent, UserIds, WriteAck, WriteOp,
};

use crate::common::{
    alice, bob, conv,
    device::{Device, key_of},
    event_id, item, temp, v7,
};

fn create(members: Vec<causerie_protocol::UserId>, kind: ConversationKind) -> WriteOp {
    WriteOp::CreateConversation(CreateConversation {
        kind,
        group_id: None,
        title: None,
        members: Some(members),
        history: None,
    })
}

fn target(key: TempId) -> Target {
    Target::Temp {
        target_temp_id: key,
    }
}

fn delete(key: TempId) -> WriteOp {
    WriteOp::DeleteMessage(DeleteMessage {
        target: target(key),
    })
}

fn edit(key: TempId) -> WriteOp {
    WriteOp::EditMessage(EditMessage {
        target: target(key),
        content: "edited".into(),
    })
}

fn last_reply(device: &Device) -> Result<Reply, CommandError> {
    let (_, result) = device.replies.iter().next_back().expect("an answer");
    result.clone()
}

/// The names of the writes on the wire.
fn sent_writes(device: &mut Device) -> Vec<(u64, TempId)> {
    device
        .take_sent()
        .into_iter()
        .filter_map(|frame| match frame.request {
            Request::Write(write) => Some((frame.id.expect("an id"), write.temp_id)),
            _ => None,
        })
        .collect()
}

fn refuse(device: &mut Device, id: u64, key: TempId, code: ErrorCode) {
    let error = ErrorReply {
        temp_id: Some(key),
        ..ErrorReply::new(code, "no")
    };
    device.frames(vec![causerie_protocol::ServerFrame::reply(
        Some(id),
        ServerMessage::MessageError(error),
    )]);
}

#[test]
fn a_write_that_breaks_a_limit_is_refused_before_it_is_queued() {
    let mut device = Device::knowing(&[conv(1)]);
    device.send(conv(1), "");
    assert!(matches!(
        last_reply(&device),
        Err(CommandError::Invalid { field, .. }) if field == "content"
    ));
    device.send(conv(1), &"x".repeat(20_000));
    assert!(matches!(
        last_reply(&device),
        Err(CommandError::TooLarge { field, .. }) if field == "content"
    ));
    assert_eq!(device.engine.outbox().count(), 0);
    device.send(conv(9), "hello");
    assert_eq!(
        last_reply(&device),
        Err(CommandError::UnknownConversation(conv(9)))
    );
}

#[test]
fn the_same_write_twice_is_queued_once() {
    let mut device = Device::knowing(&[conv(1)]);
    for _ in 0..2 {
        device.command(CommandKind::Write {
            key: temp(5),
            conversation_id: conv(1),
            op: WriteOp::SendMessage(SendMessage::text("hello")),
        });
        assert_eq!(last_reply(&device), Ok(Reply::Done));
    }
    assert_eq!(device.engine.outbox().count(), 1);
}

#[test]
fn what_needs_the_server_fails_at_once_without_it() {
    let mut device = Device::knowing(&[conv(1)]);
    device.command(CommandKind::FetchMembers(ListMembers {
        conversation_id: conv(1),
        cursor: None,
    }));
    assert_eq!(last_reply(&device), Err(CommandError::Offline));
    device.command(CommandKind::FetchUsers(UserIds {
        user_ids: vec![bob()],
    }));
    assert_eq!(last_reply(&device), Err(CommandError::Offline));
    device.command(CommandKind::LoadOlder(TimelineId(77)));
    assert_eq!(last_reply(&device), Err(CommandError::UnknownTimeline));
    device.command(CommandKind::Retry(temp(9)));
    assert_eq!(
        last_reply(&device),
        Err(CommandError::UnknownWrite(temp(9)))
    );
}

#[test]
fn what_needs_the_server_says_so_when_only_signing_in_helps() {
    let mut device = Device::knowing(&[conv(1)]);
    device.gives_tokens = false;
    device.start();
    let reason = "the session ended".to_owned();
    device.input(Input::Token(Err(TokenFailure::SignInNeeded(
        reason.clone(),
    ))));
    let needed = || {
        Err(CommandError::SignInNeeded {
            reason: reason.clone(),
        })
    };
    device.command(CommandKind::FetchMembers(ListMembers {
        conversation_id: conv(1),
        cursor: None,
    }));
    assert_eq!(last_reply(&device), needed());
    device.command(CommandKind::FetchUsers(UserIds {
        user_ids: vec![bob()],
    }));
    assert_eq!(last_reply(&device), needed());
    device.command(CommandKind::Stop);
    device.command(CommandKind::FetchUsers(UserIds {
        user_ids: vec![bob()],
    }));
    assert_eq!(last_reply(&device), Err(CommandError::Offline));
}

#[test]
fn members_are_answered_or_the_connection_is_lost() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let list = ListMembers {
        conversation_id: conv(1),
        cursor: None,
    };
    let first = device.command(CommandKind::FetchMembers(list.clone()));
    let second = device.command(CommandKind::FetchMembers(list));
    let sent = device.take_sent();
    let page = MembersPage::default();
    device.answer(&sent[0], ServerMessage::MembersPage(page.clone()));
    assert_eq!(device.replies[&first], Ok(Reply::Members(page)));
    device.cut();
    assert_eq!(device.replies[&second], Err(CommandError::Offline));
}

#[test]
fn a_message_that_was_never_attempted_goes_with_what_changes_it() {
    let mut device = Device::knowing(&[conv(1)]);
    let screen = device.open(conv(1), 30);
    let key = device.send(conv(1), "hello");
    device.write(conv(1), edit(key));
    assert_eq!(device.screen(screen).texts(), ["edited"]);
    let deletion = device.write(conv(1), delete(key));
    assert_eq!(device.engine.outbox().count(), 0);
    assert!(device.store.outbox.is_empty());
    assert!(device.screen(screen).items.is_empty());
    assert_eq!(device.told[&key], None);
    assert!(!device.told.contains_key(&deletion));
}

#[test]
fn cancelling_what_may_have_reached_the_server_deletes_it_there() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let screen = device.open(conv(1), 30);
    let key = device.send(conv(1), "hello");
    device.take_sent();
    let deletion = device.temp();
    device.command(CommandKind::Cancel { key, deletion });
    assert!(device.screen(screen).items.is_empty());
    let sent = device.take_sent();
    let Request::Write(write) = &sent[0].request else {
        panic!("a write");
    };
    assert_eq!(write.op, Ok(delete(key)));
    assert_eq!(write.temp_id, deletion);
    // The server never saw it, and says so.
    let ack = WriteAck {
        temp_id: deletion,
        conversation_id: conv(1),
        seq: None,
        at: 1,
        duplicate: false,
        conversation: None,
        group: None,
    };
    device.answer(&sent[0], ServerMessage::Ack(Ack::Write(Box::new(ack))));
    assert_eq!(device.engine.outbox().count(), 0);
    assert!(device.store.outbox.is_empty());
}

#[test]
fn a_failed_message_is_retried_under_its_old_name_with_its_edits_behind_it() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let key = device.send(conv(1), "hello");
    let change = device.write(conv(1), edit(key));
    let other = device.send(conv(1), "next");
    let sent = sent_writes(&mut device);
    assert_eq!(sent.len(), 3);
    refuse(&mut device, sent[0].0, key, ErrorCode::Forbidden);
    refuse(&mut device, sent[1].0, change, ErrorCode::NotFound);
    assert!(matches!(
        device.told[&key],
        Some(SendState::Failed { ref code, .. }) if *code == ErrorCode::Forbidden
    ));
    assert!(matches!(
        device.store.outbox[&key].state,
        OutboxState::Failed { .. }
    ));
    assert_eq!(device.store.outbox[&change].state, OutboxState::Queued);
    device.command(CommandKind::Retry(key));
    let again: Vec<_> = sent_writes(&mut device).into_iter().map(|s| s.1).collect();
    assert_eq!(again, [key, change]);
    assert!(device.engine.outbox_row(other).is_some());
}

#[test]
fn a_conversation_made_offline_is_listed_and_written_to_at_once() {
    let mut device = Device::knowing(&[]);
    let direct = ConversationId::direct(&alice(), &bob());
    let creation = device.write(direct, create(vec![bob()], ConversationKind::Direct));
    let hello = device.send(direct, "hello");
    let entry = device.engine.conversation(direct).expect("it is listed");
    assert_eq!(entry.title, "bob");
    assert_eq!(entry.item.rev, 0);
    assert_eq!(entry.pending.map(|row| row.key), Some(hello));
    assert!(device.store.conversations.contains_key(&direct));
    let screen = device.open(direct, 30);
    assert_eq!(device.screen(screen).texts(), ["hello"]);

    device.connect();
    let sent = device.take_sent();
    let writes: Vec<_> = sent
        .iter()
        .filter(|frame| matches!(frame.request, Request::Write(_)))
        .collect();
    assert_eq!(writes.len(), 1, "nothing before its creation");
    assert!(
        !sent
            .iter()
            .any(|frame| matches!(frame.request, Request::Subscribe(_))),
        "nor is it subscribed"
    );
    let mut told = item(direct);
    told.kind = ConversationKind::Direct;
    told.peer_id = Some(bob());
    told.title = None;
    let ack = WriteAck {
        temp_id: creation,
        conversation_id: direct,
        seq: None,
        at: 1,
        duplicate: false,
        conversation: Some(told),
        group: None,
    };
    device.answer(writes[0], ServerMessage::Ack(Ack::Write(Box::new(ack))));
    let kinds: Vec<_> = device
        .take_sent()
        .iter()
        .map(|frame| frame.request.kind().to_owned())
        .collect();
    assert_eq!(kinds, ["subscribe", "send_message"]);
    device.event(ServerMessage::UserUpdated(UserEvent {
        user: User {
            user_id: bob(),
            name: Some("Bob B.".into()),
            avatar: None,
            rev: 3,
        },
    }));
    let entry = device.engine.conversation(direct).expect("it is listed");
    assert_eq!(entry.title, "Bob B.");
}

#[test]
fn a_creation_that_fails_fails_what_waits_for_it_and_a_retry_brings_all_back() {
    let mut device = Device::knowing(&[]);
    let creation = device.write(conv(5), create(vec![bob()], ConversationKind::Group));
    let hello = device.send(conv(5), "hello");
    device.connect();
    let sent = sent_writes(&mut device);
    refuse(&mut device, sent[0].0, creation, ErrorCode::Forbidden);
    for key in [creation, hello] {
        assert!(
            matches!(device.told[&key], Some(SendState::Failed { .. })),
            "{key}"
        );
    }
    let late = device.send(conv(5), "also");
    assert!(
        matches!(device.told[&late], Some(SendState::Failed { .. })),
        "what comes later is not stuck either"
    );
    assert_eq!(device.store.outbox.len(), 3, "nothing is lost");
    device.command(CommandKind::Retry(hello));
    for key in [creation, hello, late] {
        assert_eq!(device.told[&key], Some(SendState::Queued));
    }
    assert_eq!(sent_writes(&mut device)[0].1, creation);
}

#[test]
fn cancelling_a_creation_takes_the_conversation_along() {
    let mut device = Device::knowing(&[]);
    let key = device.write(conv(5), create(vec![bob()], ConversationKind::Group));
    device.send(conv(5), "hello");
    let deletion = device.temp();
    device.command(CommandKind::Cancel { key, deletion });
    assert!(device.engine.conversation(conv(5)).is_none());
    assert!(device.store.outbox.is_empty());
    assert!(!device.store.conversations.contains_key(&conv(5)));
    assert!(device.emissions.iter().any(|emission| matches!(
        emission,
        Emission::Conversations(changes)
            if changes.contains(&ConversationChange::Remove(conv(5)))
    )));
}

#[test]
fn a_direct_conversation_has_the_id_that_follows_from_its_two_members() {
    let mut device = Device::knowing(&[]);
    device.write(conv(5), create(vec![bob()], ConversationKind::Direct));
    assert!(matches!(
        last_reply(&device),
        Err(CommandError::Invalid { field, .. }) if field == "members"
    ));
}

#[test]
fn drafts_are_kept_and_empty_ones_forgotten() {
    let mut device = Device::knowing(&[conv(1)]);
    let set = |device: &mut Device, text: &str| {
        device.command(CommandKind::SetDraft {
            conversation_id: conv(1),
            text: Some(text.into()),
        });
    };
    set(&mut device, "half a thou");
    device.restart();
    let draft = |device: &Device| device.engine.conversation(conv(1)).and_then(|e| e.draft);
    assert_eq!(draft(&device).as_deref(), Some("half a thou"));
    set(&mut device, "");
    assert_eq!(draft(&device), None);
    assert!(device.store.drafts.is_empty());
}

#[test]
fn a_message_survives_the_process_between_acknowledgement_and_event() {
    let mut device = Device::knowing(&[conv(1)]);
    device.connect();
    let key = device.send(conv(1), "hello");
    let sent = device.take_sent();
    let write = sent
        .iter()
        .find(|frame| matches!(frame.request, Request::Write(_)))
        .expect("a write");
    let ack = MessageSent {
        temp_id: key,
        message_id: event_id(4),
        conversation_id: conv(1),
        seq: 4,
        number: 4,
        created_at: 9,
        duplicate: false,
        message: None,
    };
    device.answer(write, ServerMessage::MessageSent(Box::new(ack)));
    assert!(device.store.outbox.is_empty());
    device.restart();
    let screen = device.open(conv(1), 30);
    let items = &device.screen(screen).items;
    assert_eq!(items.len(), 1);
    assert_eq!((items[0].key, items[0].message.seq), (key_of(key), 4));
    let entry = device.engine.conversation(conv(1)).expect("it is listed");
    assert_eq!(entry.item.last_message.map(|last| last.seq), Some(4));
    assert_eq!(entry.unread, 0, "a send raises the sender's own cursor");
}

#[test]
fn a_temp_id_is_a_uuid_of_version_seven() {
    let mut device = Device::knowing(&[conv(1)]);
    device.command(CommandKind::Write {
        key: TempId::from_uuid(uuid::Uuid::from_u128(5)),
        conversation_id: conv(1),
        op: WriteOp::SendMessage(SendMessage::text("hello")),
    });
    assert!(matches!(
        last_reply(&device),
        Err(CommandError::Invalid { field, .. }) if field == "temp_id"
    ));
    assert!(TempId::from_uuid(v7(1)).is_v7());
}
