// Held by the compiler alone: what the types must say.
import type { Action, CauserieError, Client, ConnectionState, ConversationItem, Event, LogRecord, MembersPage, OpenOptions, OutboxEntry, ReadCursor, SendState, State, Stats, TimelineChange, TimelineItem, TimelineState, TimelineUpdate, User } from 'causerie';
import { Causerie, isCauserieError, SignInRequired } from 'causerie';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

/** Every field, however deep. */
type Leaves<T, Depth extends readonly unknown[] = []> = Depth['length'] extends 6
  ? never
  : T extends (...args: never[]) => infer R
    ? Leaves<Awaited<R>, [...Depth, 0]>
    : T extends readonly (infer E)[]
      ? Leaves<E, [...Depth, 0]>
      : T extends State<infer V>
        ? Leaves<V, [...Depth, 0]>
        : T extends object
          ? { [K in keyof T]: Leaves<T[K], [...Depth, 0]> }[keyof T]
          : T;

/** All that comes out. */
type Record = ConversationItem | OutboxEntry | TimelineState | TimelineUpdate | Stats | Event | MembersPage | ReadCursor | User | LogRecord;

// No number is a bigint, anywhere.
holds<Same<Extract<Leaves<Record>, bigint>, never>>();
holds<Same<TimelineItem['seq'], number | null>>();
holds<Same<CauserieError['retryAfter'], number | null>>();

// A class of the addon's is one of the clients.
holds<Causerie extends Client ? true : false>();

// Kinds can be told apart to the last.
export function every(state: ConnectionState, send: SendState, change: TimelineChange, event: Event, action: Action): never {
  switch (state.kind) {
    case 'disconnected': case 'connecting': case 'authenticating': case 'live': case 'suspended': break;
    case 'waiting': state.retryIn.toFixed(); break;
    case 'signInNeeded': case 'closed': state.reason.trim(); break;
    default: return state;
  }
  switch (send.kind) {
    case 'queued': break;
    case 'sent': send.seq?.toFixed(); break;
    case 'failed': send.code.trim(); break;
    default: return send;
  }
  switch (change.kind) {
    case 'reset': case 'insert': case 'update': case 'move': case 'remove': break;
    default: return change;
  }
  switch (event.kind) {
    case 'connection': case 'typing': case 'cursors': case 'users': case 'server': case 'fault': case 'recovered': case 'missed': break;
    default: return event;
  }
  switch (action) {
    case 'retryLater': case 'askUser': case 'signIn': case 'fixCode': break;
    default: return action;
  }
  throw new SignInRequired();
}

export async function refused(chat: Causerie, options: OpenOptions, error: unknown): Promise<void> {
  // @ts-expect-error a string is no seq
  await chat.conversation('x').markRead('3');
  // @ts-expect-error nor is a bigint
  await chat.conversation('x').markRead(3n);
  // @ts-expect-error what comes out is not written to
  chat.conversations.current.push();
  // @ts-expect-error a state is not set
  chat.connection.current = { kind: 'live' };
  // @ts-expect-error a client is opened
  new Causerie();
  // @ts-expect-error tokens have to come from somewhere
  await Causerie.open({ url: '', user: '', dir: '' });
  // @ts-expect-error a message is named somehow
  await chat.conversation('x').delete({});
  if (isCauserieError(error)) error.action satisfies Action;
  const { connection }: Client = await Causerie.open(options);
  for await (const state of connection) state satisfies ConnectionState;
}
