import type { ConnectionState } from 'causerie';
import { useRef } from 'react';
import { Icon } from '../parts/icon.js';
import { phrases } from '../words/phrases.js';

/** What stands above everything while all is not well. */
export type BannerKind = 'hostLost' | 'connecting' | 'offline' | 'signIn' | 'ended' | null;

/**
 * The banner that follows. Who is offline sees no flicker while one attempt after the other is made:
 * it stays, until there is a connection.
 */
export function bannerAfter(before: BannerKind, connection: ConnectionState, linked: boolean): BannerKind {
  if (!linked) return 'hostLost';
  switch (connection.kind) {
    case 'live': return null;
    case 'suspended': return before;
    case 'disconnected':
    case 'waiting': return 'offline';
    case 'connecting':
    case 'authenticating': return before === 'offline' ? 'offline' : 'connecting';
    case 'signInNeeded': return 'signIn';
    case 'closed': return 'ended';
  }
}

export interface BannerProps {
  readonly connection: ConnectionState;
  readonly linked: boolean;
  /** How many messages wait for a connection. */
  readonly waiting: number;
  readonly signIn: () => void;
  readonly connect: () => void;
}

export function Banner({ connection, linked, waiting, signIn, connect }: BannerProps) {
  const shown = useRef<BannerKind>(null);
  const kind = (shown.current = bannerAfter(shown.current, connection, linked));
  const quiet = kind === null || kind === 'connecting';
  return (
    <div className={`banner ${kind ?? ''}`} role="status" aria-live="polite" hidden={quiet}>
      {!quiet && <Icon name={kind === 'signIn' ? 'warn' : 'cloudOff'} />}
      {kind === 'hostLost' && phrases.hostLost}
      {kind === 'offline' && phrases.offline(waiting)}
      {kind === 'signIn' && <>{phrases.signInAgain}<button type="button" className="button small" onClick={signIn}>{phrases.signIn}</button></>}
      {kind === 'ended' && <>{phrases.ended}<button type="button" className="button small" onClick={connect}>{phrases.connect}</button></>}
    </div>
  );
}

/** The connection in a word and a dot. */
export function Indicator({ connection, linked }: { connection: ConnectionState; linked: boolean }) {
  const [className, text] = !linked ? ['off', phrases.offlineShort] as const
    : connection.kind === 'live' ? ['on', phrases.online] as const
    : connection.kind === 'connecting' || connection.kind === 'authenticating' ? ['wait', phrases.connecting] as const
    : connection.kind === 'signInNeeded' ? ['off', phrases.signedOut] as const
    : ['off', phrases.offlineShort] as const;
  return <span className={`indicator ${className}`} data-connection={linked ? connection.kind : 'lost'}>{text}</span>;
}
