import { type RendererClient, connectCauserie } from 'causerie/electron/renderer';
import { CauserieProvider } from 'causerie/react';
import { useCallback, useEffect, useState } from 'react';
import { Chat } from './chat.js';
import { Problem, Skeleton } from './parts/states.js';
import { NoticesProvider, explain } from './session/notices.js';
import type { Shell } from './session/shell.js';
import { SignIn } from './session/sign-in.js';

const KEY = 'user';

/** Who is signed in sees the chat, and who is not a question. */
export function App({ shell }: { shell: Shell }) {
  const [userId, setUserId] = useState(() => shell.user ?? sessionStorage.getItem(KEY));
  const enter = useCallback((id: string) => {
    sessionStorage.setItem(KEY, id);
    setUserId(id);
  }, []);
  const leave = useCallback(() => {
    sessionStorage.clear();
    setUserId(null);
  }, []);
  if (userId === null) return <SignIn enter={enter} problem={null} />;
  return <NoticesProvider><Session key={userId} shell={shell} userId={userId} leave={leave} /></NoticesProvider>;
}

/** Connects to the host of a user. */
function Session({ shell, userId, leave }: { shell: Shell; userId: string; leave: () => void }) {
  const [client, setClient] = useState<RendererClient | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let wanted = true;
    setError(null);
    const connecting = connectCauserie(() => shell.open(userId));
    connecting.then(
      (connected) => { if (wanted) setClient(connected); },
      (reason: unknown) => { if (wanted) setError(reason); },
    );
    return () => {
      wanted = false;
      setClient(null);
      connecting.then((connected) => connected.close()).catch(() => {});
    };
  }, [shell, userId, attempt]);
  if (client !== null) return <CauserieProvider client={client}><Chat client={client} leave={leave} /></CauserieProvider>;
  if (error !== null) {
    // Not a name that anybody may have: the question again, with the answer to the last one.
    if (explain(error)?.again === false) return <SignIn enter={leave} problem={explain(error)?.text ?? null} />;
    return <Problem error={error} again={() => setAttempt((count) => count + 1)} />;
  }
  return <main className="starting"><Skeleton /></main>;
}
