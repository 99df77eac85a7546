/** How the connection stands: for a banner. Nothing else depends on it. */
export type ConnectionState =
  /** Not asked to connect. */
  | { readonly kind: 'disconnected' }
  /** The socket opens. */
  | { readonly kind: 'connecting' }
  /** The token is asked for or checked. */
  | { readonly kind: 'authenticating' }
  /** Frames flow. */
  | { readonly kind: 'live' }
  /** The next attempt, number `attempt` from 1, comes by itself in `retryIn` milliseconds. */
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryIn: number; readonly reason: string }
  /** The user must sign in; then call `start`. */
  | { readonly kind: 'signInNeeded'; readonly reason: string }
  /** In the background. */
  | { readonly kind: 'suspended' }
  /** Ended: by `close`, by a sign-out, or after too many attempts, if their number is bounded. */
  | { readonly kind: 'closed'; readonly reason: string };

/** The system's word on the network. */
export type NetworkHint =
  /** There is one, or another one: try at once, probe a socket that seems live. */
  | 'changed'
  /** There is none. Only a hint: attempts go on. */
  | 'lost';

/** What a token provider is asked. */
export interface TokenRequest {
  /** For whom. */
  readonly userId: string;
  /** The server refused the last token: get a new one, do not give a remembered one again. */
  readonly refused: boolean;
}

/**
 * Brings a token from the app's backend. Asked once at a time; after 30 s without an answer it is
 * asked again. If it throws `SignInRequired`, the connection waits for the user to sign in; anything
 * else that it throws is a problem that passes, and it is asked again by itself. Of such an error only
 * the type is told and logged.
 */
export type TokenProvider = (request: TokenRequest) => string | PromiseLike<string>;
