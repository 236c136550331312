/** Circles among files, by Tarjan's strongly connected components (SIAM Journal on Computing 1(2), 1972). */
import { type Graph, resolveImport } from "./graph.ts";

/** Returns each set of files that import each other in a circle, by types or values, sorted; [] where there is none. */
export function circlesOf(graph: Graph): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const circles: string[][] = [];

  function visit(file: string): number {
    const at = order.size;
    let low = at;
    order.set(file, at);
    stack.push(file);
    open.add(file);
    for (const target of targetsOf(graph, file)) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.has(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
      lowest.set(file, low);
    }
    if (low === at) close(file);
    return low;
  }

  function close(file: string): void {
    const component = stack.splice(stack.lastIndexOf(file));
    for (const member of component) open.delete(member);
    if (component.length > 1 || targetsOf(graph, file).includes(file)) circles.push(component.sort());
  }

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles.sort();
}

/** Returns one shortest way round within a circle's files, which ends where it begins. */
export function wayRound(graph: Graph, circle: readonly string[]): string[] {
  const start = circle[0];
  if (start === undefined) return [];
  const from = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const target of targetsOf(graph, file)) {
      if (target === start) return [...wayTo(from, file), start];
      if (!circle.includes(target) || from.has(target)) continue;
      from.set(target, file);
      queue.push(target);
    }
  }
  return [];
}

/** Follows `from` back to where there is nothing before; returns the way in forward order. */
export function wayTo(from: ReadonlyMap<string, string>, end: string): string[] {
  const way = [end];
  for (let file = from.get(end); file !== undefined; file = from.get(file)) way.unshift(file);
  return way;
}

function targetsOf(graph: Graph, file: string): string[] {
  return (graph.get(file) ?? [])
    .map(({ specifier }) => resolveImport(file, specifier))
    .filter((target) => target !== undefined && graph.has(target)) as string[];
}
