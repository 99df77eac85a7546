// A page for React to draw in, without a browser.

import { Window } from 'happy-dom';
import { createRequire } from 'node:module';
import { until } from '../electron/pair.mjs';

const window = new Window({ url: 'https://chat.example' });
for (const name of ['window', 'document', 'navigator', 'HTMLElement', 'HTMLIFrameElement', 'Node', 'Event']) {
  const value = name === 'window' ? window : window[name];
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

// As an app that bundles would have it: one React, the one that the hooks find.
const require = createRequire(import.meta.url);
export const { StrictMode, act, createElement, useEffect } = require('react');
const { createRoot } = require('react-dom/client');

/** Draws a component, and gives what draws it anew and what takes it away. */
export async function draw(element, { strict = false } = {}) {
  const root = createRoot(document.createElement('div'));
  const wrapped = (one) => (strict ? createElement(StrictMode, null, one) : one);
  await act(() => root.render(wrapped(element)));
  return {
    again: (one) => act(() => root.render(wrapped(one))),
    unmount: () => act(() => root.unmount()),
  };
}

/** Lets React draw until it holds. */
export async function drawn(holds) {
  await until(holds, act);
}
