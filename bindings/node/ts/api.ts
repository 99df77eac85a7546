/**
 * What an app sees, as types: of the client over the addon, and of the one in a renderer.
 *
 * All that comes out is plain data that survives structured clone; what may be missing is `null`. All
 * numbers are `number`: integers below 2^53, times in milliseconds.
 *
 * @module
 */
export type * from './api/client.js';
export type * from './api/connection.js';
export type * from './api/conversation.js';
export type * from './api/error.js';
export type * from './api/event.js';
export type * from './api/log.js';
export type * from './api/message.js';
export type * from './api/outbox.js';
export type * from './api/state.js';
export type * from './api/stats.js';
export type * from './api/timeline.js';
export type * from './api/user.js';
