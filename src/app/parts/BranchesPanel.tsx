import { useDeferredValue, useMemo, useState } from 'react';
import { EXPORTS, type ExportForm, exportBranches } from '../branch-export';
import { fileName, save } from '../files';
import { count } from '../format';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { titleOf } from '../store/article';
import { type BranchNode, branchTree, textOf } from '../store/branch-tree';
import type { Branch } from '../store/branches';
import { CloseIcon, WriteIcon } from './icons';

/** The texts that were written and left, as a tree of where they part: to walk, name, prune and take along. */
export function BranchesPanel() {
  const present = useDeferredValue(usePlaygroundState((state) => state.history?.present));
  const tree = useMemo(() => (present ? branchTree(present) : null), [present]);
  return (
    <div className="branches">
      <CompareButton />
      {tree ? (
        <ul className="branch-tree" aria-label="Branches">
          <Node node={tree} />
        </ul>
      ) : null}
      {tree?.children.length ? (
        <Export />
      ) : (
        <p className="hint">
          Regenerate, choose another token, or change the text and go on: what you leave stays here as a
          branch.
        </p>
      )}
    </div>
  );
}

/** More branches at once. */
function CompareButton() {
  const playground = usePlayground();
  const isIdle = usePlaygroundState((state) => state.work.phase === 'idle');
  return (
    <button
      type="button"
      className="worded"
      disabled={!isIdle}
      onClick={() => playground.openCard('compare')}
    >
      Compare continuations …
    </button>
  );
}

function Node({ node }: { node: BranchNode }) {
  const playground = usePlayground();
  const text = textOf(node);
  const shown = text.replace(/\s+/g, ' ').trim().slice(0, 200) || (text ? 'A new line' : 'Nothing in common');
  const remove = node.children.length ? 'Prune from here' : 'Prune';
  return (
    <li className={node.isOnPath ? 'on-path' : ''}>
      <div className="branch-row">
        <button
          type="button"
          className="branch-text"
          aria-current={node.isHere}
          onClick={() => playground.goTo(node.branch, node.to)}
        >
          {node.ends?.name ? <b>{node.ends.name}</b> : null}
          <span>{shown}</span>
          <small>
            {node.isHere ? 'open · ' : ''}
            {text.length === 1 ? '1 character' : `${count(text.length)} characters`}
          </small>
        </button>
        {node.ends ? <Rename branch={node.ends} /> : null}
        {node.ids.length ? (
          <button
            type="button"
            className="quiet-button"
            aria-label={`${remove}: ${shown.slice(0, 30)}`}
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

const LONGEST_NAME = 60;

function Rename({ branch }: { branch: Branch }) {
  const playground = usePlayground();
  const [isNaming, setNaming] = useState(false);
  if (!isNaming)
    return (
      <button
        type="button"
        className="quiet-button"
        aria-label={`Name ${branch.name ?? 'this branch'}`}
        data-tip="Name"
        onClick={() => setNaming(true)}
      >
        <WriteIcon />
      </button>
    );
  const end = (name: string) => {
    setNaming(false);
    if (name.trim() !== (branch.name ?? '')) playground.nameBranch(branch.id, name);
  };
  return (
    <input
      className="branch-name"
      aria-label="Name of the branch"
      defaultValue={branch.name ?? ''}
      maxLength={LONGEST_NAME}
      ref={(input) => input?.focus()}
      onBlur={(event) => end(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') end(event.currentTarget.value);
        if (event.key === 'Escape') setNaming(false);
      }}
    />
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
      <legend>Save all branches as</legend>
      {Object.entries(EXPORTS).map(([form, { name }]) => (
        <button key={form} type="button" className="worded" onClick={() => download(form as ExportForm)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}
