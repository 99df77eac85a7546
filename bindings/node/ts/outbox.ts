import type { CallOptions, Outbox, OutboxEntry, SendState, State } from './api.js';
import type { Core } from './internal/core.js';
import { applyOutbox } from './internal/list.js';
import * as read from './internal/read.js';
import { Looked, Value } from './internal/state.js';
import { Stopping } from './internal/stopping.js';
import * as write from './internal/write.js';

/** The outbox over the native library. */
export class OpenOutbox implements Outbox {
  readonly #core: Core;
  readonly #entries: Value<readonly OutboxEntry[]>;

  constructor(core: Core) {
    this.#core = core;
    const { client } = core;
    this.#entries = new Value<readonly OutboxEntry[]>(client.outbox().map(read.outboxEntry));
    const updates = client.onOutbox((update) => {
      if (update !== null) this.#entries.set(applyOutbox(this.#entries.current, update));
    });
    core.own(() => {
      updates.cancel();
      this.#entries.end();
    });
  }

  get entries(): State<readonly OutboxEntry[]> {
    return this.#entries;
  }

  state(key: string, options?: CallOptions): AsyncIterableIterator<SendState> {
    this.#look(key);
    const status = new Looked<SendState | null>(null, {
      // The core knows first: the entries only say that something changed.
      look: () => this.#look(key),
      begin: (changed) => this.#core.alive(() => this.#entries.subscribe(changed)),
      own: this.#core.own,
    });
    return new Stopping(status.values(options), (state) => state.kind === 'sent');
  }

  async now(key: string): Promise<SendState | null> {
    return this.#look(key);
  }

  async settled(key: string, options?: CallOptions): Promise<SendState> {
    const given = write.text('key', key);
    return read.send(await this.#core.ask((client, cancel) => client.settled(given, cancel), options));
  }

  async retry(key: string): Promise<void> {
    return this.#core.call(async (client) => client.retry(write.text('key', key)));
  }

  async cancel(key: string): Promise<void> {
    return this.#core.call(async (client) => client.cancelWrite(write.text('key', key)));
  }

  #look(key: string): SendState | null {
    const status = this.#core.look((client) => client.writeStatus(write.text('key', key)));
    return status === null ? null : read.send(status);
  }
}
