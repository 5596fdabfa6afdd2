import { openPage } from '../../address';
import { ChevronIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';

const PAGES = [
  ['teach', 'Teach', 'The model learns from your texts'],
  ['score', 'Score', 'How well models predict a text'],
  ['benchmark', 'Benchmark', 'Speed and memory on this device'],
] as const;

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
          {PAGES.map(([page, name, about]) => (
            <li key={page}>
              <button
                type="button"
                onClick={() => {
                  close();
                  openPage(page);
                }}
              >
                {name} <small>{about}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}
