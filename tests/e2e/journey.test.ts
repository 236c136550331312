/** What somebody new sees who follows the README with three devices, from the first command to the last, in real terminals. */
import assert from "node:assert/strict";
import { access, readdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type HomeDevice, withHousehold } from "./household.ts";
import { hasTmux } from "./tmux.ts";

const skip = hasTmux ? false : "no tmux on this machine";
const otherModel = fileURLToPath(new URL("../../../shared/models/babyllama-q4_0.gguf", import.meta.url));

test(
  "three devices: up, invite, join, chat, another model, a power cut, a device put out, and nothing left",
  { skip },
  async () => {
    await withHousehold(["laptop", "desktop", "board"], async ([laptop, desktop, board]) => {
      await begins(laptop);
      await joins(desktop, laptop);
      await joins(board, laptop);
      await talks(desktop);
      const model = await switches(laptop, [desktop, board]);
      await powerCut([laptop, desktop, board], model);
      await putsOut(board, laptop);
      await uninstalls(laptop, desktop);
    });
  },
);

/** `skein` alone says what to type; what it says is typed. */
async function begins({ shell, console, name, data }: HomeDevice): Promise<void> {
  const said = await shell.enter("skein", /No daemon of Skein runs on this machine\./, /up --join - /);
  const command = /skein (up --model builtin) /.exec(said)?.[1];
  assert.ok(command !== undefined, said);
  await console.enter(
    `skein ${command}`,
    /^laptop is up \(\w+\)/m,
    /^ {2}api +http:\/\/127\.0\.0\.1:\d+$/m,
    /^ {2}page +http.*skein open shows it/m,
    new RegExp(`^ {2}data +${data}$`, "m"),
    /^ {2}model gosling-\S+: \d+ blocks, .*offered to the mesh/m,
    /^ {2}plan 1\.\d+ runs gosling-\S+: laptop 0-7/m,
  );
  await shell.enter("skein", new RegExp(`${name} is up at http\\S+: gosling-\\S+ on laptop`), /chat +talk with/);
}

/** Screen E: the invite goes from one screen to the other, and the device that joins is told what it does, and why. */
async function joins(device: HomeDevice, host: HomeDevice): Promise<void> {
  const printed = await host.shell.enter(
    "skein invite",
    /For one device, until \d.*skein up --join -/,
    /^skein\d-\w+$/m,
  );
  const invite = /^skein\d-\w+$/m.exec(printed)?.[0] ?? "";
  await device.console.enter("skein up --join -", /Paste the invite, then press Enter:/);
  await device.console.type(invite);
  await device.console.until(
    new RegExp(`^${device.name} is up \\(`, "m"),
    new RegExp(`^ {2}\\+ ${host.name}$`, "m"),
    /^ {2}this device runs nothing now: gosling-\S+ is on laptop alone, [\d.]+ ms a token as predicted; no plan with it/m,
    new RegExp(`^ {2}to try it all the same: skein plan --split laptop=4,${device.name}=4 `, "m"),
  );
  await host.console.until(new RegExp(`^ {2}\\+ ${device.name}$`, "m"));
}

/** Screen C: a conversation, on a device that holds nothing itself. */
async function talks({ shell }: HomeDevice): Promise<void> {
  await shell.enter("skein chat", /^gosling-\S+ on laptop +\/help +Ctrl-C stops an answer, Ctrl-D leaves$/m, /^>$/m);
  await shell.type("/plan");
  await shell.until(/^plan 1\.\d+ \(planned\), model gosling-/m, /^laptop +leader +0 to 7 /m, /^proof /m);
  await shell.type("Who are you?");
  await shell.until(/^TTFT \d+ ms, [\d.]+ tokens\/s, \d+ \+ \d+ tokens, route laptop 0-7\n>$/m);
  await shell.type("Tell me a long story about a goose.");
  await shell.until(/about a goose\.\n\S+/);
  await shell.press("C-c");
  await shell.until(/^stopped\n>$/m);
  await shell.press("C-d");
  await shell.until(/^\$$/m);
}

/** Screen F: all devices serve another model; returns its name. */
async function switches({ shell, console }: HomeDevice, others: readonly HomeDevice[]): Promise<string> {
  const given = await access(otherModel).then(() => otherModel, () => "builtin --quantize 4");
  const said = await shell.enter(`skein use ${given}`, /^The mesh serves \S+: \w+ \d+-\d+/m);
  const model = /^The mesh serves (\S+):/m.exec(said)?.[1] ?? "";
  for (const screen of [console, ...others.map(({ console }) => console)]) {
    await screen.until(new RegExp(`^ {2}plan \\d+\\.\\d+ runs ${model}: `, "m"));
  }
  await shell.enter("skein models", new RegExp(`^${model} .*serving`, "m"));
  return model;
}

/** Screen B: all are off at once; `up` alone goes on, says with what, and answers. */
async function powerCut(devices: readonly HomeDevice[], model: string): Promise<void> {
  for (const { cutPower } of devices) await cutPower();
  const [first, second, third] = devices as [HomeDevice, HomeDevice, HomeDevice];
  const goesOn = new RegExp(`^ {2}goes on with ${model}; `, "m");
  await first.console.enter("skein up", /^laptop is up/m, goesOn, new RegExp(`plan \\d+\\.\\d+ runs ${model}: `));
  for (const { console } of [second, third]) await console.enter("skein up", goesOn, / is up \(/);
  const { shell } = third;
  await shell.enter("skein ask --raw --max-tokens 12 Once upon a time", /^TTFT \d+ ms, .*\+ \d+ tokens, route /m);
  await shell.enter("skein devices", /^laptop +here /m, /^desktop +here /m, /^board +this device /m);
}

async function putsOut(device: HomeDevice, by: HomeDevice): Promise<void> {
  await by.shell.enter(
    `skein forget ${device.name}`,
    new RegExp(
      `^${device.name} is out\\. Stop it and remove mesh\\.key from its data folder, unless it is lost\\.`,
      "m",
    ),
  );
  await by.console.until(new RegExp(`^ {2}- ${device.name}: `, "m"));
  await device.console.until(/put out/);
  const left = await by.shell.enter("skein devices", /^desktop +here /m);
  assert.ok(!new RegExp(`^${device.name} `, "m").test(left), left);
}

/** Screen D: nothing is left on the device; the others go on. */
async function uninstalls({ shell, console, name, data }: HomeDevice, other: HomeDevice): Promise<void> {
  await shell.enter(
    "skein uninstall --yes",
    new RegExp(`^ {2}stop +the daemon of ${name} \\(process \\d+\\); others take over what it runs$`, "m"),
    /^ {2}remove +.*mesh\.key|mesh\.key \(/m,
    /^The program itself/m,
  );
  await console.until(/^\$$/m);
  assert.deepEqual(await readdir(data).catch(() => "no such folder"), "no such folder");
  await shell.enter("skein", /No daemon of Skein runs on this machine\./);
  await other.shell.enter("skein ask --raw --max-tokens 12 Once upon a time", /^TTFT \d+ ms, .*route desktop /m);
}
