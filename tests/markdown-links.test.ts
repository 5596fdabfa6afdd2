import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const withoutCode = (text: string) => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

it('knows the anchors of GitHub', () => {
  expect(anchorOf('`<|endoftext|>` empties the seen set')).toBe('endoftext-empties-the-seen-set');
  expect(anchorOf("The paper's configuration at the same size")).toBe(
    'the-papers-configuration-at-the-same-size',
  );
});

const FILES = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n');

it.each(FILES)('the links of %s lead to files and headings that exist', (file) => {
  const text = readFileSync(file, 'utf8');
  const links = Array.from(withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target);
  const broken = links.filter((link) => {
    if (/^\w+:/.test(link)) return false;
    const [path, anchor] = link.split('#');
    const target = path ? join(dirname(file), path) : file;
    if (!existsSync(target)) return true;
    if (!anchor || statSync(target).isDirectory()) return false;
    const headings = readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm);
    return !Array.from(headings, ([, heading]) => anchorOf(heading)).includes(anchor);
  });
  expect(broken).toEqual([]);
});
