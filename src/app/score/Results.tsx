import { useState } from 'react';
import type { TextScore } from '../../workers/score-text';
import { save } from '../files';
import { bytes, count } from '../format';
import { LineChart } from '../pictures/LineChart';
import { bits } from '../token-format';
import { coarser, csv, DEFINITIONS, type Figures, figuresOf, json, type Row } from './report';
import { SentenceList } from './SentenceList';

const COLUMNS: readonly (readonly [key: keyof Figures, name: string, show: (value: number) => string])[] = [
  ['tokens', 'Tokens', count],
  ['bytes', 'Size', bytes],
  ['perplexityPerWord', 'Perplexity per word', precise],
  ['perplexityPerWordWithLineEnds', 'with line ends', precise],
  ['perplexityPerToken', 'per token', precise],
  ['perplexityPerByte', 'per byte', precise],
  ['bitsPerByte', 'Bits per byte', (value) => value.toFixed(4)],
  ['natsPerToken', 'Nats per token', (value) => value.toFixed(4)],
];
const MOST_LISTED = 20;

/** 4 digits: 1.700, 52.79, 12,340, 1.23e+8. */
function precise(value: number): string {
  return value < 1e4
    ? value.toPrecision(4)
    : value < 1e6
      ? count(Number(value.toPrecision(4)))
      : value.toPrecision(3);
}

/** The figures of all texts and models, and the details of one of them. */
export function Results({ rows }: { rows: readonly Row[] }) {
  const [shown, setShown] = useState(0);
  const row = rows[Math.min(shown, rows.length - 1)];
  return (
    <>
      <h3>Results</h3>
      <div className="full-page-table">
        <table>
          <thead>
            <tr>
              <th scope="col">Text</th>
              <th scope="col">Model</th>
              {COLUMNS.map(([key, name]) => (
                <th key={key} scope="col" title={DEFINITIONS[key]}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((each, n) => (
              <ResultRow
                // biome-ignore lint/suspicious/noArrayIndexKey: two texts may have the same name
                key={n}
                row={each}
                isShown={each === row}
                onShow={() => setShown(n)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p>
        <small>
          A lower perplexity is better. To compare models, use the perplexity per word or the bits per byte,
          because models with other tokens split a text differently.
        </small>
      </p>
      <div className="full-page-actions">
        <button type="button" className="pill" onClick={() => save(csv(rows), 'scores.csv')}>
          Save as CSV
        </button>
        <button type="button" className="pill" onClick={() => save(json(rows), 'scores.json')}>
          Save as JSON
        </button>
      </div>
      <Details row={row} />
    </>
  );
}

function ResultRow({ row, isShown, onShow }: { row: Row; isShown: boolean; onShow(): void }) {
  const figures = figuresOf(row.score);
  return (
    <tr>
      <th scope="row">
        <button type="button" className="score-show" aria-pressed={isShown} onClick={onShow}>
          {row.text}
        </button>
        {row.score.isComplete ? null : <small> stopped</small>}
      </th>
      <td>{row.model.name}</td>
      {COLUMNS.map(([key, , show]) => (
        <td key={key}>{show(figures[key])}</td>
      ))}
    </tr>
  );
}

function Details({ row }: { row: Row }) {
  const { words, sentences, sentenceCount, along, tokens: total } = row.score;
  const of = `${row.text}, ${row.model.name}`;
  return (
    <section className="score-details" aria-label={of}>
      <h3>{of}</h3>
      <div className="pictures">
        <figure>
          <h4>Loss along the text</h4>
          <LossAlong along={along} tokens={total} />
          <figcaption>
            Bits per token, as means of {count(coarser(along, POINTS).every)} tokens, by the tokens before.
          </figcaption>
        </figure>
      </div>
      <h4>Most surprising words</h4>
      <ol className="score-list">
        {words.slice(0, MOST_LISTED).map(({ text, before, at, nats }) => (
          <li key={at}>
            <span>
              <span className="score-before">
                {before.length < at ? '…' : ''}
                {before.replaceAll(/\s+/g, ' ')}
              </span>
              <b>{text}</b>
            </span>
            <small>{bits(nats)}</small>
          </li>
        ))}
      </ol>
      <h4>
        Most surprising sentences <small>of {count(sentenceCount)}, by bits per token</small>
      </h4>
      <ol className="score-list">
        {sentences.slice(0, MOST_LISTED).map(({ text, at, tokens, nats }) => (
          <li key={at}>
            <span>{text}</span>
            <small>{bits(nats / tokens)}</small>
          </li>
        ))}
      </ol>
      <SentenceList key={of} row={row} />
    </section>
  );
}

const POINTS = 128;

/** Bits per token along a text. */
function LossAlong({ along, tokens }: Pick<TextScore, 'along' | 'tokens'>) {
  const { means } = coarser(along, POINTS);
  const values = Array.from(means, (mean) => mean / Math.LN2);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const label = `Loss along the text: ${mean.toFixed(1)} bits on average, from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  return (
    <LineChart values={values} label={label} end={`${count(tokens)} tokens`}>
      {({ left, right, y }) => {
        const x = (n: number) => left + ((n + 0.5) / values.length) * (right - left);
        return (
          <>
            <polyline
              className="picture-line"
              points={values.map((value, n) => `${x(n)},${y(value)}`).join(' ')}
            />
            {values.length === 1 ? (
              <circle className="picture-dot" cx={x(0)} cy={y(values[0])} r="3" />
            ) : null}
          </>
        );
      }}
    </LineChart>
  );
}
