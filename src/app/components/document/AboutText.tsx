import { usePlaygroundState } from '../../playground-context';
import { OriginLine } from './OriginLine';
import { StartLine } from './StartLine';
import { WriterLine } from './WriterLine';

/** A line above the text: the origin of a shared text, the model that is gone, or the saved state that the text continues from. */
export default function AboutText({ line }: { line: 'origin' | 'start' | 'writer' }) {
  const start = usePlaygroundState(({ history }) => history?.present.start);
  if (line === 'origin') return <OriginLine />;
  if (line === 'writer') return <WriterLine />;
  return start ? <StartLine start={start} /> : null;
}
