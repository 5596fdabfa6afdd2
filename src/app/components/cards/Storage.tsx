import { useCallback, useEffect, useState } from 'react';
import type { Manifest } from '../../../model/runtime/folder';
import { type IndexEntry, MODEL_LISTS } from '../../../model/runtime/model-index';
import { forgetFile, type KeptFile, listKept } from '../../../workers/kept-files';
import { bytes } from '../../format';
import { listModels } from '../../models';
import { deleteOwn } from '../../own-models';
import { useOwnModels } from '../../use-own-models';

interface Kept {
  readonly files: readonly KeptFile[];
  readonly models: readonly IndexEntry[];
  /** Bytes; undefined in browsers that do not answer. */
  readonly usage?: number | undefined;
  readonly quota?: number | undefined;
  /** Whether the browser has promised to delete nothing by itself. */
  readonly isPersistent: boolean;
}

/** What the browser keeps of the models: sizes, deletion, and whether the browser may delete it. */
export default function Storage({ manifest }: { manifest: Manifest }) {
  const [kept, setKept] = useState<Kept | null>(null);
  const own = useOwnModels();
  const read = useCallback(async () => {
    const storage = navigator.storage as StorageManager | undefined; // missing on insecure origins
    const listed = MODEL_LISTS.map((list) => listModels(undefined, list).catch(() => []));
    const [files, models, estimate, isPersistent] = await Promise.all([
      listKept(),
      Promise.all(listed).then((lists) => lists.flat()),
      storage?.estimate().catch(() => ({})),
      storage?.persisted().catch(() => false),
    ]);
    setKept({ files, models, ...estimate, isPersistent: isPersistent === true });
  }, []);
  useEffect(() => void read(), [read]);
  if (!kept) return <h2>Storage</h2>;

  const groups = grouped(kept);
  const { bytes: size } = manifest.files['model.safetensors'];
  const mine = own.models.find((model) => model.manifest.digest === manifest.digest);
  const isPublished = kept.models.some(({ digest }) => digest === manifest.digest);
  const isKept =
    mine?.isKept || kept.files.some((file) => file.sha256 === manifest.digest && file.bytes === size);
  const remove = async (files: readonly KeptFile[]) => {
    for (const { sha256 } of files) await forgetFile(sha256);
    await read();
  };
  const removeOwn = async (digest: string) => {
    await deleteOwn(digest);
    await Promise.all([own.refresh(), read()]);
  };
  return (
    <>
      <h2>Storage</h2>
      <p>
        {isKept
          ? `${manifest.name} is kept in this browser, so it opens without a network.`
          : `This browser does not keep ${manifest.name}, so ${isPublished ? 'the next visit loads it again' : 'drop it again on the next visit'}. A private window keeps nothing, and storage can be full or denied.`}
      </p>
      <ul className="storage">
        {groups.map(({ name, files }) => (
          <Item
            key={name}
            name={name}
            size={files.reduce((sum, file) => sum + file.bytes, 0)}
            onDelete={() => remove(files)}
          />
        ))}
        {own.models.map(({ manifest: { digest, name }, bytes: size, isKept }) =>
          isKept ? (
            <Item key={digest} name={`${name} (your own)`} size={size} onDelete={() => removeOwn(digest)} />
          ) : null,
        )}
      </ul>
      {kept.usage !== undefined && kept.quota !== undefined ? (
        <p>
          This site uses {bytes(kept.usage)} of the {bytes(kept.quota)} that the browser allows.
        </p>
      ) : null}
      {kept.isPersistent ? (
        <p>The browser deletes none of it by itself.</p>
      ) : (
        <>
          <p>The browser may delete it if the disk is full.</p>
          <button
            type="button"
            className="worded"
            onClick={() => void navigator.storage?.persist().then(read, read)}
          >
            Ask the browser to keep it
          </button>
        </>
      )}
    </>
  );
}

function Item({ name, size, onDelete }: { name: string; size: number; onDelete(): void }) {
  return (
    <li>
      {name}: {bytes(size)}{' '}
      <button type="button" className="worded" aria-label={`Delete ${name}`} onClick={onDelete}>
        Delete
      </button>
    </li>
  );
}

/** The kept weights by the model that they belong to. The last group has files that models share, and other versions. */
function grouped({ files, models }: Kept): { name: string; files: readonly KeptFile[] }[] {
  const ofModel = (digest: string) => files.filter(({ sha256 }) => sha256 === digest);
  const others = files.filter(({ sha256 }) => models.every(({ digest }) => digest !== sha256));
  return [
    ...models.map(({ name, digest }) => ({ name, files: ofModel(digest) })),
    { name: 'Other files of models', files: others },
  ].filter((group) => group.files.length > 0);
}
