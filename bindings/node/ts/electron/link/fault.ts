import type { Action } from '../../api.js';
import { type Fault, isCauserieError, mistake } from '../../error.js';
import type { Envelope } from '../link.js';

const ACTIONS: readonly string[] = ['retryLater', 'askUser', 'signIn', 'fixCode'] satisfies Action[];

/** A fault that passes. */
export function passing(code: string, message: string, retryAfter: number | null = null): Fault {
  return { code, action: 'retryLater', message, retryable: true, retryAfter };
}

/** A fault that a person must decide about. */
export function undecided(code: string, message: string): Fault {
  return { code, action: 'askUser', message, retryable: false, retryAfter: null };
}

/**
 * What is told of something that was thrown. Only a `CauserieError` tells of itself: any other error's
 * message may hold what is the host's alone, such as a path or a token, and stays there.
 */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Refusal) return thrown.fault;
  if (!isCauserieError(thrown)) return mistake('internal', 'the host failed; its log has the reason');
  const { code, action, message, retryable, retryAfter } = thrown;
  return {
    code: String(code),
    action: ACTIONS.includes(action) ? action : 'fixCode',
    message: String(message),
    retryable: retryable === true,
    retryAfter: typeof retryAfter === 'number' && Number.isFinite(retryAfter) ? retryAfter : null,
  };
}

/** How the host's own code says no. It never leaves the host as an error. */
export class Refusal extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** An answer. */
export function success(value: unknown): Envelope {
  return { ok: true, value: value === undefined ? null : value };
}

/** An answer that is none. */
export function failed(fault: Fault): Envelope {
  return { ok: false, fault };
}

/** Whether it looks like a fault: for what came over a port. */
export function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false;
  const { code, action, message } = value as Partial<Fault>;
  return typeof code === 'string' && typeof message === 'string' && ACTIONS.includes(String(action));
}
