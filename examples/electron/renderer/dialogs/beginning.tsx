import type { Client } from 'causerie';
import { type FormEvent, useState } from 'react';
import { explain } from '../session/notices.js';
import { useEverybody } from '../session/people.js';
import { phrases } from '../words/phrases.js';
import { Modal } from './modal.js';

/** Begins a conversation: with one other, or a group with a title. */
export function Beginning({ client, opened, close }: { client: Client; opened: (id: string) => void; close: () => void }) {
  const everybody = useEverybody();
  const [group, setGroup] = useState(false);
  const [who, setWho] = useState('');
  const [title, setTitle] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const people = who.split(/[\s,]+/).filter((id) => id !== '');
  const known = [...everybody].filter(([id]) => id !== client.userId).sort(([, one], [, other]) => one.localeCompare(other)).slice(0, 12);

  const toggle = (id: string) => {
    if (!group) return setWho(id);
    setWho((people.includes(id) ? people.filter((other) => other !== id) : [...people, id]).join(', '));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (people.length === 0 || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const conversation = group
        ? await client.createConversation({ title: title.trim() || people.join(', '), members: people })
        : await client.openDirect(people[0]!);
      opened(conversation.id);
    } catch (error) {
      setProblem(explain(error)?.text ?? null);
      setBusy(false);
    }
  };

  return (
    <Modal label={phrases.newConversation} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <h2>{phrases.newConversation}</h2>
        <fieldset className="segments">
          <legend className="unseen">{phrases.newConversation}</legend>
          <label><input type="radio" name="kind" checked={!group} onChange={() => setGroup(false)} />{phrases.direct}</label>
          <label><input type="radio" name="kind" checked={group} onChange={() => setGroup(true)} />{phrases.group}</label>
        </fieldset>
        {group && (
          <label className="labelled">{phrases.title}
            <input type="text" value={title} placeholder={phrases.titleHint} maxLength={120} onChange={(event) => setTitle(event.target.value)} />
          </label>
        )}
        <label className="labelled">{group ? phrases.people : phrases.who}
          <input data-first type="text" value={who} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => setWho(event.target.value)} />
        </label>
        {known.length > 0 && (
          <div className="chips" role="group" aria-label={phrases.known}>
            {known.map(([id, name]) => (
              <button key={id} type="button" className="chip" aria-pressed={people.includes(id)} onClick={() => toggle(id)}>{name}</button>
            ))}
          </div>
        )}
        {problem !== null && <p className="problem" role="alert">{problem}</p>}
        <div className="dialog-buttons">
          <button type="button" className="button quiet" onClick={close}>{phrases.cancel}</button>
          <button type="submit" className="button" disabled={people.length === 0 || busy}>{phrases.begin}</button>
        </div>
      </form>
    </Modal>
  );
}
