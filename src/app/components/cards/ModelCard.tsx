import type { Manifest } from '../../../model/runtime/folder';
import { ChevronIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Storage = late(() => import('./Storage'), { name: 'The list of what is kept' });
const Model = late(() => import('./Model'), { name: 'The description of the model' });

/** The name of the loaded model; the card describes it and offers others. */
export function ModelCard({ manifest }: { manifest: Manifest }) {
  return (
    <Popover
      id="model"
      label={`About the model: ${manifest.name}`}
      side="below"
      others={[{ id: 'storage', label: 'Storage', children: <Storage manifest={manifest} /> }]}
      className="quiet-button in-bar fact"
      button={
        <>
          <span className="for-listeners">About the model:</span>
          <span className="fact-name">{manifest.name}</span>
          <ChevronIcon />
        </>
      }
    >
      <Model manifest={manifest} />
    </Popover>
  );
}
