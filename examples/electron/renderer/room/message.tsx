import type { TimelineItem } from 'causerie';
import { memo } from 'react';
import { Avatar } from '../parts/avatar.js';
import { Icon } from '../parts/icon.js';
import { phrases } from '../words/phrases.js';
import { dayLabel, timeOf } from '../words/times.js';
import { MessageActions } from './actions.js';
import { type Doable, isOnlyEmoji, lineOf } from './entries.js';

/** What can be done from a message. */
export interface MessageIntents {
  reply(item: TimelineItem): void;
  edit(item: TimelineItem): void;
  delete(item: TimelineItem): void;
  toggle(item: TimelineItem, emoji: string): void;
  retry(item: TimelineItem): void;
  discard(item: TimelineItem): void;
  /** Shows the message that this one answers. */
  jump(messageId: string): void;
  /** The actions were opened or closed. */
  activate(key: string | null): void;
}

export interface MessageProps {
  readonly item: TimelineItem;
  readonly me: string;
  readonly author: string;
  readonly group: boolean;
  readonly newDay: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** The message that it answers; null while that is not loaded. */
  readonly quoteAuthor: string | null;
  readonly quoteText: string | null;
  /** Under the newest message of one's own. */
  readonly receipt: string | null;
  readonly doable: Doable;
  readonly active: boolean;
  /** The one that Tab goes to. */
  readonly tabbable: boolean;
  readonly intents: MessageIntents;
}

/** A message. As few elements as it can do with: some thirty are in the page, at every frame of a scroll. */
export const Message = memo(function Message(props: MessageProps) {
  const { item, group, first, last, newDay, intents, receipt } = props;
  const mine = item.senderId === props.me;
  const failed = item.send?.kind === 'failed' ? item.send : null;
  const classes = ['message', mine ? 'mine' : 'theirs', first && 'first', last && 'last', group && !mine && 'with-avatar', failed && 'failed', item.send?.kind === 'queued' && 'queued'];
  return (
    <>
      {newDay && <div className="day"><span>{dayLabel(item.createdAt)}</span></div>}
      <div
        className={classes.filter(Boolean).join(' ')}
        role="group"
        tabIndex={props.tabbable ? 0 : -1}
        aria-label={spoken(props)}
        aria-keyshortcuts="Enter"
        data-key={item.key}
        onPointerMove={(event) => event.pointerType === 'mouse' && intents.activate(item.key)}
      >
        {group && !mine && last && <Avatar id={item.senderId} name={props.author} small />}
        {group && !mine && first && <span className="author">{props.author}</span>}
        <Bubble {...props} />
        {item.reactions.length > 0 && (
          <div className="reactions">
            {item.reactions.map(({ emoji, count, me }) => (
              <button key={emoji} type="button" tabIndex={-1} className="reaction" aria-pressed={me} aria-label={phrases.reaction(emoji, count, me)} disabled={!props.doable.react} onClick={() => intents.toggle(item, emoji)}>
                {emoji}{count > 1 ? ` ${count}` : ''}
              </button>
            ))}
          </div>
        )}
        {failed !== null && (
          <div className="failure">
            <Icon name="warn" size={15} />
            {phrases.notSent}: {phrases.refused(failed.code)}
            <button type="button" className="text-button" onClick={() => intents.retry(item)}>{phrases.retry}</button>
            <button type="button" className="text-button" onClick={() => intents.discard(item)}>{phrases.discard}</button>
          </div>
        )}
        {receipt !== null && <div className="receipt" data-receipt><Icon name={receipt === 'Sent' ? 'check' : 'checks'} size={14} />{receipt}</div>}
      </div>
    </>
  );
});

function Bubble({ item, quoteAuthor, quoteText, doable, active, intents }: MessageProps) {
  if (item.deletedAt !== null) return <div className="bubble gone">{phrases.deleted}</div>;
  const big = item.text !== null && item.replyTo === null && isOnlyEmoji(item.text);
  return (
    <div className={`bubble${big ? ' big' : ''}`}>
      {item.replyTo !== null && (
        <button type="button" tabIndex={-1} className="quote" onClick={() => intents.jump(item.replyTo!)}>
          <b>{quoteAuthor ?? phrases.reply}</b>
          {quoteText ?? phrases.earlier}
        </button>
      )}
      {lineOf(item)}
      <span className="when">
        {item.editedAt !== null && `${phrases.edited} `}
        {timeOf(item.createdAt)}
        {(item.send?.kind === 'queued' || item.pendingChange) && <Icon name="clock" size={12} />}
      </span>
      {active && <MessageActions item={item} doable={doable} intents={intents} />}
    </div>
  );
}

/** The whole of it as one sentence, for who hears it. */
function spoken({ item, me, author, quoteAuthor, quoteText, receipt }: MessageProps): string {
  const parts = [phrases.by(item.senderId === me ? phrases.you : author, lineOf(item))];
  if (item.replyTo !== null) parts.push(quoteAuthor === null ? 'answers an earlier message' : `answers ${quoteAuthor}: ${quoteText}`);
  for (const { emoji, count } of item.reactions) parts.push(`${emoji} by ${count}`);
  parts.push(timeOf(item.createdAt));
  if (item.editedAt !== null && item.deletedAt === null) parts.push(phrases.edited);
  if (item.send?.kind === 'queued') parts.push(phrases.waiting);
  if (item.send?.kind === 'failed') parts.push(`${phrases.notSent}: ${phrases.refused(item.send.code)}`);
  if (item.pendingChange) parts.push(phrases.changeWaiting);
  if (receipt !== null) parts.push(receipt);
  return parts.join(', ');
}
