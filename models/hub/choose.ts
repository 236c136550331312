/** Which files of a repository a model is made of. Pure. */

/** A file of a repository, as its tree lists it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of a large file. */
  readonly sha256?: string;
  /** Git's name of a small one: SHA-1 of `blob LENGTH\0` and its bytes. */
  readonly gitOid?: string;
}

export interface Choice {
  /** The first is what is opened: a GGUF file, its first part, or config.json of a folder. */
  readonly files: readonly HubFile[];
  /** How the weights are stored, for people. */
  readonly quantization: string;
  readonly kind: "gguf" | "folder";
}

export type Chosen = { readonly type: "chosen"; readonly choice: Choice } | {
  readonly type: "none";
  /** Why, and what there is. */
  readonly reason: string;
};

/** Of a file whose name does not say how its weights are stored. */
const UNNAMED = "unnamed";
/** What can be compiled, the best choice first: small, and as fast as it is small. */
const PREFERRED = ["Q4_K_M", "Q4_0", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "F16", "BF16", "F32", UNNAMED];
const QUANTIZATION = /(?:^|[-._])((?:I?Q\d\w*?|F16|BF16|F32|FP16|FP32))(?:-\d{5}-of-\d{5})?\.gguf$/i;
const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;
const FOLDER =
  /^(?:config|tokenizer|tokenizer_config|generation_config|special_tokens_map|model\.safetensors\.index)\.json$|^chat_template\.jinja$|^[^/]+\.safetensors$/;

/** Chooses among a repository's files: GGUF as asked for or as serves best, else the safetensors of its folder. */
export function chooseFiles(
  files: readonly HubFile[],
  { quantization, file }: { readonly quantization: string | undefined; readonly file: string | undefined },
): Chosen {
  const groups = ggufGroups(files);
  if (file !== undefined) {
    const named = groups.find((group) => group.files.some(({ path }) => path === file));
    return named === undefined ? none(`it has no GGUF file ${file}`, groups) : { type: "chosen", choice: named };
  }
  const wanted = quantization === undefined ? PREFERRED : [quantization];
  for (const label of wanted) {
    const found = groups.find((group) => group.quantization === label);
    if (found !== undefined) return { type: "chosen", choice: found };
  }
  if (quantization !== undefined) return none(`it has no GGUF file in ${quantization}`, groups);
  return groups.length > 0 ? none("none of its GGUF files is of a kind that Skein reads", groups) : folderOf(files);
}

function none(reason: string, groups: readonly Choice[]): Chosen {
  const there = [...new Set(groups.map((group) => group.quantization))].join(", ");
  return { type: "none", reason: there === "" ? reason : `${reason}; it has ${there}` };
}

/** GGUF models: a file each, or the parts of one in their order. Projectors of images are none. */
function ggufGroups(files: readonly HubFile[]): Choice[] {
  const groups = new Map<string, HubFile[]>();
  for (const file of files) {
    if (!/\.gguf$/i.test(file.path) || /mmproj/i.test(file.path)) continue;
    const whole = file.path.replace(PART, "");
    groups.set(whole, [...groups.get(whole) ?? [], file]);
  }
  return [...groups.values()].flatMap((parts) => {
    const sorted = parts.toSorted((a, b) => a.path < b.path ? -1 : 1);
    const [first] = sorted;
    const count = Number(first?.path.match(PART)?.[2] ?? 1);
    if (first === undefined || sorted.length !== count) return [];
    const label = first.path.match(QUANTIZATION)?.[1]?.toUpperCase().replace(/^FP/, "F") ?? UNNAMED;
    return [{ files: sorted, quantization: label, kind: "gguf" as const }];
  });
}

function folderOf(files: readonly HubFile[]): Chosen {
  const needed = files.filter(({ path }) => FOLDER.test(path));
  const config = needed.find(({ path }) => path === "config.json");
  const missing = [
    config === undefined ? "config.json" : "",
    needed.some(({ path }) => path === "tokenizer.json") ? "" : "tokenizer.json",
    needed.some(({ path }) => path.endsWith(".safetensors")) ? "" : "safetensors",
  ].filter((name) => name !== "");
  if (config === undefined || missing.length > 0) {
    return {
      type: "none",
      reason: `it has neither a GGUF file nor all of a model's folder: ${missing.join(", ")} missing`,
    };
  }
  const rest = needed.filter((file) => file !== config);
  return { type: "chosen", choice: { files: [config, ...rest], quantization: "safetensors", kind: "folder" } };
}
