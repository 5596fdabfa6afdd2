import { COMMANDS, commandOf } from '../../commands';
import { ALTERNATIVE_KEYS, keysOf, tipOf } from '../../keyboard/labels';
import { HelpIcon } from '../controls/icons';
import { Keys } from '../controls/Keys';
import { Popover } from '../controls/Popover';

export function HelpCard() {
  return (
    <Popover
      id="help"
      label="Help and shortcuts"
      tip={tipOf(commandOf('help'))}
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
      <p>
        Look at tokens to see what else it might have said, and choose that. What you leave for another text
        stays under Branches.
      </p>
      <dl className="shortcuts">
        {COMMANDS.filter(({ keys }) => keys).map((command) => (
          <div key={command.id}>
            <dt>
              <Keys keys={keysOf(command)} />
            </dt>
            <dd>{command.name}</dd>
          </div>
        ))}
        <div>
          <dt>
            <Keys keys={ALTERNATIVE_KEYS} />
          </dt>
          <dd>Alternative of the token</dd>
        </div>
      </dl>
    </Popover>
  );
}
