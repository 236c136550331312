/** How a model is to be served, as people say it: options that `skein up --model` and `skein use` share. */
import type { ServingPolicy } from "../actors/leader/policy.ts";
import { objectives, solverNames } from "../plans/mod.ts";
import { numberOption, oneOf } from "./command.ts";

/** For `parseCommand`. */
export const POLICY_OPTIONS = {
  context: { type: "string" },
  concurrency: { type: "string" },
  "cache-tokens": { type: "string" },
  "prefix-cache": { type: "string" },
  objective: { type: "string" },
  solver: { type: "string" },
  "private-layers": { type: "string" },
  "private-head": { type: "boolean" },
  mirrors: { type: "string" },
  trusted: { type: "string", multiple: true },
  only: { type: "string", multiple: true },
  exclude: { type: "string", multiple: true },
} as const;

export const POLICY_USAGE =
  `  --context N         most tokens of prompt and answer together (default 4096; at most what the model was trained for)
  --concurrency N     answers that are computed at once, at most (default 16)
  --cache-tokens N    tokens that the caches hold of all answers together (default: four times --context, at most)
  --prefix-cache on|off
                      start prompts from what caches hold of earlier ones that begin alike (default on)
  --objective WHAT    latency (default), throughput, lingualinked, or even (split by free memory, plan nothing)
  --solver WHO        who places: ${solverNames.join(", ")} (default exact, with a second opinion by linear)
  --private-layers K  keep the embedding and the first K layers on this device and the trusted ones
  --private-head      keep the head there too
  --mirrors HOW       auto (default): segments are mirrored where there is memory for it and it takes 2% of a token's
                      time at most, so that answers go on at once when a device is lost; or on, whatever it takes; or off
  --trusted NAME      a device that may see what is private; may be given again
  --only NAME         only these devices take part; may be given again
  --exclude NAME      this device takes no part; may be given again
`;

/** What `parseCommand` gives for these options. */
export interface PolicyValues {
  readonly context?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly "cache-tokens"?: string | undefined;
  readonly "prefix-cache"?: string | undefined;
  readonly objective?: string | undefined;
  readonly solver?: string | undefined;
  readonly "private-layers"?: string | undefined;
  readonly "private-head"?: boolean | undefined;
  readonly mirrors?: string | undefined;
  readonly trusted?: string[] | undefined;
  readonly only?: string[] | undefined;
  readonly exclude?: string[] | undefined;
}

/** Reads them; what is not said is as the usage says. @throws {CommandError} naming the option, what was given and what is allowed */
export function readPolicy(values: PolicyValues): ServingPolicy {
  const { objective = "latency", solver, mirrors = "auto" } = values;
  const most = Number.MAX_SAFE_INTEGER;
  const cacheTokens = numberOption("cache-tokens", values["cache-tokens"], { min: 16, max: most, integer: true });
  const layers = numberOption("private-layers", values["private-layers"], { min: 0, max: 1024, integer: true });
  return {
    objective: oneOf("objective", objective, [...objectives, "even"]),
    ...(solver === undefined ? {} : { solver: oneOf("solver", solver, solverNames) }),
    privateLayers: layers ?? 0,
    privateHead: values["private-head"] ?? false,
    mirrors: oneOf("mirrors", mirrors, ["auto", "on", "off"]),
    only: values.only ?? [],
    exclude: values.exclude ?? [],
    trusted: values.trusted ?? [],
    context: numberOption("context", values.context, { min: 16, max: 1 << 20, integer: true }) ?? 4096,
    concurrency: numberOption("concurrency", values.concurrency, { min: 1, max: 64, integer: true }) ?? 16,
    ...(cacheTokens === undefined ? {} : { cacheTokens }),
    prefixes: oneOf("prefix-cache", values["prefix-cache"] ?? "on", ["on", "off"]),
  };
}

/** Whether people have said anything of it. */
export function saysPolicy(values: PolicyValues): boolean {
  return Object.keys(POLICY_OPTIONS).some((name) => values[name as keyof PolicyValues] !== undefined);
}
