import { usePlaygroundState } from '../../playground-context';
import { OriginLine } from './OriginLine';
import { StartLine } from './StartLine';

/** A line above the text: the origin of a shared text, or the saved state that the text continues from. */
export default function AboutText({ line }: { line: 'origin' | 'start' }) {
  const start = usePlaygroundState(({ history }) => history?.present.start);
  if (line === 'origin') return <OriginLine />;
  return start ? <StartLine start={start} /> : null;
}
