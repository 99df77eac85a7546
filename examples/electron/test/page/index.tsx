/** The renderer over a client without a core: `?count=10000&loaded=10000`. */
import '../../renderer/styles/index.css';
import { CauserieProvider } from 'causerie/react';
import { createRoot } from 'react-dom/client';
import { Chat } from '../../renderer/chat.js';
import { NoticesProvider } from '../../renderer/session/notices.js';
import { type Fake, fake } from './fake.js';

declare global {
  interface Window {
    fake: Fake;
  }
}

const address = new URLSearchParams(location.search);
window.fake = fake(Number(address.get('count') ?? 10_000), Number(address.get('loaded') ?? 60));
sessionStorage.setItem('open', 'c');
createRoot(document.getElementById('root')!).render(
  <CauserieProvider client={window.fake.client}>
    <NoticesProvider><Chat client={window.fake.client} leave={() => {}} /></NoticesProvider>
  </CauserieProvider>,
);
