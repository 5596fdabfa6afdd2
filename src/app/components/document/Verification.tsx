import { useEffect, useRef } from 'react';
import { positionOf } from '../../../model/text/token-index';
import { showToken, tokenBytes } from '../../../model/text/vocabulary';
import type { Finding } from '../../../workers/messages';
import { count } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { conclusion, isConfirmed, remarks, type Verified } from '../../store/engine/verified';
import { CheckIcon, CloseIcon } from '../controls/icons';

const SHOWN = 20; // findings

/** The result of verifying the current text. */
export default function Verification() {
  const playground = usePlayground();
  const verified = usePlaygroundState((state) => state.verified)!;
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (verified) place.current?.scrollIntoView({ block: 'nearest' });
  }, [verified]);
  return (
    <aside ref={place} className="introduction verification" aria-label="Verification">
      <div className="verification-words">
        <p>
          <b>
            {isConfirmed(verified) ? <CheckIcon /> : null} {conclusion(verified)}
          </b>{' '}
          {remarks(verified).join(' ')}
        </p>
        <Findings verified={verified} />
        <details>
          <summary>What this means</summary>
          <p>
            A token is verified if this model picks it here, with the text’s seed and settings. This does not
            prove who made the text.
          </p>
        </details>
      </div>
      <button
        type="button"
        className="quiet-button"
        aria-label="Dismiss"
        onClick={() => playground.dismiss('verified')}
      >
        <CloseIcon />
      </button>
    </aside>
  );
}

function Findings({ verified: { findings, counts } }: { verified: Verified }) {
  if (!findings.length) return null;
  const more = counts.margin + counts.cutoff + counts.different - SHOWN;
  return (
    <details>
      <summary>Which tokens</summary>
      <ul>
        {findings.slice(0, SHOWN).map((finding) => (
          <li key={finding.number}>
            <FindingWords {...finding} />
          </li>
        ))}
        {more > 0 ? <li>and {count(more)} more</li> : null}
      </ul>
    </details>
  );
}

function FindingWords({ verdict, number, id, drawn }: Finding) {
  const vocabulary = usePlaygroundState(({ engine }) =>
    engine.phase === 'ready' ? engine.info.vocabulary : null,
  );
  const shown = (token: number) => (vocabulary ? showToken(tokenBytes(vocabulary, token)) : token);
  return (
    <>
      Token {count(positionOf(number))}, <code>{shown(id)}</code>:{' '}
      {verdict === 'different'
        ? 'this model picks'
        : verdict === 'margin'
          ? 'nearly tied with'
          : 'tied at the cutoff with'}{' '}
      <code>{shown(drawn)}</code>
    </>
  );
}
