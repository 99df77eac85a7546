import type { ConversationItem } from 'causerie';
import type { RendererClient } from 'causerie/electron/renderer';
import { useCauserieState, useConnection, useConversations, useOutbox } from 'causerie/react';
import { useEffect, useMemo, useState } from 'react';
import { Beginning } from './dialogs/beginning.js';
import { SigningOut } from './dialogs/signing-out.js';
import { Switcher } from './dialogs/switcher.js';
import { Conversations } from './list/conversations.js';
import { Avatar } from './parts/avatar.js';
import { Icon } from './parts/icon.js';
import { Room } from './room/room.js';
import { Banner, Indicator } from './session/banner.js';
import { useNotices } from './session/notices.js';
import { People, PeopleProvider, useNames } from './session/people.js';
import { Mark } from './session/sign-in.js';
import { useTheme } from './session/theme.js';
import { phrases } from './words/phrases.js';

type Dialog = 'switcher' | 'beginning' | 'signing-out' | null;

/** The app of who is signed in. */
export function Chat({ client, leave }: { client: RendererClient; leave: () => void }) {
  const people = useMemo(() => new People(client), [client]);
  useEffect(() => {
    const end = new AbortController();
    people.follow(end.signal).catch((error: unknown) => { if (!end.signal.aborted) console.warn('names are not followed', error); });
    return () => end.abort();
  }, [people]);
  return <PeopleProvider value={people}><Panes client={client} leave={leave} /></PeopleProvider>;
}

function Panes({ client, leave }: { client: RendererClient; leave: () => void }) {
  const connection = useConnection();
  const linked = useCauserieState(client.link).kind === 'connected';
  const conversations = useConversations();
  const { entries: writes } = useOutbox();
  const [open, setOpen] = useOpen();
  const [attempts, setAttempts] = useState(0);
  const [dialog, setDialog] = useState<Dialog>(null);
  const { attempt } = useNotices();
  const live = linked && connection.kind === 'live';
  const items = useMemo(() => conversations.filter((item) => !item.archived), [conversations]);
  const pick = (id: string) => {
    setDialog(null);
    setOpen(id);
  };
  const signOut = () => {
    if (writes.length > 0) setDialog('signing-out');
    else void attempt(() => client.signOut({ wipe: true })).then((done) => { if (done) leave(); });
  };

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setDialog('switcher');
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  const unread = items.reduce((sum, item) => sum + (item.muted ? 0 : item.unread), 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${phrases.app}` : phrases.app;
  }, [unread]);

  return (
    <div className={`app${open === null ? '' : ' in-room'}`}>
      <Banner
        connection={connection}
        linked={linked}
        waiting={writes.filter((write) => write.kind === 'send_message' && write.state.kind === 'queued').length}
        signIn={leave}
        connect={() => void attempt(() => client.start())}
      />
      <nav className="side" aria-label={phrases.conversations}>
        <header className="side-head">
          <Mark size={30} />
          <h1>{phrases.app}</h1>
          <button type="button" className="icon-button" aria-label={phrases.newConversation} title={phrases.newConversation} onClick={() => setDialog('beginning')}>
            <Icon name="plus" size={20} />
          </button>
        </header>
        <button type="button" className="search-button" onClick={() => setDialog('switcher')}>
          <Icon name="search" size={16} />{phrases.search}<kbd aria-hidden="true">Ctrl K</kbd>
        </button>
        {items.length > 0
          ? <Conversations client={client} items={items} open={open} pick={pick} />
          : <NoConversations live={live} begin={() => setDialog('beginning')} />}
        <Me client={client} connection={<Indicator connection={connection} linked={linked} />} signOut={signOut} />
      </nav>
      {open !== null
        ? <Room key={`${open} ${attempts}`} client={client} id={open} item={items.find((item) => item.conversationId === open) ?? null} live={live} again={() => setAttempts(attempts + 1)} close={() => setOpen(null)} />
        : <main className="empty"><Mark size={64} /><h2>{phrases.pickOne}</h2><p>{phrases.pickOneHint}</p></main>}
      {dialog === 'switcher' && <Switcher items={items} pick={pick} close={() => setDialog(null)} />}
      {dialog === 'beginning' && <Beginning client={client} opened={pick} close={() => setDialog(null)} />}
      {dialog === 'signing-out' && (
        <SigningOut
          stay={() => setDialog(null)}
          leave={() => void attempt(() => client.signOut({ wipe: true, unsent: 'discard' })).then((done) => { if (done) leave(); })}
        />
      )}
    </div>
  );
}

function NoConversations({ live, begin }: { live: boolean; begin: () => void }) {
  return (
    <div className="empty in-side">
      <h2>{phrases.noConversations}</h2>
      <p>{live ? phrases.noConversationsHint : phrases.connecting}</p>
      <button type="button" className="button" onClick={begin}>{phrases.newConversation}</button>
    </div>
  );
}

function Me({ client, connection, signOut }: { client: RendererClient; connection: React.ReactNode; signOut: () => void }) {
  const name = useNames()(client.userId);
  const [theme, nextTheme] = useTheme();
  return (
    <footer className="me">
      <Avatar id={client.userId} name={name} small />
      <div><b>{name}</b>{connection}</div>
      <button type="button" className="icon-button" aria-label={phrases.theme[theme]} title={phrases.theme[theme]} onClick={nextTheme}>
        <Icon name={theme === 'auto' ? 'auto' : theme === 'light' ? 'sun' : 'moon'} />
      </button>
      <button type="button" className="icon-button" aria-label={phrases.signOut} title={phrases.signOut} onClick={signOut}>
        <Icon name="out" />
      </button>
    </footer>
  );
}

/** The open conversation, kept over a reload. */
function useOpen(): [ConversationItem['conversationId'] | null, (id: string | null) => void] {
  const [open, setOpen] = useState(() => sessionStorage.getItem('open'));
  return [open, (id) => {
    if (id === null) sessionStorage.removeItem('open');
    else sessionStorage.setItem('open', id);
    setOpen(id);
  }];
}
