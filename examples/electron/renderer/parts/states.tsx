import { explain } from '../session/notices.js';
import { phrases } from '../words/phrases.js';
import { Icon } from './icon.js';

/** In the place of messages that are on their way. */
export function Skeleton() {
  return (
    <div className="skeleton" role="status" aria-label={phrases.loading}>
      {[46, 30, 58, 38, 24].map((width, at) => <span key={at} className={at % 3 === 1 ? 'right' : ''} style={{ width: `${width}%` }} />)}
    </div>
  );
}

/** In the place of what could not be shown. */
export function Problem({ error, again }: { error: unknown; again: () => void }) {
  const explained = explain(error);
  return (
    <div className="empty" role="alert">
      <Icon name="warn" size={32} />
      <h2>{explained?.text ?? phrases.loading}</h2>
      <button type="button" className="button" onClick={again}>Try again</button>
    </div>
  );
}
