import { useState } from 'react';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'theme';
const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];

function saved(): Theme {
  const value = localStorage.getItem(KEY);
  return ORDER.find((theme) => theme === value) ?? 'auto';
}

function put(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Before the first drawing, so that nothing flashes. */
export function putSavedTheme(): void {
  put(saved());
}

/** The colours, and what goes on to the next: as the system, light, dark. Kept for the next start. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(saved);
  return [theme, () => {
    const next = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;
    localStorage.setItem(KEY, next);
    put(next);
    setTheme(next);
  }];
}
