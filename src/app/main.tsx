import '@fontsource-variable/inter';
import '@fontsource-variable/literata';
import './styles/tokens.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/narrow.css';
import './styles/document.css';
import './styles/panels.css';
import './styles/cards.css';
import './styles/settings.css';
import './styles/token.css';
import './styles/branches.css';
import './styles/compare.css';
import './styles/find.css';
import './styles/lens.css';
import './styles/lens-words.css';
import './styles/lens-heads.css';
import './styles/lens-frame.css';
import './styles/lens-pictures.css';
import './styles/embed.css';
import './styles/full-page.css';
import './benchmark/benchmark.css';
import './score/score.css';
import './teach/teach.css';
import './translate/translate.css';
import './styles/parts.css';
import './styles/touch.css';
import './styles/forced-colors.css';
import './styles/print.css';
import { createRoot } from 'react-dom/client';
import { createEngine } from '../workers/client';
import { App } from './App';
import { chosenBackend, embeddedView } from './address';
import { Boundary, NotLoaded } from './components/Guard';
import { LastResort } from './components/LastResort';
import { late } from './components/late';
import { findModel } from './models';
import { openChosenDemo, openExample, openLink } from './opening';
import { PlaygroundContext } from './playground-context';
import { BrowserTexts } from './store/library/browser-texts';
import { MemoryTexts } from './store/library/memory-texts';
import { Playground } from './store/playground';
import { DEFAULTS } from './store/settings/settings';
import { keepSettings, readSettings } from './store/settings/settings-storage';
import { followKeyboard } from './workarounds/on-screen-keyboard';
import { trustOwnAddresses } from './workarounds/trusted-addresses';

trustOwnAddresses();

const EmbeddedLens = late(() => import('./lens/EmbeddedLens'), { name: 'The lens' });

const isEmbedded = embeddedView() !== null;
const settings = isEmbedded ? DEFAULTS : readSettings();
const playground = new Playground({
  createEngine,
  findModel,
  nextFrame,
  storage: isEmbedded ? new MemoryTexts() : new BrowserTexts(), // a frame must not change what the reader keeps
  randomSeed: () => crypto.getRandomValues(new Uint32Array(1))[0],
  settings: { ...settings, backend: chosenBackend() ?? settings.backend },
});

Object.assign(globalThis, { playground }); // for the browser's console and for tests

createRoot(document.getElementById('root')!, { onCaughtError }).render(
  <PlaygroundContext value={playground}>
    <Boundary fallback={(error) => <LastResort error={error} />}>
      {isEmbedded ? <EmbeddedLens /> : <App />}
    </Boundary>
  </PlaygroundContext>,
);

/** NotLoaded is not logged, because the browser already logs a file that did not load. */
function onCaughtError(error: unknown): void {
  if (!(error instanceof NotLoaded)) console.error(error);
}

if (!isEmbedded) keepWork();
playground.texts.begin().then(async () => {
  await openLink(playground);
  await openChosenDemo(playground);
  playground.load();
  await openExample(playground);
});
addEventListener('hashchange', () => openLink(playground));

/** Keeps the settings and the text of this page, also when it closes. */
function keepWork(): void {
  keepSettings(playground.store, () => chosenBackend() !== null);
  followKeyboard();
  const leave = () => playground.texts.leave();
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', leave); // the browser may discard a hidden page without another event
  addEventListener('beforeunload', (event) => {
    if (!leave()) event.preventDefault(); // the browser asks whether to leave
  });
}

const LATE = 200; // ms to wait for a frame at most

/** Resolves at the next frame; at once in a hidden tab, which draws no frames. */
function nextFrame(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
    setTimeout(resolve, LATE);
  });
}
