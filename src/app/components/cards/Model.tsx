import { useEffect, useState } from 'react';
import type { Manifest } from '../../../model/runtime/folder';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { chooseModel, PAPER } from '../../address';
import { bytes, count, million, precisionName } from '../../format';
import { listModels } from '../../models';
import { usePlayground } from '../../playground-context';

/** The loaded model: description, size, perplexity, its card and its fingerprint; and the other models. */
export default function Model({ manifest }: { manifest: Manifest }) {
  const { id, name, parameters, digest, files, precision, license, description, evaluation } = manifest;
  const perplexity = evaluation?.validation?.word_perplexity_with_line_ends;
  return (
    <>
      <h2>{name}</h2>
      <p>{description}</p>
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
          <a href={`weights/${id}/README.md`}>Model card: training text, evaluation, limits</a>,{' '}
          <a href={PAPER}>paper</a>
        </dd>
        <dt>Fingerprint (SHA-256)</dt>
        <dd>
          <code>{digest}</code>
          <small>Models with the same fingerprint have the same weights.</small>
        </dd>
      </dl>
      <StorageButton />
      <OtherModels than={manifest.id} />
    </>
  );
}

function StorageButton() {
  const playground = usePlayground();
  return (
    <button type="button" className="worded" onClick={() => playground.openCard('storage')}>
      Storage
    </button>
  );
}

/** The other models of this site. A choice sets `?model=` in the address. */
function OtherModels({ than }: { than: string }) {
  const [offered, setOffered] = useState<readonly IndexEntry[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    listModels(controller.signal).then(setOffered, () => {}); // without the list, the card shows no other models
    return () => controller.abort();
  }, []);
  const others = offered.filter(({ id }) => id !== than);
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
  const choose = (id: string) => {
    chooseModel(id);
    playground.load();
  };
  return (
    <>
      {title ? <h3>{title}</h3> : null}
      <ul className="choices">
        {entries.map(({ id, name, parameters, bytes: size, summary }) => (
          <li key={id}>
            <button type="button" onClick={() => choose(id)}>
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
