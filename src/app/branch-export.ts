import type { ForeignRange, Run } from '../model/text/text';
import { type BranchNode, branchTree, runsOf, textOf } from './store/document/branch-tree';
import type { TextValue } from './store/document/text-value';

/** Exports a text's branches. Only JSON separates typed from sampled text and holds the token ids. */

export type ExportForm = 'json' | 'markdown' | 'text';

export const EXPORTS: Record<ExportForm, { readonly name: string; readonly ending: string }> = {
  json: { name: 'JSON', ending: 'json' },
  markdown: { name: 'Markdown', ending: 'md' },
  text: { name: 'Plain text', ending: 'txt' },
};

export function exportBranches(value: TextValue, form: ExportForm): string {
  const tree = branchTree(value);
  if (form === 'json') return `${JSON.stringify(toJson(value, tree), null, 1)}\n`;
  if (!tree) return '';
  return form === 'markdown' ? `${toMarkdown(tree, [], '')}\n` : toText(tree);
}

function toJson({ model }: TextValue, tree: BranchNode | null) {
  return { format: 'leapformer-branches', version: 1, model, tree: tree && nodeToJson(tree) };
}

interface JsonNode {
  readonly name?: string;
  /** The current text ends here. */
  readonly here?: true;
  readonly pieces: {
    source: Run['source'];
    text: string;
    ids?: number[];
    foreign?: readonly ForeignRange[];
  }[];
  readonly children: JsonNode[];
}

function nodeToJson(node: BranchNode): JsonNode {
  const name = node.ends?.name;
  return {
    ...(name && { name }),
    ...(node.isHere && { here: true }),
    pieces: runsOf(node).map(({ text, tokens, ...run }) => ({
      source: run.source,
      text,
      ...(tokens && { ids: [...tokens.ids] }),
      ...(run.source === 'typed' && run.foreign && { foreign: run.foreign }),
    })),
    children: node.children.map(nodeToJson),
  };
}

/** A nested list; each item is numbered by its path, as in 1.2. */
function toMarkdown(node: BranchNode, way: readonly number[], indent: string): string {
  const mark = way.length ? `${indent}- ` : '';
  const inner = way.length ? `${indent}  ` : '';
  const label = [way.join('.'), node.ends?.name].filter(Boolean).join(' ');
  const words = escapeMarkdown(textOf(node).replace(/^ /, '')).replaceAll('\n', `\n${inner}`);
  const own = `${mark}${label ? `**${escapeMarkdown(label)}** ` : ''}${words}`.trimEnd();
  const children = node.children.map((child, n) => toMarkdown(child, [...way, n + 1], inner));
  return [own, ...children].join('\n\n');
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&').replace(/^(\s*)([-+=]|\d+[.)])/gm, '$1\\$2');
}

/** Every branch in full, under its name. */
function toText(tree: BranchNode): string {
  const parts: string[] = [];
  const visit = (node: BranchNode, before: string) => {
    const text = before + textOf(node);
    if (node.ends || node.isHere) {
      const title = node.ends?.name ?? `Text ${parts.length + 1}`;
      parts.push(`--- ${title}${node.isHere ? ' (current)' : ''} ---\n\n${text}\n`);
    }
    for (const child of node.children) visit(child, text);
  };
  visit(tree, '');
  return parts.join('\n\n');
}
