import type { Manifest } from '../../../model/runtime/folder';
import { bytes, million } from '../../format';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Model = late(() => import('./Model'), { name: 'The description of the model' });

/** The name and the size of the loaded model; the card describes it and offers others. */
export function ModelCard({ manifest }: { manifest: Manifest }) {
  const { name, parameters, digest, files } = manifest;
  const size = files['model.safetensors'].bytes;
  return (
    <Popover
      id="model"
      label={`About the model: ${name}`}
      side="below"
      className="quiet-button fact"
      button={
        <>
          <span className="for-listeners">About the model:</span>
          <span className="fact-name">{name}</span>
          <span className="fact-detail">
            {million(parameters)} parameters · {bytes(size)} · <code>{digest.slice(0, 8)}</code>
          </span>
        </>
      }
    >
      <Model manifest={manifest} />
    </Popover>
  );
}
