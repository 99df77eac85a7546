import type { Client, Conversation, TimelineItem } from 'causerie';
import { type Dispatch, type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { Icon } from '../parts/icon.js';
import { useNotices } from '../session/notices.js';
import { phrases } from '../words/phrases.js';
import { type Composing, type Step, draftOf } from './composing.js';
import { Drafts } from './drafts.js';
import { lineOf } from './entries.js';
import { Typing } from './typing.js';

/** The most that one message may hold (`docs/protocol.md` §5); the server would refuse more. */
const LONGEST = 16_000;

export interface ComposerHandle {
  focus(): void;
}

export interface ComposerProps {
  readonly client: Client;
  readonly conversation: Conversation;
  readonly title: string;
  readonly composing: Composing;
  readonly step: Dispatch<Step>;
  readonly name: (userId: string) => string;
  /** The newest message of this user that can be edited. */
  readonly lastMine: () => TimelineItem | undefined;
  /** Up in an empty field with nothing to edit, and Shift with Tab: into the messages. */
  readonly toMessages: () => void;
  readonly onSent: () => void;
  readonly ref?: Ref<ComposerHandle>;
}

/** Where one writes: Enter sends, Shift and Enter begins a line, Up edits the last message, Escape takes back. */
export function Composer(props: ComposerProps) {
  const { conversation, composing, step } = props;
  const { attempt } = useNotices();
  const field = useRef<HTMLTextAreaElement>(null);
  const drafts = useMemo(() => new Drafts(conversation), [conversation]);
  const typing = useMemo(() => new Typing(conversation), [conversation]);
  useImperativeHandle(props.ref, () => ({ focus: () => field.current?.focus() }));

  useEffect(() => {
    let here = true;
    void drafts.load().then((draft) => here && step({ kind: 'restore', draft }), () => {});
    return () => {
      here = false;
      typing.stop();
    };
  }, [drafts, typing, step]);

  // Grows with what is in it, up to eight lines.
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = '0';
    element.style.height = `${Math.min(element.scrollHeight, 192)}px`;
  }, [composing.text]);

  useEffect(() => {
    if (composing.replyTo !== null || composing.editing !== null) field.current?.focus();
  }, [composing.replyTo, composing.editing]);

  const typed = (text: string) => {
    step({ kind: 'typed', text });
    drafts.keep(draftOf({ ...composing, text }));
    if (text === '') typing.stop();
    else if (composing.editing === null) typing.typed();
  };

  const send = () => {
    const text = composing.text.trim();
    const { editing, replyTo } = composing;
    if (text === '') return;
    if (editing !== null) {
      step({ kind: 'done' });
      if (text !== editing.text) void attempt(() => conversation.edit(targetOf(editing), text));
      return;
    }
    step({ kind: 'done' });
    drafts.keep('');
    typing.stop();
    const message = replyTo?.messageId == null ? { text } : { text, replyTo: replyTo.messageId };
    void attempt(() => conversation.send(message)).then((sent) => {
      if (sent) props.onSent();
      // It was not even stored: what was written must not be lost.
      else typed(text);
    });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && (composing.editing !== null || composing.replyTo !== null)) {
      event.preventDefault();
      step({ kind: 'cancel' });
    } else if (event.key === 'ArrowUp' && composing.text === '' && composing.editing === null) {
      event.preventDefault();
      const last = props.lastMine();
      if (last !== undefined) step({ kind: 'edit', item: last });
      else props.toMessages();
    }
  };

  const { editing, replyTo } = composing;
  const about = editing ?? replyTo;
  return (
    <form className="composer" aria-label={phrases.messageTo(props.title)} onSubmit={(event) => { event.preventDefault(); send(); }}>
      {about !== null && (
        <div className="about">
          <Icon name={editing !== null ? 'pen' : 'reply'} size={16} />
          <span className="about-text">
            <b>{editing !== null ? phrases.editing : phrases.replyingTo(about.senderId === props.client.userId ? phrases.you : props.name(about.senderId))}</b>
            <span>{lineOf(about)}</span>
          </span>
          <button type="button" className="icon-button" aria-label={phrases.cancel} onClick={() => { step({ kind: 'cancel' }); field.current?.focus(); }}>
            <Icon name="close" size={16} />
          </button>
        </div>
      )}
      <div className="field">
        <textarea
          ref={field}
          rows={1}
          maxLength={LONGEST}
          aria-label={phrases.messageTo(props.title)}
          placeholder={phrases.messageTo(props.title)}
          value={composing.text}
          onChange={(event) => typed(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => typing.stop()}
        />
        <button type="submit" className="send" aria-label={editing !== null ? phrases.save : phrases.send} disabled={composing.text.trim() === ''}>
          <Icon name={editing !== null ? 'check' : 'send'} size={20} />
        </button>
      </div>
    </form>
  );
}

/** By the server's id as soon as there is one. */
export function targetOf(item: TimelineItem): { messageId: string } | { key: string } {
  return item.messageId !== null ? { messageId: item.messageId } : { key: item.tempId ?? item.key };
}
