use causerie_protocol::{
    CreateConversation, DeleteMessage, EditMessage, ErrorCode, SendMessage, Target, Write,
};
use uuid::Builder;

use super::*;

fn key(n: u64) -> TempId {
    TempId::from_uuid(Builder::from_unix_timestamp_millis(n, &[1; 10]).into_uuid())
}

fn conv(n: u64) -> ConversationId {
    ConversationId::from_uuid(Builder::from_unix_timestamp_millis(n, &[2; 10]).into_uuid())
}

fn message() -> WriteOp {
    WriteOp::SendMessage(SendMessage::text("hello"))
}

fn edit_of(n: u64) -> WriteOp {
    WriteOp::EditMessage(EditMessage {
        target: Target::Temp {
            target_temp_id: key(n),
        },
        content: "better".into(),
    })
}

fn refused(code: ErrorCode) -> Refused {
    Refused {
        retryable: code.is_retryable(),
        code,
        message: "no".into(),
        retry_after: None,
        after_seq: 9,
    }
}

/// An outbox with its requests, and what the server was sent.
struct Bench {
    outbox: Outbox,
    requests: Requests,
    jitter: Jitter,
    now: Duration,
    sent: Vec<(u64, Write)>,
}

impl Bench {
    fn new() -> Self {
        Self {
            outbox: Outbox::restore(Vec::new(), &EngineConfig::default()),
            requests: Requests::default(),
            jitter: Jitter::new(1),
            now: Duration::from_secs(1),
            sent: Vec::new(),
        }
    }

    fn add(&mut self, n: u64, op: WriteOp) {
        self.add_to(1, n, op);
    }

    fn add_to(&mut self, conversation: u64, n: u64, op: WriteOp) {
        let row = OutboxRow {
            key: key(n),
            order: self.outbox.take_order(),
            conversation_id: conv(conversation),
            op,
            created_at: 0,
            attempted: false,
            state: OutboxState::Queued,
        };
        self.outbox.enqueue(row);
    }

    /// Sends what may go. Gives the names.
    fn pump(&mut self) -> Vec<TempId> {
        let mut keys = Vec::new();
        for (frame, _) in self
            .outbox
            .poll_send(&mut self.requests, self.now, |_| true)
        {
            let Request::Write(write) = frame.request else {
                panic!("the outbox sends writes");
            };
            keys.push(write.temp_id);
            self.sent.push((frame.id.expect("an id"), *write));
        }
        keys
    }

    fn request_of(&self, n: u64) -> u64 {
        let sent = self.sent.iter().rev().find(|(_, w)| w.temp_id == key(n));
        sent.expect("it was sent").0
    }

    fn refuse(&mut self, n: u64, code: ErrorCode) -> Refusal {
        let id = self.request_of(n);
        self.refuse_request(n, id, code)
    }

    fn refuse_request(&mut self, n: u64, id: u64, code: ErrorCode) -> Refusal {
        self.outbox.handle_refused(
            conv(1),
            key(n),
            id,
            &refused(code),
            &mut self.jitter,
            self.now,
        )
    }

    fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.outbox.handle_timer(self.now);
    }

    fn skip_of(&self, n: u64) -> Option<TempId> {
        let sent = self.sent.iter().rev().find(|(_, w)| w.temp_id == key(n));
        sent.expect("it was sent").1.skip
    }
}

fn keys(of: impl IntoIterator<Item = u64>) -> Vec<TempId> {
    of.into_iter().map(key).collect()
}

#[test]
fn eight_writes_of_a_conversation_are_on_the_wire_at_most() {
    let mut bench = Bench::new();
    (1..=20).for_each(|n| bench.add(n, message()));
    bench.add_to(2, 100, message());
    assert_eq!(bench.pump(), keys((1..=8).chain([100])));
    assert!(bench.pump().is_empty());
    bench.outbox.confirm(key(1));
    bench.outbox.confirm(key(2));
    assert_eq!(bench.pump(), keys([9, 10]));
}

