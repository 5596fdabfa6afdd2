import { bytes } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';

/** The progress of loading, in the place of the memory meter. */
export function LoadingNote() {
  const playground = usePlayground();
  const progress = usePlaygroundState(({ engine }) => (engine.phase === 'loading' ? engine.progress : null));
  const isWaiting = usePlaygroundState((state) => state.work.phase === 'waiting');
  const label = progress && progress.bytes === progress.total ? 'Preparing the model' : 'Loading the model';
  return (
    <div className="loading-note">
      <p>
        {label}
        {progress ? `: ${bytes(progress.bytes)} of ${bytes(progress.total)}` : ''}
        <progress
          className="for-listeners"
          aria-label={label}
          {...(progress && { value: progress.bytes, max: progress.total })}
        />
      </p>
      <p>
        {isWaiting ? 'Writing starts when it has loaded.' : 'You can already read and edit.'}{' '}
        <button type="button" className="worded" onClick={() => playground.cancelLoading()}>
          Cancel
        </button>
      </p>
    </div>
  );
}
