/**
 * Command: makes the built-in model from nothing: tokenizer, text, training, training for levels, export, references, scores.
 * `node training/reproduce.ts [--work FOLDER] [--python COMMAND] [--steps N] [--minutes N] [--processes N] [--elastic-steps N]`
 *
 * Needs a Python with PyTorch 1.13 or newer and NumPy (on Debian: python3-torch and python3-numpy). An interrupted training goes on from its checkpoint.
 */
import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtinModelPath } from "../models/builtin/mod.ts";

const { values } = parseArgs({
  options: {
    work: { type: "string", default: "gosling-run" },
    python: { type: "string", default: "python3" },
    steps: { type: "string", default: "5000" },
    minutes: { type: "string", default: "100000" },
    processes: { type: "string", default: "2" },
    "elastic-steps": { type: "string", default: "1000" },
  },
});

const here = fileURLToPath(new URL(".", import.meta.url));
const at = (...parts: string[]) => join(resolve(values.work), ...parts);

function run(command: string, ...parameters: string[]): void {
  console.log(`$ ${[command, ...parameters].join(" ")}`);
  const { status, error } = spawnSync(command, parameters, { stdio: "inherit", cwd: here });
  if (error !== undefined) throw new Error(`Cannot run ${command}; is it installed?`, { cause: error });
  if (status !== 0) throw new Error(`${command} ended with status ${status}; what it printed above says why`);
}

/** Other token ids would make nonsense of a checkpoint: a work folder belongs to the tokenizer that it was begun with. */
async function keepTokenizer(): Promise<void> {
  await mkdir(values.work, { recursive: true });
  const now = await readFile(join(here, "tokenizer.json"), "utf8");
  const before = await readFile(at("tokenizer.json"), "utf8").catch(() => now);
  if (before !== now) {
    throw new Error(`${values.work} was begun with another tokenizer: choose another --work, or remove it`);
  }
  await writeFile(at("tokenizer.json"), now);
}

// Deno's own flags: what runs this file runs the others.
const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
const script = (name: string, ...parameters: string[]) =>
  run(process.execPath, ...runtime, join(here, name), ...parameters);
const python = (name: string, ...parameters: string[]) =>
  run(values.python, join(here, "pytorch", name), ...parameters);
const elastic = (name: string, ...parameters: string[]) => run(values.python, "-m", `elastic.${name}`, ...parameters);

script("train-tokenizer.ts");
await keepTokenizer();
script("write-shards.ts", at("shards"));
script("write-validation.ts", at("validation.jsonl"), "12");
const { steps, minutes, processes } = values;
const limits = ["--steps", steps, "--minutes", minutes, "--processes", processes];
python("train.py", at("shards"), at("validation.jsonl"), at("run"), ...limits);

// Levels: the parts of each layer in the order of their importance, then trained on at all of them.
const text = at("elastic-shards", "shard-0023.bin");
script("write-shards.ts", at("elastic-shards"), "24", "400000", "12", "elastic");
elastic("importance", at("run", "model"), text, at("order.json"), "12");
script("elastic/reorder.ts", at("run", "model"), at("order.json"), at("ordered"));
// Says that the first layer suffers most by far: it is the anchor.
elastic("anchors", at("ordered"), text);
const elasticLimits = ["--anchors", "0", "--steps", values["elastic-steps"], "--minutes", minutes];
elastic("train", at("ordered"), at("elastic-shards"), at("validation.jsonl"), at("elastic"), ...elasticLimits);

const made = at("elastic", "checkpoint.pt");
python("greedy.py", at("validation.jsonl"), made, join(here, "references.jsonl"));
script("export-gguf.ts", at("elastic", "model"), at("model-f32.gguf"), "F32");
script("export-gguf.ts", at("elastic", "model"), builtinModelPath(), "Q8_0");
script("check-parity.ts", "--model", at("model-f32.gguf"));
script("check-parity.ts");
script("evaluate.ts", "--json", join(here, "scores.json"));
// The same tasks and stories in PyTorch, at each level.
script("write-validation.ts", at("scored.jsonl"), "50");
elastic("score", at("scored.jsonl"), made);
