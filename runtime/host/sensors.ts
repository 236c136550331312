/** What a machine tells of its state beside memory: load, battery, temperature, where it tells. */
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";

/** A reading; what the machine does not tell is absent. */
export interface SensorReading {
  readonly cores: number;
  /** Processes that wanted to run, over the last minute. */
  readonly load: number;
  /** 0 to 1. */
  readonly batteryCharge?: number;
  readonly onBattery?: boolean;
  /** The hottest zone. */
  readonly celsius?: number;
}

/** Reads the sensors; only Linux tells of battery and temperature without a helper program. */
export async function readSensors(): Promise<SensorReading> {
  const [battery, celsius] = await Promise.all([readBattery(), readTemperature()]);
  return {
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    ...battery,
    ...(celsius === undefined ? {} : { celsius }),
  };
}

/** A text that changes with whatever changes how fast this machine computes. */
export function hardwareKey(): string {
  return `${cpus()[0]?.model ?? "unknown"} x ${availableParallelism()}`;
}

const SUPPLIES = "/sys/class/power_supply";
const ZONES = "/sys/class/thermal";

async function readBattery(): Promise<{ batteryCharge?: number; onBattery?: boolean }> {
  for (const name of await readdir(SUPPLIES).catch(() => [])) {
    if (await text(`${SUPPLIES}/${name}/type`) !== "Battery") continue;
    const capacity = Number(await text(`${SUPPLIES}/${name}/capacity`));
    const status = await text(`${SUPPLIES}/${name}/status`);
    if (capacity >= 0 && capacity <= 100) return { batteryCharge: capacity / 100, onBattery: status === "Discharging" };
  }
  return {};
}

async function readTemperature(): Promise<number | undefined> {
  let hottest: number | undefined;
  for (const name of await readdir(ZONES).catch(() => [])) {
    if (!name.startsWith("thermal_zone")) continue;
    const celsius = Number(await text(`${ZONES}/${name}/temp`)) / 1000;
    if (celsius > 0 && celsius < 150) hottest = Math.max(hottest ?? 0, celsius);
  }
  return hottest;
}

async function text(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8").catch(() => undefined))?.trim();
}
