// biome-ignore lint/style/noRestrictedImports: lazy is used here alone
import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { Guard, NotLoaded, type Part } from './Guard';

interface Meanwhile {
  /** Stands there while the part loads, and below the message if it fails. */
  meanwhile?(hasFailed: boolean): ReactNode;
}

/** Of every part that may be opened later. */
const loaders = new Set<() => Promise<unknown>>();

/**
 * A component that is loaded when it is first shown: the one way to load a part of the page later. A part that does not
 * load, or throws while it renders, costs that part alone (Guard.tsx). It is asked for again when it is opened again,
 * when the network is back, and by a button.
 */
export function late<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, part: Part) {
  let Loaded: ComponentType<P> | null = null;
  const attempt = () => {
    // React's lazy remembers a failure for good: the next attempt has one of its own.
    Loaded ??= lazy(() =>
      load().catch((cause) => {
        Loaded = null;
        throw new NotLoaded(`${part.name} did not load.`, { cause });
      }),
    );
    return Loaded;
  };
  loaders.add(load);

  function Late({ meanwhile, ...props }: P & Meanwhile) {
    const [Component, setComponent] = useState(attempt);
    return (
      <Guard part={part} onAgain={() => setComponent(attempt)} meanwhile={() => meanwhile?.(true)}>
        <Suspense fallback={meanwhile?.(false)}>
          <Component {...(props as unknown as P)} />
        </Suspense>
      </Guard>
    );
  }
  /** Loads it ahead of need; a failure shows when it is needed. */
  Late.preload = () => void ahead(load).catch(() => {});
  return Late;
}

/** Loads the parts one after another, so that they open without the network too; gives up when one does not load. */
export async function preloadAll(): Promise<void> {
  try {
    for (const load of loaders) await ahead(load); // a part adds its own parts when it is loaded
  } catch {}
}

/** Asks only where an answer is likely: Firefox remembers a file that did not come until the page is loaded anew. */
async function ahead(load: () => Promise<unknown>): Promise<void> {
  if (navigator.onLine) await load();
}
