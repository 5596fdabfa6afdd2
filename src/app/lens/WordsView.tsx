import { useStore } from 'zustand';
import { positionOf } from '../../model/text/token-index';
import { Select } from '../components/controls/Choice';
import { usePlayground } from '../playground-context';
import { attentionColour } from '../tint-scale';
import { percent } from '../token-format';
import { TokenStepper, useLensView } from './parts';
import { isDecayed, MOST_LISTED, points, type Reading, type SeenWord, stages } from './reading';
import { WordButton } from './Sentence';
import type { Words } from './use-lens';

/** The words with the largest shares: by similarity alone, with proportions, and with decay where it differs. */
export function WordsView({ reading, words }: { reading: Reading; words: Words }) {
  const [{ measure }, set] = useLensView();
  const listed = reading.words.slice(0, MOST_LISTED);
  const isShare = reading.measure === 'share';
  const most = Math.max(
    ...listed.flatMap((word) => (isShare ? stages(reading, word) : [Math.abs(word.share)])),
  );
  return (
    <>
      <table className="lens-rows">
        <caption className="for-listeners">Largest shares</caption>
        <colgroup>
          <col className="lens-name" />
          <col />
          <col className="lens-shares" />
        </colgroup>
        <tbody>
          {listed.map((word) => (
            <tr key={word.from}>
              <th scope="row">
                <WordButton word={word} />
              </th>
              <td className="lens-track" aria-hidden="true">
                <Track reading={reading} word={word} most={most} />
              </td>
              <td className="lens-number">
                {isShare ? <Stages reading={reading} word={word} /> : <b>{percent(word.share)}</b>}
              </td>
            </tr>
          ))}
          {reading.start > 0 ? (
            <tr>
              <th scope="row">Earlier text</th>
              <td className="lens-where">counts as one sum</td>
              <td className="lens-number">
                <b>{isShare ? points(reading.earlier) : percent(reading.earlier)}</b>
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
      <Key reading={reading} listed={listed} />
      <div className="lens-line">
        <Hovered reading={reading} />
        <Select
          name="Measure"
          value={measure}
          options={[
            { value: 'share', name: 'attention' },
            { value: 'output', name: 'contribution' },
          ]}
          onChange={(measure) => set({ measure })}
        />
      </div>
      <TokenStepper words={words} />
    </>
  );
}

/** “9% → 49%” */
function Stages({ reading, word }: { reading: Reading; word: SeenWord }) {
  const all = stages(reading, word).map(points);
  return (
    <>
      {all.slice(0, -1).map((share) => `${share} → `)}
      <b>{all.at(-1)}</b>
    </>
  );
}

function Track({ reading, word, most }: { reading: Reading; word: SeenWord; most: number }) {
  const at = (share: number) => `${(94 * Math.abs(share)) / (most || 1)}%`;
  if (reading.measure === 'output')
    return (
      <i className={word.share < 0 ? 'lens-sum negative' : 'lens-sum'} style={{ width: at(word.share) }} />
    );
  const { similarity, reweighted, share } = word;
  const [low, high] = [Math.min(similarity, reweighted), Math.max(similarity, reweighted)];
  return (
    <>
      <i style={{ left: at(low), width: at(high - low) }} />
      <u style={{ left: at(similarity) }} />
      {reading.proportions === 'none' ? null : <s style={{ left: at(reweighted) }} />}
      {isDecayed(word) ? <q style={{ left: at(share) }} /> : null}
    </>
  );
}

const PROPORTIONS = { learned: 'with learned proportions', static: 'with proportions by position', none: '' };

function Key({ reading, listed }: { reading: Reading; listed: readonly SeenWord[] }) {
  const largest = reading.words[0]?.share ?? 0;
  return (
    <ul className="lens-key">
      {reading.measure === 'output' ? null : (
        <>
          <li>
            <i className="hollow" /> similarity alone
          </li>
          {reading.proportions === 'none' ? null : (
            <li>
              <i className="full" /> {PROPORTIONS[reading.proportions]}
            </li>
          )}
          {listed.some(isDecayed) ? (
            <li>
              <i className="tick" /> with {reading.hasDecay ? 'decay' : 'earlier text'}
            </li>
          ) : null}
        </>
      )}
      <li>
        under 1%
        <i className="ramp" style={{ background: `linear-gradient(to right, ${RAMP.join()})` }} />
        {points(largest)} of attention
      </li>
    </ul>
  );
}

const RAMP = Array.from({ length: 6 }, (_, n) => attentionColour((n + 1) / 6));

function Hovered({ reading }: { reading: Reading }) {
  const { tokens } = usePlayground();
  const hovered = useStore(tokens, (state) => state.hovered);
  const word = reading.words.find(
    ({ from, to }) => hovered !== null && from <= positionOf(hovered) && positionOf(hovered) <= to,
  );
  if (!word) return <p className="lens-hovered">Hover a word for its share.</p>;
  return (
    <p className="lens-hovered">
      “{word.name}”: {percent(word.share)}
      {word.back === 0 ? '' : word.back === 1 ? ', 1 token earlier' : `, ${word.back} tokens earlier`}
    </p>
  );
}
