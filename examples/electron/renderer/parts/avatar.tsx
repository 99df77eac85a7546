import { initials, tintOf } from '../words/names.js';

/** Initials in a person's colour. For the eye only: the name stands beside it. */
export function Avatar({ id, name, small = false, square = false }: { id: string; name: string; small?: boolean; square?: boolean }) {
  return (
    <span aria-hidden="true" className={`avatar tint-${tintOf(id)}${small ? ' small' : ''}${square ? ' square' : ''}`}>
      {initials(name)}
    </span>
  );
}
