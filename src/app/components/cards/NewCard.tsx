import { useEffect, useState } from 'react';
import { commandOf, runCommand } from '../../commands';
import { BEGINNINGS } from '../../examples';
import { loadExample } from '../../opening';
import { usePlayground } from '../../playground-context';
import { titleOf } from '../../store/document/article';
import { type TextValue, typedText } from '../../store/document/text-value';
import { ChevronIcon, PlusIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';

/** Begins a new text: a blank page or an example. */
export function NewCard() {
  return (
    <Popover
      id="new"
      label="New"
      tip="New text"
      side="below"
      className="quiet-button in-bar"
      button={
        <>
          <PlusIcon /> New <ChevronIcon />
        </>
      }
    >
      {(close) => <Choices onChosen={close} />}
    </Popover>
  );
}

function Choices({ onChosen }: { onChosen(): void }) {
  const playground = usePlayground();
  const [finished, setFinished] = useState<TextValue | null>(null);
  useEffect(() => {
    loadExample().then(setFinished, () => {}); // without it, the card shows the openings
  }, []);
  const choose = (change: () => void) => () => {
    onChosen();
    change();
  };
  return (
    <>
      <p>
        <small>Opens as a new text. Yours stays under Your texts.</small>
      </p>
      <ul className="choices">
        <li>
          <button type="button" onClick={choose(() => runCommand(commandOf('new'), playground))}>
            Blank page
          </button>
        </li>
        {BEGINNINGS.map(({ name, text }) => (
          <li key={name}>
            <button type="button" onClick={choose(() => playground.texts.add(typedText(text)))}>
              {name} <small>{text.split('\n').at(-1)} …</small>
            </button>
          </li>
        ))}
        {finished ? (
          <li>
            <button type="button" onClick={choose(() => playground.texts.add(finished))}>
              {titleOf(finished.runs)?.words}, already continued
            </button>
          </li>
        ) : null}
      </ul>
    </>
  );
}
