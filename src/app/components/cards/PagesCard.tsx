import { ChevronIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Pages = late(() => import('./Pages'), { name: 'The list of pages' });

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
      {(close) => <Pages onChosen={close} />}
    </Popover>
  );
}
