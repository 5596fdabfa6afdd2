import { useEffect, useState } from 'react';
import type { Manifest } from '../../../model/runtime/folder';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { chooseModel, PAPER } from '../../address';
import { bytes, count, million, precisionName } from '../../format';
import { listModels } from '../../models';
import { OPEN_OWN, pickModel } from '../../open-model';
import type { OwnModel } from '../../own-models';
import { usePlayground } from '../../playground-context';
import type { Playground } from '../../store/playground';
import { useOwnModels } from '../../use-own-models';

/** The loaded model: description, size, perplexity, its card and its fingerprint; and the other models. */
export default function Model({ manifest }: { manifest: Manifest }) {
  const { id, name, parameters, digest, files, precision, license, description, evaluation } = manifest;
  const { models: own } = useOwnModels();
  const mine = own.find((model) => model.manifest.digest === digest);
  const offered = useOffered();
  const others = offered.filter((model) => model.digest !== digest);
  const perplexity = evaluation?.validation?.word_perplexity_with_line_ends;
  return (
    <>
      <h2>{name}</h2>
      <p>{description}</p>
      {mine ? <p>Your own model. {keepingOf(mine)}</p> : null}
      <dl>
        <dt>Parameters</dt>
        <dd>{count(parameters)}</dd>
        <dt>Weights</dt>
        <dd>
          {bytes(files['model.safetensors'].bytes)}, {precisionName(precision)}
        </dd>
        {perplexity === undefined ? null : (
          <>
            <dt>Word perplexity on WikiText-103 validation, which it has not read</dt>
            <dd>{perplexity.toFixed(1)}</dd>
          </>
        )}
        <dt>Licence</dt>
        <dd>{license}</dd>
        <dt>More</dt>
        <dd>
          {others.length < offered.length ? (
            <>
              <a href={`weights/${id}/README.md`}>Model card: training text, evaluation, limits</a>,{' '}
            </>
          ) : null}
          <a href={PAPER}>paper</a>
        </dd>
        <dt>Fingerprint (SHA-256)</dt>
        <dd>
          <code>{digest}</code>
          <small>Models with the same fingerprint have the same weights.</small>
        </dd>
      </dl>
      <StorageButton />
      <OtherModels others={others} />
      <OwnModels models={own.filter((model) => model !== mine)} />
    </>
  );
}

/** The models of this site; none without the list. */
function useOffered(): readonly IndexEntry[] {
  const [offered, setOffered] = useState<readonly IndexEntry[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    listModels(controller.signal).then(setOffered, () => {});
    return () => controller.abort();
  }, []);
  return offered;
}

function StorageButton() {
  const playground = usePlayground();
  return (
    <button type="button" className="worded" onClick={() => playground.openCard('storage')}>
      Storage
    </button>
  );
}

function keepingOf({ isKept }: OwnModel): string {
  return isKept
    ? 'This browser keeps it.'
    : 'This browser does not keep it: drop it again on the next visit.';
}

/** The user's own models that are not loaded, and the buttons to open one. */
function OwnModels({ models }: { models: readonly OwnModel[] }) {
  const playground = usePlayground();
  return (
    <>
      <h3>Your own models</h3>
      <p>
        <small>Drop a folder or a zip on the page: config.json, model.safetensors, tokenizer.json.</small>
      </p>
      <ul className="choices" hidden={!models.length}>
        {models.map((model) => {
          const { digest, name, parameters } = model.manifest;
          return (
            <li key={digest}>
              <button type="button" onClick={() => loadModel(playground, digest)}>
                {name}{' '}
                <small>
                  {million(parameters)} parameters, {bytes(model.bytes)}. {keepingOf(model)}
                </small>
              </button>
            </li>
          );
        })}
      </ul>
      <div className="card-actions">
        {OPEN_OWN.map(({ what, name }) => (
          <button
            key={what}
            type="button"
            className="worded"
            onClick={() => {
              playground.openCard(null);
              pickModel(playground, what);
            }}
          >
            {name}
          </button>
        ))}
      </div>
    </>
  );
}

function loadModel(playground: Playground, name: string): void {
  chooseModel(name);
  playground.load();
}

/** The other models of this site. A choice sets `?model=` in the address. */
function OtherModels({ others }: { others: readonly IndexEntry[] }) {
  const older = others.filter((entry) => entry.older);
  return (
    <>
      <Models title="Other models" entries={others.filter((entry) => !entry.older)} />
      {older.length ? (
        <details>
          <summary>Older models</summary>
          <Models entries={older} />
        </details>
      ) : null}
    </>
  );
}

function Models({ title, entries }: { title?: string; entries: readonly IndexEntry[] }) {
  const playground = usePlayground();
  if (!entries.length) return null;
  return (
    <>
      {title ? <h3>{title}</h3> : null}
      <ul className="choices">
        {entries.map(({ id, name, parameters, bytes: size, summary }) => (
          <li key={id}>
            <button type="button" onClick={() => loadModel(playground, id)}>
              {name}{' '}
              <small>
                {million(parameters)} parameters, {bytes(size)}: {summary}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
