/** How many colours `styles/tokens.css` has for people. */
const TINTS = 8;

/** What to call a user of whom no name is known: their id, as a name is written. */
export function nameFromId(userId: string): string {
  return userId.replace(/(^|[\s._-])(\p{Ll})/gu, (_, before: string, letter: string) =>
    (before === '' ? '' : ' ') + letter.toUpperCase());
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letter = (word: string | undefined) => [...(word ?? '')].find((char) => /[\p{L}\p{N}]/u.test(char)) ?? '';
  const last = words.length > 1 ? letter(words[words.length - 1]) : '';
  return (letter(words[0]) + last).toUpperCase() || '?';
}

/** The colour of a user or a conversation: always the same one for the same id. */
export function tintOf(id: string): number {
  let hash = 2166136261;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  // The last bits of the hash above follow the last letters: all of it takes part.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % TINTS + 1;
}
