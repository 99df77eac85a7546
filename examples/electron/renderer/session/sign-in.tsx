import { useState } from 'react';
import { phrases } from '../words/phrases.js';

/** Who is it? */
export function SignIn({ enter, problem }: { enter: (userId: string) => void; problem: string | null }) {
  const [name, setName] = useState('');
  const userId = name.trim().toLowerCase().replace(/\s+/g, '-');
  return (
    <main className="sign-in">
      <form onSubmit={(event) => { event.preventDefault(); if (userId !== '') enter(userId); }}>
        <Mark />
        <h1>{phrases.whoAreYou}</h1>
        <label className="labelled">{phrases.name}
          <input autoFocus type="text" value={name} autoComplete="username" onChange={(event) => setName(event.target.value)} />
        </label>
        {problem !== null && <p className="problem" role="alert">{problem}</p>}
        <button type="submit" className="button" disabled={userId === ''}>{phrases.signIn}</button>
        <p className="hint">{phrases.signInHint}</p>
      </form>
    </main>
  );
}

/** The app's sign: two voices. */
export function Mark({ size = 44 }: { size?: number }) {
  return (
    <svg aria-hidden="true" className="mark" width={size} height={size} viewBox="0 0 44 44">
      <path className="one" d="M6 17a12 12 0 0 1 12-12h3a12 12 0 0 1 0 24h-4l-7 6v-7.6A12 12 0 0 1 6 17z" />
      <path className="two" d="M36 30.5V37l-6-5h-3.5a9.5 9.5 0 0 1-8-4.4A13 13 0 0 0 33.9 14 9.5 9.5 0 0 1 36 30.5z" />
    </svg>
  );
}
