import { type ReactNode, useState } from 'react';
import type { BackendReport, DeviceReport } from '../../workers/benchmark-client';
import { bytes, count, million, milliseconds, perSecond } from '../format';
import { Bars, Flatness, Memory } from './pictures';
import { isConstant, kernelShares, markdown, memoryOf, NAMES, ratio, time } from './report';

/** What was measured: pictures, then the numbers, then the report to take along. */
export function Results({ report }: { report: DeviceReport }) {
  const { backends, positions, missing, shortened, cacheBytes, model } = report;
  const far = positions.at(-1)!;
  const perBackend = (picture: (backend: BackendReport) => ReactNode) =>
    backends.map((backend) => (
      <div key={backend.kind}>
        {backends.length > 1 ? <h4>{NAMES[backend.kind]}</h4> : null}
        {picture(backend)}
      </div>
    ));
  const state = backends[0].places[0].memory.state;
  return (
    <>
      <div className="pictures">
        <figure>
          <h3>Speed</h3>
          {perBackend(({ decode, prefill }) => (
            <Bars
              label="Tokens a second"
              bars={[
                {
                  label: 'Writing',
                  value: 1000 / decode.median,
                  words: `${perSecond(1000 / decode.median)} a second`,
                },
                {
                  label: 'Reading',
                  value: 1000 / prefill.median,
                  words: `${perSecond(1000 / prefill.median)} a second`,
                },
              ]}
            />
          ))}
          <figcaption>
            Tokens (words or pieces of words) a second. Reading is quicker: tokens that are known can be taken
            many at a time, while writing must finish one before it begins the next.
          </figcaption>
        </figure>
        <figure>
          <h3>Does it slow down?</h3>
          {perBackend(({ places }) => (
            <Flatness places={places} />
          ))}
          <figcaption>
            Time to write a token after so many tokens before it, with 95% intervals. The line should be flat:
            a token at {count(far)} took {backends.map(({ flatness }) => ratio(flatness)).join('; ')} times
            what one at {count(positions[0])} took.
          </figcaption>
        </figure>
        <figure>
          <h3>Memory of the past</h3>
          <Memory report={report} state={state} />
          <figcaption>
            <b className="picture-state">This model</b> keeps its past in a state of {bytes(state)}, whatever
            its length (measured). <b>Ordinary attention</b> of the same shape would keep{' '}
            {bytes(cacheBytes.at(-1)!)} after {count(far)} tokens (computed). Each step upwards is a factor.
          </figcaption>
        </figure>
        {backends
          .filter(({ kernels }) => kernels?.length)
          .map((backend) => (
            <figure key={backend.kind}>
              <h3>Inside one token</h3>
              <Bars
                label="Time of each kernel"
                bars={kernelShares(backend).map(({ name, ms }) => ({
                  label: name,
                  value: ms,
                  words: milliseconds(ms),
                }))}
              />
              <figcaption>
                The programs (kernels) that the graphics processor runs for each token, by its own clock. What
                is missing to {milliseconds(backend.decode.median)} a token goes into handing work over.
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
      <h3>In numbers</h3>
      <div className="benchmark-table">
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
            <Row name="Writing a token" cells={backends.map(({ decode }) => time(decode))} />
            <Row name="Reading a token" cells={backends.map(({ prefill }) => time(prefill))} />
            <Row
              name={`Time at ${count(far)} over ${count(positions[0])}`}
              cells={backends.map((b) => ratio(b.flatness))}
            />
            <Row name="Memory: weights, state, all else" cells={backends.map(memoryOf)} />
            <Row
              name="The same bytes everywhere"
              cells={backends.map((b) => (isConstant(b) ? 'yes' : 'no'))}
            />
            <Row name="Start" cells={backends.map(({ startMs }) => milliseconds(startMs))} />
          </tbody>
        </table>
      </div>
      <p>
        <small>
          {model.name}, {million(model.parameters)} parameters, {model.precision}. Medians, with 95% intervals
          in brackets. All {count(far)} tokens were really read.
        </small>
      </p>
      <div className="benchmark-actions">
        <CopyButton words="Copy the report" text={() => markdown(report)} />
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
        // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name
        <td key={n}>{cell}</td>
      ))}
    </tr>
  );
}

function CopyButton({ words, text }: { words: string; text(): string }) {
  const [state, setState] = useState<'' | 'Copied' | 'Not copied: the browser did not allow it'>('');
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setState('Copied'),
      () => setState('Not copied: the browser did not allow it'),
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
