/**
 * A model whose attention looks back `window` positions is used within the window, where it is the same as full
 * attention. Returns the usable context, and a note if that is less than what the model offers.
 */
export function limitToWindow(
  context: number,
  window: number | undefined,
): { readonly context: number; readonly notes: readonly string[] } {
  if (window === undefined || window >= context) return { context, notes: [] };
  const note =
    `The context is limited to the model's sliding window of ${window} tokens, of ${context} that it was trained for.`;
  return { context: window, notes: [note] };
}
