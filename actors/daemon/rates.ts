/** How fast this device computes: a trial, remembered for as long as the hardware stays what it is. */
import { join } from "node:path";
import * as v from "valibot";
import type { Compute, ComputeRates } from "../../models/compute/mod.ts";
import { type DataFolder, hardwareKey } from "../../runtime/host/mod.ts";

const RATES_FILE = "rates.json";
const Rates = v.object({
  hardware: v.string(),
  rates: v.object({
    decodeNanosecondsPerByte: v.pipe(v.number(), v.finite(), v.minValue(0)),
    prefillNanosecondsPerMultiplyAdd: v.pipe(v.number(), v.finite(), v.minValue(0)),
  }),
});

export interface RatesOptions {
  readonly folder: DataFolder;
  readonly threads: number;
  readonly slowdown: number;
}

/** The trial's result of an earlier start on the same hardware with the same threads, or a new trial's. */
export async function knownRates(
  { folder, threads, slowdown }: RatesOptions,
  compute: Pick<Compute, "probe">,
): Promise<ComputeRates> {
  const hardware = `${hardwareKey()}, ${threads} threads, ${slowdown} times slower`;
  const kept = v.safeParse(v.pipe(v.string(), v.parseJson(), Rates), await folder.read(RATES_FILE));
  if (kept.success && kept.output.hardware === hardware) return kept.output.rates;
  const rates = await compute.probe(join(folder.path, "trial"));
  await folder.write(RATES_FILE, JSON.stringify({ hardware, rates }));
  return rates;
}
