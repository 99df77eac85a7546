-- A conversation's order is in two tables: `messages`, which history pages through, and `changes`,
-- every other event. Each seq is in exactly one of them.
--
-- Conversations and users have small keys inside. Ids are 16 bytes, times milliseconds, what is an
-- object or a list on the wire is JSON. What may be erased stands in columns of its own, and is
-- overwritten in place (`PRAGMA secure_delete`).

PRAGMA application_id = 0x43415553; -- "CAUS"

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The number of the last transaction that changed something which sync shows.
CREATE TABLE counter (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    change   INTEGER NOT NULL
) STRICT;

INSERT INTO counter VALUES (1, 0);

CREATE TABLE users (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    name   TEXT,
    avatar TEXT,
    rev    INTEGER NOT NULL
) STRICT;

CREATE TABLE conversations (
    key           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    group_id      BLOB,
    title         TEXT,
    avatar        TEXT,
    settings      TEXT,
    history       TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    head_seq      INTEGER NOT NULL,
    head_number   INTEGER NOT NULL,
    active_at     INTEGER NOT NULL,
    members_count INTEGER NOT NULL,
    change        INTEGER NOT NULL
) STRICT;

-- A row stays when its user leaves, with what they last saw in the `left_` columns.
CREATE TABLE members (
    conversation    INTEGER NOT NULL,
    user            INTEGER NOT NULL,
    role            TEXT NOT NULL,
    rev             INTEGER NOT NULL,
    visible_from    INTEGER NOT NULL,
    joined_at       INTEGER NOT NULL,
    read_seq        INTEGER NOT NULL,
    read_number     INTEGER NOT NULL,
    mentions_unread INTEGER NOT NULL,
    delivered_seq   INTEGER NOT NULL,
    left_seq        INTEGER,
    left_number     INTEGER,
    left_title      TEXT,
    left_avatar     TEXT,
    left_members    INTEGER,
    left_active_at  INTEGER,
    change          INTEGER NOT NULL,
    PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user, conversation);

CREATE TABLE messages (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    message_id   BLOB NOT NULL,
    temp_id      BLOB,
    sender       INTEGER NOT NULL,
    client_id    BLOB,
    kind         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    reply_to     BLOB,
    content      TEXT,
    attachments  TEXT,
    mentions     TEXT,
    metadata     TEXT,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX messages_by_id ON messages (message_id);

-- What became of messages that were edited, deleted or reacted to; most have no row here.
CREATE TABLE message_states (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    state_seq    INTEGER NOT NULL,
    edit_seq     INTEGER,
    edited_at    INTEGER,
    deleted_at   INTEGER,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_states_by_change ON message_states (conversation, state_seq, seq);

-- `body`: an edit's content (gone once its message is deleted), a reaction's emoji, what an update
-- of the settings changed. `subject` and `role`: of member events.
CREATE TABLE changes (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    event_id     BLOB NOT NULL,
    kind         TEXT NOT NULL,
    actor        INTEGER NOT NULL,
    client_id    BLOB,
    at           INTEGER NOT NULL,
    target_seq   INTEGER,
    subject      INTEGER,
    role         TEXT,
    body         TEXT,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX edits_by_target ON changes (conversation, target_seq, seq)
    WHERE kind = 'message_edited';

CREATE TABLE reactions (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    emoji        TEXT NOT NULL,
    user         INTEGER NOT NULL,
    at_seq       INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq, emoji, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX reactions_in_order ON reactions (conversation, seq, emoji, at_seq);

CREATE TABLE mentions (
    conversation INTEGER NOT NULL,
    user         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (conversation, user, seq)
) STRICT, WITHOUT ROWID;

-- Every write that was ever taken, by its sender's name for it: what its repeats are answered with.
-- Names are UUIDv7, so new ones come at the end of the tree, whatever the conversation.
CREATE TABLE writes (
    temp_id      BLOB NOT NULL,
    user         INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    seq          INTEGER,
    at           INTEGER NOT NULL,
    cancelled    INTEGER NOT NULL,
    PRIMARY KEY (temp_id, user, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    line         INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    user         TEXT NOT NULL,
    action       TEXT NOT NULL,
    conversation BLOB,
    subject      TEXT,
    outcome      TEXT NOT NULL
) STRICT;
