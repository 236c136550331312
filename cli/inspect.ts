/** skein inspect: every device, its actors and its segments; or the stream of what happens. */
import process from "node:process";
import * as v from "valibot";
import { type EventLine, type InspectedDevice, type Inspection, routes } from "../actors/gateway/api.ts";
import type { DeviceView } from "../actors/inspector/protocol.ts";
import { formatBytes } from "../plans/mod.ts";
import { call, findApi, lines, request } from "./api-client.ts";
import { parseCommand } from "./command.ts";
import { table } from "./table.ts";

const USAGE = `skein inspect [options]: show every device with its actors and segments.

  --api URL           the daemon to ask (default: the one on this machine)
  --follow            stream what happens on that device until Ctrl-C
  --json              print JSON (with --follow: one line per event)
`;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    api: { type: "string" },
    follow: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  }, USAGE);
  const api = await findApi(values.api);
  if (values.follow) return await follow(api, values.json);
  const inspection = await call(api, routes.inspect);
  process.stdout.write(values.json ? `${JSON.stringify(inspection)}\n` : draw(inspection));
  return 0;
}

async function follow(api: string, json: boolean): Promise<number> {
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leaving.abort());
  try {
    for await (const line of lines(await request(api, routes.events.path, { signal: leaving.signal }))) {
      process.stdout.write(json ? `${line}\n` : `${eventLine(v.parse(routes.events.response, JSON.parse(line)))}\n`);
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  return 0;
}

function eventLine(event: EventLine): string {
  if (event.type === "missed") return `… ${event.events} events missed: the reader is too slow`;
  const { type, at } = event;
  const begin = `${(at / 1000).toFixed(3).padStart(10)}  ${type.padEnd(9)}`;
  switch (type) {
    case "spawned":
    case "restarted":
      return `${begin}  ${event.path}`;
    case "told":
      return `${begin}  ${event.path}  ${event.message}, ${event.queued} waiting`;
    case "handled":
      return `${begin}  ${event.path}  ${event.message} in ${event.ms.toFixed(3)} ms`;
    case "crashed":
      return `${begin}  ${event.path}  ${event.error}`;
    case "stopped":
      return `${begin}  ${event.path}  ${event.detail}`;
    case "moved":
      return `${begin}  ${event.path}  to ${event.to.path} of ${event.to.device.slice(-8)}`;
    case "dropped":
      return `${begin}  ${event.path}  ${event.why}: ${event.detail}`;
    case "frame":
      return `${begin}  ${event.direction} ${event.device.slice(-8)} ${event.channel} ${event.bytes} bytes`;
    default:
      return event satisfies never;
  }
}

function draw({ devices, state, leader }: Inspection): string {
  const plan = state.type === "waiting"
    ? `no plan: ${state.reason}`
    : `plan ${state.plan.number.term}.${state.plan.number.epoch} runs ${state.plan.model.name}: ` +
      state.plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ");
  return `${plan}\n\n${devices.map((device) => drawDevice(device, leader)).join("\n")}`;
}

function drawDevice(device: InspectedDevice, leader: string | undefined): string {
  const title = `${device.name} (${device.device})${device.device === leader ? ", leader" : ""}`;
  if ("error" in device) return `${title}\n  does not answer: ${device.error}\n`;
  const { memory } = device;
  const segments = device.segments.map(({ first, last, bytes }) => `blocks ${first} to ${last}, ${formatBytes(bytes)}`);
  return `${title}\n` +
    `  memory  ${formatBytes(memory.usableBytes)} usable of ${formatBytes(memory.totalBytes)}; this process ${
      formatBytes(memory.processBytes)
    }\n` +
    `  speed   ${describeSpeed(device)}\n` +
    `  links   ${device.links.map(drawLink).join(", ") || "none"}\n` +
    `  holds   ${segments.join("; ") || "nothing"}\n` +
    indent(drawActors(device));
}

function describeSpeed({ speed, sensors }: DeviceView): string {
  const { rates, slowdown, work } = speed;
  const parts = [
    ...(rates === undefined ? ["being measured"] : [
      `decode ${(1 / rates.decodeNanosecondsPerByte).toFixed(1)} GB/s`,
      `prefill ${(1 / rates.prefillNanosecondsPerMultiplyAdd).toFixed(1)} G multiply-adds/s`,
    ]),
    ...(slowdown > 1 ? [`EMULATED ${slowdown} times slower than it is`] : []),
    ...(work.some(({ blocks }) => blocks.length > 0)
      ? [`${work.flatMap(({ blocks }) => blocks).length} blocks measured at work`]
      : []),
    `${sensors.cores} cores, load ${sensors.load.toFixed(2)}`,
    ...(sensors.batteryCharge === undefined
      ? []
      : [`battery ${Math.round(sensors.batteryCharge * 100)}%${sensors.onBattery ? ", discharging" : ""}`]),
    ...(sensors.celsius === undefined ? [] : [`${Math.round(sensors.celsius)} °C`]),
  ];
  return parts.join(", ");
}

function drawLink({ name, roundTripMilliseconds, bytesPerSecond }: DeviceView["links"][number]): string {
  const trip = roundTripMilliseconds === undefined ? "" : ` ${roundTripMilliseconds.toFixed(2)} ms`;
  return `${name}${trip}${bytesPerSecond === undefined ? "" : `, ${(bytesPerSecond / 1e6).toFixed(0)} MB/s from it`}`;
}

function drawActors({ actors, segments }: DeviceView): string {
  const rows = actors.map((actor) => {
    const names = actor.path.split("/");
    const segment = segments.find(({ path }) => path === actor.path);
    const label = `${"  ".repeat(names.length - 2)}${names.at(-1)}${
      segment === undefined ? "" : ` [${segment.first}-${segment.last}]`
    }`;
    return [
      label,
      actor.state,
      `${actor.mailbox}/${actor.mailboxBound}`,
      `${actor.handled}`,
      actor.meanMilliseconds.toFixed(3),
      actor.lastMilliseconds.toFixed(3),
      `${actor.restarts}`,
    ];
  });
  return table(["actor", "state", "mailbox", "handled", "mean ms", "last ms", "restarts"], rows);
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
