import { type ReactNode, useEffect, useState } from 'react';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { chooseModel, chosenModel } from '../../address';
import { isDigest, listModels } from '../../models';
import { usePlayground } from '../../playground-context';

/** Explains that the site has no model of the name in the address, and offers the model that it loads without it. */
export function UnknownModel({ details, children }: { details: string; children: ReactNode }) {
  const playground = usePlayground();
  const [models, setModels] = useState<readonly IndexEntry[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    listModels(controller.signal).then(setModels, () => {}); // without the list, the error shows as it is
    return () => controller.abort();
  }, []);
  const wanted = chosenModel();
  const other = models.find(({ digest }) => digest === playground.text.model?.digest) ?? models[0];
  if (wanted === null || !other || models.some(({ id }) => id === wanted)) return children;
  const load = () => {
    chooseModel(null);
    playground.load();
  };
  return (
    <div className="status problem" role="alert">
      <div>
        <p>
          <b>
            {isDigest(wanted)
              ? `This browser does not have your model ${wanted.slice(0, 8)}….`
              : `This site has no model with the name “${wanted}”.`}
          </b>{' '}
          The name comes from ?model= in the address.
        </p>
        <details>
          <summary>Details</summary>
          <p>{details}</p>
        </details>
      </div>
      <button type="button" className="worded" onClick={load}>
        Load {other.name}
      </button>
    </div>
  );
}
