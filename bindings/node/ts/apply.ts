import type { TimelineItem, TimelineUpdate } from './api.js';

/**
 * What a screen shows that showed `items`, after an update. `items` is not changed, and what the update
 * does not touch keeps its reference.
 *
 * @throws RangeError if the update does not belong to these items.
 */
export function applyUpdate(
  items: readonly TimelineItem[],
  update: Pick<TimelineUpdate, 'changes'>,
): readonly TimelineItem[] {
  let result = [...items];
  for (const change of update.changes) {
    switch (change.kind) {
      case 'reset':
        result = [...change.items];
        break;
      case 'insert':
        result.splice(behind(result, change.after), 0, change.item);
        break;
      case 'update':
        result[placeOf(result, change.item.key)] = change.item;
        break;
      case 'move': {
        const [item] = result.splice(placeOf(result, change.key), 1);
        if (item !== undefined) result.splice(behind(result, change.after), 0, item);
        break;
      }
      case 'remove':
        result.splice(placeOf(result, change.key), 1);
        break;
    }
  }
  return result;
}

function behind(items: readonly TimelineItem[], key: string | null): number {
  return key === null ? 0 : placeOf(items, key) + 1;
}

/** From the end, where most of what happens happens. */
function placeOf(items: readonly TimelineItem[], key: string): number {
  for (let place = items.length - 1; place >= 0; place -= 1) {
    if (items[place]?.key === key) return place;
  }
  throw new RangeError(`the update does not belong to these items: no ${key}`);
}
