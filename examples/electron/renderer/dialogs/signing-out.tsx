import { phrases } from '../words/phrases.js';
import { Modal } from './modal.js';

/** Before what was not sent is lost. */
export function SigningOut({ stay, leave }: { stay: () => void; leave: () => void }) {
  return (
    <Modal label={phrases.unsentTitle} close={stay}>
      <h2>{phrases.unsentTitle}</h2>
      <p>{phrases.unsentText}</p>
      <div className="dialog-buttons">
        <button type="button" className="button quiet" onClick={leave}>{phrases.unsentDiscard}</button>
        <button type="button" className="button" data-first onClick={stay}>{phrases.unsentStay}</button>
      </div>
    </Modal>
  );
}
