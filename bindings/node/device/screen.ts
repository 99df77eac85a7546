import { applyUpdate, type TimelineChange, type TimelineItem, type TimelineUpdate } from 'causerie';

/** What a screen makes of a timeline's differences, and what it must never be told. */
export class Screen {
  /** Oldest first. */
  items: readonly TimelineItem[] = [];
  hasOlder = false;
  /** It was told at least once. */
  told = false;
  /** How often it was told anew what it showed. */
  resets = 0;
  /** How often an item moved. */
  moves = 0;
  /** Every text that was ever shown. */
  readonly ever = new Set<string>();
  /** What it was told that no screen may be told. */
  readonly broken: string[] = [];

  apply(update: TimelineUpdate): void {
    this.told = true;
    this.hasOlder = update.hasOlder;
    for (const change of update.changes) this.#apply(change);
    this.#check();
  }

  #apply(change: TimelineChange): void {
    const at = (key: string): TimelineItem | undefined => this.items.find((item) => item.key === key);
    if (change.kind === 'reset' && this.items.length > 0) this.resets += 1;
    if (change.kind === 'move') this.moves += 1;
    if (change.kind === 'insert' && at(change.item.key) !== undefined) {
      this.broken.push(`an insert of what is there: ${says(change.item)}`);
      return;
    }
    const before = change.kind === 'update' ? at(change.item.key) : undefined;
    try {
      this.items = applyUpdate(this.items, { changes: [change] });
    } catch {
      this.broken.push('a difference names an item that is not there');
      return;
    }
    if (change.kind !== 'update' || before === undefined) return;
    const after = change.item;
    if (before.seq !== null && after.seq === null) {
      this.broken.push(`${says(after)} was confirmed, and is not any more`);
    }
    if (before.send?.kind === 'sent' && after.send?.kind === 'queued') {
      this.broken.push(`${says(after)} was sent, and is queued again`);
    }
  }

  /** What holds after every batch. */
  #check(): void {
    let last = 0;
    const keys = new Set<string>();
    for (const item of this.items) {
      if (item.text !== null) this.ever.add(item.text);
      if (keys.has(item.key)) this.broken.push(`${says(item)} is shown twice`);
      keys.add(item.key);
      if (item.seq === null) continue;
      if (item.seq <= last) this.broken.push(`${says(item)} stands behind a later one`);
      last = Math.max(last, item.seq);
    }
  }
}

function says(item: TimelineItem): string {
  return `\`${item.text ?? '(no text)'}\``;
}
