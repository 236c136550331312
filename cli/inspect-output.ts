/** Devices, actors and events in words and columns. */
import type { InspectedDevice, Inspection } from "../actors/gateway/api.ts";
import type { DeviceView } from "../actors/inspector/protocol.ts";
import type { LevelTime } from "../actors/leader/protocol.ts";
import { formatBytes, typicalRequest } from "../plans/mod.ts";
import { describeCopies } from "./copies-output.ts";
import { describeLevels } from "./levels-output.ts";
import { table } from "./table.ts";

/** Past events that are shown of a device. */
const LATELY = 5;

/** How the mesh stands, and each of its devices. */
export function describeInspection({ devices, state, models, leader }: Inspection): string {
  const plan = state.type === "waiting"
    ? `no plan: ${state.reason}`
    : `plan ${state.plan.number.term}.${state.plan.number.epoch} runs ${state.plan.model.name}: ` +
      state.plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ");
  const copies = models.map(describeCopies).filter((line) => line !== "").map((line) => `${line}\n`).join("");
  const elastic = state.type === "active" ? state.plan.elastic : undefined;
  const levels = elastic === undefined ? "" : `\n${describeLevels(elastic, typicalRequest.promptTokens)}`;
  return `${plan}\n${copies}${levels}\n${devices.map((device) => describeDevice(device, leader)).join("\n")}`;
}

function describeDevice(device: InspectedDevice, leader: string | undefined): string {
  const title = `${device.name} (${device.device})${device.device === leader ? ", leader" : ""}`;
  if ("error" in device) return `${title}\n  does not answer: ${device.error}\n`;
  const { memory } = device;
  return `${title}\n` +
    `  memory  ${formatBytes(memory.usableBytes)} usable of ${formatBytes(memory.totalBytes)}; this process ${
      formatBytes(memory.processBytes)
    }\n` +
    `  speed   ${describeSpeed(device)}\n` +
    `  links   ${device.links.map(describeLink).join(", ") || "none"}\n` +
    `  holds   ${device.segments.map(describeSegment).join("; ") || "nothing"}\n` +
    describeBalance(device) +
    describeTraffic(device) +
    describePast(device) +
    indent(actorTable(device));
}

function describeSegment({ first, last, bytes, look }: DeviceView["segments"][number]): string {
  const what = `blocks ${first} to ${last}, ${formatBytes(bytes)}`;
  if (look === undefined) return what;
  const { slots, tokens, waiting, rowsPerStep, tokensPerSecond, unmirrored, guesses, levels = [] } = look;
  return `${what}, ${slots.taken} of ${slots.all} places taken, ${waiting} waiting` +
    (tokens === undefined ? "" : `, ${tokens.taken} of ${tokens.all} cache tokens taken and ${tokens.kept} kept`) +
    (unmirrored === undefined ? "" : `, mirrored but for ${unmirrored} positions`) +
    (guesses === undefined ? "" : `, ${guesses.accepted} of ${guesses.accepted + guesses.rejected} guesses right`) +
    (levels.length === 0 ? "" : `, lately ${levels.map(describeMix).join(" and ")}`) +
    (tokensPerSecond > 0 ? `, ${tokensPerSecond.toFixed(1)} tokens/s at ${rowsPerStep.toFixed(1)} rows a step` : "");
}

function describeMix({ level, sequences }: { readonly level: number; readonly sequences: number }): string {
  return `${sequences} at level ${level}`;
}

/** How the device runs beside what the plan expects, and what came of it. */
function describeBalance({ balance }: DeviceView): string {
  if (balance === undefined) return "";
  const { on, windows, ratio, finding, yielding, proposal, verdict } = balance;
  const now = [
    ...(on ? [] : ["switched off"]),
    ...(ratio === undefined ? [] : [`${ratio.toFixed(2)} times the predicted time in ${windows} windows`]),
    finding,
    ...(yielding === undefined ? [] : [`gives up ${yielding} for its owner`]),
  ];
  const said = (who: string, what: typeof proposal) => {
    return what === undefined ? "" : `  ${" ".repeat(8)}${who} ${duration(what.millisecondsAgo)} ago: ${what.text}\n`;
  };
  return `  balance ${now.join(", ")}\n${said("proposed", proposal)}${said("the leader", verdict)}`;
}

function describeTraffic({ counters }: DeviceView): string {
  if (counters === undefined) return "";
  const { framesIn, framesOut, bytesIn, bytesOut, dropped } = counters;
  const lost = Object.entries(dropped).filter(([, count]) => count > 0).map(([why, count]) => `${count} ${why}`);
  return `  frames  ${framesIn} in, ${formatBytes(bytesIn)}; ${framesOut} out, ${formatBytes(bytesOut)}` +
    `${lost.length === 0 ? "" : `; dropped: ${lost.join(", ")}`}\n`;
}

/** The latest few of what happened; the others are in the JSON. */
function describePast({ events = [] }: DeviceView): string {
  return events.slice(-LATELY).map(({ millisecondsAgo, text }) => {
    return `  ${duration(millisecondsAgo)} ago  ${text}\n`;
  }).join("");
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
    ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
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
    ...work.flatMap(({ levels = [] }) => levels.flatMap(describeShare)),
    `${sensors.cores} cores, load ${sensors.load.toFixed(2)}`,
    ...(sensors.batteryCharge === undefined
      ? []
      : [`battery ${Math.round(sensors.batteryCharge * 100)}%${sensors.onBattery ? ", discharging" : ""}`]),
    ...(sensors.celsius === undefined ? [] : [`${Math.round(sensors.celsius)} °C`]),
  ];
  return parts.join(", ");
}

/** What a device has found of a level. */
function describeShare({ level, decodeShare }: LevelTime): string[] {
  return decodeShare === undefined
    ? []
    : [`level ${level} in ${Math.round(100 * decodeShare)}% of a sliced layer's time`];
}

function describeLink({ name, roundTripMilliseconds, bytesPerSecond }: DeviceView["links"][number]): string {
  const trip = roundTripMilliseconds === undefined ? "" : ` ${roundTripMilliseconds.toFixed(2)} ms`;
  return `${name}${trip}${bytesPerSecond === undefined ? "" : `, ${(bytesPerSecond / 1e6).toFixed(0)} MB/s from it`}`;
}

function actorTable({ actors, segments }: DeviceView): string {
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
