//! Every statement is served by the index that stands beside it.

use super::{conversations as c, database::Database, messages as m, schema, tables as t};

/// The plan of a statement, as SQLite tells it.
fn plan(database: &Database, sql: &str) -> String {
    let mut explain = database
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a sound statement");
    let count = explain.parameter_count();
    let nothing = vec![rusqlite::types::Null; count];
    let lines = explain
        .query_map(rusqlite::params_from_iter(nothing), |row| {
            row.get::<_, String>("detail")
        })
        .expect("a plan");
    let lines: Vec<String> = lines.collect::<Result<_, _>>().expect("lines");
    lines.join("; ")
}

fn database() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut database = Database::open_writer(&folder.path().join("plans.db")).expect("a database");
    schema::migrate(&mut database.connection).expect("the schema");
    (folder, database)
}

#[test]
fn every_statement_uses_the_index_that_is_named_beside_it() {
    let (_folder, database) = database();
    let served = [
        (c::USER, "INDEX sqlite_autoindex_users_1 (id=?)"),
        (c::USER_BY_KEY, "users USING INTEGER PRIMARY KEY"),
        (c::SHARE, "members_by_user (user=?"),
        (c::CONVERSATION, "sqlite_autoindex_conversations_1 (id=?)"),
        (c::CONVERSATION_BY_KEY, "USING INTEGER PRIMARY KEY"),
        (c::LISTED, "members_by_user (user=?"),
        (c::LISTED_SINCE, "members_by_user (user=?"),
        (c::MEMBER, "PRIMARY KEY (conversation=? AND user=?)"),
        (c::MEMBERS, "PRIMARY KEY (conversation=? AND user>?)"),
        (c::JOINED, "PRIMARY KEY (conversation=?)"),
        (
            m::WRITE,
            "PRIMARY KEY (temp_id=? AND user=? AND conversation=?)",
        ),
        (
            m::MESSAGES_UP,
            "PRIMARY KEY (conversation=? AND seq>? AND seq<?)",
        ),
        (
            m::MESSAGES_DOWN,
            "PRIMARY KEY (conversation=? AND seq>? AND seq<?)",
        ),
        (m::MESSAGE_SEQ, "messages_by_id (message_id=?)"),
        (m::PLACE, "messages_by_id (message_id=?)"),
        (m::MESSAGE_UNTIL, "PRIMARY KEY (conversation=?)"),
        (m::CHANGE_UNTIL, "PRIMARY KEY (conversation=?)"),
        (
            m::CHANGED_UP,
            "message_states_by_change (conversation=? AND state_seq>?)",
        ),
        (
            m::CHANGED_DOWN,
            "message_states_by_change (conversation=? AND state_seq>?)",
        ),
        (m::NUMBER_AT, "PRIMARY KEY (conversation=? AND seq<?)"),
        (
            m::EDIT_UNTIL,
            "edits_by_target (conversation=? AND target_seq=? AND seq<?)",
        ),
        (
            m::CHANGES,
            "PRIMARY KEY (conversation=? AND seq>? AND seq<?)",
        ),
        (m::EVENT_ID, "PRIMARY KEY (conversation=? AND seq=?)"),
        (m::EMOJI, "reactions_in_order (conversation=? AND seq=?)"),
        (
            m::EMOJI_USERS,
            "reactions_in_order (conversation=? AND seq=? AND emoji=?)",
        ),
        (
            m::HAS_REACTION,
            "PRIMARY KEY (conversation=? AND seq=? AND emoji=? AND user=?)",
        ),
        (
            m::MENTIONS_ABOVE,
            "PRIMARY KEY (conversation=? AND user=? AND seq>?)",
        ),
        (t::ERASE_MESSAGE, "PRIMARY KEY (conversation=? AND seq=?)"),
        (
            t::ERASE_EDITS,
            "edits_by_target (conversation=? AND target_seq=?)",
        ),
    ];
    for (sql, index) in served {
        let plan = plan(&database, sql);
        assert!(plan.contains(index), "{sql}\n  {plan}");
        assert!(!plan.contains("SCAN m "), "{sql}\n  {plan}");
        for table in ["messages", "changes", "members", "users", "writes"] {
            assert!(!plan.contains(&format!("SCAN {table}")), "{sql}\n  {plan}");
        }
    }
}

#[test]
fn a_page_of_messages_comes_in_order_without_sorting() {
    let (_folder, database) = database();
    for sql in [
        m::MESSAGES_UP,
        m::MESSAGES_DOWN,
        m::CHANGES,
        m::MESSAGE_UNTIL,
        m::CHANGE_UNTIL,
        c::MEMBERS,
        m::EMOJI_USERS,
    ] {
        let plan = plan(&database, sql);
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n  {plan}");
    }
}
