import { textBetween } from '../../../model/text/text';
import { TokenIndex } from '../../../model/text/token-index';
import type { StoredExample } from '../../examples';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { useIsForeign } from '../../use-tokens';

/** Two things to try with the example. */
export function Try({ example: { showpiece } }: { example: StoredExample }) {
  const playground = usePlayground();
  const isForeign = useIsForeign();
  const word = usePlaygroundState(({ history }) => {
    const { runs } = history!.present;
    const { from, to } = new TokenIndex(runs).token(showpiece.query);
    return textBetween(runs, from, to).trim();
  });
  if (isForeign) return null;
  const look = () => {
    const { layer, head, query } = showpiece;
    playground.lens.set({ spread: 'head', layer, head, token: query });
    playground.show('lens');
  };
  const colour = () => {
    playground.inspection.set({ measure: 'surprise' });
    playground.show('token');
    const { engine, work } = playground.store.getState();
    if (engine.phase === 'ready' && work.phase === 'idle') void playground.inspection.readText();
  };
  return (
    <div className="try">
      <span id="try">Try</span>
      <ul aria-labelledby="try">
        <li>
          <button type="button" className="pill" onClick={look}>
            See what “{word}” looks back at
          </button>
        </li>
        <li>
          <button type="button" className="pill" onClick={colour}>
            Colour surprising words
          </button>
        </li>
      </ul>
    </div>
  );
}
