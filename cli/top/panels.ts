/** The panels of the screen, each in just so many lines. Pure. */
import type { ActorLine } from "./actor-rows.ts";
import type { AnswerRow } from "./answer-rows.ts";
import type { DeviceRow } from "./device-rows.ts";
import {
  bar,
  type Column,
  columnsWithin,
  hueOf,
  type Line,
  rowLine,
  rule,
  type Span,
  span,
  titleLine,
} from "./line.ts";
import { count, milliseconds, percent, rate, short, size, span as timeSpan } from "./numbers.ts";
import type { Shown, View } from "./view.ts";
import { fit, widthOf } from "./text.ts";

/** The mark of a chosen row, and of the panel that the keys go to. */
const MARK = "▸";

/** The devices; the title is part of the lines. */
export function devicesPanel(view: View, { devices, device, seen }: Shown, columns: number, lines: number): Line[] {
  const { panel, deviceOrder } = view;
  const name = Math.min(20, Math.max(8, ...devices.map(({ name }) => widthOf(name) + 2)));
  const table = columnsWithin(deviceColumns(name, seen), columns - 2);
  const [title = [], ...rows] = tableLines(table, devices, device, panel === "devices", lines);
  const notes = [...deviceOrder === "path" ? [] : [`by ${deviceOrder}`], ...hiddenOf(devices, lines)];
  return [withNotes(title, notes), ...rows];
}

function deviceColumns(name: number, seen: readonly string[]): Column<DeviceRow>[] {
  return [
    {
      title: "DEVICE",
      width: name,
      cell: ({ name, leads, device }) => span(`${name}${leads ? " ★" : ""}`, hueOf(seen, device)),
    },
    { title: "BLOCKS", width: 6, cell: ({ blocks }) => blocks === undefined ? "-" : blocksOf(blocks) },
    { title: "MEMORY", width: 17, cell: memoryOf, drop: 1 },
    { title: "CPU", width: 4, right: true, cell: ({ cpu }) => cpu === undefined ? "" : percent(cpu) },
    { title: "LOAD", width: 4, right: true, cell: ({ load }) => load === undefined ? "" : short(load), drop: 2 },
    { title: "MS/TOKEN", width: 8, right: true, cell: stepOf },
    {
      title: "p99",
      width: 5,
      right: true,
      cell: ({ stepMilliseconds: s }) => s === undefined ? "" : short(s.p99),
      drop: 5,
    },
    { title: "IN/OUT a s", width: 11, right: true, cell: trafficOf, drop: 6 },
    { title: "SINCE", width: 6, right: true, cell: ({ upSeconds }) => since(upSeconds), drop: 7 },
    { title: "STATE", width: 14, cell: ({ state, bad }) => span(state, bad ? "bad" : toneOf(state)) },
  ];
}

function blocksOf({ first, last }: { readonly first: number; readonly last: number }): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function memoryOf({ usedBytes, usableBytes }: DeviceRow): string {
  if (usedBytes === undefined || usableBytes === undefined) return "";
  return `${fit(`${size(usedBytes)}/${size(usableBytes)}`, 10)} ${bar(usedBytes / Math.max(usableBytes, 1), 6)}`;
}

/** Measured, or with a tilde as predicted. */
function stepOf({ stepMilliseconds, predictedMilliseconds }: DeviceRow): Span | string {
  if (stepMilliseconds !== undefined) return short(stepMilliseconds.mean);
  return predictedMilliseconds === undefined ? "" : span(`~${short(predictedMilliseconds)}`, "faint");
}

/** Bytes a second in and out. */
function trafficOf({ bytesInPerSecond: into, bytesOutPerSecond: out }: DeviceRow): string {
  return into === undefined || out === undefined ? "" : `${count(into)}/${count(out)}`;
}

function since(seconds: number | undefined): string {
  return seconds === undefined ? "" : timeSpan(seconds);
}

function toneOf(state: string): "good" | "warn" | "faint" | "plain" {
  if (state === "computing") return "good";
  if (/^(fetching|loading|\d+ wait)/.test(state)) return "warn";
  return state === "idle" ? "plain" : "faint";
}

/** Answers under way and of late. */
export function answersPanel(
  { panel }: View,
  { answers, answer, seen }: Shown,
  columns: number,
  lines: number,
): Line[] {
  const table = columnsWithin(answerColumns(seen), columns - 2);
  const rows = tableLines(table, answers, answer, panel === "answers", lines - 1);
  const none: Line[] = [[span("  none yet: a asks for one", "faint")]];
  const notes = hiddenOf(answers, lines - 1).join("");
  return [rule(titleOf("answers", panel), notes, columns), ...(answers.length === 0 ? none : rows)];
}

