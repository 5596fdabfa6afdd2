import { useEffect, useMemo } from 'react';
import { numberAt } from '../../model/text/token-index';
import type { EngineInfo } from '../../workers/messages';
import { ForeignText } from '../components/document/ForeignText';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { LENS_MODES, LENS_NAMES, type LensMode } from '../store/engine/lens-view';
import type { Label } from '../store/token-view';
import { useIsForeign } from '../use-tokens';
import { HeadGrid } from './HeadGrid';
import { HeadsView } from './HeadsView';
import MatrixView from './MatrixView';
import { Method } from './Method';
import { markIds } from './marks';
import { ProportionsSwitch } from './ProportionsSwitch';
import ProportionsView from './ProportionsView';
import { Problem, useLensView, Waiting } from './parts';
import { points, type Reading, sharesByWord } from './reading';
import { Sentence, useReading } from './Sentence';
import { Tour } from './Tour';
import { useCanRun, useLens, useWords } from './use-lens';
import { useOpening } from './use-opening';
import { useChoosing, useLabels, usePaint } from './use-paint';
import { WordsView } from './WordsView';

interface Props {
  /** Shows the view alone, without the controls of the pane. */
  readonly isAlone?: boolean;
}

/** The attention lens on the current text. Closing the panel frees the lens's memory in the engine. */
export default function LensPanel({ isAlone = false }: Props) {
  const playground = usePlayground();
  const [{ layer, head }] = useLensView();
  const engine = usePlaygroundState((state) => state.engine);
  const isEmpty = usePlaygroundState(({ history }) => !history?.present.runs.some(({ text }) => text));
  useChosenToken();
  useChoosing();
  useEffect(() => () => playground.lens.close(), [playground]);
  const isForeign = useIsForeign();
  const info = engine.phase === 'ready' ? engine.info : null;
  // A link may name a layer and a head of a larger model.
  const isThere = info ? layer < info.config.layers && head < info.config.heads : true;
  useEffect(() => {
    if (!isThere) playground.lens.set({ layer: 0, head: 0 });
  }, [playground, isThere]);
  return (
    <div className="lens">
      {isEmpty ? (
        <Waiting>The lens needs a text. Write one, or press Generate.</Waiting>
      ) : isForeign ? (
        <ForeignText />
      ) : info && isThere ? (
        <Pane info={info} isAlone={isAlone} />
      ) : engine.phase === 'loading' ? (
        <Waiting>Opens when the model has loaded.</Waiting>
      ) : (
        <Waiting>The lens needs the model.</Waiting>
      )}
    </div>
  );
}

/** The matrix and the proportions are of one head. */
const OF_ONE_HEAD: readonly LensMode[] = ['matrix', 'proportions'];

function Pane({ info, isAlone }: { info: EngineInfo; isAlone: boolean }) {
  const { config, vocabulary } = info;
  const [{ mode, layer, head, spread, measure, proportions }] = useLensView();
  const words = useWords();
  const { isOpen, showpiece } = useOpening(info, words);
  const canRun = useCanRun() && isOpen;
  const isWriting = usePlaygroundState(({ work }) => work.phase !== 'idle');
  const isOfHead = OF_ONE_HEAD.includes(mode);
  const mean = isOfHead ? 'head' : spread;
  const row = useLens(
    'row',
    {
      layer: mean === 'all' ? null : layer,
      head: mean === 'head' ? head : null,
      measure: mode === 'text' ? measure : 'share',
    },
    canRun,
  );
  const marks = useMemo(() => markIds(vocabulary, config.bosTokenId), [vocabulary, config]);
  const heads = useLens(
    'overview',
    { every: isWriting ? 8 : 1, marks },
    canRun && (!isAlone || mode === 'overview'),
  );
  const changed = useLens('counterfactual', {}, proportions !== 'learned' && canRun && !isAlone);
  const asked = useMemo(
    () => (OF_ONE_HEAD.includes(row.view.mode) ? { ...row.view, spread: 'head' as const } : row.view),
    [row.view],
  );
  const found = useReading(row.answer, asked, words);
  const count = row.answer?.answer.shares.length ?? 0;
  const painted = useMemo(
    () => (found && mode !== 'matrix' ? sharesByWord(found.reading.words, found.reading.start, count) : null),
    [found, mode, count],
  );
  usePaint(row.answer?.start ?? 0, painted);
  useLabels(useMemo(() => (found && mode !== 'matrix' ? largest(found.reading) : null), [found, mode]));
  const runs = proportions !== 'learned' && changed.view.proportions === proportions ? changed.answer : null;
  const perplexities = runs && ([runs.answer.learned.perplexity, runs.answer.changed.perplexity] as const);
  const shown = found && {
    model: { id: info.manifest.id, digest: info.manifest.digest },
    ...found,
    start: row.answer?.start ?? 0,
    count: row.answer?.count ?? 0,
    heads: heads.answer?.answer.heads ?? null,
    perplexities,
  };
  const view = (
    <>
      {row.problem ? <Problem problem={row.problem} /> : found ? <Sentence {...found} /> : <Waiting />}
      {isAlone ? null : <Modes />}
      <div className="lens-view">
        {mode === 'matrix' ? (
          <MatrixView />
        ) : mode === 'proportions' ? (
          <ProportionsView />
        ) : mode === 'overview' ? (
          <HeadsView overview={heads.answer} />
        ) : found ? (
          <WordsView reading={found.reading} words={words} />
        ) : null}
      </div>
    </>
  );
  if (isAlone) return view;
  return (
    <>
      {found ? (
        <Tour
          facts={{ info, ...found, overview: heads.answer, tokens: row.answer?.count ?? 0, perplexities }}
          showpiece={showpiece}
        />
      ) : null}
      {view}
      <HeadGrid
        config={config}
        overview={heads.answer}
        isReweighted={config.isReweighted && heads.view.proportions !== 'none'}
        isOfHead={isOfHead}
        showpiece={showpiece}
      />
      {config.reweighting === 'leap' ? <ProportionsSwitch looking={changed} words={words} /> : null}
      <Method answer={row.answer} shown={shown} />
    </>
  );
}

function Modes() {
  const [{ mode }, set] = useLensView();
  return (
    <fieldset className="lens-modes" aria-label="View">
      {LENS_MODES.map((view) => (
        <button key={view} type="button" aria-pressed={view === mode} onClick={() => set({ mode: view })}>
          {LENS_NAMES[view]}
        </button>
      ))}
    </fieldset>
  );
}

const MOST_LABELLED = 3;
const LEAST_LABELLED = 0.01;

/** The shares of the words with the largest ones, as labels of the text. */
function largest({ words }: Reading): Label[] {
  return words
    .filter(({ to, share }) => numberAt(to) >= 0 && Math.abs(share) >= LEAST_LABELLED)
    .slice(0, MOST_LABELLED)
    .map(({ to, share }) => ({ token: numberAt(to), words: points(share) }));
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
