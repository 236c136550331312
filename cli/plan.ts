/** skein plan: who runs what and why, what would be if, and pinning it. */
import { resolve } from "node:path";
import process from "node:process";
import { routes } from "../actors/gateway/api.ts";
import { call, findApi } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";
import { describePlan, describeStudy } from "./plan-output.ts";
import { waitAtTerminal } from "./plan-wait.ts";

export const USAGE = `skein plan [options]: show who runs what, what is expected of it, and how it did.

  --api URL           the daemon to ask (default: the one on this machine)
  --explain           what binds the plan, and the best alternatives
  --what-if CHANGE    the plan after a change, without touching the mesh; may be given again:
                        +device:memory=4GiB,speed=0.5[,name=N,like=NAME,trusted,rtt=5ms,bandwidth=50Mbps]
                        -device:NAME   link:A-B=50Mbps,5ms   link:A>B=none   objective=throughput   solver=linear
                        concurrency=4   load=2   context=8192   private-layers=2   model=PATH (compiled here, its blocks are kept)
  --split A=N,B=M…    pin the plan: N blocks on device A, then M on B (embedding, each layer and head are a block each),
                      until --auto; while a device of it is away, another plan does
  --auto              leave the plan to the leader again
  --no-wait           with --split and --auto: do not wait until it is in force
  --json              print JSON
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(joinWhatIf(args), {
    api: { type: "string" },
    explain: { type: "boolean", default: false },
    "what-if": { type: "string", multiple: true, default: [] },
    split: { type: "string" },
    auto: { type: "boolean", default: false },
    "no-wait": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  }, USAGE);
  const split = values.split === undefined ? null : parseSplit(values.split);
  const api = await findApi(values.api);
  const print = (value: unknown, text: string) =>
    process.stdout.write(values.json ? `${JSON.stringify(value)}\n` : text);
  if (split !== null || values.auto) {
    const accepted = await call(api, routes.pin, { split });
    if (values["no-wait"]) {
      print(accepted, "accepted; the devices are loading their blocks\n");
      return 0;
    }
    const view = await waitAtTerminal(api, split);
    print({ ...accepted, ...view }, describePlan(view));
    return 0;
  }
  if (values.explain || values["what-if"].length > 0) {
    const changes = values["what-if"].map(withFullPath);
    const study = await call(api, routes.study, { changes });
    if (study.changed !== undefined && "invalid" in study.changed) throw new CommandError(study.changed.invalid, 2);
    print(study, describeStudy(study, values.explain));
    return 0;
  }
  const view = await call(api, routes.plan);
  print(view, describePlan(view));
  return 0;
}

/** "--what-if -device:a" to "--what-if=-device:a": a change may begin with a dash, which the parser takes for an option. */
function joinWhatIf(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (args[index - 1] === "--what-if") return [];
    return arg === "--what-if" && index + 1 < args.length ? [`${arg}=${args[index + 1]}`] : [arg];
  });
}

/** The daemon's working folder is not this command's. */
function withFullPath(change: string): string {
  return change.startsWith("model=") ? `model=${resolve(change.slice("model=".length))}` : change;
}

/** "a=3,b=4" to devices and blocks. */
function parseSplit(text: string): { device: string; blocks: number }[] {
  return text.split(",").map((part) => {
    const match = part.match(/^(.+)=(\d+)$/);
    if (match?.[1] === undefined) {
      throw new CommandError(
        `--split has ${JSON.stringify(part)}; write DEVICE=BLOCKS, such as laptop=12.`,
        2,
      );
    }
    return { device: match[1], blocks: Number(match[2]) };
  });
}
