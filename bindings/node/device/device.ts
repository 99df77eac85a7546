import { mkdirSync } from 'node:fs';
import { Causerie, type Conversation, type MessageTarget } from 'causerie';
import { Backend } from './backend.js';
import { look } from './look.js';
import { Opened } from './opened.js';
import { Refusal, some, text, texts, type Identity, type Order } from './order.js';

/** What an answer has beside `says`. */
export type Done = Record<string, unknown>;

/** One device of one user, which does what it is told. */
export class Device {
  readonly #identity: Identity;
  readonly #backend: Backend;
  readonly #changed: () => void;
  /** What screens of an earlier opening showed. */
  readonly #ever = new Set<string>();
  #open: Opened | null = null;

  constructor(identity: Identity, changed: () => void) {
    this.#identity = identity;
    this.#changed = changed;
    this.#backend = new Backend(identity, changed);
    mkdirSync(identity.folder, { recursive: true });
  }

  /** What it shows now. */
  async look(): Promise<Done> {
    const closed = { connection: 'closed', rooms: [], outbox: [], broken: [] };
    const shown = this.#open === null ? closed : await look(this.#open);
    const ever = [...new Set([...this.#ever, ...(this.#open?.ever ?? [])])];
    return { ...shown, tokens_asked: this.#backend.asked, ever };
  }

  /** Does something. */
  async act(order: Order): Promise<Done> {
    switch (order.do) {
      case 'open': {
        const { url, user, folder } = this.#identity;
        const client = await Causerie.open({ url, user, dir: folder, token: () => this.#backend.token() });
        this.#open = new Opened(client, this.#changed);
        return {};
      }
      case 'tokens':
        this.#backend.mood = text(order, 'mood');
        return {};
      case 'close':
        if (this.#open !== null) await this.leave().close();
        return {};
      case 'sign_out': {
        const unsent = order['discard'] === true ? 'discard' : 'refuse';
        await this.#opened().client.signOut({ wipe: order['wipe'] === true, unsent });
        this.leave();
        return {};
      }
      default:
        return this.#client(order, this.#opened());
    }
  }

  /** Lets go of the client, and keeps what it showed. */
  leave(): Causerie {
    const opened = this.#opened();
    for (const said of opened.ever) this.#ever.add(said);
    opened.leave();
    this.#open = null;
    return opened.client;
  }

  /** Whether a client is open. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  #opened(): Opened {
    if (this.#open === null) throw new Refusal('it is not open');
    return this.#open;
  }

  async #client(order: Order, opened: Opened): Promise<Done> {
    const { client } = opened;
    switch (order.do) {
      case 'start':
        await client.start();
        return {};
      case 'stop':
        await client.stop();
        return {};
      case 'suspend':
        await client.suspend();
        return {};
      case 'resume':
        await client.resume();
        return {};
      case 'sync':
        await client.syncNow();
        return {};
      case 'direct':
        return { room: (await client.openDirect(text(order, 'with'))).id };
      case 'group': {
        const history = order['all_history'] === true ? 'all' : undefined;
        const members = texts(order, 'members');
        const made = await client.createConversation({ title: text(order, 'title'), members, history });
        return { room: made.id };
      }
      case 'retry':
        await client.outbox.retry(text(order, 'key'));
        return {};
      case 'cancel':
        await client.outbox.cancel(text(order, 'key'));
        return {};
      case 'drain': {
        const { resets, moves } = await opened.drain(text(order, 'listener'));
        return { resets, moves };
      }
      default:
        return this.#room(order, opened, text(order, 'room'));
    }
  }

  async #room(order: Order, opened: Opened, room: string): Promise<Done> {
    const conversation = opened.conversation(room);
    switch (order.do) {
      case 'show':
        await opened.show(room, Number(order['page']));
        return {};
      case 'hide':
        await opened.hide(room);
        return {};
      case 'older':
        await opened.timeline(room).loadOlder();
        return {};
      case 'listen':
        opened.listen(room, text(order, 'listener'));
        return {};
      case 'read':
        await conversation.markRead(some<number>(order, 'seq'));
        return {};
      case 'typing':
        await conversation.setTyping(order['on'] === true);
        return {};
      case 'draft':
        await conversation.setDraft(some<string>(order, 'text') ?? null);
        return {};
      case 'members': {
        const { members } = await conversation.members();
        return { members: Object.fromEntries(members.map(({ userId, role }) => [userId, role])) };
      }
      case 'fill': {
        const keys: string[] = [];
        for (const said of texts(order, 'texts')) keys.push(await conversation.send(said));
        return { keys };
      }
      default:
        return { keys: [await write(order, conversation)] };
    }
  }
}

/** What goes through the outbox. */
function write(order: Order, conversation: Conversation): Promise<string> {
  switch (order.do) {
    case 'send': {
      const mentions = some<string[]>(order, 'mentions') ?? [];
      return conversation.send({ text: text(order, 'text'), replyTo: some(order, 'reply_to'), mentions });
    }
    case 'edit':
      return conversation.edit(target(order), text(order, 'text'));
    case 'delete':
      return conversation.delete(target(order));
    case 'react':
      return conversation.react(target(order), text(order, 'emoji'));
    case 'unreact':
      return conversation.unreact(target(order), text(order, 'emoji'));
    case 'add':
      return conversation.addMembers(texts(order, 'users'));
    case 'remove':
      return conversation.removeMembers(texts(order, 'users'));
    case 'quit':
      return conversation.quit();
    case 'rename':
      return conversation.update({ title: text(order, 'title') });
    default:
      throw new Refusal(`${order.do} is nothing that a device does`);
  }
}

function target(order: Order): MessageTarget {
  const key = some<string>(order, 'key');
  return key === undefined ? { messageId: text(order, 'message_id') } : { key };
}
