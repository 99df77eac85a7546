import { isCauserieError } from 'causerie/electron/renderer';
import { type ReactNode, createContext, use, useCallback, useEffect, useMemo, useState } from 'react';
import { Icon } from '../parts/icon.js';
import { phrases } from '../words/phrases.js';

/** Something that the user must know, until it is dismissed. */
interface Notice {
  readonly id: number;
  readonly text: string;
  readonly again?: (() => void) | undefined;
}

interface Notices {
  /** Does something for the user, and says what became of it if it failed. */
  attempt(what: () => Promise<unknown>): Promise<boolean>;
  say(text: string): void;
}

const Context = createContext<Notices | null>(null);

/** How to do what may fail. */
export function useNotices(): Notices {
  return use(Context)!;
}

/** What an error means for the user: by its code where there is more to say than its action. */
export function explain(error: unknown): { text: string; again: boolean } | null {
  if (error instanceof DOMException && error.name === 'AbortError') return null;
  if (!isCauserieError(error)) return { text: 'That did not work.', again: false };
  switch (error.code) {
    case 'offline': return { text: 'That needs a connection.', again: true };
    case 'too_large': return { text: 'That is too long to be sent.', again: false };
    case 'disk_full': return { text: 'This device has no space left.', again: true };
    case 'invalid': return { text: 'That cannot be used: a name may be wrong.', again: false };
  }
  switch (error.action) {
    case 'retryLater': return { text: 'That did not work now. Try again later.', again: true };
    case 'signIn': return { text: phrases.signInAgain, again: false };
    case 'askUser': return { text: `That was not possible (${error.code}).`, again: false };
    case 'fixCode': return { text: `Something is wrong with this app (${error.code}).`, again: false };
  }
}

let counted = 0;

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const dismiss = useCallback((id: number) => setNotices((now) => now.filter((notice) => notice.id !== id)), []);
  const value = useMemo<Notices>(() => {
    const add = (text: string, again?: () => void) => {
      const id = ++counted;
      // The same thing is said once, and never more than three things.
      setNotices((now) => [...now.filter((notice) => notice.text !== text), { id, text, again }].slice(-3));
    };
    const attempt = async (what: () => Promise<unknown>): Promise<boolean> => {
      try {
        await what();
        return true;
      } catch (error) {
        const explained = explain(error);
        if (explained !== null) add(explained.text, explained.again ? () => void attempt(what) : undefined);
        if (!isCauserieError(error)) console.error(error);
        return false;
      }
    };
    return { attempt, say: add };
  }, []);
  return (
    <Context value={value}>
      {children}
      <div className="notices" role="status" aria-live="polite">
        {notices.map((notice) => (
          <NoticeCard key={notice.id} notice={notice} dismiss={dismiss} />
        ))}
      </div>
    </Context>
  );
}

const SHOWN_FOR = 8_000;

function NoticeCard({ notice, dismiss }: { notice: Notice; dismiss: (id: number) => void }) {
  const { id, text, again } = notice;
  useEffect(() => {
    // What can be done again stays until somebody decides.
    if (again !== undefined) return;
    const timer = setTimeout(() => dismiss(id), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [id, again, dismiss]);
  return (
    <div className="notice">
      <span>{text}</span>
      {again !== undefined && <button type="button" className="text-button" onClick={() => { dismiss(id); again(); }}>Try again</button>}
      <button type="button" className="icon-button" aria-label={phrases.dismiss} onClick={() => dismiss(id)}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
