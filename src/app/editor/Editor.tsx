import { openSearchPanel } from '@codemirror/search';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { usePlayground } from '../playground-context';
import { editDocument } from './document-editor';
import { FindPanel } from './FindPanel';
import type { OpenFind } from './find';
import { setOpenedEditor } from './handle';

/** Mounts the document's editor in React. It loads late; until then StillText shows the text. */
export default function Editor({ isReadOnly = false }: { isReadOnly?: boolean }) {
  const playground = usePlayground();
  const host = useRef<HTMLDivElement>(null);
  const [find, setFind] = useState<OpenFind | null>(null);
  useEffect(() => {
    const view = editDocument(host.current!, playground, setFind, isReadOnly);
    setOpenedEditor({ focus: () => view.focus(), find: () => openSearchPanel(view) });
    return () => {
      setOpenedEditor(null);
      view.destroy();
    };
  }, [playground, isReadOnly]);
  return (
    <>
      <div ref={host} className="editor" />
      {find ? createPortal(<FindPanel {...find} />, find.dom) : null}
    </>
  );
}
