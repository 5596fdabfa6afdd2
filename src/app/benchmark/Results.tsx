import { type ComponentProps, type ReactNode, useState } from 'react';
import type { BackendReport, DeviceReport } from '../../workers/benchmark-client';
import { bytes, count, million, milliseconds, perSecond, precisionName } from '../format';
import { SaveChart } from '../pictures/SavePicture';
import { Bars, Flatness, Memory } from './pictures';
import { isConstant, kernelShares, markdown, memoryOf, NAMES, ratio, time } from './report';

type Legend = ComponentProps<typeof SaveChart>['legend'];

/** The results: charts, a table, and buttons to copy the report. */
export function Results({ report }: { report: DeviceReport }) {
  const { backends, positions, missing, shortened, cacheBytes, model } = report;
  const far = positions.at(-1)!;
  const save = (file: string, title: string, legend: Legend, units: string, device = '') => (
    <SaveChart
      file={`benchmark-${file}`}
      title={title}
      legend={legend}
      notes={[units, `${model.name}${device && `, ${device}`}. LeaPformer Playground.`]}
    />
  );
  const perBackend = (
    file: string,
    title: string,
    legend: Legend,
    units: string,
    picture: (backend: BackendReport) => ReactNode,
  ) =>
    backends.map((backend) => (
      <div key={backend.kind} className="picture">
        {backends.length > 1 ? <h4>{NAMES[backend.kind]}</h4> : null}
        {picture(backend)}
        {save(`${file}-${backend.kind}`, title, legend, units, `${NAMES[backend.kind]}: ${backend.device}`)}
      </div>
    ));
  const state = backends[0].places[0].memory.state;
  return (
    <>
      <div className="pictures">
        <figure>
          <h3>Speed</h3>
          {perBackend('speed', 'Speed', [], 'Tokens per second.', ({ decode, prefill }) => (
            <Bars
              label="Tokens per second"
              bars={[
                {
                  label: 'Writing',
                  value: 1000 / decode.median,
                  words: `${perSecond(1000 / decode.median)} per second`,
                },
                {
                  label: 'Reading',
                  value: 1000 / prefill.median,
                  words: `${perSecond(1000 / prefill.median)} per second`,
                },
              ]}
            />
          ))}
          <figcaption>
            Tokens (words or parts of words) per second. Reading is faster, because it processes many tokens
            at a time; writing must finish one token before the next.
          </figcaption>
        </figure>
        <figure>
          <h3>Does it slow down?</h3>
          {perBackend(
            'positions',
            'Time per written token by position',
            [{ name: 'median, with its 95% interval', of: '.picture-line' }],
            'Time per token, by the number of tokens before it.',
            ({ places }) => (
              <Flatness places={places} />
            ),
          )}
          <figcaption>
            Time per written token by position, with 95% intervals. The line should be flat: token{' '}
            {count(far)} took {backends.map(({ flatness }) => ratio(flatness)).join('; ')} times as long as
            token {count(positions[0])}.
          </figcaption>
        </figure>
        <figure>
          <h3>Memory for the context</h3>
          <Memory report={report} state={state} />
          {save(
            'memory',
            'Memory for the context',
            [
              { name: 'this model, measured', of: '.picture-line' },
              { name: 'standard attention, computed', of: '.picture-other' },
            ],
            'Bytes on a logarithmic scale, by the number of tokens.',
          )}
          <figcaption>
            <b className="picture-state">This model</b> keeps a state of {bytes(state)} at any length
            (measured). <b>Standard attention</b> of the same shape would keep {bytes(cacheBytes.at(-1)!)}{' '}
            after {count(far)} tokens (computed). Log scale.
          </figcaption>
        </figure>
        {backends
          .filter(({ kernels }) => kernels?.length)
          .map((backend) => (
            <figure key={backend.kind}>
              <h3>Time per kernel</h3>
              <Bars
                label="Time per kernel"
                bars={kernelShares(backend).map(({ name, ms }) => ({
                  label: name,
                  value: ms,
                  words: milliseconds(ms),
                }))}
              />
              {save(
                `kernels-${backend.kind}`,
                'Time per kernel',
                [],
                'GPU time per token.',
                `${NAMES[backend.kind]}: ${backend.device}`,
              )}
              <figcaption>
                GPU time of each kernel per token, from GPU timestamps. The rest of the{' '}
                {milliseconds(backend.decode.median)} per token is dispatch overhead.
              </figcaption>
            </figure>
          ))}
      </div>
      {shortened ? <p>{shortened}</p> : null}
      {missing.map(({ kind, reason }) => (
        <p key={kind}>
          {NAMES[kind]} was not measured. {reason}
        </p>
      ))}
      <h3>All figures</h3>
      <div className="full-page-table">
        <table>
          <thead>
            <tr>
              <td />
              {backends.map(({ kind }) => (
                <th key={kind} scope="col">
                  {NAMES[kind]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Row name="Device" cells={backends.map(({ device }) => device)} />
            <Row name="Time per written token" cells={backends.map(({ decode }) => time(decode))} />
            <Row name="Time per read token" cells={backends.map(({ prefill }) => time(prefill))} />
            <Row
              name={`Slowdown, token ${count(far)} vs ${count(positions[0])}`}
              cells={backends.map((b) => ratio(b.flatness))}
            />
            <Row name="Memory: weights, state, other" cells={backends.map(memoryOf)} />
            <Row name="Memory constant" cells={backends.map((b) => (isConstant(b) ? 'yes' : 'no'))} />
            <Row name="Start" cells={backends.map(({ startMs }) => milliseconds(startMs))} />
          </tbody>
        </table>
      </div>
      <p>
        <small>
          {model.name}, {million(model.parameters)} parameters, {precisionName(model.precision)}. Medians,
          with 95% intervals in brackets. All {count(far)} tokens were processed.
        </small>
      </p>
      <div className="full-page-actions">
        <CopyButton words="Copy report" text={() => markdown(report)} />
        <CopyButton words="Copy as JSON" text={() => JSON.stringify(report, null, 1)} />
      </div>
    </>
  );
}

function Row({ name, cells }: { name: string; cells: readonly string[] }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {cells.map((cell, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other key
        <td key={n}>{cell}</td>
      ))}
    </tr>
  );
}

function CopyButton({ words, text }: { words: string; text(): string }) {
  const [state, setState] = useState<'' | 'Copied' | 'The browser blocked copying'>('');
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setState('Copied'),
      () => setState('The browser blocked copying'),
    );
  return (
    <>
      <button type="button" className="pill" onClick={copy}>
        {words}
      </button>
      <span role="status">{state}</span>
    </>
  );
}
