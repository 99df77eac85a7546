/** How a write of this device stands. */
export type SendState =
  /** It goes by itself. */
  | { readonly kind: 'queued' }
  /** The server has it, durable; `seq` is its place, if it has one and is still known. */
  | { readonly kind: 'sent'; readonly seq: number | null }
  /** Refused for good, until it is retried. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object as JSON has it. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A message as a screen shows it. It keeps its `key` for as long as it is shown: that is what a
 * list's rows are told apart by.
 */
export interface TimelineItem {
  /** Stable, also over the message's confirmation by the server. */
  readonly key: string;
  /** Where it was said. */
  readonly conversationId: string;
  /** The server's id; null until it is confirmed. */
  readonly messageId: string | null;
  /** The key that `send` gave, on devices of the message's sender. */
  readonly tempId: string | null;
  /** Its place in the conversation's order; null until it is confirmed. */
  readonly seq: number | null;
  /** Who said it. */
  readonly senderId: string;
  /** `text`, `media`, `system` or `custom`; a newer server may have others. */
  readonly kind: string;
  /** What was said, if it is text; null also when it was deleted. */
  readonly text: string | null;
  /** What was said, if it is an object of the app's. */
  readonly object: JsonObject | null;
  /** Files. None once it is deleted. */
  readonly attachments: readonly Attachment[];
  /** The id of the message that it answers. */
  readonly replyTo: string | null;
  /** The users that it names. */
  readonly mentions: readonly string[];
  /** The app's own. None once it is deleted. */
  readonly metadata: JsonObject | null;
  /** When it was taken, in milliseconds since 1970: by the server's clock, or by this device's until it is confirmed. */
  readonly createdAt: number;
  /** When it was last edited. */
  readonly editedAt: number | null;
  /** When it was deleted. A deleted message keeps its place. */
  readonly deletedAt: number | null;
  /** In the order in which each emoji first came. */
  readonly reactions: readonly Reaction[];
  /** How it stands, for one of this device that is not confirmed; else null. */
  readonly send: SendState | null;
  /** An edit, a deletion or a reaction of this device is laid over it and still on its way. */
  readonly pendingChange: boolean;
}

/** An emoji on a message. */
export interface Reaction {
  /** The emoji. */
  readonly emoji: string;
  /** How many users gave it. */
  readonly count: number;
  /** Whether this user is one of them. */
  readonly me: boolean;
  /** Some of them, at most 5. */
  readonly userIds: readonly string[];
}

/** A file that belongs to a message (`docs/protocol.md` §5). */
export interface Attachment {
  /** The file on the server. */
  readonly mediaId: string;
  /** The name that it had with its sender. */
  readonly name: string;
  /** Its media type, such as `image/jpeg`. */
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** Its checksum, in hexadecimal. */
  readonly sha256: string;
  /** Of a picture or a video, in pixels. */
  readonly width?: number | null | undefined;
  /** Of a picture or a video, in pixels. */
  readonly height?: number | null | undefined;
  /** A picture's blurred placeholder. */
  readonly blurhash?: string | null | undefined;
  /** Of sound or a video, in milliseconds. */
  readonly durationMs?: number | null | undefined;
  /** The loudness of sound over time, in base64. */
  readonly waveform?: string | null | undefined;
}

/** A message to be sent: a text, or an object of the app's, or only attachments. */
export interface NewMessage {
  /** What is said, if it is text. */
  readonly text?: string | undefined;
  /** What is said, if it is an object of the app's. Not beside a text. */
  readonly object?: JsonObject | undefined;
  /** Default: `media` with attachments, `custom` for an object, else `text`. */
  readonly kind?: string | undefined;
  /** Files that were uploaded. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** The id of the message that it answers. */
  readonly replyTo?: string | undefined;
  /** Users whom it names. */
  readonly mentions?: readonly string[] | undefined;
  /** The app's own. */
  readonly metadata?: JsonObject | undefined;
}

/**
 * The message that an edit, a deletion or a reaction means. A {@link TimelineItem} is one: it is meant
 * by its id, or by the key that sending gave until it has one.
 */
export type MessageTarget =
  /** By the server's id: any message that has one. */
  | { readonly messageId: string }
  /** By the key that `send` gave: one's own, also before the server has it. */
  | { readonly key: string }
  | TimelineItem;
