import { useEffect } from 'react';
import { useStore } from 'zustand';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { labelOf, titleOf } from '../../store/document/article';
import { nameOf } from '../../store/library/text-storage';
import { NewCard } from '../cards/NewCard';
import { TextsCard } from '../cards/TextsCard';

/** The row above the text: the list of texts, and new ones. */
export function DocumentHead() {
  const { texts } = usePlayground();
  const runs = usePlaygroundState((state) => state.history?.present.runs) ?? [];
  const current = useStore(texts.store, (state) => state.current);
  const title = titleOf(runs)?.words;
  useEffect(() => {
    document.title = title || 'LeaPformer Playground';
  }, [title]);
  return (
    <div className="document-head">
      <TextsCard name={nameOf({ ...current, title: labelOf(runs) })} />
      <NewCard />
    </div>
  );
}
