/** Sizes, speeds and times as people write them. */

/** "KB" and "K" are a thousand, "KiB" and "Ki" 1024. */
const byteUnits: Readonly<Record<string, number>> = {
  b: 1,
  ...Object.fromEntries(["k", "m", "g", "t"].flatMap((letter, index) => [
    [letter, 1000 ** (index + 1)],
    [`${letter}b`, 1000 ** (index + 1)],
    [`${letter}i`, 1024 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)],
  ])),
};

const bitRates: Readonly<Record<string, number>> = { bps: 1, kbps: 1e3, mbps: 1e6, gbps: 1e9 };

const times: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3 };

/** "4GiB", "300 MB", "2G" or "1024": bytes. Undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  return withUnit(text, byteUnits, "b");
}

/** "50Mbps" (bits) or "6MB/s" (bytes): bytes a second. Undefined for anything else. */
export function parseBytesPerSecond(text: string): number | undefined {
  if (text.endsWith("/s")) return withUnit(text.slice(0, -2), byteUnits);
  const bits = withUnit(text, bitRates);
  return bits === undefined ? undefined : bits / 8;
}

/** "5ms", "0.2s": milliseconds. Undefined for anything else. */
export function parseMilliseconds(text: string): number | undefined {
  return withUnit(text, times);
}

function withUnit(text: string, units: Readonly<Record<string, number>>, standard?: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const [, digits = "", written = ""] = match ?? [];
  const unit = written === "" ? standard : written.toLowerCase();
  const factor = unit === undefined || !Object.hasOwn(units, unit) ? undefined : units[unit];
  return match === null || factor === undefined ? undefined : Number(digits) * factor;
}
