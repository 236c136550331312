/** What people tell `skein up`: its options, read and checked before anything starts. */
import { hostname } from "node:os";
import type { ServingPolicy } from "../actors/leader/policy.ts";
import { catalog } from "../models/hub/mod.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { type Level, LEVELS } from "./log/entry.ts";
import type { Target } from "../plans/mod.ts";
import { readSlo } from "./slo-option.ts";
import { bytesOption, CommandError, numberOption, oneOf, parseCommand } from "./command.ts";
import { POLICY_OPTIONS, POLICY_USAGE, readPolicy } from "./policy-options.ts";

export const USAGE = `skein up [options]: start this device's daemon, in the foreground. Ctrl-C stops it.

  --model MODEL       give the mesh this model: a GGUF file, a Hugging Face folder, the word builtin, or one to be fetched:
                      hf:OWNER/NAME[:Q4_K_M], https://…/NAME.gguf, or ${Object.keys(catalog).join(", ")}
  --no-model          do not go on with what the mesh served when this device was last up
  --yes               fetch it without being asked
  --join -            join a mesh: its invite (see skein invite) is read from standard input, or typed in
  --join FILE         the same, read from a file; an invite itself is taken too, but stands in the shell's history
  --name NAME         what to call this device (default: the host's name)
  --data-dir DIR      keys, blocks and records (default: ${defaultDataFolder()})
  --api HOST:PORT     where the API listens (default 127.0.0.1:11411; port 0 picks a free one); beyond this machine only
                      with --api-key
  --api-key           have the API ask for a key: the one in api.key of the data folder, which is made at first
  --api-origin ORIGIN let web pages of this origin use the API, such as https://chat.example.org; may be given again
  --listen MULTIADDR  where the mesh listens, such as /ip4/0.0.0.0/tcp/4001; may be given again (default: all IPv4
                      addresses, on the port of the last run, at first a free one)
  --announce MULTIADDR  where others reach this device, if not where it listens: behind a forwarded port, or in a
                      container; may be given again
  --slo TARGET        how fast answers must be whose requests do not say: fast, balanced, full, or as for skein ask
                      (default full)
  --no-mdns           do not look for devices on the local network
  --memory SIZE       most memory for model blocks and caches, such as 2GiB (default: 80% of what is free)
  --disk SIZE         most disk for blocks that do not run here, such as 20GiB, or none; remembered (default: no limit)
  --threads N         threads for computing (default: what is measured best at the first start, 8 at most)
  --speculation on|off
                      guess tokens that text repeats, where that pays (default on)
  --balance on|off    move blocks where measurements ask for it (default on)
  --no-yield          keep blocks also when other programs need this device's memory or processor
  --log-level LEVEL   what to write to the log (see skein logs): ${LEVELS.join(", ")} (default info)
  --json              print one JSON line per event

With --model only; these travel with the model and count for the whole mesh:
  --quantize HOW      weights that are not Q4_0, Q4_K or Q8_0: keep (Q5_K, Q6_K: 8 bits), 8, or 4 (default keep)
${POLICY_USAGE}
For trials:
  --slowdown X        pretend to be X times slower; skein plan and skein inspect say so
`;

/** What a daemon is to be. */
export interface UpOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly api: ApiAddress;
  readonly listen?: string[];
  readonly announce?: string[];
  /** Where the invite of the mesh to join is: see `readInvite`. */
  readonly join?: string;
  readonly mdns: boolean;
  /** How fast answers must be whose requests do not say. */
  readonly target?: Target;
  readonly memoryLimitBytes?: number;
  /** Most bytes of disk for blocks that do not run here; undefined for what was said last. */
  readonly disk?: number | "none";
  /** Undefined for what is measured best. */
  readonly threads?: number;
  readonly slowdown: number;
  /** Whether measurements may move blocks. */
  readonly balances: boolean;
  /** Whether conversations whose first segment is here guess what follows. */
  readonly speculates: boolean;
  /** Whether blocks are given away when other programs need the device. */
  readonly yields: boolean;
  /** What to give the mesh, as it was named; whether it can be had is not known yet. */
  readonly model?: string;
  /** Whether to go on with what the mesh served when this device was last up. */
  readonly takesUp: boolean;
  /** Fetch it without a question. */
  readonly yes: boolean;
  readonly quantize: (typeof QUANTIZE)[number];
  readonly policy: ServingPolicy;
  /** The least grave that is written to the log. */
  readonly logLevel: Level;
  readonly json: boolean;
}

