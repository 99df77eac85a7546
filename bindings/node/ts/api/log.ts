/** How much a record matters, or how much one wants to hear. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** What the SDK says of its work. It holds no message content, no token and no file name. */
export interface LogRecord {
  /** How much it matters. */
  readonly level: LogLevel;
  /** Which part of the SDK says it. */
  readonly target: string;
  /** What it says, the fields included. */
  readonly message: string;
  /** When, by this device's clock, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Takes what the SDK logs. What it throws is counted, and a later record says so. */
export type LogSink = (record: LogRecord) => void;
