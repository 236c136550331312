/** Elements of SVG as text, escaped. */

type Attributes = Readonly<Record<string, string | number>>;

/** An element with others in it, or with `text`. */
export function element(
  name: string,
  attributes: Attributes,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`).join("");
  return content.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${content.join("")}</${name}>`;
}

/** Text that stands at a place. */
export function text(content: string, attributes: Attributes): string {
  return element("text", attributes, [escaped(content)]);
}

/** Text with nothing in it that markup would take for its own. */
export function escaped(content: string): string {
  return content
    // XML has no way to write controls, and halves of characters.
    .replace(/[^\P{C}\t\n\r]/gu, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** How wide text is that is written in letters of 12 pixels, about. */
export function widthOf(content: string): number {
  return content.length * 6.6;
}

/** Places to a tenth of a pixel. */
function shown(value: string | number): string {
  return typeof value === "number" ? `${Math.round(value * 10) / 10}` : value;
}
