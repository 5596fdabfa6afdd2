import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Demo } from '../src/app/demos';
import { EMPTY } from '../src/app/store/document/text-value';
import { encodeText, openFile } from '../src/app/store/links/sharing';
import { WINDOW } from '../src/model/lens/window';
import { EngineError } from '../src/model/runtime/errors';
import { loadModel } from '../src/model/runtime/folder';
import { numberOption, runCommand } from './command';
import { readArticles } from './demos/articles';
import { DEMOS } from './demos/demos';
import { DESCRIBE } from './demos/describe';
import { type Finding, search } from './demos/search';
import { startPlayground } from './headless';
import { firstModel, readFolder, readJson } from './node';

const USAGE = `Writes the page's demos, public/demos, with the default model.

node scripts/run.mjs scripts/make-demos.ts SHARD... [--articles N] [--findings FILE] [--only ID,ID]

SHARD is a file of held-out token ids, which \`python -m leapformer prepare\` writes with this model's tokenizer. The search
in its articles, or in the first N, takes about 3 s of CPU time for each. --findings writes what it finds to FILE, or reads
FILE instead if it is there. --only makes only these demos and keeps the others; those with text by the model need no SHARD.`;

const LENGTH = WINDOW - 1; // tokens of each article that the search reads
const OPTIONS = {
  articles: { type: 'string' },
  findings: { type: 'string' },
  only: { type: 'string' },
} as const;
const FOLDER = 'public/demos';

await runCommand(USAGE, OPTIONS, async (values, shards) => {
  const most = numberOption('articles', values.articles, Number.POSITIVE_INFINITY);
  const only = values.only?.split(',');
  const isWanted = (id: string) => !only || only.includes(id);
  const needsArticles = DEMOS.some(({ id, isQuote }) => isQuote && isWanted(id));
  const findings = needsArticles ? await find(shards, most, values.findings) : [];
  const page = await startPlayground(firstModel());
  const noModel = () => Promise.reject(new EngineError('internal', 'The model is not loaded.', ''));
  await mkdir(FOLDER, { recursive: true });
  const list = `${FOLDER}/demos.json`;
  const before: Demo[] = only && existsSync(list) ? readJson(list) : [];
  const demos: Demo[] = [];
  const isQuoted = (title: string) =>
    [...before.filter((demo) => !isWanted(demo.id)), ...demos].some(({ article }) => article === title);
  for (const { id, title, shows, show } of DEMOS) {
    if (!isWanted(id)) {
      demos.push(...before.filter((demo) => demo.id === id));
      continue;
    }
    page.show(null);
    const article = await show(
      page,
      findings.filter((finding) => !isQuoted(finding.article.title)),
    );
    const isTree = shows === 'branches'; // a link holds one text without its branches
    const content = isTree ? await page.texts.export('current') : await encodeText(page, noModel);
    const file = `${id}.leapformer.${isTree ? 'json' : 'txt'}`;
    await writeFile(`${FOLDER}/${file}`, `${content}\n`);
    page.show(null);
    await page.texts.add(EMPTY);
    await openFile(page, new File([content], file));
    const sentence = await DESCRIBE[id](page);
    demos.push({ id, title, sentence, article, file, shows });
    console.log(`${title}. ${sentence} (${article ?? 'no article'}, ${content.length} characters)`);
  }
  await writeFile(list, `${JSON.stringify(demos, null, 1)}\n`);
});

async function find(
  shards: readonly string[],
  most: number,
  file: string | undefined,
): Promise<readonly Finding[]> {
  if (file && existsSync(file)) return readJson(file);
  if (!shards.length) throw new EngineError('input', 'SHARD is missing.', 'See --help.');
  const model = await loadModel(readFolder(firstModel()));
  const articles = shards.flatMap((shard) => readArticles(model, shard, LENGTH)).slice(0, most);
  let done = 0;
  const findings = await search(model, articles, () => {
    process.stderr.write(`\r${++done} of ${articles.length} articles`);
  });
  if (file) await writeFile(file, JSON.stringify(findings));
  return findings;
}
