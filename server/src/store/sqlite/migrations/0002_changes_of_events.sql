-- Which transaction wrote an event, so that what is new since a sync token can be told to the message
-- (docs/protocol.md §10, `GET /messages/since`). What is older than this column counts as written by
-- the last transaction of its conversation: it may come once more, and nothing is missed.

ALTER TABLE messages ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN change INTEGER NOT NULL DEFAULT 0;

UPDATE messages SET change = (SELECT change FROM conversations WHERE key = conversation);
UPDATE changes SET change = (SELECT c.change FROM conversations c WHERE c.key = conversation);