/** Where the API listens, and whom it answers. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  /** Whether it asks for the key in the data folder. */
  readonly keyed: boolean;
  /** Origins of pages that may use it, beside those that this machine serves. */
  readonly origins: readonly string[];
}

/** What may become of weights that are not as blocks store them. */
export const QUANTIZE = ["keep", "8", "4"] as const;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return parseCommand(args, {
    model: { type: "string" },
    "no-model": { type: "boolean", default: false },
    yes: { type: "boolean", default: false },
    quantize: { type: "string", default: "keep" },
    join: { type: "string" },
    name: { type: "string", default: hostname() },
    "data-dir": { type: "string", default: defaultDataFolder() },
    api: { type: "string", default: "127.0.0.1:11411" },
    "api-key": { type: "boolean", default: false },
    "api-origin": { type: "string", multiple: true, default: [] },
    listen: { type: "string", multiple: true },
    announce: { type: "string", multiple: true },
    "no-mdns": { type: "boolean", default: false },
    slo: { type: "string" },
    memory: { type: "string" },
    disk: { type: "string" },
    threads: { type: "string" },
    ...POLICY_OPTIONS,
    slowdown: { type: "string", default: "1" },
    balance: { type: "string", default: "on" },
    speculation: { type: "string", default: "on" },
    "no-yield": { type: "boolean", default: false },
    "log-level": { type: "string", default: "info" },
    json: { type: "boolean", default: false },
  }, USAGE).values;
}

/** Reads the options. @throws {CommandError} naming the option, what was given and what is allowed. */
export function readUpOptions(args: readonly string[]): UpOptions {
  const values = parse(args);
  if (values.name.length === 0 || values.name.length > 64) {
    throw new CommandError("--name must have 1 to 64 characters.", 2);
  }
  const target = readSlo(values.slo);
  const memoryLimitBytes = bytesOption("memory", values.memory);
  const disk = values.disk === "none" ? values.disk : bytesOption("disk", values.disk);
  const threads = numberOption("threads", values.threads, { min: 1, max: 256, integer: true });
  return {
    name: values.name,
    dataDir: values["data-dir"],
    api: readApi(values),
    ...(values.listen === undefined ? {} : { listen: values.listen }),
    ...(values.announce === undefined ? {} : { announce: values.announce }),
    mdns: !values["no-mdns"],
    ...(target === undefined ? {} : { target }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    ...(disk === undefined ? {} : { disk }),
    ...(threads === undefined ? {} : { threads }),
    slowdown: numberOption("slowdown", values.slowdown, { min: 1, max: 100 }) ?? 1,
    balances: oneOf("balance", values.balance, ["on", "off"]) === "on",
    speculates: oneOf("speculation", values.speculation, ["on", "off"]) === "on",
    yields: !values["no-yield"],
    quantize: oneOf("quantize", values.quantize, QUANTIZE),
    policy: readPolicy(values),
    logLevel: oneOf("log-level", values["log-level"], LEVELS),
    json: values.json,
    ...(values.join === undefined ? {} : { join: values.join }),
    takesUp: !values["no-model"],
    yes: values.yes,
    ...(values.model === undefined ? {} : { model: values.model }),
  };
}

/** HOST:PORT; beyond loopback anybody in reach could read what is asked here, so that takes a key. */
function readApi({ api, "api-key": keyed, "api-origin": origins }: Values): ApiAddress {
  const match = api.match(/^([\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    throw new CommandError(
      `--api is ${JSON.stringify(api)}; it must be an address and a port, such as 127.0.0.1:11411.`,
      2,
    );
  }
  const host = match[1].replace(/^\[|\]$/g, "");
  if (!keyed && !/^(127(?:\.\d{1,3}){3}|localhost|::1)$/.test(host)) {
    throw new CommandError(
      `--api ${api} would let everybody on the network use this API. Give --api-key too, so that it asks for a key; ` +
        `or run a daemon on the device that asks, and join the mesh.`,
      2,
    );
  }
  return { host, port, keyed, origins: origins.map(readOrigin) };
}

function readOrigin(text: string): string {
  if (text === "*" || text === "null" || /^[a-z][a-z\d+.-]*:\/\/[^/\s]+$/i.test(text)) return text;
  throw new CommandError(
    `--api-origin is ${
      JSON.stringify(text)
    }; it must be an origin without a path, such as https://chat.example.org, or *.`,
    2,
  );
}
