// biome-ignore lint/style/noRestrictedImports: the only use of lazy
import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { retryable } from '../workarounds/failed-imports';
import { Guard, NotLoaded, type Part } from './Guard';

interface Meanwhile {
  /** Content while the part loads, and below the message if it fails. */
  meanwhile?(hasFailed: boolean): ReactNode;
}

/** The loaders of all late parts. */
const loaders = new Set<() => Promise<unknown>>();

/**
 * A component that loads when it is first shown. All lazy loading in the page goes through this function. If the part
 * does not load, or throws while it renders, only that part fails (Guard.tsx). It loads again when the user opens it
 * again, when the network is back, and when the user presses "Try again".
 */
export function late<P extends object>(first: () => Promise<{ default: ComponentType<P> }>, part: Part) {
  const load = retryable(first);
  let Loaded: ComponentType<P> | null = null;
  const attempt = () => {
    // React's lazy caches a failure, so the next attempt needs a new lazy component.
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
  /** Preloads the part. A failure shows only when the part opens. */
  Late.preload = () => void ahead(load).catch(() => {});
  return Late;
}

/** A module that is not a component, and is loaded when it is first used, or ahead of need with the late parts. */
export function preloaded<T>(first: () => Promise<T>): () => Promise<T> {
  const load = retryable(first);
  loaders.add(load);
  return load;
}

/** Loads the parts one after another, so that they open offline; stops at the first that does not load. */
export async function preloadAll(): Promise<void> {
  try {
    for (const load of loaders) await ahead(load); // a part registers its own late parts when it loads
  } catch {}
}

/** Loads only while online: Firefox caches a failed load until the page reloads. */
async function ahead(load: () => Promise<unknown>): Promise<void> {
  if (navigator.onLine) await load();
}
