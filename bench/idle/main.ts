/**
 * What a device takes that has no model and nothing to do: resident memory of all its processes (the launcher's too, where it
 * stays), and processor time, at its first start, when it measures how fast it computes, and at a later one.
 *
 *     deno run --allow-all --no-check bench/idle/main.ts [--seconds 20] [--node PROGRAM]
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { launchDaemon } from "../../cli/launch.ts";
import { ended } from "../../tests/e2e/local-mesh.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    node: { type: "string" },
  },
});
/** Clock ticks of /proc: fixed on Linux. */
const TICKS_A_SECOND = 100;

interface Use {
  readonly processes: number;
  readonly residentBytes: number;
  readonly processorSeconds: number;
}

/** A process and all that it has started. */
function family(pid: number): number[] {
  const parents = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(
    (name) => [Number(name), parentOf(name)],
  );
  const members = [pid];
  for (const member of members) {
    for (const [child, parent] of parents) {
      if (parent === member && child !== undefined) members.push(child);
    }
  }
  return members;
}

function parentOf(pid: string): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/status`, "utf8").match(/PPid:\s+(\d+)/)?.[1],
    );
  } catch {
    return 0;
  }
}

function useOf(pid: number): Use {
  const uses = family(pid).map((member) => {
    const kilobytes = Number(
      readFileSync(`/proc/${member}/status`, "utf8").match(/VmRSS:\s+(\d+) kB/)
        ?.[1],
    );
    // After the name, which may hold spaces: user and system time are the 12th and the 13th word.
    const words = readFileSync(`/proc/${member}/stat`, "utf8").split(") ")[1]?.split(" ") ??
      [];
    return {
      bytes: kilobytes * 1024,
      ticks: Number(words[11]) + Number(words[12]),
    };
  });
  return {
    processes: uses.length,
    residentBytes: uses.reduce((sum, { bytes }) => sum + bytes, 0),
    processorSeconds: uses.reduce((sum, { ticks }) => sum + ticks, 0) /
      TICKS_A_SECOND,
  };
}

const folder = await mkdtemp(join(tmpdir(), "skein-idle-"));
process.env["SKEIN_STATE_DIR"] = folder;
const args = [
  "--data-dir",
  join(folder, "d"),
  "--api",
  "127.0.0.1:0",
  "--listen",
  "/ip4/127.0.0.1/tcp/0",
  "--no-mdns",
];
try {
  for (const start of ["first", "later"]) {
    const daemon = await launchDaemon(args, { node: values.node });
    try {
      const before = useOf(daemon.pid);
      await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1000));
      const { processes, residentBytes, processorSeconds } = useOf(daemon.pid);
      const share = 100 * (processorSeconds - before.processorSeconds) /
        Number(values.seconds);
      process.stdout.write(
        `${start} start: ${(residentBytes / 2 ** 20).toFixed(0)} MiB in ${processes} processes; ` +
          `${before.processorSeconds.toFixed(2)} s of processor until ready, then ${share.toFixed(1)}% of one\n`,
      );
    } finally {
      await daemon.stop();
      await ended(daemon.ready.pid);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(
  `load averages ${loadavg().map((load) => load.toFixed(1)).join(" ")}\n`,
);
