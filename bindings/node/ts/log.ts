import type { LogLevel, LogSink } from './api.js';
import { invalid } from './error.js';
import { translate } from './internal/core.js';
import { addon } from './internal/load.js';
import { reportTo } from './internal/report.js';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

/**
 * Has the SDK's log come to a sink: one for all clients of the process, workers included; nobody has it
 * at the beginning. It keeps no process alive. What a sink does not take in time, up to 1,024 records,
 * is dropped, and a later record says how many. A sink that a worker set ends with the worker.
 *
 * @param sink takes the records; null ends it.
 * @param level what matters less is left out.
 * @throws CauserieError `no_library`, `other_library`, `invalid`.
 */
export function setLogSink(sink: LogSink | null, level: LogLevel = 'warn'): void {
  if (sink !== null && typeof sink !== 'function') throw invalid('sink', 'it is a function, or null');
  if (!LEVELS.includes(level)) throw invalid('level', `it is one of ${LEVELS.join(', ')}`);
  try {
    if (sink === null) addon().setLogSink(null, level);
    else {
      addon().setLogSink((records) => {
        let threw = false;
        for (const record of records) {
          try {
            sink(record);
          } catch {
            threw = true;
          }
        }
        // The core counts them.
        if (threw) throw new Error('the sink threw');
      }, level);
    }
  } catch (error) {
    throw translate(error);
  }
  reportTo(sink);
}

/**
 * The version of the SDK, such as `0.1.0`.
 *
 * @throws CauserieError `no_library`, `other_library`.
 */
export function version(): string {
  return addon().version();
}
