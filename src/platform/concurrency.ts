/** Runs a step for each item, at most `maxConcurrent` at a time; keeps the order. Rejects with the first failure. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  maxConcurrent: number,
  step: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = Array.from({ length: items.length });
  const rest = items.entries();
  const runner = async (): Promise<void> => {
    // All runners share one iterator, so each item is taken once.
    for (const [index, item] of rest) results[index] = await step(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxConcurrent, items.length) }, runner));
  return results;
}
