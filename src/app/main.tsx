import '@fontsource-variable/inter';
import '@fontsource-variable/literata';
import './styles/tokens.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/document.css';
import './styles/panels.css';
import './styles/cards.css';
import './styles/settings.css';
import './styles/token.css';
import './styles/branches.css';
import './styles/compare.css';
import './styles/find.css';
import './styles/lens.css';
import './styles/lens-pictures.css';
import './benchmark/benchmark.css';
import './styles/parts.css';
import './styles/touch.css';
import './styles/forced-colors.css';
import './styles/print.css';
import { createRoot } from 'react-dom/client';
import { createEngine } from '../workers/client';
import { App } from './App';
import { chosenBackend, takeFragment } from './address';
import { Boundary, NotLoaded } from './components/Guard';
import { LastResort } from './components/LastResort';
import { FINISHED } from './examples';
import { findModel } from './models';
import { PlaygroundContext } from './playground-context';
import { BrowserTexts } from './store/library/browser-texts';
import { openText } from './store/links/sharing';
import { Playground } from './store/playground';
import { keepSettings, readSettings } from './store/settings/settings-storage';
import { followKeyboard } from './workarounds/on-screen-keyboard';

const settings = readSettings();
const playground = new Playground({
  createEngine,
  findModel,
  nextFrame,
  storage: new BrowserTexts(),
  randomSeed: () => crypto.getRandomValues(new Uint32Array(1))[0],
  settings: { ...settings, backend: chosenBackend() ?? settings.backend },
});

Object.assign(globalThis, { playground }); // for the browser's console, and tests

createRoot(document.getElementById('root')!, { onCaughtError }).render(
  <PlaygroundContext value={playground}>
    <Boundary fallback={(error) => <LastResort error={error} />}>
      <App />
    </Boundary>
  </PlaygroundContext>,
);

/** The browser itself reports a file that did not load. */
function onCaughtError(error: unknown): void {
  if (!(error instanceof NotLoaded)) console.error(error);
}

keepSettings(playground.store, () => chosenBackend() !== null);
followKeyboard();
const leave = () => playground.texts.leave();
addEventListener('pagehide', leave);
document.addEventListener('visibilitychange', leave); // a hidden page may be discarded without another event
addEventListener('beforeunload', (event) => {
  if (!leave()) event.preventDefault(); // the browser asks
});
playground.texts.begin(FINISHED).then(async () => {
  await openLink();
  playground.load();
});
addEventListener('hashchange', openLink);

/** A text that the address brings; before the model is loaded, so that it may be the text's. */
async function openLink(): Promise<void> {
  const fragment = takeFragment();
  if (fragment) await openText(playground, fragment, 'link');
}

const LATE = 200; // ms after which a frame that does not come is not waited for

/** The next frame; at once in a hidden tab, which has none. */
function nextFrame(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
    setTimeout(resolve, LATE);
  });
}
