/**
 * Command: writes the training text as tokens. `node training/write-shards.ts FOLDER [SHARDS] [TOKENS A SHARD] [SEED] [elastic]`
 *
 * `elastic`: the text on which the trained model is made elastic, instead of that from its beginning to its end.
 * A shard is rows of three little-endian 16-bit numbers: a token in the lower 12 bits with its kind (see `tokens.ts`) above,
 * then the tokens of up to two unsaid steps to it, 0 where there is none. Each conversation begins with BOS.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { conversation, elasticMixture, mixtureAt, seededRandom } from "./generator/mod.ts";
import { createEncoder } from "./tokenizer/byte-pairs.ts";
import { readTokenizer } from "./tokenizer/tokenizer-file.ts";
import { tokensOf } from "./tokens.ts";

const contextLength = 512;
const [folder, shards = "80", shardTokens = "500000", seed = "1", kind] = process.argv.slice(2);
if (folder === undefined) throw new TypeError("Cannot write shards without a folder; name one");
const { vocab, merges } = await readTokenizer(new URL("tokenizer.json", import.meta.url));
const encode = createEncoder(vocab, merges);

await mkdir(folder, { recursive: true });
for (let shard = 0; shard < Number(shards); shard++) {
  const random = seededRandom(Number(seed) * 1000 + shard);
  const mixture = kind === "elastic" ? elasticMixture : mixtureAt(shard / Number(shards));
  const content = new Uint16Array(3 * Number(shardTokens));
  let at = 0;
  for (;;) {
    const { ids, kinds, steps } = tokensOf(conversation(random, "train", mixture), encode);
    if (at + 3 * ids.length > content.length) break;
    if (ids.length > contextLength) continue;
    for (let i = 0; i < ids.length; i++) {
      const [first = 0, second = 0] = steps.get(i) ?? [];
      content.set([(ids[i] ?? 0) | ((kinds[i] ?? 0) << 12), first, second], at);
      at += 3;
    }
  }
  await writeFile(
    join(folder, `shard-${String(shard).padStart(4, "0")}.bin`),
    new Uint8Array(content.buffer, 0, at * 2),
  );
}
console.log(`${shards} shards in ${folder}`);
