import { useEffect, useRef } from 'react';
import { usePlayground } from '../playground-context';
import { editDocument } from './document-editor';

/** The document's editor, in React's page. Loaded on its own, after the text can already be read. */
export default function Editor() {
  const playground = usePlayground();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = editDocument(host.current!, playground);
    return () => view.destroy();
  }, [playground]);
  return <div ref={host} className="editor" />;
}
