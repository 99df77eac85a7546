/** How far a message of one's own came. */
import type { ReadCursor } from 'causerie';

export type Receipt =
  | { readonly kind: 'sent' }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'read'; readonly by: readonly string[] };

/** The receipt of the message at a place, out of all members' cursors. */
export function receiptOf(seq: number, cursors: readonly ReadCursor[], me: string): Receipt {
  const by = cursors.filter((cursor) => cursor.userId !== me && cursor.seq >= seq).map((cursor) => cursor.userId);
  if (by.length > 0) return { kind: 'read', by };
  const delivered = cursors.some((cursor) => cursor.userId !== me && cursor.deliveredSeq >= seq);
  return delivered ? { kind: 'delivered' } : { kind: 'sent' };
}

/** What a receipt says. */
export function receiptText(receipt: Receipt, name: (userId: string) => string, direct: boolean): string {
  if (receipt.kind === 'sent') return 'Sent';
  if (receipt.kind === 'delivered') return 'Delivered';
  if (direct) return 'Read';
  const [one, two] = receipt.by;
  if (receipt.by.length === 1) return `Read by ${name(one!)}`;
  if (receipt.by.length === 2) return `Read by ${name(one!)} and ${name(two!)}`;
  return `Read by ${receipt.by.length}`;
}
