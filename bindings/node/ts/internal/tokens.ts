import type { TokenProvider } from '../api.js';
import { isSignInRequired, typeOf } from '../error.js';
import type { TokenAnswer, TokenQuestion } from './addon.js';

/** The app's provider as the core asks it: every outcome is an answer. */
export function asked(provider: TokenProvider): (question: TokenQuestion) => Promise<TokenAnswer> {
  return async ({ userId, refused }) => {
    try {
      const token: unknown = await provider({ userId, refused });
      return typeof token === 'string'
        ? { token, signInNeeded: false }
        : { problem: `the token provider gave ${token === null ? 'null' : typeof token}, no string`, signInNeeded: false };
    } catch (error) {
      if (isSignInRequired(error)) return { problem: error.message, signInNeeded: true };
      // Its words may hold what they like, a token too: only its type is told.
      return { problem: `the token provider threw ${typeOf(error)}`, signInNeeded: false };
    }
  };
}
