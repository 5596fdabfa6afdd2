import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SHIPPED } from './node';

function run(script: string, ...args: string[]) {
  return runWith('', script, ...args);
}

/** @param input the text that the command reads */
function runWith(input: string, script: string, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync('node', ['scripts/run.mjs', `scripts/${script}.ts`, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    input,
  });
  return { stdout, stderr, status };
}

afterEach(() => vi.unstubAllEnvs());

describe('generate', () => {
  const settings = [
    '--prompt',
    '= Wren =\n\nThe wren',
    '--tokens',
    '12',
    '--seed',
    '5',
    '--backend',
    'reference',
  ];

  test('writes one JSON object with all documented fields, the same each time', () => {
    const result = JSON.parse(run('generate', ...settings, '--json').stdout);
    expect(result.tokens.length).toBe(12);
    expect(result.logprobs.length).toBe(12);
    expect(result.logprobs.every((logprob: number) => logprob <= 0)).toBe(true);
    expect(result.backend).toBe('reference');
    for (const key of ['msPerToken', 'prefillMs', 'stateBytes']) expect(result[key]).toBeGreaterThan(0);
    for (const key of ['dispatchesPerToken', 'submitsPerToken']) expect(result[key]).toBe(0);
    const again = JSON.parse(run('generate', ...settings, '--json').stdout);
    expect([again.text, again.tokens]).toEqual([result.text, result.tokens]);
  });

  test('streams the prompt and the generated text', () => {
    const { text } = JSON.parse(run('generate', ...settings, '--json').stdout);
    expect(run('generate', ...settings).stdout).toBe(`= Wren =\n\nThe wren${text}\n`);
  });

  test.each([
    [['--tokens', 'many'], /--tokens is many/],
    [['--backend', 'cuda'], /--backend is cuda/],
    [['--activations', 'int4'], /--activations is int4/],
    [['--temperature', '-1'], /ambiguous/],
    [['--temperature=-1'], /temperature is -1/],
    [['--what'], /Unknown option '--what'/],
    [['--model', '/nowhere'], /\/nowhere\/manifest.json cannot be read/],
  ])('%j prints an error in one line, with a remedy', (args, message) => {
    const { stderr, status } = run('generate', '--backend', 'reference', ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(1);
  });

  test('--backend webgpu without a device prints an error with a remedy', () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere.json');
    const { stdout, stderr, status } = run('generate', '--backend', 'webgpu');
    expect([stdout, status]).toEqual(['', 1]);
    expect(stderr).toMatch(/There is no WebGPU device here\. Use --backend cpu\.\n$/);
  });
});

