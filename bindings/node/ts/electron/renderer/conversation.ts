import type {
  CallOptions,
  Conversation,
  ConversationChanges,
  ConversationItem,
  MembersPage,
  MessageTarget,
  NewMessage,
  ReadCursor,
  State,
  Timeline,
  TimelineOptions,
} from '../../api.js';
import type { Calls } from '../link.js';
import { kept } from '../../internal/same.js';
import { Followed } from './state.js';
import type { Wire } from './wire.js';

/** What a conversation needs of its client. */
export interface Home {
  readonly wire: Wire;
  item(id: string): State<ConversationItem | null>;
  openTimeline(id: string, options: TimelineOptions & CallOptions): Promise<Timeline>;
}

/** A conversation on this side. */
export class RemoteConversation implements Conversation {
  readonly item: State<ConversationItem | null>;
  readonly typing: Followed<readonly string[]>;
  readonly readCursors: Followed<readonly ReadCursor[]>;

  constructor(
    readonly id: string,
    private readonly home: Home,
  ) {
    this.item = home.item(id);
    this.typing = this.followed<string>('typing');
    this.readCursors = this.followed<ReadCursor>('readCursors');
  }

  async loadReadCursors(): Promise<readonly ReadCursor[]> {
    const cursors = await this.call('loadReadCursors');
    this.readCursors.set(kept(this.readCursors.current, cursors));
    return this.readCursors.current;
  }

  send(message: string | NewMessage, options: CallOptions = {}): Promise<string> {
    return this.home.wire.call('send', [this.id, message], options.signal);
  }

  edit(target: MessageTarget, text: string): Promise<string> {
    return this.call('edit', named(target), text);
  }

  delete(target: MessageTarget): Promise<string> {
    return this.call('delete', named(target));
  }

  react(target: MessageTarget, emoji: string): Promise<string> {
    return this.call('react', named(target), emoji);
  }

  unreact(target: MessageTarget, emoji: string): Promise<string> {
    return this.call('unreact', named(target), emoji);
  }

  async markRead(seq?: number): Promise<void> {
    await this.call('markRead', seq ?? null);
  }

  async setTyping(typing: boolean): Promise<void> {
    await this.call('setTyping', typing);
  }

  members(options: CallOptions & { readonly cursor?: string | undefined } = {}): Promise<MembersPage> {
    return this.home.wire.call('members', [this.id, options.cursor ?? null], options.signal);
  }

  addMembers(userIds: readonly string[]): Promise<string> {
    return this.call('addMembers', userIds);
  }

  removeMembers(userIds: readonly string[]): Promise<string> {
    return this.call('removeMembers', userIds);
  }

  setRole(userIds: readonly string[], role: string): Promise<string> {
    return this.call('setRole', userIds, role);
  }

  update(changes: ConversationChanges): Promise<string> {
    return this.call('update', changes);
  }

  quit(): Promise<string> {
    return this.call('quit');
  }

  draft(): Promise<string | null> {
    return this.call('draft');
  }

  async setDraft(text: string | null): Promise<void> {
    await this.call('setDraft', text);
  }

  timeline(options: TimelineOptions & CallOptions = {}): Promise<Timeline> {
    return this.home.openTimeline(this.id, options);
  }

  /** While a timeline is open, who types and who has read is known, whether somebody watches or not. */
  follow(): () => void {
    const ends = [this.typing.subscribe(() => {}), this.readCursors.subscribe(() => {})];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Its states end. */
  end(): void {
    this.typing.end();
    this.readCursors.end();
  }

  private call<M extends ConversationCall>(method: M, ...args: Rest<M>): Promise<ReturnType<Calls[M]>> {
    return this.home.wire.call(method, [this.id, ...args] as unknown as Parameters<Calls[M]>);
  }

  private followed<T>(topic: 'typing' | 'readCursors'): Followed<readonly T[]> {
    return new Followed<readonly T[]>([], (state) => {
      const watch = this.home.wire.watch(topic, [this.id], {
        next: (value) => state.set(kept(state.current, value as readonly T[])),
      });
      return () => watch.stop();
    });
  }
}

/** Calls whose first argument is a conversation. */
type ConversationCall = {
  [M in keyof Calls]: Calls[M] extends (conversation: string, ...rest: never[]) => unknown ? M : never;
}[keyof Calls];
type Rest<M extends keyof Calls> = Parameters<Calls[M]> extends [unknown, ...infer R] ? R : [];

/** A message's name alone: a whole item need not cross. */
function named(target: MessageTarget): MessageTarget {
  if ('messageId' in target && typeof target.messageId === 'string') return { messageId: target.messageId };
  if ('tempId' in target) return { key: target.tempId ?? target.key };
  return 'key' in target ? { key: target.key } : target;
}
