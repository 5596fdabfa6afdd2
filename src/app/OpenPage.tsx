import { closePage, type PageName } from './address';
import { late } from './components/late';

const BenchmarkPage = late(() => import('./benchmark/BenchmarkPage'), {
  name: 'The benchmark',
  isOver: true,
  close: () => closePage('benchmark'),
});
const ScorePage = late(() => import('./score/ScorePage'), {
  name: 'The page of scores',
  isOver: true,
  close: () => closePage('score'),
});
const TeachPage = late(() => import('./teach/TeachPage'), {
  name: 'The page that teaches',
  isOver: true,
  close: () => closePage('teach'),
});

/** The page over the text that the address names. */
export default function OpenPage({ page }: { page: PageName }) {
  if (page === 'benchmark') return <BenchmarkPage reach={benchmarkReach()} />;
  return page === 'score' ? <ScorePage /> : <TeachPage />;
}

/** The last position, in tokens, that the benchmark measures (`?benchmark`, `?benchmark=8192`). */
function benchmarkReach(): number {
  const value = Number.parseInt(new URLSearchParams(location.search).get('benchmark') ?? '', 10);
  return value >= 64 ? value : 65536;
}
