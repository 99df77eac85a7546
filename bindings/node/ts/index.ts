/**
 * Causerie for Node: chats that work offline.
 *
 * @module
 */
export type * from './api.js';
export { applyUpdate } from './apply.js';
export { Causerie } from './causerie.js';
export { isCauserieError, SignInRequired } from './error.js';
export { setLogSink, version } from './log.js';
