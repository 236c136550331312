/** Letting devices in and putting them out, as their owner does: real daemons, the commands themselves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { MemberView } from "../../actors/gateway/api.ts";
import { launchDaemon, type LaunchedDaemon } from "../../cli/launch.ts";
import { withFolder } from "../models/temporary.ts";
import { skein } from "./command.ts";

const options = ["--api", "127.0.0.1:0", "--no-mdns", "--threads", "1"];

async function devicesAt({ ready }: LaunchedDaemon): Promise<MemberView[]> {
  const { stdout } = await skein(["devices", "--json", "--api", ready.api]);
  return (JSON.parse(stdout) as { devices: MemberView[] }).devices;
}

/** Names of those that a daemon is connected with, itself included. */
async function here(daemon: LaunchedDaemon): Promise<string> {
  return (await devicesAt(daemon)).filter(({ here }) => here).map(({ name }) => name).sort().join();
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; !await condition();) {
    if (Date.now() > end) assert.fail(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("devices are let in by invites that work once, seen, put out, and stay out; the others come back", async () => {
  await withFolder(async (folder) => {
    process.env["SKEIN_STATE_DIR"] = folder;
    const running = new Map<string, LaunchedDaemon>();
    const start = async (name: string, invite?: string) => {
      const own = [...options, "--name", name, "--data-dir", join(folder, name)];
      const daemon = await launchDaemon([...own, "--listen", `/ip4/127.0.0.1/tcp/${ports[name]}`], {
        ...(invite === undefined ? {} : { invite }),
      });
      running.set(name, daemon);
      return daemon;
    };
    const base = 20_000 + process.pid % 20_000;
    const ports: Record<string, number> = { a: base, b: base + 1, c: base + 2 };
    try {
      const a = await start("a");
      const made = await skein(["invite", "--uses", "2", "--expires", "10m", "--data-dir", join(folder, "a")]);
      const invite = made.stdout.trim();
      assert.match(invite, /^skein2-[0-9a-z]+$/);
      await start("b", invite);
      const c = await start("c", invite);
      await until("all have met", async () => await here(a) === "a,b,c");
      assert.ok((await devicesAt(a)).every(({ version }) => /^\d/.test(version)));
      await assert.rejects(start("d", invite), /has been used already/);

      const forgotten = await skein(["forget", "c", "--data-dir", join(folder, "a")]);
      assert.match(forgotten.stdout, /c is out/);
      await until("c is out", async () => await here(a) === "a,b" && await here(c) === "c");
      for (const { stop } of running.values()) await stop();
      const again = await start("a");
      // Whoever starts its daemon with the same invite each time is in already.
      const [b2, c2] = [await start("b", invite), await start("c", invite)];
      await until("a and b are together", async () => await here(again) === "a,b" && await here(b2) === "a,b");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.equal(await here(c2), "c");
    } finally {
      for (const { stop } of running.values()) await stop();
    }
  });
});
