/** The doctor between two real devices. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { launchDaemon } from "../../cli/launch.ts";
import { launcherPath } from "../../cli/launcher-path.ts";
import type { Finding } from "../../cli/doctor/finding.ts";
import { withFolder } from "../models/temporary.ts";

const options = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--threads", "1"];

async function doctor(...args: readonly string[]): Promise<{ code: number | null; findings: Finding[] }> {
  const child = spawn(process.env["SKEIN_NODE"] ?? "node", [launcherPath(), "doctor", "--json", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => out += chunk);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, findings: out === "" ? [] : JSON.parse(out) };
}

test("between two devices the doctor finds all well, and when one is killed where it fails", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = folder;
    const a = await launchDaemon([...options, "--name", "laptop", "--data-dir", join(folder, "a")]);
    const invite = await a.invite();
    const b = await launchDaemon([...options, "--name", "board", "--data-dir", join(folder, "b")], { invite });
    const ended = b.failed.catch(() => {});
    try {
      const well = await doctor("board", "--data-dir", join(folder, "a"));
      assert.equal(well.code, 0, JSON.stringify(well.findings));
      const checks = well.findings.map(({ check }) => check);
      for (const check of ["device", "version", "address", "mDNS", "round trip", "bandwidth"]) {
        assert.ok(checks.includes(check), `${check}: ${checks}`);
      }
      const unknown = await doctor("phone", "--data-dir", join(folder, "a"));
      assert.deepEqual([unknown.code, unknown.findings], [1, []]);
      process.kill(b.ready.pid, "SIGKILL");
      await ended;
      const ill = await doctor("board", "--data-dir", join(folder, "a"));
      assert.equal(ill.code, 1, JSON.stringify(ill.findings));
      const address = ill.findings.find(({ check }) => check === "address");
      assert.match(`${address?.state} ${address?.found}`, /^(fail|warn) .* nothing listens at that port/);
    } finally {
      await b.stop();
      await a.stop();
    }
  });
});
