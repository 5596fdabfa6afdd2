import { useEffect, useState } from 'react';
import { EXAMPLES, isExample, type StoredExample } from './examples';
import { usePlaygroundState } from './playground-context';

/** The example that the page shows; null if it shows another text, or if the example has changed. */
export function useExample(): StoredExample | null {
  const text = usePlaygroundState((state) => state.history?.present);
  const id = text?.model?.id;
  const [example, setExample] = useState<StoredExample | null>(null);
  useEffect(() => {
    if (id) EXAMPLES[id]?.().then(setExample, () => {}); // without it, the page offers less to try
  }, [id]);
  return text && example && isExample(text, example) ? example : null;
}
