import { usePlaygroundState } from '../playground-context';
import { titleOf } from '../store/document/article';
import { PROPORTION_NAMES } from '../store/engine/lens-view';

/** What a picture of the lens is of, in words: the text, the model, and changed proportions. */
export function useSource(): string {
  const title = usePlaygroundState(({ history }) => titleOf(history?.present.runs ?? [])?.words);
  const model = usePlaygroundState(({ engine }) =>
    engine.phase === 'ready' ? engine.info.manifest.name : '',
  );
  const proportions = usePlaygroundState(({ lens }) => lens.proportions);
  const changed =
    proportions === 'learned' ? '' : ` Proportions: ${PROPORTION_NAMES[proportions].toLowerCase()}.`;
  return `${title ? `“${title}”, ` : ''}${model}, LeaPformer Playground.${changed}`;
}