function answerColumns(seen: readonly string[]): Column<AnswerRow>[] {
  return [
    { title: "ANSWER", width: 8, cell: ({ id }) => id.slice(0, 8) },
    { title: "AT", width: 10, cell: ({ name, device }) => span(name, hueOf(seen, device)) },
    { title: "MODEL", width: 14, cell: ({ model }) => span(model, "faint"), drop: 6 },
    {
      title: "PROMPT",
      width: 6,
      right: true,
      cell: ({ promptTokens }) => promptTokens === undefined ? "" : count(promptTokens),
    },
    { title: "TOKENS", width: 6, right: true, cell: ({ tokens }) => count(tokens) },
    {
      title: "/S",
      width: 5,
      right: true,
      cell: ({ tokensPerSecond }) => tokensPerSecond === undefined ? "" : rate(tokensPerSecond),
    },
    {
      title: "TTFT",
      width: 7,
      right: true,
      drop: 5,
      cell: ({ ttftMilliseconds }) => ttftMilliseconds === undefined ? "" : milliseconds(ttftMilliseconds),
    },
    { title: "ROUTE", width: 30, drop: 4, cell: ({ route }) => span(route.join(">"), "faint") },
    { title: "STATE", width: 18, cell: answerState },
  ];
}

function answerState({ stage, reason = "", takenUp }: AnswerRow): Span {
  const again = takenUp === 0 ? "" : takenUp === 1 ? ", taken up once" : `, taken up ${takenUp} times`;
  switch (stage) {
    case "waiting":
      return span("waits for its place", "warn");
    case "reading":
      return span(`reads the prompt${again}`, "accent");
    case "writing":
      return span(`writes${again}`, "good");
    case "interrupted":
      return span(`is taken up again: ${reason}`, "warn");
    case "ended":
      return span(`ended: ${reason}${again}`, "faint");
    case "failed":
      return span(`failed: ${reason}`, "bad");
    case "left":
      return span("left by its reader", "faint");
    default:
      return stage satisfies never;
  }
}

/** The actors of the chosen device. */
export function actorsPanel(view: View, { actors, actor, device }: Shown, columns: number, lines: number): Line[] {
  const { panel, actorOrder } = view;
  const table = columnsWithin(ACTOR_COLUMNS, columns - 2);
  const title = titleOf(`actors of ${device?.name ?? "…"}`, panel);
  const notes = [...actorOrder === "tree" ? [] : [`by ${actorOrder}`], ...hiddenOf(actors, lines - 1)];
  return [rule(title, notes.join(", "), columns), ...tableLines(table, actors, actor, panel === "actors", lines - 1)];
}

const ACTOR_COLUMNS: readonly Column<ActorLine>[] = [
  { title: "ACTOR", width: 28, cell: ({ label }) => label },
  { title: "STATE", width: 10, cell: ({ state }) => span(state, state === "running" ? "plain" : "warn") },
  {
    title: "MAILBOX",
    width: 10,
    right: true,
    cell: ({ mailbox, mailboxBound }) =>
      span(`${mailbox}/${mailboxBound}`, mailbox * 4 > mailboxBound ? "bad" : "plain"),
  },
  { title: "MSG/S", width: 6, right: true, cell: ({ messagesPerSecond: m }) => m === undefined ? "" : rate(m) },
  { title: "MEAN ms", width: 7, right: true, cell: ({ meanMilliseconds }) => short(meanMilliseconds), drop: 3 },
  { title: "p99 ms", width: 6, right: true, cell: ({ p99Milliseconds: p }) => p === undefined ? "" : short(p) },
  {
    title: "SINCE",
    width: 6,
    right: true,
    cell: ({ upMilliseconds: up }) => up === undefined ? "" : timeSpan(up / 1000),
    drop: 4,
  },
  {
    title: "RESTARTS",
    width: 8,
    cell: ({ restarts }) => span(`${restarts}`, restarts > 0 ? "warn" : "plain"),
    drop: 2,
  },
];

/** A panel's title; the one that the keys go to is marked. */
export function titleOf(name: string, panel: string): string {
  return name.startsWith(panel) ? `${MARK} ${name}` : name;
}

/** Titles and rows, scrolled so that the chosen one is among them. */
function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  chosen: Row | undefined,
  focused: boolean,
  lines: number,
): Line[] {
  if (lines <= 0) return [];
  const room = lines - 1;
  const at = chosen === undefined ? 0 : rows.indexOf(chosen);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const shown = rows.slice(from, from + room).map((row): Line => {
    const line = rowLine(columns, row);
    if (row !== chosen) return [span("  "), ...line];
    const text = line.map(({ text, tone }): Span => ({ text, tone: focused ? "chosen" : tone }));
    return [span(`${MARK} `, focused ? "chosen" : "plain"), ...text];
  });
  return [[span("  "), ...titleLine(columns)], ...shown];
}

/** How many rows there is no room for. */
function hiddenOf(rows: readonly unknown[], lines: number): string[] {
  const hidden = rows.length - Math.max(0, lines - 1);
  return hidden > 0 ? [`${hidden} more`] : [];
}

/** A line of titles with words in its last column. */
function withNotes(title: Line, notes: readonly string[]): Line {
  if (notes.length === 0) return title;
  return [...title.slice(0, -1), span(`${(title.at(-1)?.text ?? "").trimEnd()}  (${notes.join(", ")})`, "faint")];
}
