/** The largest sizes a model may have; the same bounds as in `validate-manifest.ts`. */
export const limits = {
  layers: 1024,
  width: 2 ** 17,
  heads: 1024,
  headSize: 1024,
  feedForward: 2 ** 20,
  vocabulary: 2 ** 22,
  context: 2 ** 27,
} as const;
