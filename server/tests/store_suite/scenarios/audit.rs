//! The audit: refusals by right and membership changes, one line each; what is allowed is not there.

use causerie_protocol::*;
use causerie_server::store::{AuditEntry, Command, Outcome};

use crate::harness::*;

fn told(h: &mut Harness) -> Vec<(String, String, Option<String>, String)> {
    let line = |entry: AuditEntry| {
        let subject = entry.subject.map(|user| user.to_string());
        (
            entry.user_id.to_string(),
            entry.action,
            subject,
            entry.outcome,
        )
    };
    h.audit().into_iter().map(line).collect()
}

fn line(
    who: &str,
    action: &str,
    subject: Option<&str>,
    outcome: &str,
) -> (String, String, Option<String>, String) {
    (
        who.into(),
        action.into(),
        subject.map(str::to_owned),
        outcome.into(),
    )
}

for_every_store! {
    fn membership_changes_are_audited_one_by_one(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "not audited");
        h.ack("alice", room, add(&["carol", "dave"]));
        h.ack("alice", room, set_role(&["bob"], Role::Admin));
        h.ack("bob", room, remove(&["carol"]));
        h.ack("alice", room, quit());
        assert_eq!(told(h), [
            line("alice", "create_conversation", Some("alice"), "ok"),
            line("alice", "create_conversation", Some("bob"), "ok"),
            line("alice", "add_members", Some("carol"), "ok"),
            line("alice", "add_members", Some("dave"), "ok"),
            line("alice", "set_role", Some("bob"), "ok"),
            line("bob", "remove_members", Some("carol"), "ok"),
            line("alice", "quit_conversation", Some("bob"), "ok"),
            line("alice", "quit_conversation", Some("alice"), "ok"),
        ]);
    }

    fn refusals_by_right_are_audited_and_others_are_not(h: &mut Harness) {
        let room = h.group("alice", &[]);
        let before = h.audit().len();
        h.refused("mallory", room, text("let me in"));
        let missing = by_id(MessageId::from_uuid(h.sources.uuid()));
        h.refused("alice", room, edit(missing, "x"));
        let lines = h.audit().split_off(before);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].action.as_str(), lines[0].outcome.as_str()), (
            "send_message",
            "forbidden",
        ));
        assert_eq!(lines[0].conversation_id, Some(room));
    }

    fn what_a_connection_refused_is_audited_as_told(h: &mut Harness) {
        let entry = AuditEntry {
            user_id: user("mallory"),
            action: "subscribe".into(),
            conversation_id: Some(h.conversation_id()),
            subject: None,
            outcome: "forbidden".into(),
        };
        assert_eq!(h.command(Command::Audit(entry.clone())), Outcome::Done);
        assert_eq!(h.audit(), [entry]);
    }
}