#[test]
fn the_first_transmission_and_only_that_is_told_apart() {
    let mut bench = Bench::new();
    bench.add(1, message());
    let sent = bench
        .outbox
        .poll_send(&mut bench.requests, bench.now, |_| true);
    assert!(sent[0].1.as_ref().is_some_and(|row| row.attempted));
    bench.outbox.handle_lost();
    bench.outbox.handle_live();
    let again = bench
        .outbox
        .poll_send(&mut bench.requests, bench.now, |_| true);
    assert_eq!(again.len(), 1);
    assert!(again[0].1.is_none(), "it is stored as attempted already");
}

#[test]
fn a_temporary_refusal_rewinds_to_the_refused_write() {
    let mut bench = Bench::new();
    (1..=5).for_each(|n| bench.add(n, message()));
    bench.pump();
    bench.outbox.confirm(key(1));
    let late = bench.request_of(4);
    assert_eq!(bench.refuse(2, ErrorCode::Unavailable), Refusal::Rewound);
    assert_eq!(bench.refuse(3, ErrorCode::Aborted), Refusal::Stale);
    bench.add(6, message());
    assert!(bench.pump().is_empty(), "nothing overtakes");
    bench.later(1);
    assert_eq!(bench.pump(), keys(2..=6));
    assert_eq!(
        bench.refuse_request(4, late, ErrorCode::Aborted),
        Refusal::Stale,
        "the answer to an earlier flight"
    );
    assert!(bench.sent.iter().all(|(_, write)| write.skip.is_none()));
}

#[test]
fn the_server_decides_when_a_refused_write_comes_again() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.pump();
    let refusal = Refused {
        retry_after: Some(Duration::from_secs(40)),
        ..refused(ErrorCode::RateLimited)
    };
    let id = bench.request_of(1);
    bench
        .outbox
        .handle_refused(conv(1), key(1), id, &refusal, &mut bench.jitter, bench.now);
    bench.later(39);
    assert!(bench.pump().is_empty());
    bench.later(1);
    assert_eq!(bench.pump(), keys([1]));
}

#[test]
fn a_person_who_wants_a_write_now_does_not_wait_for_the_time_that_the_server_asked_for() {
    let mut bench = Bench::new();
    (1..=2).for_each(|n| bench.add(n, message()));
    bench.pump();
    let refusal = Refused {
        retry_after: Some(Duration::from_secs(3600)),
        ..refused(ErrorCode::RateLimited)
    };
    let id = bench.request_of(1);
    bench
        .outbox
        .handle_refused(conv(1), key(1), id, &refusal, &mut bench.jitter, bench.now);
    bench.later(60);
    assert!(bench.pump().is_empty());
    bench.outbox.hurry(conv(1), bench.now);
    assert_eq!(bench.pump(), keys([1, 2]), "in their order");
}

#[test]
fn what_the_server_waits_for_is_skipped_when_it_was_given_up() {
    let mut bench = Bench::new();
    (1..=3).for_each(|n| bench.add(n, message()));
    bench.pump();
    bench.refuse(1, ErrorCode::Unavailable);
    bench.outbox.remove(key(1));
    bench.later(1);
    assert_eq!(bench.pump(), keys([2, 3]));
    assert_eq!(bench.skip_of(2), Some(key(1)));
    assert_eq!(bench.skip_of(3), None, "once is enough");
}

#[test]
fn what_was_given_up_is_not_skipped_on_another_connection_and_nothing_of_it_is_kept() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.pump();
    bench.refuse(1, ErrorCode::Unavailable);
    bench.outbox.remove(key(1));
    assert!(bench.outbox.lane(conv(1)).is_some(), "it is to be skipped");
    bench.outbox.handle_lost();
    assert!(bench.outbox.lane(conv(1)).is_none());

    (2..=3).for_each(|n| bench.add(n, message()));
    bench.pump();
    bench.refuse(2, ErrorCode::Unavailable);
    bench.outbox.remove(key(2));
    bench.outbox.handle_lost();
    bench.outbox.handle_live();
    bench.later(60);
    assert_eq!(bench.pump(), keys([3]));
    assert_eq!(bench.skip_of(3), None, "this server waits for nothing");
}

