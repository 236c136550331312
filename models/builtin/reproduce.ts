/**
 * Command: makes the built-in model from nothing: text, training, export, references, scores.
 * `node models/builtin/reproduce.ts [--work FOLDER] [--python COMMAND] [--steps N] [--minutes N] [--processes N] [--tokenizer]`
 *
 * `--tokenizer` trains the tokenizer again too; without it, the one that is here is used. Needs a Python with PyTorch 2.4 or newer and NumPy. An interrupted training goes on from its checkpoint.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtinModelPath } from "./mod.ts";

const { values } = parseArgs({
  options: {
    work: { type: "string", default: "gosling-run" },
    python: { type: "string", default: "python3" },
    steps: { type: "string", default: "4000" },
    minutes: { type: "string", default: "100000" },
    processes: { type: "string", default: "2" },
    tokenizer: { type: "boolean", default: false },
  },
});

const here = fileURLToPath(new URL(".", import.meta.url));
const at = (...parts: string[]) => join(values.work, ...parts);

function run(command: string, ...parameters: string[]): void {
  console.log(`$ ${[command, ...parameters].join(" ")}`);
  const { status, error } = spawnSync(command, parameters, { stdio: "inherit" });
  if (error !== undefined) throw new Error(`Cannot run ${command}; is it installed?`, { cause: error });
  if (status !== 0) throw new Error(`${command} ended with status ${status}; what it printed above says why`);
}

// Deno's own flags: what runs this file runs the others.
const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
const script = (name: string, ...parameters: string[]) =>
  run(process.execPath, ...runtime, join(here, name), ...parameters);
const python = (name: string, ...parameters: string[]) =>
  run(values.python, join(here, "training", name), ...parameters);

if (values.tokenizer) script("train-tokenizer.ts");
script("write-shards.ts", at("shards"));
script("write-validation.ts", at("validation.jsonl"), "12");
const { steps, minutes, processes } = values;
const limits = ["--steps", steps, "--minutes", minutes, "--processes", processes];
python("train.py", at("shards"), at("validation.jsonl"), at("run"), ...limits);
python("greedy.py", at("validation.jsonl"), at("run", "checkpoint.pt"), join(here, "references.jsonl"));
script("export-gguf.ts", at("run", "model"), at("model-f32.gguf"), "F32");
script("export-gguf.ts", at("run", "model"), builtinModelPath(), "Q8_0");
script("check-parity.ts", "--model", at("model-f32.gguf"));
script("check-parity.ts");
script("evaluate.ts", "--json", join(here, "scores.json"));
