import { deleteGroupBackward, standardKeymap } from '@codemirror/commands';
import { Annotation, EditorState, Transaction, type TransactionSpec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { plainText, type Run } from '../../model/text/text';
import { TokenIndex } from '../../model/text/token-index';
import type { Change } from '../store/document/change';
import { canRegenerate, difference, writtenRanges } from '../store/document/text-value';
import type { InputKind } from '../store/document/undo-step';
import type { Playground } from '../store/playground';
import type { TokenView } from '../store/token-view';
import { adoptEditorStyles } from '../workarounds/editor-styles';
import { articleForm } from './article-form';
import { find, type OpenFind } from './find';
import { softKeyboard } from './soft-keyboard';
import { setRepeatable, setSampled, sources } from './sources';
import { setTint, type Tint, tint } from './tint';

/** Words can be chosen, but not changed. */
const readOnly = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ tabindex: '0' }),
];

/** Marks a change that comes from the document, so that the editor does not write it back. */
const fromDocument = Annotation.define<boolean>();

/**
 * The editor of the document. The playground's runs are the source of truth: the editor sends typed changes to the
 * playground, and receives every other change (sampling, undo, another text) from it as one replacement.
 */
export function editDocument(
  parent: HTMLElement,
  playground: Playground,
  onFind: (find: OpenFind | null) => void,
  isReadOnly = false,
): EditorView {
  let shown: readonly Run[] = playground.text.runs;
  let index = new TokenIndex(shown);
  let writingBack = false;
  let goingThere = false;
  let reporting = false;
  const { tokens } = playground;
  const looked = (change: Partial<TokenView>) => {
    if (goingThere) return;
    reporting = true;
    tokens.setState(change);
    reporting = false;
  };

  adoptEditorStyles();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: plainText(shown),
      extensions: [
        EditorState.lineSeparator.of('\n'), // the model reads every other character
        EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, '\n')),
        EditorView.lineWrapping,
        EditorView.scrollMargins.of(() => ({ top: FADE })),
        EditorView.contentAttributes.of({
          'aria-label': 'Text',
          'aria-describedby': 'sources-explained',
          spellcheck: 'false',
          autocapitalize: 'sentences',
        }),
        placeholder(
          'Write the first words of an article, or press Generate. A line like = Tea = is its title.',
        ),
        keymap.of([{ key: 'Mod-Backspace', run: deleteGroupBackward }, ...standardKeymap]),
        find(onFind),
        EditorView.perLineTextDirection.of(true),
        articleForm,
        softKeyboard,
        isReadOnly ? readOnly : [],
        sources,
        tint(
          (hovered) => looked({ hovered }),
          (chosen) => looked({ chosen }),
        ),
      ],
    }),
    dispatchTransactions: (transactions) => {
      const edits = transactions.filter((one) => one.docChanged && !one.annotation(fromDocument));
      for (const edit of edits) writeBack(edit);
      // Apply the decorations in the same update, because each update makes the browser lay the paragraph out again.
      const { state } = transactions.at(-1)!;
      view.update(edits.length ? [...transactions, state.update(showSources())] : transactions);
      const { head } = state.selection.main;
      if (playground.cursor !== null || transactions.some(({ selection }) => selection))
        playground.cursor = head;
      if (edits.length && tokens.getState().colour) looked({ chosen: index.at(head) });
    },
  });

  function writeBack(transaction: Transaction): void {
    const changes: Change[] = [];
    transaction.changes.iterChanges((from, to, _fromB, _toB, insert) => {
      changes.unshift({ from, to, insert: insert.sliceString(0, undefined, '\n') }); // last change first, so that earlier positions stay valid
    });
    writingBack = true;
    playground.input(kindOf(transaction), changes);
    writingBack = false;
    show(playground.text.runs);
  }

  function show(runs: readonly Run[]): void {
    shown = runs;
    index = new TokenIndex(runs);
  }

  function showSources(): TransactionSpec {
    return { effects: looks(), annotations: fromDocument.of(true) };
  }

  /** The decorations for the runs on screen. */
  function looks() {
    const { text } = playground;
    return [
      setSampled.of(writtenRanges(shown)),
      setRepeatable.of(canRegenerate(text) ? text.generatedFrom : null),
      setTint.of(currentTint()),
    ];
  }

  function currentTint(): Tint | null {
    const { colour, labels, hovered, chosen } = tokens.getState();
    return colour && { index, colour, labels, hovered, chosen };
  }

  const unsubscribe = playground.store.subscribe((state, before) => {
    const runs = playground.text.runs;
    if (writingBack || runs === shown || state.history === before.history) return;
    const change = difference(shown, runs);
    const wrote = change?.from === view.state.doc.length;
    const { chosen } = tokens.getState();
    const number = change || chosen === null ? chosen : renumbered(chosen, shown, runs);
    // CodeMirror would map a selection inside the replaced text to a range whose end is before its start.
    const moves = view.hasFocus || !view.state.selection.main.empty;
    show(runs);
    view.dispatch({
      ...(change && { changes: change }),
      ...(change && !wrote && moves && { selection: { anchor: change.from + change.insert.length } }),
      effects: looks(),
      annotations: fromDocument.of(true),
    });
    if (number !== chosen) tokens.setState({ chosen: number });
  });

  /** Repaints the tint, and moves the cursor to a token that a panel has chosen. */
  const unsubscribeTokens = tokens.subscribe(({ chosen }, before) => {
    const shownTint = currentTint();
    const token =
      shownTint && !reporting && chosen !== null && chosen !== before.chosen && chosen < shownTint.index.count
        ? shownTint.index.token(chosen)
        : null;
    const { head } = view.state.selection.main;
    const goes = token && token.from !== head && !(token.from < head && head < token.to);
    goingThere = true;
    view.dispatch({
      effects: setTint.of(shownTint),
      ...(goes && { selection: { anchor: token.from }, scrollIntoView: true }),
      annotations: fromDocument.of(true),
    });
    goingThere = false;
  });

  view.dispatch(showSources());
  const destroy = view.destroy.bind(view);
  view.destroy = () => {
    unsubscribe();
    unsubscribeTokens();
    destroy();
  };
  return view;
}

function kindOf(transaction: Transaction): InputKind {
  if (transaction.isUserEvent('input.type.compose.start')) return 'new composition';
  if (transaction.isUserEvent('input.type.compose')) return 'composition';
  const isKey =
    ['input.type', 'delete.backward', 'delete.forward'].some((event) => transaction.isUserEvent(event)) ||
    transaction.annotation(Transaction.userEvent) === 'input'; // a new line
  return isKey ? 'key' : 'other';
}

/** The new number of a token after more of the text before it was encoded. */
function renumbered(number: number, before: readonly Run[], runs: readonly Run[]): number | null {
  const [then, now] = [new TokenIndex(before), new TokenIndex(runs)];
  return then.count === now.count || number >= then.count ? number : now.at(then.token(number).from);
}

const FADE = 24; // px at the top of the page, where the text fades out below the top bar