#[test]
fn a_write_given_up_while_on_the_wire_is_skipped_as_well() {
    let mut bench = Bench::new();
    (1..=3).for_each(|n| bench.add(n, message()));
    bench.pump();
    let id = bench.request_of(1);
    bench.outbox.remove(key(1));
    assert_eq!(
        bench.refuse_request(1, id, ErrorCode::Unavailable),
        Refusal::Rewound
    );
    bench.later(1);
    assert_eq!(bench.pump(), keys([2, 3]));
    assert_eq!(bench.skip_of(2), Some(key(1)));
}

#[test]
fn a_permanent_refusal_fails_one_and_the_next_ones_go_on() {
    let mut bench = Bench::new();
    (1..=10).for_each(|n| bench.add(n, message()));
    bench.pump();
    let Refusal::Failed(failed) = bench.refuse(1, ErrorCode::Forbidden) else {
        panic!("it failed");
    };
    assert_eq!(failed.len(), 1);
    assert!(matches!(
        failed[0].state,
        OutboxState::Failed { after_seq: 9, .. }
    ));
    assert_eq!(bench.pump(), keys([9]));
    assert_eq!(bench.outbox.queued(), 9);
}

#[test]
fn eight_internal_errors_fail_a_write_and_the_next_one_skips_it() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.add(2, message());
    for _ in 0..7 {
        bench.later(31);
        bench.pump();
        assert_eq!(bench.refuse(1, ErrorCode::Internal), Refusal::Rewound);
    }
    // A cut in between does not start the count again.
    bench.outbox.handle_lost();
    bench.outbox.handle_live();
    bench.later(31);
    bench.pump();
    assert!(matches!(
        bench.refuse(1, ErrorCode::Internal),
        Refusal::Failed(_)
    ));
    assert_eq!(bench.pump(), keys([2]));
    assert_eq!(bench.skip_of(2), Some(key(1)));
}

#[test]
fn other_temporary_refusals_never_end() {
    let mut bench = Bench::new();
    bench.add(1, message());
    for _ in 0..100 {
        bench.later(31);
        assert_eq!(bench.pump(), keys([1]));
        assert_eq!(bench.refuse(1, ErrorCode::Unavailable), Refusal::Rewound);
    }
}

#[test]
fn after_a_cut_everything_unacknowledged_goes_again_in_order() {
    let mut bench = Bench::new();
    (1..=9).for_each(|n| bench.add(n, message()));
    bench.pump();
    bench.outbox.confirm(key(2));
    bench.outbox.handle_lost();
    bench.outbox.handle_live();
    assert_eq!(bench.pump(), keys([1, 3, 4, 5, 6, 7, 8, 9]));
}

#[test]
fn nothing_goes_to_a_conversation_before_it_is_made() {
    let mut bench = Bench::new();
    bench.add(
        1,
        WriteOp::CreateConversation(CreateConversation {
            kind: causerie_protocol::ConversationKind::Group,
            group_id: None,
            title: None,
            members: None,
            history: None,
        }),
    );
    bench.add(2, message());
    bench.add(3, message());
    assert_eq!(bench.pump(), keys([1]));
    let Refusal::Failed(failed) = bench.refuse(1, ErrorCode::Conflict) else {
        panic!("it failed");
    };
    assert_eq!(failed.len(), 3, "what waited for it fails with it");
    assert!(matches!(
        &failed[2].state,
        OutboxState::Failed { message, .. } if message.contains("could not be created")
    ));
    assert!(bench.pump().is_empty());
    for n in 1..=3 {
        bench.outbox.requeue(key(n));
    }
    assert_eq!(bench.pump(), keys([1]));
    bench.outbox.confirm(key(1));
    assert_eq!(bench.pump(), keys([2, 3]));
}

