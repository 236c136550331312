/** systemd's user services (systemd.service(5), systemd.exec(5)). */
import { join } from "node:path";
import type { ServiceManager } from "./manager.ts";

const UNIT = "skein.service";
const control = (...args: string[]) => ["systemctl", "--user", ...args] as const;

export const systemd: ServiceManager = {
  name: "systemd user unit",
  file({ command, environment, home, env }) {
    const variables = Object.entries(environment).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
    const text = [
      "[Unit]",
      "Description=Skein: one language model across the devices you own",
      "StartLimitIntervalSec=300",
      "StartLimitBurst=10",
      "",
      "[Service]",
      "Type=exec",
      `ExecStart=${command.map(quote).join(" ")}`,
      ...variables,
      "Restart=on-failure",
      "RestartSec=5",
      // What is being answered is taken up elsewhere first.
      "TimeoutStopSec=30",
      "UMask=0077",
      // What it does is in its own log; the journal has what it says when it fails.
      "StandardOutput=null",
      "StandardError=journal",
      "NoNewPrivileges=yes",
      "",
      "[Install]",
      "WantedBy=default.target",
      "",
    ].join("\n");
    return { path: join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "systemd", "user", UNIT), text };
  },
  start: () => [control("daemon-reload"), control("enable", UNIT), control("restart", UNIT)],
  status: control("status", "--no-pager", UNIT),
  stop: () => [control("stop", UNIT)],
  remove: () => ({ before: [control("disable", "--now", UNIT)], after: [control("daemon-reload")] }),
  complaints: () => ["journalctl", "--user", "--unit", UNIT, "--no-pager"],
  leaves: () => [],
  notes: ["It ends when you log out, unless you allow it to linger: loginctl enable-linger"],
};

/** An argument in systemd's quoting: specifiers and variables mean nothing in it. */
function quote(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")
    .replaceAll("\n", "\\n");
  return `"${escaped}"`;
}
