//! What the ledger does when SQLite fails.

use causerie_protocol::{
    ConversationId, ConversationKind, CreateConversation, ErrorCode, MessageId, SendMessage,
    TempId, UserId, Write, WriteOp,
};
use uuid::{Builder, Uuid};

use super::{database::Database, schema};
use crate::store::{
    Actor, Command, LaneId, Outcome,
    rules::{Ledger, Ran},
    tables::TableError,
};

struct Bench {
    _folder: tempfile::TempDir,
    database: Database,
    ledger: Ledger,
    next: u64,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("causerie.db");
        let mut database = Database::open_writer(&path).expect("a database");
        schema::migrate(&mut database.connection).expect("the schema");
        Self {
            _folder: folder,
            database,
            ledger: Ledger::default(),
            next: 0,
        }
    }

    fn uuid(&mut self) -> Uuid {
        self.next += 1;
        uuid_of(self.next)
    }

    fn run(&mut self, commands: &[Command]) -> Ran {
        let Self {
            database,
            ledger,
            next,
            ..
        } = self;
        ledger.run(database, commands, 1, &mut || {
            *next += 1;
            MessageId::from_uuid(uuid_of(*next))
        })
    }

    fn command(&mut self, to: ConversationId, op: WriteOp) -> Command {
        let temp_id = TempId::from_uuid(self.uuid());
        command(Write::new(temp_id, to, op))
    }

    fn send(&mut self, to: ConversationId, says: &str) -> Command {
        self.command(to, WriteOp::SendMessage(SendMessage::text(says)))
    }

    fn room(&mut self) -> ConversationId {
        let id = ConversationId::from_uuid(self.uuid());
        let create = CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: None,
            members: None,
            history: None,
        };
        let command = self.command(id, WriteOp::CreateConversation(create));
        let ran = self.run(&[command]);
        assert!(matches!(ran.outcomes[0], Outcome::Acked(_)));
        id
    }

    fn pragma(&self, name: &str, value: i64) -> i64 {
        let sql = format!("PRAGMA {name} = {value}");
        let connection = &self.database.connection;
        connection
            .query_row(&sql, [], |row| row.get(0))
            .expect("a pragma that answers")
    }
}

fn uuid_of(n: u64) -> Uuid {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    Builder::from_unix_timestamp_millis(1, &bytes).into_uuid()
}

fn command(write: Write) -> Command {
    Command::Write {
        lane: LaneId(1),
        actor: Actor {
            user_id: UserId::new("alice").expect("a sound user id"),
            client_id: uuid_of(0).into(),
            admin: false,
        },
        write: Box::new(write),
        refuse: None,
    }
}

fn code(outcome: &Outcome) -> Option<ErrorCode> {
    match outcome {
        Outcome::Refused(reply) => Some(reply.code.clone()),
        _ => None,
    }
}

#[test]
fn a_full_disk_refuses_all_and_when_there_is_room_again_the_store_goes_on() {
    let mut bench = Bench::new();
    let room = bench.room();
    let first = bench.send(room, "kept");
    bench.run(&[first]);
    bench.pragma("max_page_count", 1);
    let large = "x".repeat(16_000);
    let batch: Vec<Command> = (0..20).map(|_| bench.send(room, &large)).collect();
    let ran = bench.run(&batch);
    assert!(matches!(ran.failure, Some(TableError::Unavailable(_))));
    assert_eq!(code(&ran.outcomes[0]), Some(ErrorCode::Unavailable));
    assert!(
        ran.outcomes[1..]
            .iter()
            .all(|outcome| code(outcome) == Some(ErrorCode::Aborted))
    );
    assert!(ran.commits.is_empty());
    bench.pragma("max_page_count", 1 << 30);
    let ran = bench.run(&batch);
    for (outcome, seq) in ran.outcomes.iter().zip(2..) {
        let Outcome::Sent(sent) = outcome else {
            panic!("expected message_sent, got {outcome:?}");
        };
        assert_eq!(sent.seq, seq);
    }
}

#[test]
fn a_command_that_meets_a_broken_row_is_refused_alone() {
    let mut bench = Bench::new();
    let (room, other) = (bench.room(), bench.room());
    let broken = Write::new(
        TempId::from_uuid(bench.uuid()),
        room,
        WriteOp::SendMessage(SendMessage::text("breaks")),
    );
    bench.run(&[command(broken.clone())]);
    let damage = "UPDATE messages SET content = 'not JSON'";
    bench
        .database
        .connection
        .execute(damage, [])
        .expect("damage");
    let batch = vec![
        bench.send(other, "before"),
        command(broken),
        bench.send(room, "behind it, in the same lane"),
        bench.send(other, "after"),
    ];
    let ran = bench.run(&batch);
    assert!(matches!(ran.failure, Some(TableError::Defect(_))));
    let codes: Vec<_> = ran.outcomes.iter().map(code).collect();
    let internal = Some(ErrorCode::Internal);
    assert_eq!(codes, [None, internal, Some(ErrorCode::Aborted), None]);
    let seqs: Vec<_> = ran
        .commits
        .iter()
        .flat_map(|commit| commit.events.iter().map(|event| event.seq))
        .collect();
    assert_eq!(seqs, [1, 2], "the others are durable, once each");
}
