/** A line of the judge's: what the device is told to do, as `tests/conformance/README.md` has it. */
export interface Order {
  readonly do: string;
  readonly [field: string]: unknown;
}

/** Whose device it is. */
export interface Identity {
  readonly url: string;
  readonly control: string;
  readonly user: string;
  readonly folder: string;
  readonly token_ms: number;
}

/** What was asked for cannot be. */
export class Refusal extends Error {}

export function text(order: Order, field: string): string {
  const value = order[field];
  if (typeof value !== 'string') throw new Refusal(`${order.do} needs ${field}`);
  return value;
}

export function texts(order: Order, field: string): string[] {
  const value = order[field];
  if (!Array.isArray(value)) throw new Refusal(`${order.do} needs ${field}`);
  return value.map(String);
}

export function some<T>(order: Order, field: string): T | undefined {
  return (order[field] ?? undefined) as T | undefined;
}
