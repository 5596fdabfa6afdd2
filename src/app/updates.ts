import { create } from 'zustand';
import { preloaded } from './components/late';

/** Whether a new version of the page is ready: the function that opens it, else null. */
export const useUpdate = create<{ readonly open: (() => void) | null }>(() => ({ open: null }));

const serviceWorker = preloaded(() => import('virtual:pwa-register'));
let started = false;

/** Starts the service worker, which keeps the page for visits without a network and looks for a new version. */
export async function keepPage(): Promise<void> {
  if (started) return;
  started = true;
  const { registerSW } = await serviceWorker();
  const update = registerSW({
    immediate: true,
    onNeedRefresh: () => useUpdate.setState({ open: () => void update(true) }),
  });
}
