import { expose } from 'comlink';
import { createBackend } from './backends';
import { Engine } from './engine';
import { readUrl } from './read-url';
import { serve } from './service';

const engine = new Engine({
  readFile: readUrl,
  createBackend: (model, choice) => createBackend(model, choice, navigator.gpu),
});
expose(serve(engine));
