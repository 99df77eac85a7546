'use strict';
// The seed of the JavaScript shell: errors with fields, async iterators, providers that may throw.
// The built library is looked for in CAUSERIE_LIB, or beside this file as causerie.node.

const path = require('node:path');

function load(file) {
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}

const native = load(process.env.CAUSERIE_LIB ?? path.join(__dirname, 'causerie.node'));

/** What a call rejects with. `code` never changes its meaning; `action` says what to do. */
class CauserieError extends Error {
  constructor(fault) {
    super(fault.message);
    this.name = 'CauserieError';
    this.code = fault.code;
    this.action = fault.action;
    this.retryable = fault.retryable;
    this.retryAfterMs = fault.retryAfterMs;
  }
}

function translate(error) {
  if (error?.message?.startsWith('{"')) {
    const fault = JSON.parse(error.message);
    if (typeof fault.code === 'string') return new CauserieError(fault);
  }
  return error;
}

/** Every call of a native class, with errors of our own. */
function wrap(Class) {
  for (const name of Object.getOwnPropertyNames(Class.prototype)) {
    const call = Class.prototype[name];
    if (name === 'constructor' || typeof call !== 'function') continue;
    Class.prototype[name] = function (...args) {
      try {
        const result = call.apply(this, args);
        return result instanceof Promise
          ? result.catch((error) => { throw translate(error); })
          : result;
      } catch (error) {
        throw translate(error);
      }
    };
  }
}

[native.Client, native.Conversation, native.Timeline].forEach(wrap);

/**
 * An async iterator over updates. Leaving the loop ends them, and so does the signal, also one
 * that was aborted before.
 */
async function* changes(updates, signal) {
  const end = () => updates.end();
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  try {
    for (let change; (change = await updates.next()) !== null;) yield change;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/**
 * Opens a client. `provider` gets `{ userId, refused }` and gives a token or a promise of one. What
 * it throws is a problem that may pass, unless its `signInNeeded` is true.
 */
async function open(options, provider) {
  const tokens = async (question) => {
    try {
      const token = await provider(question);
      return typeof token === 'string'
        ? { token, signInNeeded: false }
        : { problem: 'the token provider gave no string', signInNeeded: false };
    } catch (error) {
      return { problem: String(error?.message ?? error), signInNeeded: error?.signInNeeded === true };
    }
  };
  try {
    return await native.Client.open(options, tokens);
  } catch (error) {
    throw translate(error);
  }
}

module.exports = { open, changes, CauserieError, native };
