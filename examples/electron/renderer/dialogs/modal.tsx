import { type ReactNode, useEffect, useRef, useState } from 'react';

/** A dialog. The browser keeps the focus in it; it begins at what is marked `data-first`, and goes back after. */
export function Modal({ label, className = '', close, children }: { label: string; className?: string; close: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [before] = useState(() => document.activeElement);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    element.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      element.close();
      // A conversation that was opened takes the focus after this.
      if (before instanceof HTMLElement) before.focus();
    };
  }, [before]);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onCancel={(event) => { event.preventDefault(); close(); }}
      onClick={(event) => { if (event.target === dialog.current) close(); }}
    >
      <div className="dialog">{children}</div>
    </dialog>
  );
}
