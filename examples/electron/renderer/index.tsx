import './styles/index.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { bridgeShell } from './session/bridge-shell.js';
import { electronShell } from './session/electron-shell.js';
import { putSavedTheme } from './session/theme.js';

putSavedTheme();
createRoot(document.getElementById('root')!).render(<App shell={electronShell() ?? bridgeShell()} />);
