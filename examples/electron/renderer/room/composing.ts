/**
 * What is being written: a new message, an answer, or a change of an old one. A change puts the draft
 * aside, and it comes back after. A value and its transitions; the composer draws it.
 */
import type { TimelineItem } from 'causerie';

export interface Composing {
  readonly text: string;
  readonly replyTo: TimelineItem | null;
  readonly editing: TimelineItem | null;
  /** The draft that waits while something is changed. */
  readonly aside: string;
}

export const NOTHING: Composing = { text: '', replyTo: null, editing: null, aside: '' };

export type Step =
  | { readonly kind: 'typed'; readonly text: string }
  | { readonly kind: 'reply'; readonly item: TimelineItem }
  | { readonly kind: 'edit'; readonly item: TimelineItem }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'done' }
  /** The draft of the last time; what was typed meanwhile goes before it. */
  | { readonly kind: 'restore'; readonly draft: string };

export function compose(now: Composing, step: Step): Composing {
  switch (step.kind) {
    case 'typed': return { ...now, text: step.text };
    case 'reply': return { ...leaveEdit(now), replyTo: step.item };
    case 'edit': return { text: step.item.text ?? '', replyTo: null, editing: step.item, aside: now.editing === null ? now.text : now.aside };
    case 'cancel':
    case 'done': return now.editing !== null ? leaveEdit(now) : { ...now, replyTo: null, text: step.kind === 'done' ? '' : now.text };
    case 'restore': return now.text === '' && now.editing === null ? { ...now, text: step.draft } : now;
  }
}

/** What is kept as the conversation's draft. */
export function draftOf(now: Composing): string {
  return now.editing === null ? now.text : now.aside;
}

function leaveEdit(now: Composing): Composing {
  return now.editing === null ? now : { ...now, text: now.aside, editing: null, aside: '' };
}
