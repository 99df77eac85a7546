import type { TimelineItem } from 'causerie';
import { type KeyboardEvent, useState } from 'react';
import { Icon } from '../parts/icon.js';
import { phrases } from '../words/phrases.js';
import type { Doable } from './entries.js';
import type { MessageIntents } from './message.js';

/** The reactions that are one key away. */
const EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🎉'] as const;

/**
 * What can be done with a message: beside it while the pointer is over it, or after Enter on it. Left
 * and right go from one to the next; Escape goes back to the message.
 */
export function MessageActions({ item, doable, intents }: { item: TimelineItem; doable: Doable; intents: MessageIntents }) {
  const [picking, setPicking] = useState(false);
  if (!doable.reply && !doable.react && !doable.edit && !doable.delete) return null;
  const toMessage = (from: HTMLElement) => from.closest<HTMLElement>('.message')?.focus();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) {
      const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      buttons[(at + step + buttons.length) % buttons.length]?.focus();
    } else if (event.key === 'Escape') {
      if (picking) {
        setPicking(false);
        event.currentTarget.querySelector<HTMLElement>('[data-action=react]')?.focus();
      } else {
        toMessage(event.currentTarget);
      }
    } else if (event.key !== 'Enter' && event.key !== ' ') {
      return;
    }
    // The list has its own meaning for these keys.
    event.stopPropagation();
    if (event.key !== 'Enter' && event.key !== ' ') event.preventDefault();
  };
  return (
    <div className="actions" role="toolbar" aria-label={phrases.actions} onKeyDown={onKeyDown}>
      {picking && (
        <span className="picker" role="group" aria-label={phrases.moreEmoji}>
          {EMOJI.map((emoji, at) => (
            <button
              key={emoji}
              type="button"
              autoFocus={at === 0}
              aria-label={`${phrases.react} ${emoji}`}
              aria-pressed={item.reactions.some((reaction) => reaction.emoji === emoji && reaction.me)}
              onClick={(event) => {
                toMessage(event.currentTarget);
                intents.toggle(item, emoji);
                setPicking(false);
              }}
            >
              {emoji}
            </button>
          ))}
        </span>
      )}
      {doable.react && (
        <button type="button" data-action="react" aria-label={phrases.react} title={phrases.react} aria-expanded={picking} onClick={() => setPicking(!picking)}>
          <Icon name="smile" />
        </button>
      )}
      {doable.reply && (
        <button type="button" aria-label={phrases.reply} title={phrases.reply} onClick={() => intents.reply(item)}>
          <Icon name="reply" />
        </button>
      )}
      {doable.edit && (
        <button type="button" aria-label={phrases.edit} title={phrases.edit} onClick={() => intents.edit(item)}>
          <Icon name="pen" />
        </button>
      )}
      {doable.delete && (
        <button type="button" aria-label={phrases.delete} title={phrases.delete} onClick={(event) => { toMessage(event.currentTarget); intents.delete(item); }}>
          <Icon name="bin" />
        </button>
      )}
    </div>
  );
}
