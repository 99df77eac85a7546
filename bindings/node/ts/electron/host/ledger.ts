import type { Envelope } from '../link.js';

/** Writes of one renderer that are remembered. */
const WRITES = 256;
/** Renderers whose writes are. */
const RENDERERS = 64;

/**
 * What became of the writes that renderers asked for: so that one whose connection broke, and that
 * asks for the same again under the same number, gets the answer that it missed, and the write is
 * carried out once. It lasts as long as the host; whoever asks another host is told `interrupted`.
 */
export class Ledger {
  private readonly renderers = new Map<string, Map<number, Promise<Envelope>>>();

  /** How many renderers' writes are remembered. */
  get size(): number {
    return this.renderers.size;
  }

  /** Carries out a write, or gives what it came to when it was carried out. */
  once(renderer: string, id: number, write: () => Promise<Envelope>): Promise<Envelope> {
    const writes = this.renderers.get(renderer) ?? new Map<number, Promise<Envelope>>();
    // The newest is the last: what is not used is what is forgotten.
    this.renderers.delete(renderer);
    this.renderers.set(renderer, writes);
    forget(this.renderers, RENDERERS);
    const known = writes.get(id);
    if (known) return known;
    const result = write();
    writes.set(id, result);
    forget(writes, WRITES);
    return result;
  }

  /** The renderer will not ask again. */
  forget(renderer: string): void {
    this.renderers.delete(renderer);
  }
}

function forget<K>(map: Map<K, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
