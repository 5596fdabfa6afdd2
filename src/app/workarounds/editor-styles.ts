import { StyleModule } from 'style-mod';

/**
 * Browser: all, under the Content-Security-Policy of the built page.
 * Bug: CodeMirror adds its styles to a document as the text of a <style> element, which the policy blocks. In a shadow
 * root it uses a sheet that is adopted, which the policy allows.
 * Workaround: the document gets the style set of a shadow root. An adopted sheet comes after those of the page, so its rules
 * are in a layer, which those of the page override.
 * Fixed if: e2e/first-screen.spec.ts passes without this file.
 * Delete this file when style-mod adopts its sheet in documents, too.
 */
export function adoptEditorStyles(): void {
  const root = document.createElement('div').attachShadow({ mode: 'open' });
  StyleModule.mount(root, []);
  const [sheet] = root.adoptedStyleSheets;
  if (!sheet) return;
  sheet.insertRule = (rule, at) =>
    CSSStyleSheet.prototype.insertRule.call(sheet, `@layer editor {${rule}}`, at);
  for (const key of Object.getOwnPropertySymbols(root))
    Object.defineProperty(document, key, { value: Reflect.get(root, key) });
}
