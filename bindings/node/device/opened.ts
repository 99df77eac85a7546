import { isDeepStrictEqual } from 'node:util';
import type { Causerie, Conversation, Timeline, TimelineUpdate } from 'causerie';
import { Refusal } from './order.js';
import { Screen } from './screen.js';

/** A timeline and the screen that shows it. */
export interface Watched {
  readonly timeline: Timeline;
  readonly screen: Screen;
}

/** A listener that takes what waits for it only when it is told to. */
interface Slow extends Watched {
  readonly updates: AsyncIterableIterator<TimelineUpdate>;
}

/** An open client, with all that the device watches of it. */
export class Opened {
  readonly screens = new Map<string, Watched>();
  readonly listeners = new Map<string, Slow>();
  /** One object each, whose states are watched. */
  readonly #conversations = new Map<string, Conversation>();
  readonly #ever = new Set<string>();
  readonly #loops = new AbortController();

  constructor(
    readonly client: Causerie,
    readonly changed: () => void,
  ) {
    client.conversations.subscribe(() => {
      this.#preview();
      changed();
    });
    this.#preview();
    client.connection.subscribe(changed);
    client.outbox.entries.subscribe(changed);
    void this.#events();
  }

  /** Every text that was ever shown. */
  get ever(): string[] {
    return [...this.#ever, ...[...this.screens.values()].flatMap(({ screen }) => [...screen.ever])];
  }

  /** Ends its loops; the client stays as it is. */
  leave(): void {
    this.#loops.abort();
  }

  conversation(room: string): Conversation {
    let conversation = this.#conversations.get(room);
    if (conversation === undefined) {
      conversation = this.client.conversation(room);
      conversation.typing.subscribe(this.changed);
      conversation.readCursors.subscribe(this.changed);
      this.#conversations.set(room, conversation);
    }
    return conversation;
  }

  /** Opens a timeline, as soon as the device knows the conversation. */
  async show(room: string, page: number): Promise<void> {
    const conversation = this.conversation(room);
    for await (const item of conversation.item) if (item !== null) break;
    const timeline = await conversation.timeline({ page });
    await this.hide(room);
    const watched = { timeline, screen: new Screen() };
    this.screens.set(room, watched);
    void this.#draw(watched);
  }

  async hide(room: string): Promise<void> {
    const watched = this.screens.get(room);
    if (watched === undefined) return;
    this.screens.delete(room);
    for (const text of watched.screen.ever) this.#ever.add(text);
    await watched.timeline.close();
  }

  timeline(room: string): Timeline {
    const watched = this.screens.get(room);
    if (watched === undefined) throw new Refusal('its timeline is not open');
    return watched.timeline;
  }

  listen(room: string, name: string): void {
    const timeline = this.timeline(room);
    const updates = timeline.changes({ signal: this.#loops.signal });
    this.listeners.set(name, { timeline, updates, screen: new Screen() });
  }

  /** Takes what waits until it knows what the timeline shows. */
  async drain(name: string): Promise<Screen> {
    const slow = this.listeners.get(name);
    if (slow === undefined) throw new Refusal('no such listener');
    do {
      const { done, value } = await slow.updates.next();
      if (done === true) throw new Refusal('it was closed');
      slow.screen.apply(value);
    } while (!isDeepStrictEqual(slow.screen.items, (await slow.timeline.now()).items));
    return slow.screen;
  }

  async #draw({ timeline, screen }: Watched): Promise<void> {
    for await (const update of timeline.changes({ signal: this.#loops.signal })) {
      screen.apply(update);
      this.changed();
    }
  }

  async #events(): Promise<void> {
    for await (const _ of this.client.events({}, { signal: this.#loops.signal })) this.changed();
  }

  #preview(): void {
    for (const { last } of this.client.conversations.current) {
      if (last !== null && last.text !== null) this.#ever.add(last.text);
    }
  }
}
