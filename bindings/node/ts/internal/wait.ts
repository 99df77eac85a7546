import type { CallOptions } from '../api.js';

let waiting = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Keeps the process alive until `release`: somebody waits in a loop. */
export function hold(): void {
  waiting += 1;
  if (waiting === 1) timer = setInterval(() => {}, 0x7fff_ffff);
}

/** One `hold` less. */
export function release(): void {
  waiting -= 1;
  if (waiting === 0) clearInterval(timer);
}

/**
 * Waits for an answer, unless the signal ends that, which rejects with its reason. What was aborted
 * before is not begun.
 */
export async function unlessAborted<T>(
  options: CallOptions | undefined,
  begin: () => Promise<T>,
  cancel: () => void = () => {},
): Promise<T> {
  const signal = options?.signal;
  if (signal === undefined) return begin();
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      cancel();
    };
    signal.addEventListener('abort', abort, { once: true });
    begin().then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
