-- One row: whose data this is, and where the last sync ended.
CREATE TABLE meta (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    user_id     TEXT NOT NULL,
    client_id   BLOB NOT NULL,
    epoch       TEXT,
    sync_token  TEXT,
    sync_cursor TEXT,
    -- Rises with every opening, so that whoever resumes sees that another process was here.
    openings    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `rev` is null for users who are only referred to, and whose names are not known.
CREATE TABLE users (
    id      INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    name    TEXT,
    avatar  TEXT,
    rev     INTEGER
) STRICT;

-- `item` is null where only a draft, or messages of an unknown conversation, hold the row.
CREATE TABLE conversations (
    id              INTEGER PRIMARY KEY,
    conversation_id BLOB NOT NULL UNIQUE,
    item            TEXT,
    position_seq    INTEGER,
    position_event  BLOB,
    ranges          TEXT NOT NULL DEFAULT '[]',
    read_mark       INTEGER,
    draft           TEXT
) STRICT;

-- `extra` holds what few messages have: objects, attachments, mentions, reactions.
CREATE TABLE messages (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    state_seq    INTEGER NOT NULL,
    message_id   BLOB NOT NULL,
    temp_id      BLOB,
    sender       INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    text         TEXT,
    extra        TEXT,
    created_at   INTEGER NOT NULL,
    edited_at    INTEGER,
    deleted_at   INTEGER,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    conversation  INTEGER NOT NULL,
    user          INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    delivered_seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;

-- With a rowid, and self-contained, so that a damaged file can be read row by row from both ends.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    key             BLOB NOT NULL UNIQUE,
    place           INTEGER NOT NULL,
    conversation_id BLOB NOT NULL,
    kind            TEXT NOT NULL,
    payload         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    attempted       INTEGER NOT NULL,
    state           TEXT NOT NULL
) STRICT;
