import { plainText } from '../../../model/text/text';
import { typedText } from '../document/text-value';
import { Playground } from '../playground';
import { MemoryTexts } from './memory-texts';
import { nameOf, type TextStorage } from './text-storage';

let time = 0;

/** For tests: a tab of the page, with the texts that other tabs have too. */
export async function tab<Storage extends TextStorage = MemoryTexts>(
  storage: Storage = new MemoryTexts() as never,
) {
  const playground = new Playground({
    createEngine: () => Promise.reject() as never,
    findModel: async () => '',
    nextFrame: () => new Promise((resolve) => setTimeout(resolve)),
    randomSeed: () => 1,
    storage,
    now: () => ++time,
  });
  await playground.texts.begin(typedText('Example.'));
  const { texts } = playground;
  const text = () => plainText(playground.text.runs);
  return {
    ...{ playground, texts, storage, text },
    type: (words: string) => playground.edit({ from: 0, to: 0, insert: words }),
    write: (words: string) => {
      playground.edit({ from: 0, to: text().length, insert: words });
      return texts.save();
    },
    current: () => texts.store.getState().current,
    names: () => texts.store.getState().entries.map(nameOf),
    notice: () => playground.store.getState().notice,
    idOf: (name: string) => texts.store.getState().entries.find((entry) => nameOf(entry) === name)!.id,
  };
}
