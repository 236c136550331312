/** skein models: which models are on this machine's disk, and deleting them. */
import process from "node:process";
import { formatBytes } from "../plans/mod.ts";
import { defaultDataFolder } from "../runtime/host/mod.ts";
import { CommandError, parseCommand } from "./command.ts";
import { describeLetGo, describeModels, describeRemoved } from "./models/output.ts";
import { openShelf, type Shelf } from "./models/shelf.ts";
import { askToGoOn } from "./question.ts";

export const USAGE =
  `skein models [options]: show the models on this machine's disk: how much of each, on which devices, last used.
skein models rm NAME [options]: delete a model here, by its name or id. What is served, or runs, is not touched.
skein models prune [options]: delete half-fetched blocks, blocks of no model, and copies of blocks that run elsewhere and
that enough other devices have: one for a model that is not served, two for one that is.

  --force             with rm: also a model that is served, but for the blocks that run here
  --all               with prune: also all models that are not served
  --dry-run           with prune: only show what would go
  --yes               delete without asking
  --data-dir DIR      the data folder (default: of the daemon on this machine, else ${defaultDataFolder()})
  --json              print JSON, and ask nothing: rm and prune want --yes too

How much may pile up is limited by skein up --disk SIZE.
`;

type Values = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  return parseCommand(
    args,
    {
      force: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      "data-dir": { type: "string" },
      json: { type: "boolean", default: false },
    },
    USAGE,
    2,
  );
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: [action, name, ...more] } = parse(args);
  const wrong = (message: string) => new CommandError(`${message}\n\n${USAGE}`, 2);
  if (more.length > 0 || (name !== undefined && action !== "rm")) throw wrong("Too many arguments.");
  if (action === "rm" && name === undefined) throw wrong("Which model? Give its name or id.");
  if (action !== undefined && action !== "rm" && action !== "prune") throw wrong(`There is no "models ${action}".`);
  await using shelf = await openShelf(values["data-dir"]);
  if (action === "rm") return await remove(shelf, name ?? "", values);
  if (action === "prune") return await prune(shelf, values);
  const keeping = await shelf.keeping();
  print(values, keeping, describeModels(keeping, Date.now()));
  return 0;
}

async function remove(shelf: Shelf, name: string, values: Values): Promise<number> {
  const known = (await shelf.keeping()).models.filter((model) => model.name === name || model.id.startsWith(name));
  const [model] = known;
  // One that is not there, or is served, is refused below without a question.
  if (model !== undefined && known.length === 1 && (!model.serving || values.force)) {
    const where = model.on.length > 1 ? `, which ${model.on.length - 1} other devices have blocks of,` : "";
    await sure(`Delete ${model.name} (${formatBytes(model.hereBytes)} here)${where} from this disk?`, values);
  }
  const removed = await shelf.remove(name, values.force);
  if (removed.type === "refused") throw new CommandError(removed.reason);
  print(values, removed, describeRemoved(removed));
  return 0;
}

async function prune(shelf: Shelf, values: Values): Promise<number> {
  const { all } = values;
  const would = await shelf.prune({ all, dryRun: true });
  if (values["dry-run"] || would.files === 0) {
    print(values, would, describeLetGo(would, false));
    return 0;
  }
  if (!values.yes && !values.json) process.stderr.write(describeLetGo(would, false));
  await sure("Delete them?", values);
  const gone = await shelf.prune({ all, dryRun: false });
  print(values, gone, describeLetGo(gone, true));
  return 0;
}

async function sure(question: string, { yes, json }: Values): Promise<void> {
  if (yes) return;
  if (json) throw new CommandError("With --json nobody is asked: add --yes to delete.", 2);
  await askToGoOn(question);
}

function print({ json }: Values, value: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
}
