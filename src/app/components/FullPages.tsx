import { closePage, type PageName } from '../address';
import { late } from './late';

const over = (name: string) => ({ name, isOver: true, close: closePage });

const PAGES = {
  translate: late(() => import('../translate/TranslatePage'), over('The page that translates')),
  teach: late(() => import('../teach/TeachPage'), over('The page that teaches')),
  score: late(() => import('../score/ScorePage'), over('The page of scores')),
  benchmark: late(() => import('../benchmark/BenchmarkPage'), over('The benchmark')),
};

/** The page that is open over the text. */
export default function FullPages({ page }: { page: PageName }) {
  const Page = PAGES[page];
  return <Page />;
}
