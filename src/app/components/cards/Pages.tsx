import { openPage, type PageName } from '../../address';

const PAGES: readonly (readonly [page: PageName, name: string, about: string])[] = [
  ['translate', 'Translate', 'English to German and French, while you type'],
  ['teach', 'Teach', 'The model learns from your texts'],
  ['score', 'Score', 'How well models predict a text'],
  ['benchmark', 'Benchmark', 'Speed and memory on this device'],
];

/** The list of the site's pages. */
export default function Pages({ onChosen }: { onChosen(): void }) {
  return (
    <ul className="choices">
      <li>
        <button type="button" aria-current="page" onClick={onChosen}>
          Write <small>The model continues your text.</small>
        </button>
      </li>
      {PAGES.map(([page, name, about]) => (
        <li key={page}>
          <button
            type="button"
            onClick={() => {
              onChosen();
              openPage(page);
            }}
          >
            {name} <small>{about}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
