/** skein plan: who runs what, and pinning it. */
import process from "node:process";
import type { MeshView } from "../actors/supervisor/protocol.ts";
import { formatBytes } from "../plans/mod.ts";
import { findApi, request } from "./api-client.ts";
import { CommandError, parseCommand } from "./command.ts";
import { table } from "./table.ts";

const USAGE = `skein plan [options]: show who runs what.

  --api URL           the daemon to ask (default: the one on this machine)
  --split A=N,B=M…    pin the plan: N blocks on device A, then M on B, until --auto or the leader leaves
  --auto              leave the plan to the leader again
  --json              print JSON
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    api: { type: "string" },
    split: { type: "string" },
    auto: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  }, USAGE);
  const split = values.split === undefined ? null : parseSplit(values.split);
  const api = await findApi(values.api);
  if (split !== null || values.auto) {
    const response = await request(api, "/skein/plan", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ split }),
    });
    process.stdout.write(
      values.json ? `${await response.text()}\n` : "accepted; the devices are loading their blocks\n",
    );
    return 0;
  }
  const view = await (await request(api, "/skein/plan")).json() as MeshView;
  process.stdout.write(values.json ? `${JSON.stringify(view)}\n` : describe(view));
  return 0;
}

/** "a=3,b=4" to devices and blocks. */
function parseSplit(text: string): { device: string; blocks: number }[] {
  return text.split(",").map((part) => {
    const match = part.match(/^(.+)=(\d+)$/);
    if (match?.[1] === undefined) {
      throw new CommandError(`--split has ${JSON.stringify(part)}; write DEVICE=BLOCKS, such as laptop=12.`, 2);
    }
    return { device: match[1], blocks: Number(match[2]) };
  });
}

function describe({ state, leader, term }: MeshView): string {
  if (state.type === "waiting") return `no plan: ${state.reason}\n`;
  const { plan } = state;
  const rows = plan.segments.map(({ name, device, first, last, bytes }) => [
    name,
    device === leader ? "leader" : "",
    first === last ? `${first}` : `${first} to ${last}`,
    formatBytes(bytes),
  ]);
  return `plan ${plan.number.term}.${plan.number.epoch} (${
    plan.planner === "even" ? "even split by free memory" : "pinned"
  }), ` +
    `model ${plan.model.name}, ${plan.model.blocks} blocks, context ${plan.context}, ${plan.concurrency} at once, leader's term ${term}\n\n` +
    table(["device", "", "blocks", "memory"], rows);
}
