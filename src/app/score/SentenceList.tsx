import { useEffect, useState } from 'react';
import type { ScoredSentence } from '../../workers/score-text';
import { fileName, save } from '../files';
import { count } from '../format';
import { bits } from '../token-format';
import { type Row, sentencesCsv } from './report';
import { PAGE } from './sentences';

/** All sentences of a text in their order, with the loss of each, a page at a time. */
export function SentenceList({ row }: { row: Row }) {
  const { sentences, text } = row;
  const [isOpen, setOpen] = useState(false);
  const [page, setPage] = useState(0);
  const [shown, setShown] = useState<readonly ScoredSentence[]>([]);
  useEffect(() => {
    if (!isOpen) return;
    let isOver = false;
    void sentences.page(page).then((list) => !isOver && setShown(list));
    return () => {
      isOver = true;
    };
  }, [sentences, page, isOpen]);
  const saveAll = async () => save(await sentencesCsv(row), fileName(`${text} sentences`, 'csv'));
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>All {count(sentences.count)} sentences in order</summary>
      <div className="full-page-actions">
        <button type="button" className="worded" disabled={page === 0} onClick={() => setPage(page - 1)}>
          Previous {PAGE}
        </button>
        <button
          type="button"
          className="worded"
          disabled={page + 1 >= sentences.pages}
          onClick={() => setPage(page + 1)}
        >
          Next {PAGE}
        </button>
        <button type="button" className="pill" onClick={saveAll}>
          Save all sentences as CSV
        </button>
      </div>
      <ol className="score-list" start={page * PAGE + 1} aria-label="All sentences">
        {shown.map(({ text, at, tokens, nats }) => (
          <li key={at}>
            <span>{text}</span>
            <small>{bits(nats / tokens)}</small>
          </li>
        ))}
      </ol>
    </details>
  );
}
