import { useDeferredValue, useMemo } from 'react';
import { EXPORTS, type ExportForm, exportBranches } from '../../branch-export';
import { fileName, save } from '../../files';
import { count } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { titleOf } from '../../store/document/article';
import { type BranchNode, branchTree, tokensIn, wordsOf } from '../../store/document/branch-tree';
import { firstOf } from '../../store/document/graphemes';
import type { Branch } from '../../store/document/text-value';
import { WordedCommand } from '../controls/CommandButton';
import { CloseIcon, RenameIcon } from '../controls/icons';
import { NameField, useNaming } from '../controls/NameField';

/** The branches as a tree: buttons open, name, delete and export them. */
export function BranchesPanel() {
  const present = useDeferredValue(usePlaygroundState((state) => state.history?.present));
  const tree = useMemo(() => (present ? branchTree(present) : null), [present]);
  return (
    <div className="branches">
      <div className="branch-actions">
        <WordedCommand command="compare" />
        <WordedCommand command="generate-from-cursor" />
      </div>
      {tree ? (
        <ul className="branch-tree" aria-label="Branches">
          <Node node={tree} />
        </ul>
      ) : null}
      {tree?.children.length ? (
        <Export />
      ) : (
        <p className="hint">
          Regenerate, pick another token, or edit the text anywhere and continue from the cursor. The old
          version stays here as a branch.
        </p>
      )}
    </div>
  );
}

function Node({ node }: { node: BranchNode }) {
  const playground = usePlayground();
  const { before, first, rest } = wordsOf(node);
  const shown = `${first} ${rest}`.trim() || (node.to > node.from ? 'A new line' : 'Start');
  const tokens = tokensIn(node);
  const facts = [
    node.isHere ? 'current' : '',
    tokens === null ? '' : tokens === 1 ? '1 token' : `${count(tokens)} tokens`,
  ];
  const remove = node.children.length ? 'Delete branch and its children' : 'Delete branch';
  return (
    <li className={node.isOnPath ? 'on-path' : ''}>
      <div className="branch-row">
        <button
          type="button"
          className="branch-text"
          aria-current={node.isHere}
          onClick={() => playground.goTo(node.branch, node.to)}
        >
          {node.ends?.name ? <b dir="auto">{node.ends.name}</b> : null}
          <span dir="auto">
            {node.from > 0 ? <small>… {before} </small> : null}
            {first ? <b>{first}</b> : null} {first ? rest : shown}
          </span>
          <small>{facts.filter(Boolean).join(' · ')}</small>
        </button>
        {node.ends ? <Rename branch={node.ends} /> : null}
        {node.ids.length ? (
          <button
            type="button"
            className="quiet-button"
            aria-label={`${remove}: ${firstOf(shown, 30)}`}
            data-tip={remove}
            onClick={() => playground.pruneBranches(node.ids)}
          >
            <CloseIcon />
          </button>
        ) : null}
      </div>
      {node.children.length ? (
        <ul>
          {node.children.map((child) => (
            <Node key={`${child.from} ${child.ids.join()}`} node={child} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function Rename({ branch }: { branch: Branch }) {
  const playground = usePlayground();
  const naming = useNaming((words) => {
    if (words.trim() !== (branch.name ?? '')) playground.nameBranch(branch.id, words);
  });
  if (naming.isNaming)
    return (
      <NameField
        label="Name of the branch"
        name={branch.name ?? ''}
        className="branch-name"
        onEnd={naming.end}
      />
    );
  return (
    <button
      ref={naming.ref}
      type="button"
      className="quiet-button"
      aria-label={`Name ${branch.name ?? 'this branch'}`}
      data-tip="Name"
      onClick={naming.begin}
    >
      <RenameIcon />
    </button>
  );
}

function Export() {
  const playground = usePlayground();
  const download = (form: ExportForm) => {
    const { text } = playground;
    const title = titleOf(text.runs)?.words ?? 'Branches';
    save(exportBranches(text, form), fileName(title, EXPORTS[form].ending));
  };
  return (
    <fieldset className="export">
      <legend>Export branches</legend>
      {Object.entries(EXPORTS).map(([form, { name }]) => (
        <button key={form} type="button" className="worded" onClick={() => download(form as ExportForm)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}
