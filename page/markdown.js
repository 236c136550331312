/** What a model writes, as elements: Markdown by marked, and of its HTML only what DOMPurify lets through. */
import { html, useLayoutEffect, useRef } from "./vendor/htm-preact.js";
import { marked } from "./vendor/marked.js";
import DOMPurify from "./vendor/purify.js";

/** Nothing that loads, styles, names or submits: a model's text is a stranger's. */
const CLEANING = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    "img",
    "picture",
    "video",
    "audio",
    "source",
    "track",
    "style",
    "form",
    "input",
    "button",
    "select",
    "textarea",
  ],
  FORBID_ATTR: ["style", "class", "id", "name", "src", "srcset", "background"],
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** HTML that a model writes is shown, not made: it is mostly an example of some. */
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
marked.use({ gfm: true, breaks: true, renderer: { html: ({ text }) => escape(text) } });

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Shows a text that is Markdown. */
export function Markdown({ text }) {
  const place = useRef(null);
  useLayoutEffect(() => {
    const fragment = DOMPurify.sanitize(marked.parse(text, { async: false }), CLEANING);
    // What is wider than the page is scrolled, by keyboard too.
    for (const code of fragment.querySelectorAll("pre")) code.tabIndex = 0;
    place.current.replaceChildren(fragment);
  }, [text]);
  return html`<div class="markdown" ref=${place}></div>`;
}