#[test]
fn a_change_of_a_failed_message_is_held_until_that_is_settled() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.add(2, edit_of(1));
    bench.add(3, message());
    assert_eq!(bench.pump(), keys([1, 2, 3]));
    bench.refuse(1, ErrorCode::Forbidden);
    assert_eq!(bench.refuse(2, ErrorCode::NotFound), Refusal::Rewound);
    assert!(bench.pump().is_empty(), "it is held");
    bench.outbox.confirm(key(3));
    bench.outbox.requeue(key(1));
    bench.outbox.requeue(key(2));
    assert_eq!(bench.pump(), keys([1, 2]));
}

#[test]
fn a_change_that_outran_its_message_goes_behind_it() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.add(2, edit_of(1));
    bench.pump();
    bench.refuse(1, ErrorCode::Forbidden);
    // The person retries before the edit is answered.
    bench.outbox.requeue(key(1));
    assert_eq!(bench.pump(), keys([1]));
    assert_eq!(bench.refuse(2, ErrorCode::NotFound), Refusal::Rewound);
    assert_eq!(bench.pump(), keys([2]));
    let order = |n| bench.outbox.get(key(n)).map(|row| row.order);
    assert!(order(1) < order(2));
}

#[test]
fn a_change_of_nothing_known_here_fails() {
    let mut bench = Bench::new();
    bench.add(2, edit_of(1));
    bench.pump();
    assert!(matches!(
        bench.refuse(2, ErrorCode::NotFound),
        Refusal::Failed(_)
    ));
}

#[test]
fn an_acknowledged_change_stays_as_an_overlay_until_it_is_covered() {
    let mut bench = Bench::new();
    bench.add(
        1,
        WriteOp::DeleteMessage(DeleteMessage {
            target: Target::Temp {
                target_temp_id: key(7),
            },
        }),
    );
    bench.pump();
    bench
        .outbox
        .overlay(key(1), OutboxState::Acked { seq: 42, at: 5 });
    assert_eq!(bench.outbox.queued(), 0);
    assert!(bench.outbox.covered(conv(1), 41).is_empty());
    assert_eq!(bench.outbox.covered(conv(1), 42), keys([1]));
    let lane = bench.outbox.lane(conv(1)).expect("a lane");
    assert_eq!(lane.targeting(key(7).uuid()).count(), 1);
    bench.outbox.remove(key(1));
    assert!(bench.outbox.covered(conv(1), 42).is_empty());
}

#[test]
fn a_refusal_for_an_unknown_reason_of_the_servers_asks_for_a_new_connection() {
    let mut bench = Bench::new();
    bench.add(1, message());
    bench.pump();
    assert_eq!(bench.refuse(1, ErrorCode::Aborted), Refusal::Confused);
    assert_eq!(bench.outbox.queued(), 1, "it is kept");
}

#[test]
fn a_restored_outbox_goes_on_in_order() {
    let row = |n: u64, state| OutboxRow {
        key: key(n),
        order: n,
        conversation_id: conv(1),
        op: message(),
        created_at: 0,
        attempted: true,
        state,
    };
    let failed = OutboxState::Failed {
        code: ErrorCode::Forbidden,
        message: "no".into(),
        after_seq: 3,
    };
    let rows = vec![
        row(3, OutboxState::Queued),
        row(4, failed),
        row(9, OutboxState::Queued),
    ];
    let mut bench = Bench::new();
    bench.outbox = Outbox::restore(rows, &EngineConfig::default());
    assert_eq!(bench.outbox.take_order(), 10);
    assert_eq!(bench.pump(), keys([3, 9]));
}
