import type { Action, CauserieError } from './api.js';

/** Told by this, not by its class: there may be several copies of this package, and several realms. */
const BRAND: unique symbol = Symbol.for('causerie.error') as never;
const SIGN_IN: unique symbol = Symbol.for('causerie.signInRequired') as never;

/** What an error is made of; plain data, to cross a border. */
export interface Fault {
  readonly code: string;
  readonly action: Action;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfter: number | null;
}

class Failure extends Error implements CauserieError {
  override readonly name = 'CauserieError';
  readonly code: string;
  readonly action: Action;
  readonly retryable: boolean;
  readonly retryAfter: number | null;

  constructor(fault: Fault) {
    super(fault.message);
    this.code = fault.code;
    this.action = fault.action;
    this.retryable = fault.retryable;
    this.retryAfter = fault.retryAfter;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether something that was thrown is an error of Causerie's. */
export function isCauserieError(error: unknown): error is CauserieError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

/** To be thrown by a token provider: no token can be had before the user signs in again. */
export class SignInRequired extends Error {
  override readonly name = 'SignInRequired';

  /** @param message why, for the app's own eyes: it is the `reason` of the connection's state. */
  constructor(message = 'the user must sign in') {
    super(message);
    Object.defineProperty(this, SIGN_IN, { value: true });
  }
}

/** Whether a provider asks for a sign-in, by whatever copy of the class. */
export function isSignInRequired(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[SIGN_IN] === true;
}

/** An error out of its data. */
export function failure(fault: Fault): CauserieError {
  return new Failure(fault);
}

/** The data of an error; of one that is not Causerie's only the type, since its words may hold anything. */
export function faultOf(error: unknown): Fault {
  if (isCauserieError(error)) {
    const { code, action, message, retryable, retryAfter } = error;
    return { code, action, message, retryable, retryAfter };
  }
  return { ...mistake('panicked', `a mistake in Causerie, please report it: ${typeOf(error)}`) };
}

/** An argument that cannot be. */
export function invalid(field: string, problem: string): CauserieError {
  return failure(mistake('invalid', `${field}: ${problem}`));
}

/** What was called is closed. */
export function closed(code = 'closed', what = 'the client is closed'): CauserieError {
  return failure(mistake(code, what));
}

/** A fault that only the program's author can mend. */
export function mistake(code: string, message: string): Fault {
  return { code, action: 'fixCode', message, retryable: false, retryAfter: null };
}

/** What something that was thrown is, without its words. */
export function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return error === null ? 'null' : typeof error;
  const name = error.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'Error';
}
