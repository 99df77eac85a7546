import type { CallOptions } from '../api.js';
import { closed, failure, isCauserieError, mistake, type Fault } from '../error.js';
import type { Cancellation, Client, EventFilter } from './addon.js';
import { addon } from './load.js';
import { unlessAborted } from './wait.js';

/** Napi's own words for arguments of a wrong type. */
const WRONG_TYPE = /^(InvalidArg|.*Expected)$/;

/** The addon's errors as errors of this package's. */
export function translate(error: unknown): unknown {
  if (isCauserieError(error) || !(error instanceof Error)) return error;
  if (error.message.startsWith('{"')) {
    try {
      const fault = JSON.parse(error.message) as Partial<Fault>;
      if (typeof fault.code === 'string') return failure(fault as Fault);
    } catch {
      // It is none of those.
    }
  }
  const { code } = error as { code?: unknown };
  if (error instanceof TypeError || (typeof code === 'string' && WRONG_TYPE.test(code))) {
    return failure(mistake('invalid', error.message));
  }
  return failure(mistake('panicked', `a mistake in Causerie, please report it: ${error.message}`));
}

/** A set of what is to be ended together. */
export class Owner {
  readonly #ends = new Set<() => void>();
  #ended = false;

  /** Takes something in hand; gives what forgets it again. After the end, it is ended at once. */
  readonly own = (end: () => void): (() => void) => {
    if (this.#ended) {
      queueMicrotask(end);
      return () => {};
    }
    this.#ends.add(end);
    return () => {
      this.#ends.delete(end);
    };
  };

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends all of it. */
  end(): void {
    this.#ended = true;
    for (const end of [...this.#ends]) {
      this.#ends.delete(end);
      end();
    }
  }
}

/** A client of the addon's with what belongs to it, until it is closed. */
export class Core extends Owner {
  readonly #client: Client;

  constructor(client: Client) {
    super();
    this.#client = client;
  }

  /** The addon's client. @throws CauserieError `closed`. */
  get client(): Client {
    if (this.ended) throw closed();
    return this.#client;
  }

  /** Something that is not to begin once it is closed. @throws CauserieError `closed`. */
  alive<T>(work: () => T): T {
    if (this.ended) throw closed();
    return work();
  }

  /** Says when such events came, until what this gives is called. @throws CauserieError `closed`. */
  watch(filter: EventFilter, came: () => void): () => void {
    const subscription = this.look((client) =>
      client.onEvents({ ...filter }, (events) => {
        if (events !== null) came();
      }),
    );
    const end = (): void => {
      forget();
      subscription.cancel();
    };
    const forget = this.own(end);
    return end;
  }

  /** A call that is answered at once. */
  look<T>(work: (client: Client) => T): T {
    try {
      return work(this.client);
    } catch (error) {
      throw translate(error);
    }
  }

  /** A call that is answered later, and that nobody on the other side waits for. */
  async call<T>(work: (client: Client) => Promise<T>, options?: CallOptions): Promise<T> {
    return unlessAborted(options, async () => {
      try {
        return await work(this.client);
      } catch (error) {
        throw translate(error);
      }
    });
  }

  /** A call that waits for the server, and can be ended. */
  async ask<T>(work: (client: Client, cancel: Cancellation | null) => Promise<T>, options?: CallOptions): Promise<T> {
    if (options?.signal === undefined) return this.call((client) => work(client, null));
    const cancel = addon().Cancellation.make();
    return unlessAborted(
      options,
      () => this.call((client) => work(client, cancel)),
      () => cancel.cancel(),
    );
  }

  /** Gives the client up. */
  async close(): Promise<void> {
    this.end();
    await this.#client.end();
  }
}
