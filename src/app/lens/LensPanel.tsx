import { useEffect, useState } from 'react';
import { ForeignText } from '../components/document/ForeignText';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { LENS_MODES, LENS_NAMES, type LensMode } from '../store/engine/lens-view';
import { useIsForeign } from '../use-tokens';
import CounterfactualView from './CounterfactualView';
import ExplainView from './ExplainView';
import MatrixView from './MatrixView';
import OverviewView from './OverviewView';
import ProportionsView from './ProportionsView';
import { useLensView, Waiting } from './parts';
import TextView from './TextView';
import { useWords } from './use-lens';
import { useChoosing } from './use-paint';

const VIEWS: Readonly<Record<LensMode, () => React.ReactNode>> = {
  text: TextView,
  matrix: MatrixView,
  proportions: ProportionsView,
  overview: OverviewView,
  counterfactual: CounterfactualView,
  explain: ExplainView,
};

/** The attention lens on the current text. Closing the panel frees the lens's memory in the engine. */
export default function LensPanel() {
  const playground = usePlayground();
  const [{ mode, layer, head }, set] = useLensView();
  const engine = usePlaygroundState((state) => state.engine);
  const [isLarge, setLarge] = useState(false);
  const isEmpty = usePlaygroundState(({ history }) => !history?.present.runs.some(({ text }) => text));
  useChosenToken();
  useChoosing();
  useEffect(() => () => playground.lens.close(), [playground]);
  const isForeign = useIsForeign();
  const config = engine.phase === 'ready' ? engine.info.config : null;
  // A link may name a layer and a head of a larger model.
  const isThere = config ? layer < config.layers && head < config.heads : true;
  useEffect(() => {
    if (!isThere) playground.lens.set({ layer: 0, head: 0 });
  }, [playground, isThere]);
  const View = VIEWS[mode];
  return (
    <div className={mode === 'text' ? 'lens' : isLarge ? 'lens wide large' : 'lens wide'}>
      <fieldset className="lens-modes" aria-label="View">
        {LENS_MODES.map((view) => (
          <button key={view} type="button" aria-pressed={view === mode} onClick={() => set({ mode: view })}>
            {LENS_NAMES[view]}
          </button>
        ))}
        {mode === 'text' ? null : (
          <button
            type="button"
            className="lens-enlarge"
            aria-pressed={isLarge}
            onClick={() => setLarge(!isLarge)}
          >
            Large
          </button>
        )}
      </fieldset>
      {isEmpty ? (
        <Waiting>The lens needs a text. Write one, or press Generate.</Waiting>
      ) : isForeign ? (
        <ForeignText />
      ) : config && isThere ? (
        <View />
      ) : engine.phase === 'loading' ? (
        <Waiting>Opens when the model has loaded.</Waiting>
      ) : (
        <Waiting>The lens needs the model.</Waiting>
      )}
    </div>
  );
}

/** Frames the lens's token in the text, once the whole text is encoded. */
function useChosenToken(): void {
  const { tokens, lens } = usePlayground();
  const { index } = useWords();
  const token = usePlaygroundState((state) => state.lens.token);
  useEffect(() => {
    if (!index.isComplete) return;
    if (token !== null && token >= index.count) lens.set({ token: null });
    else if (tokens.getState().chosen !== token) tokens.setState({ chosen: token });
  }, [tokens, lens, index, token]);
}
