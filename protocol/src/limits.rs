//! The numbers both sides agree on (docs/protocol.md §1, §3 and §5).

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "causerie.v1.json";
/// The protocol version said in `authenticate`.
pub const VERSION: u32 = 1;
/// Largest client frame, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Largest client message (a batch of frames), in bytes; a larger one closes with 1009.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Largest first frame, before authentication, in bytes.
pub const MAX_UNAUTHENTICATED_BYTES: usize = 32 * 1024;
/// Largest server frame, in bytes.
pub const MAX_SERVER_FRAME_BYTES: usize = 512 * 1024;
/// Size at which a reply or a server's batch stops, in bytes.
pub const MAX_REPLY_BYTES: usize = 256 * 1024;
/// Largest encoded `content`, in bytes.
pub const MAX_CONTENT_BYTES: usize = 16 * 1024;
/// Largest encoded `metadata`, in bytes.
pub const MAX_METADATA_BYTES: usize = 4 * 1024;
/// Deepest nesting of JSON that belongs to the app, its outermost object or list counted as one.
pub const MAX_NESTING: usize = 64;
/// Most attachments of one message.
pub const MAX_ATTACHMENTS: usize = 10;
/// Most distinct emoji on one message.
pub const MAX_DISTINCT_EMOJI: usize = 32;
/// Longest emoji of a reaction, in bytes: room for the longest joined sequences.
pub const MAX_EMOJI_BYTES: usize = 64;
/// Longest title, in bytes.
pub const MAX_TITLE_BYTES: usize = 512;
/// Longest avatar reference, in bytes.
pub const MAX_AVATAR_BYTES: usize = 2048;
/// Most users mentioned by one message.
pub const MAX_MENTIONS: usize = 64;
/// Most users named by one request that writes nothing.
pub const MAX_USER_IDS: usize = 100;
/// Most members named when a conversation is created, or by another durable write.
pub const MAX_INITIAL_MEMBERS: usize = 1000;
/// Longest user id, in bytes.
pub const MAX_USER_ID_BYTES: usize = 128;
/// Most conversation rooms that one connection subscribes to.
pub const MAX_SUBSCRIPTIONS: usize = 128;
/// Most users whose presence one connection watches.
pub const MAX_PRESENCE_WATCHES: usize = 500;
/// Most items or messages in one page.
pub const MAX_PAGE: u32 = 200;
/// Most events in `subscribed`.
pub const MAX_BACKLOG: u32 = 200;
/// Longest text of a conversation's preview, in characters.
pub const MAX_PREVIEW_CHARS: usize = 200;
/// Largest `data` of a signal, in bytes.
pub const MAX_SIGNAL_BYTES: usize = 8 * 1024;
/// Members up to which others' receipts, delivery, viewing and status events are sent.
pub const SMALL_CONVERSATION: u64 = 64;
/// How long a typing indicator holds without renewal, in milliseconds.
pub const TYPING_EXPIRES_MS: u64 = 6_000;
/// Time for the first frame, in milliseconds.
pub const AUTH_TIMEOUT_MS: u64 = 10_000;
/// Interval of the server's pings, in milliseconds.
pub const HEARTBEAT_MS: u64 = 25_000;
/// How long the server waits for a pong, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 10_000;
/// Longest time that a client waits because a server asked it to, in milliseconds: one hour.
pub const MAX_RETRY_AFTER_MS: u64 = 60 * 60 * 1000;
/// Every number on the wire is below this: 2^53.
pub const MAX_INTEGER: u64 = 1 << 53;
