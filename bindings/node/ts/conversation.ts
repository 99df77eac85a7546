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
} from './api.js';
import type * as native from './internal/addon.js';
import type { Core } from './internal/core.js';
import { ReadCursors } from './internal/cursors.js';
import { Looked, type Observable } from './internal/state.js';
import * as write from './internal/write.js';
import * as read from './internal/read.js';
import { OpenTimeline } from './timeline.js';

/** A conversation over the native library. */
export class OpenConversation implements Conversation {
  readonly #core: Core;
  readonly #inner: native.Conversation;
  readonly #list: Observable<readonly ConversationItem[]>;
  #item: Looked<ConversationItem | null> | undefined;
  #typing: Looked<readonly string[]> | undefined;
  #cursors: ReadCursors | undefined;
  readonly id: string;

  constructor(core: Core, inner: native.Conversation, id: string, list: Observable<readonly ConversationItem[]>) {
    this.#core = core;
    this.#inner = inner;
    this.#list = list;
    this.id = id;
  }

  get item(): State<ConversationItem | null> {
    this.#item ??= new Looked<ConversationItem | null>(null, {
      look: () => this.#list.current.find((item) => item.conversationId === this.id) ?? null,
      begin: (changed) => this.#core.alive(() => this.#list.subscribe(changed)),
      own: this.#core.own,
    });
    return this.#item;
  }

  get typing(): State<readonly string[]> {
    this.#typing ??= new Looked<readonly string[]>([], {
      look: () => this.#core.look(() => this.#inner.typingUsers()),
      begin: (changed) => this.#core.watch({ kinds: ['typing'], conversationId: this.id }, changed),
      own: this.#core.own,
    });
    return this.#typing;
  }

  get readCursors(): State<readonly ReadCursor[]> {
    return this.#readCursors();
  }

  loadReadCursors(): Promise<readonly ReadCursor[]> {
    return this.#readCursors().load();
  }

  async send(message: string | NewMessage, options?: CallOptions): Promise<string> {
    return this.#core.call(async () => this.#inner.send(write.message(message)), options);
  }

  async edit(target: MessageTarget, text: string): Promise<string> {
    return this.#core.call(async () => this.#inner.edit(write.target(target), write.text('text', text)));
  }

  async delete(target: MessageTarget): Promise<string> {
    return this.#core.call(async () => this.#inner.delete(write.target(target)));
  }

  async react(target: MessageTarget, emoji: string): Promise<string> {
    return this.#core.call(async () => this.#inner.react(write.target(target), write.text('emoji', emoji)));
  }

  async unreact(target: MessageTarget, emoji: string): Promise<string> {
    return this.#core.call(async () => this.#inner.unreact(write.target(target), write.text('emoji', emoji)));
  }

  async markRead(seq?: number): Promise<void> {
    return this.#core.call(async () => this.#inner.markRead(seq === undefined ? null : write.integer('seq', seq)));
  }

  async setTyping(typing: boolean): Promise<void> {
    return this.#core.call(async () => this.#inner.typing(typing));
  }

  async members(options?: CallOptions & { readonly cursor?: string | undefined }): Promise<MembersPage> {
    const cursor = options?.cursor;
    return read.members(await this.#core.ask((_, cancel) => this.#inner.members(cursor, cancel), options));
  }

  async addMembers(userIds: readonly string[]): Promise<string> {
    return this.#core.call(async () => this.#inner.addMembers(write.texts('userIds', userIds)));
  }

  async removeMembers(userIds: readonly string[]): Promise<string> {
    return this.#core.call(async () => this.#inner.removeMembers(write.texts('userIds', userIds)));
  }

  async setRole(userIds: readonly string[], role: string): Promise<string> {
    return this.#core.call(async () => this.#inner.setRole(write.texts('userIds', userIds), write.text('role', role)));
  }

  async update(changes: ConversationChanges): Promise<string> {
    return this.#core.call(async () => this.#inner.update(write.changes(changes)));
  }

  async quit(): Promise<string> {
    return this.#core.call(() => this.#inner.quit());
  }

  async draft(): Promise<string | null> {
    return this.#core.look(() => this.#inner.draft()) ?? null;
  }

  async setDraft(text: string | null): Promise<void> {
    return this.#core.call(async () => this.#inner.setDraft(text === null ? null : write.text('text', text)));
  }

  async timeline(options: TimelineOptions & CallOptions = {}): Promise<Timeline> {
    const page = options.page === undefined ? null : write.integer('page', options.page);
    return this.#core.call(
      async () => {
        const inner = await this.#inner.timeline(write.start(options), page);
        const timeline = new OpenTimeline(this.#core, inner, this.id);
        // Nobody will have it.
        if (options.signal?.aborted === true) await timeline.close();
        return timeline;
      },
      options,
    );
  }

  #readCursors(): ReadCursors {
    this.#cursors ??= new ReadCursors(this.#core, this.#inner, this.id);
    return this.#cursors;
  }
}
