/** Windows' scheduled tasks (Task Scheduler schema 1.4, schtasks). */
import { join } from "node:path";
import type { ServiceManager } from "./manager.ts";
import { escapeXml } from "./xml.ts";

const TASK = "Skein";

export const taskScheduler: ServiceManager = {
  name: "scheduled task at log-on",
  file({ command, home, env }) {
    const [program = "", ...args] = command;
    const text = [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
      "  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>",
      '  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType>' +
      "<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>",
      "  <Settings>",
      "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
      "    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
      "    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>",
      "    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>",
      "    <RestartOnFailure><Interval>PT1M</Interval><Count>10</Count></RestartOnFailure>",
      "    <Hidden>true</Hidden>",
      "  </Settings>",
      '  <Actions Context="Author">',
      "    <Exec>",
      `      <Command>${escapeXml(program)}</Command>`,
      `      <Arguments>${escapeXml(args.map(quote).join(" "))}</Arguments>`,
      "    </Exec>",
      "  </Actions>",
      "</Task>",
      "",
    ].join("\r\n");
    return { path: join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "skein", "service.xml"), text };
  },
  start: (path) => [
    ["schtasks", "/Create", "/F", "/TN", TASK, "/XML", path],
    ["schtasks", "/Run", "/TN", TASK],
  ],
  status: ["schtasks", "/Query", "/V", "/FO", "LIST", "/TN", TASK],
  stop: () => [["schtasks", "/End", "/TN", TASK]],
  remove: () => ({
    before: [["schtasks", "/End", "/TN", TASK], ["schtasks", "/Delete", "/F", "/TN", TASK]],
    after: [],
  }),
  complaints: () => ["schtasks", "/Query", "/V", "/FO", "LIST", "/TN", TASK],
  leaves: () => [],
  notes: [],
};

/** An argument by the rules of CommandLineToArgvW. */
function quote(text: string): string {
  if (text !== "" && !/[\s"]/.test(text)) return text;
  return `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}
