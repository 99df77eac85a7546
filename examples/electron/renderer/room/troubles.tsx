import { useOutbox } from 'causerie/react';
import { Icon } from '../parts/icon.js';
import { useNotices } from '../session/notices.js';
import { phrases } from '../words/phrases.js';

/** Edits, deletions and reactions that the server refused. A message's own failure stands at the message. */
export function Troubles({ conversationId }: { conversationId: string }) {
  const { attempt } = useNotices();
  const { entries, retry, cancel } = useOutbox();
  const failed = entries.filter((entry) =>
    entry.conversationId === conversationId && entry.state.kind === 'failed' && entry.kind !== 'send_message');
  return failed.map((entry) => (
    <div key={entry.key} className="trouble" role="alert">
      <Icon name="warn" size={16} />
      <span>{phrases.trouble(entry.kind, entry.state.kind === 'failed' ? entry.state.code : '')}</span>
      <button type="button" className="text-button" onClick={() => void attempt(() => retry(entry.key))}>{phrases.retry}</button>
      <button type="button" className="text-button" onClick={() => void attempt(() => cancel(entry.key))}>{phrases.discard}</button>
    </div>
  ));
}
