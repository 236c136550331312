/** What a device keeps of a model beside what it runs: copies in reserve, and layers that it gives to nobody else. Pure. */
import { blocks } from "./format.js";

/** Blocks on a device's disk that others run, such as "18–37, 40"; "" where there are none. `runs`: first and last of each. */
export function reserveOf(runs, segment) {
  const outside = runs.flatMap(([first, last]) => {
    if (segment === undefined) return [{ first, last }];
    return [
      { first, last: Math.min(last, segment.first - 1) },
      { first: Math.max(first, segment.last + 1), last },
    ].filter((part) => part.first <= part.last);
  });
  return outside.map(blocks).join(", ");
}

/** What of a segment is private by the policy that its model came with; "" where nothing is. Block 0 is the embedding. */
export function privateOf({ first, last }, { privateLayers, privateHead }, count) {
  const layers = { first: Math.max(1, first), last: Math.min(last, privateLayers) };
  return [
    ...(privateLayers > 0 && first === 0 ? ["embedding"] : []),
    ...(layers.first <= layers.last ? [`layer${layers.first === layers.last ? "" : "s"} ${blocks(layers)}`] : []),
    ...(privateHead && last === count - 1 ? ["head"] : []),
  ].join(", ");
}
