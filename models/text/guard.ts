/**
 * Keeps what people type from becoming control tokens. A chat template mixes its own control tokens with the messages'
 * texts, and afterwards nothing tells them apart. So before rendering, a character that occurs nowhere else, the guard,
 * goes into each place of a message where a control token could be read; the tokenizer finds the control tokens, then
 * takes the guards out. Other text has no guard in it, so templates that trim, split or compare work as ever.
 */

/** Returns a character that none of the texts has. Throws a RangeError if they have all of them. */
export function pickGuard(texts: readonly string[]): string {
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const guard = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(guard))) return guard;
  }
  throw new RangeError("Cannot encode these messages: they use every character of Unicode's private area; remove some");
}

/** Returns the text with guards: in control tokens, and in parts of them at its ends that a template could complete. */
export function guardText(text: string, controlTexts: readonly string[], guard: string): string {
  const whole = text.trim();
  if (whole === "") return text;
  const byFirst = Map.groupBy(controlTexts, (control) => control[0] ?? "");
  const start = text.length - text.trimStart().length;
  const end = start + whole.length;

  let guarded = "";
  let copied = 0;
  if (controlTexts.some((control) => continues(control, whole))) {
    guarded = text.slice(0, start) + guard;
    copied = start;
  }
  for (let at = start; at < end; at++) {
    const candidates = byFirst.get(text[at] ?? "");
    if (candidates === undefined) continue;
    const opens = candidates.some((control) =>
      text.startsWith(control, at) || (end - at < control.length && control.startsWith(text.slice(at, end)))
    );
    if (!opens) continue;
    guarded += text.slice(copied, at + 1) + guard;
    copied = at + 1;
  }
  return guarded + text.slice(copied);
}

/** Whether a control token could begin in front of the text and end in it or behind it. */
function continues(control: string, text: string): boolean {
  for (let at = 1; at < control.length; at++) {
    const rest = control.slice(at);
    if (text.startsWith(rest) || rest.startsWith(text)) return true;
  }
  return false;
}
