/** macOS's LaunchAgents (launchd.plist(5), launchctl(1)). */
import { join } from "node:path";
import process from "node:process";
import type { ServiceManager } from "./manager.ts";
import { escapeXml } from "./xml.ts";

const LABEL = "net.skein.daemon";
/** The user's own session, where agents live. */
const domain = (): string => `gui/${process.getuid?.() ?? 501}`;
const logOf = (home: string): string => join(home, "Library", "Logs", "skein.log");

export const launchd: ServiceManager = {
  name: "LaunchAgent",
  file({ command, environment, home }) {
    const strings = command.map((argument) => `    <string>${escapeXml(argument)}</string>`);
    const variables = Object.entries(environment).flatMap(([name, value]) => [
      `    <key>${escapeXml(name)}</key>`,
      `    <string>${escapeXml(value)}</string>`,
    ]);
    const text = [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
      '<plist version="1.0">',
      "<dict>",
      "  <key>Label</key>",
      `  <string>${LABEL}</string>`,
      "  <key>ProgramArguments</key>",
      "  <array>",
      ...strings,
      "  </array>",
      "  <key>EnvironmentVariables</key>",
      "  <dict>",
      ...variables,
      "  </dict>",
      "  <key>RunAtLoad</key>",
      "  <true/>",
      "  <key>KeepAlive</key>",
      "  <dict>",
      "    <key>SuccessfulExit</key>",
      "    <false/>",
      "  </dict>",
      "  <key>ThrottleInterval</key>",
      "  <integer>5</integer>",
      "  <key>ExitTimeOut</key>",
      "  <integer>30</integer>",
      "  <key>Umask</key>",
      // 0077, which a plist cannot write in octal.
      "  <integer>63</integer>",
      // What it does is in its own log; here is what it says when it fails.
      "  <key>StandardOutPath</key>",
      "  <string>/dev/null</string>",
      "  <key>StandardErrorPath</key>",
      `  <string>${escapeXml(logOf(home))}</string>`,
      "</dict>",
      "</plist>",
      "",
    ].join("\n");
    return { path: join(home, "Library", "LaunchAgents", `${LABEL}.plist`), text };
  },
  start: (path) => [["launchctl", "bootstrap", domain(), path]],
  status: ["launchctl", "print", `${domain()}/${LABEL}`],
  stop: () => [["launchctl", "bootout", `${domain()}/${LABEL}`]],
  remove: () => ({ before: [["launchctl", "bootout", `${domain()}/${LABEL}`]], after: [] }),
  complaints: (home) => ["tail", "-n", "200", logOf(home)],
  leaves: (home) => [logOf(home)],
  notes: [],
};
