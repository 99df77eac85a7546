import type { ConversationItem, OutboxEntry, TimelineState } from '../api.js';
import { applyUpdate } from '../apply.js';
import type * as native from './addon.js';
import * as read from './read.js';
import { kept, keptList } from './same.js';

/** The conversation list after an update. */
export function applyList(
  items: readonly ConversationItem[],
  update: native.ListUpdate,
): readonly ConversationItem[] {
  let result = [...items];
  for (const diff of update.diffs) {
    const entries = diff.entries.map(read.conversation);
    switch (diff.kind) {
      case 'reset':
        result = entries;
        break;
      case 'insert':
        result.splice(read.present(diff.index), 0, read.present(entries[0]));
        break;
      case 'update':
        result[read.present(diff.index)] = read.present(entries[0]);
        break;
      case 'move':
        result.splice(read.present(diff.from), 1);
        result.splice(read.present(diff.index), 0, read.present(entries[0]));
        break;
      case 'remove':
        result.splice(read.present(diff.from), 1);
        break;
    }
  }
  return keptList(items, result, (item) => item.conversationId);
}

/** The outbox after an update. */
export function applyOutbox(entries: readonly OutboxEntry[], update: native.OutboxUpdate): readonly OutboxEntry[] {
  const result = new Map(entries.map((entry) => [entry.key, entry]));
  for (const diff of update.diffs) {
    const fresh = diff.entries.map(read.outboxEntry);
    const key = diff.key ?? '';
    const [entry] = fresh;
    switch (diff.kind) {
      case 'reset':
        result.clear();
        for (const one of fresh) result.set(one.key, one);
        break;
      case 'update': {
        // One that failed and is queued again comes last.
        const before = result.get(key);
        const again = before?.state.kind === 'failed' && diff.status?.kind === 'queued';
        if (entry === undefined || again) result.delete(key);
        if (entry !== undefined) result.set(key, entry);
        break;
      }
      case 'remove':
        result.delete(key);
        break;
    }
  }
  return keptList(entries, [...result.values()], (entry) => entry.key);
}

/** What a timeline shows after a batch. */
export function applyBatch(state: TimelineState, batch: native.TimelineBatch): TimelineState {
  const update = read.update(batch);
  const items = applyUpdate(state.items, update);
  const { hasOlder, hasNewer, loading } = update;
  const next = { items: keptList(state.items, items, (item) => item.key), hasOlder, hasNewer, loading };
  const same = Object.is(next.items, state.items);
  return same ? kept(state, next) : next;
}
