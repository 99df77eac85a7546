import type { CallOptions, Outbox, OutboxEntry, SendState, State } from '../../api.js';
import { stream } from './stream.js';
import type { Wire } from './wire.js';

/** The outbox on this side. */
export class RemoteOutbox implements Outbox {
  constructor(
    private readonly wire: Wire,
    readonly entries: State<readonly OutboxEntry[]>,
  ) {}

  state(key: string, options: CallOptions = {}): AsyncIterableIterator<SendState> {
    return stream(this.wire, 'write', [key], options);
  }

  now(key: string): Promise<SendState | null> {
    return this.wire.call('writeState', [key]);
  }

  settled(key: string, options: CallOptions = {}): Promise<SendState> {
    return this.wire.call('settled', [key], options.signal);
  }

  async retry(key: string): Promise<void> {
    await this.wire.call('retry', [key]);
  }

  async cancel(key: string): Promise<void> {
    await this.wire.call('cancel', [key]);
  }
}
