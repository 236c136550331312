/** Waits for something that is about to happen without a sleep; throws if it does not. */
export async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; !condition(); n++) {
    if (n > 100_000) throw new Error("waited in vain");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