describe('evaluate', () => {
  const text = join(mkdtempSync(join(tmpdir(), 'evaluate-')), 'wren.txt');
  writeFileSync(text, '= Wren =\n\nThe wren is small.\n');
  const options = ['--backend', 'cpu', '--file', text];

  test('measures the perplexity of plain text by its own words, with line ends and without', () => {
    const result = JSON.parse(run('evaluate', ...options).stdout);
    expect(result).toMatchObject({ wordsWithLineEnds: 10, wordsWithoutLineEnds: 8, rawBytes: 29 });
    const nats = result.natsPerToken * result.tokens;
    expect(result.wordPerplexityWithLineEnds).toBeCloseTo(Math.exp(nats / 10), 6);
    expect(result.wordPerplexityWithoutLineEnds).toBeCloseTo(Math.exp(nats / 8), 6);
    expect(result.bitsPerRawByte).toBeCloseTo(nats / Math.LN2 / 29, 6);
  });

  test('gives no perplexity for a part of a text', () => {
    const result = JSON.parse(run('evaluate', ...options, '--tokens', '5').stdout);
    expect(result.tokens).toBe(4);
    expect(Object.keys(result).filter((key) => /perplexity|byte|words/i.test(key))).toEqual([]);
  });

  test('refuses tokenized WikiText', () => {
    const { stderr, status } = run('evaluate', '--file', 'wiki.valid.raw');
    expect(stderr).toMatch(/^wiki\.valid\.raw is tokenized WikiText.* leapformer prepare`\.\n$/);
    expect(status).toBe(1);
  });
});

describe('translate', () => {
  test('writes a line for each line, and the same units offline for a sentence that is shorter than k', () => {
    const text = 'I have a dog.\n\nWhere is it? We do not know';
    const { stdout, stderr } = runWith(text, 'translate', '--to', 'de', '--k', '9');
    expect(stderr).toBe('');
    const [first, second, third, ...rest] = stdout.split('\n');
    expect([first !== '', second, third !== '', rest]).toEqual([true, '', true, ['']]);
    expect(runWith(text, 'translate', '--to', 'de', '--k', 'offline').stdout).toBe(stdout);
    expect(runWith(text, 'translate', '--to', 'fr', '--k', '9').stdout).not.toBe(stdout);
  });

  test.each([
    [[], /--to is missing\. Use --to de or --to fr/],
    [['--to', 'it'], /--to is it/],
    [['--to', 'de', '--k', 'many'], /--k is many/],
    [['--to', 'de', '--k', '0'], /k is 0/],
    [['--to', 'de', '--backend', 'cuda'], /--backend is cuda/],
    [['--to', 'de', '--model', 'public/weights/wiki-10m-v3/'], /This model does not translate/],
  ])('%j prints an error with a remedy', (args, message) => {
    const { stderr, status } = runWith('A dog.', 'translate', ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(1);
  });
});

describe('check:golden', () => {
  const folder = 'tests/golden/models/leap-denominator';

  test('passes on correct vectors', () => {
    const { stdout, status } = run('check-golden', `${folder}/golden.json`);
    expect(stdout).toMatch(/reference +log-probabilities +\S+ +of 0.000001 +ok/);
    expect(stdout).not.toContain('FAILED');
    expect(status).toBe(0);
  });

  test('fails when one log-probability differs, and names the check', () => {
    const copy = mkdtempSync(join(tmpdir(), 'golden-'));
    cpSync(folder, copy, { recursive: true });
    const golden = JSON.parse(readFileSync(join(copy, 'golden.json'), 'utf8'));
    golden.logProbabilities[1] += 0.001;
    writeFileSync(join(copy, 'golden.json'), JSON.stringify(golden));
    const { stdout, status } = run('check-golden', join(copy, 'golden.json'));
    expect(stdout).toMatch(/reference +log-probabilities .+FAILED/);
    expect(status).toBe(1);
  });

  test('rejects a file without vectors', () => {
    const other = join(tmpdir(), 'golden-other.json');
    writeFileSync(other, '{"cases":[]}');
    const { stderr, status } = run('check-golden', other);
    expect(stderr).toMatch(/has no golden vectors/);
    expect(status).toBe(1);
  });
});

describe('teach', () => {
  const folder = mkdtempSync(join(tmpdir(), 'teach-'));
  const [file, out] = [join(folder, 'text.txt'), join(folder, 'adapter')];
  writeFileSync(file, 'The wren sings. '.repeat(20));
  const options = ['--file', file, '--out', out, '--rank', '2', '--model', SHIPPED];

  test('writes an adapter of PEFT, prints the losses, and never replaces an adapter', () => {
    const { stdout, stderr } = run('teach', ...options);
    const { base, taught, isMeasured } = JSON.parse(stdout);
    expect(taught.unseen).toBeLessThan(base.unseen);
    expect(isMeasured).toBe(false);
    expect(stderr).toMatch(/step 2 of 2/);
    const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({ peft_type: 'LORA', r: 2, lora_alpha: 2 });
    expect(readFileSync(join(out, 'adapter_model.safetensors')).length).toBeGreaterThan(100_000);
    const again = run('teach', ...options);
    expect([again.stdout, again.status]).toEqual(['', 1]);
    expect(again.stderr).toMatch(/adapter_config\.json exists\. Choose another --out\./);
  });

  test.each([
    [['--file', file], /--out is missing/],
    [['--out', out], /--file is missing/],
    [['--file', '/nowhere', '--out', join(folder, 'b')], /\/nowhere cannot be read/],
  ])('%j prints an error in one line, with a remedy', (args, message) => {
    const { stderr, status } = run('teach', ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(1);
  });
});
