import { ALT, MOD } from '../shortcuts';
import { HelpIcon } from './icons';
import { Popover } from './Popover';

const SHORTCUTS: [keys: string[], does: string][] = [
  [[MOD, 'Enter'], 'Generate, or continue'],
  [['Esc'], 'Stop'],
  [[ALT, 'Enter'], 'Write one token'],
  [[MOD, 'Shift', 'Enter'], 'Regenerate the last part'],
  [[MOD, 'Z'], 'Undo'],
  [[MOD, 'Shift', 'Z'], 'Redo'],
  [[MOD, ','], 'Settings'],
];

export function HelpCard() {
  return (
    <Popover
      label="Help and shortcuts"
      side="below"
      button={
        <>
          <HelpIcon />
          <span className="for-listeners">Help and shortcuts</span>
        </>
      }
    >
      <h2>How this works</h2>
      <p>
        Write a beginning; the model goes on from it, one token at a time. A token is a word or a piece of
        one. The bar in the margin marks what the model wrote. You can change any of it: what you change
        counts as yours.
      </p>
      <p>
        The model is small and has read encyclopedia articles. Its sentences sound right; what they say is
        mostly made up.
      </p>
      <dl className="shortcuts">
        {SHORTCUTS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  );
}
