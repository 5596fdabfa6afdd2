import { typedText } from '../../src/app/store/document/text-value';
import { FIRST_LENS, type LensView } from '../../src/app/store/engine/lens-view';
import type { Playground } from '../../src/app/store/playground';
import { numberAt } from '../../src/model/text/token-index';
import { endAfter } from './articles';
import type { Finding } from './search';

/** Demos with text of articles: each function shows one on the page, with the lens, and returns the article's title. */

type Show = (page: Playground, findings: readonly Finding[]) => Promise<string>;

export const showFarWord: Show = async (page, findings) => {
  const { article, pair } = most(findings, ({ pair }) => pair?.share ?? 0);
  const { layer, head, query } = pair!;
  await show(page, endAfter(article, query), { layer, head, token: numberAt(query) });
  return article.title;
};

export const showOff: Show = (page, findings) =>
  showChanged(
    page,
    most(findings, ({ none }) => none),
    'none',
  );

export const showByPosition: Show = (page, findings) =>
  showChanged(
    page,
    most(findings, (finding) => finding.static),
    'static',
  );

export const showGate: Show = async (page, findings) => {
  const { article, gate } = most(findings, ({ gate }) => gate?.score ?? 0);
  const { layer, head } = gate!;
  await show(page, article.text, { mode: 'proportions', layer, head });
  return article.title;
};

export const showStructure: Show = async (page, findings) => {
  const { article, structure } = most(findings, ({ structure }) => structure.score);
  const { layer, head } = structure;
  await show(page, article.text, { mode: 'overview', layer, head });
  return article.title;
};

export const showSurprise: Show = async (page, findings) => {
  const { article, surprise } = most(findings, ({ surprise }) => -surprise.logProbability);
  await page.texts.add(typedText(endAfter(article, surprise.token)));
  page.inspection.set({ measure: 'surprise' });
  page.show('token');
  return article.title;
};

/** Shows the token after which the predictions differ most. */
async function showChanged(
  page: Playground,
  { article }: Finding,
  proportions: 'none' | 'static',
): Promise<string> {
  await show(page, article.text, { proportions });
  const { start, answer } = await page.lens.ask('counterfactual', {});
  const { divergence } = answer;
  const at = divergence.indexOf(Math.max(...divergence.subarray(1)));
  page.lens.set({ token: numberAt(start + at) });
  return article.title;
}

async function show(page: Playground, text: string, view: Partial<LensView>): Promise<void> {
  await page.texts.add(typedText(text));
  page.lens.restore({ ...FIRST_LENS, ...view });
  page.show('lens');
}

function most(findings: readonly Finding[], score: (finding: Finding) => number): Finding {
  return findings.reduce((best, next) => (score(next) > score(best) ? next : best));
}
