import type { ConversationItem } from 'causerie';
import { type KeyboardEvent, useState } from 'react';
import { titleOf } from '../list/conversations.js';
import { Avatar } from '../parts/avatar.js';
import { Icon } from '../parts/icon.js';
import { useNames } from '../session/people.js';
import { phrases } from '../words/phrases.js';
import { Modal } from './modal.js';

/** As many as can be looked over at once. */
const SHOWN = 8;

/** Finds a conversation by its title, or by what was last said in it. */
export function Switcher({ items, pick, close }: { items: readonly ConversationItem[]; pick: (id: string) => void; close: () => void }) {
  const name = useNames();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = search(items, text, name);
  const chosen = found[Math.min(at, found.length - 1)];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((now) => (now + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setAt((now) => (now - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') { if (chosen !== undefined) pick(chosen.conversationId); }
    else return;
    event.preventDefault();
  };
  return (
    <Modal label={phrases.search} className="switcher" close={close}>
      <div className="search-field">
        <Icon name="search" />
        <input
          data-first
          type="text"
          role="combobox"
          aria-label={phrases.search}
          aria-expanded="true"
          aria-controls="found"
          aria-autocomplete="list"
          aria-activedescendant={chosen && `found-${chosen.conversationId}`}
          placeholder={phrases.search}
          value={text}
          onChange={(event) => { setText(event.target.value); setAt(0); }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id="found" role="listbox" aria-label={phrases.conversations}>
        {found.map((item) => (
          <div
            key={item.conversationId}
            id={`found-${item.conversationId}`}
            role="option"
            aria-selected={item === chosen}
            onClick={() => pick(item.conversationId)}
          >
            <Avatar id={item.peerId ?? item.conversationId} name={titleOf(item, name)} square={item.kind !== 'direct'} small />
            {titleOf(item, name)}
          </div>
        ))}
      </div>
      <p className="hint" role="status">{found.length === 0 ? phrases.noMatch : phrases.searchHint}</p>
    </Modal>
  );
}

/** Titles that begin with it come first, then those that hold it, then what was last said. */
function search(items: readonly ConversationItem[], text: string, name: (userId: string) => string): readonly ConversationItem[] {
  const wanted = fold(text.trim());
  if (wanted === '') return items.slice(0, SHOWN);
  const rank = (item: ConversationItem) => {
    const title = fold(titleOf(item, name));
    if (title.startsWith(wanted)) return 0;
    if (title.includes(wanted)) return 1;
    return fold(item.last?.text ?? '').includes(wanted) ? 2 : 3;
  };
  return items.map((item) => ({ item, rank: rank(item) })).filter((one) => one.rank < 3)
    .sort((one, other) => one.rank - other.rank).slice(0, SHOWN).map((one) => one.item);
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
