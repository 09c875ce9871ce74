/** Runs a step for each item, up to `maxAtOnce` at the same time, in order; rejects with the first failure. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  maxAtOnce: number,
  step: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = Array.from({ length: items.length });
  const rest = items.entries();
  const runner = async (): Promise<void> => {
    // The runners share one iterator: each takes the next item that nobody has taken.
    for (const [index, item] of rest) results[index] = await step(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxAtOnce, items.length) }, runner));
  return results;
}
