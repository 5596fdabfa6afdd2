import { type StoredExample, showpieceWord } from '../../examples';
import { usePlayground } from '../../playground-context';
import { useIsForeign } from '../../use-tokens';

/** Two things to try with the example. */
export function Try({ example }: { example: StoredExample }) {
  const playground = usePlayground();
  const isForeign = useIsForeign();
  if (isForeign) return null;
  const look = () => {
    const { layer, head, query } = example.showpiece;
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
            See what “{showpieceWord(example)}” looks back at
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
