import { openBenchmark } from '../../address';
import { ChevronIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';

/** The name of the site, which opens the list of its pages. */
export function PagesCard() {
  return (
    <Popover
      id="pages"
      label="Pages"
      side="below"
      className="quiet-button in-bar"
      button={
        <>
          LeaPformer <span className="name-rest">Playground</span>
          <ChevronIcon />
        </>
      }
    >
      {(close) => (
        <ul className="choices">
          <li>
            <button type="button" aria-current="page" onClick={close}>
              Write <small>The model continues your text.</small>
            </button>
          </li>
          <li>
            <button
              type="button"
              onClick={() => {
                close();
                openBenchmark();
              }}
            >
              Benchmark <small>Speed and memory on this device</small>
            </button>
          </li>
        </ul>
      )}
    </Popover>
  );
}
