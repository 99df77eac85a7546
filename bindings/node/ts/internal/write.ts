import type {
  ConversationChanges,
  EventFilter,
  MessageTarget,
  NetworkHint,
  NewConversation,
  NewMessage,
  OpenOptions,
  SignOutOptions,
  TimelineOptions,
} from '../api.js';
import { invalid } from '../error.js';
import type * as native from './addon.js';

/**
 * This package's records as the addon's. JavaScript may give anything, whatever the types say; what
 * cannot be is `invalid`, and the message names the field.
 */

/** Leaves out what is missing: the addon takes null and undefined for values. */
function known<T extends object>(fields: { [K in keyof T]: T[K] | null | undefined }): T {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries) as T;
}

export function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(field, `${typeof value} is no string`);
  return value;
}

export function texts(field: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw invalid(field, `${typeof value} is no list`);
  return value.map((entry) => text(field, entry));
}

export function integer(field: string, value: unknown): number {
  if (!Number.isSafeInteger(value)) throw invalid(field, `${String(value)} is no integer`);
  return value as number;
}

function json(field: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(field, 'this is no JSON object');
  try {
    return JSON.stringify(value);
  } catch {
    // Its words may show what is in it.
    throw invalid(field, 'this cannot be written as JSON');
  }
}

function record<T extends object>(field: string, value: T): T {
  if (typeof value !== 'object' || value === null) throw invalid(field, `${typeof value} is no object`);
  return value;
}

export function message(value: string | NewMessage): native.NewMessage {
  if (typeof value === 'string') return { text: value, attachments: [], mentions: [] };
  const given = record('message', value);
  const attachments = (given.attachments ?? []).map((attachment) =>
    known<native.Attachment>({
      mediaId: text('mediaId', attachment.mediaId),
      name: text('name', attachment.name),
      contentType: text('contentType', attachment.contentType),
      size: integer('size', attachment.size),
      sha256: text('sha256', attachment.sha256),
      width: attachment.width,
      height: attachment.height,
      blurhash: attachment.blurhash,
      durationMs: attachment.durationMs,
      waveform: attachment.waveform,
    }),
  );
  return known<native.NewMessage>({
    text: given.text === undefined ? undefined : text('text', given.text),
    object: json('object', given.object),
    kind: given.kind,
    attachments,
    replyTo: given.replyTo,
    mentions: texts('mentions', given.mentions ?? []),
    metadata: json('metadata', given.metadata),
  });
}

/** An item of a timeline is meant by its id, or else by the key that sending gave. */
export function target(value: MessageTarget): native.MessageTarget {
  const given = record('target', value) as { messageId?: unknown; tempId?: unknown; key?: unknown };
  if (typeof given.messageId === 'string') return { messageId: given.messageId };
  const key = typeof given.tempId === 'string' ? given.tempId : given.key;
  if (typeof key !== 'string') throw invalid('target', 'name the message by its id or by its key');
  return { key };
}

export function newConversation(value: NewConversation): native.NewConversation {
  const given = record('conversation', value);
  return known<native.NewConversation>({
    kind: text('kind', given.kind ?? 'group'),
    title: given.title,
    members: texts('members', given.members ?? []),
    history: given.history,
  });
}

export function changes(value: ConversationChanges): native.ConversationChanges {
  const given = record('changes', value);
  return known<native.ConversationChanges>({
    title: given.title,
    avatar: given.avatar,
    settings: json('settings', given.settings),
  });
}

export function filter(value: EventFilter = {}): native.EventFilter {
  const given = record('filter', value);
  return known<native.EventFilter>({ kinds: [...(given.kinds ?? [])], conversationId: given.conversationId });
}

export function start(options: TimelineOptions): native.TimelineStart {
  return options.at === undefined ? { kind: 'newest' } : { kind: 'at', seq: integer('at', options.at) };
}

export function hint(value: NetworkHint): native.NetworkHint {
  if (value !== 'changed' && value !== 'lost') throw invalid('hint', 'it is `changed` or `lost`');
  return value;
}

export function unsent(value: SignOutOptions['unsent']): native.Unsent {
  return value === 'discard' ? 'discard' : 'refuse';
}

export function open(options: OpenOptions): native.Options {
  const given = record('options', options);
  if (typeof given.token !== 'function') throw invalid('token', 'it is a function that brings tokens');
  return known<native.Options>({
    serverUrl: text('url', given.url),
    userId: text('user', given.user),
    dataDir: text('dir', given.dir),
    maxReconnectAttempts:
      given.maxReconnectAttempts === undefined ? undefined : integer('maxReconnectAttempts', given.maxReconnectAttempts),
    durability: given.durability === 'powerLoss' ? 'power_loss' : 'process',
  });
}
