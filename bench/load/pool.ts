/** Runs `step` for 0 … count-1, at most `width` in flight; rejects with the first failure. */
export async function runPool(
  count: number,
  width: number,
  step: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await step(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
