/** JavaScript whose threads are started from the JavaScript beside it: compilers rewrite imports, but no URLs. */
export function workersAsJavaScript(text: string): string {
  return text.replaceAll(/new URL\("(\.{1,2}\/[^"]+)\.ts", import\.meta\.url\)/g, 'new URL("$1.js", import.meta.url)');
}
