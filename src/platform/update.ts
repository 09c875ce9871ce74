/** Fields to change: a value sets, null clears; undefined is not allowed, so that nothing is cleared by accident. */
export type Change<Doc, Key extends keyof Doc> = { readonly [K in Key]?: NonNullable<Doc[K]> | null };

/** The fields of a change that are not so already. */
export function differing<Doc extends object, Key extends keyof Doc>(
  current: Doc,
  change: Change<Doc, Key>,
): Change<Doc, Key> {
  const entries = Object.entries(change).filter(
    ([name, value]) => JSON.stringify(current[name as Key] ?? null) !== JSON.stringify(value),
  );
  return Object.fromEntries(entries) as Change<Doc, Key>;
}

/** The document after a change, null clearing a field; the document itself when everything is so already. */
export function applyChange<Doc extends object, Key extends keyof Doc>(
  current: Doc,
  change: Change<Doc, Key>,
): Doc {
  const entries = Object.entries(differing(current, change));
  if (entries.length === 0) return current;
  const next = new Map<string, unknown>(Object.entries(current));
  for (const [name, value] of entries) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return Object.fromEntries(next) as Doc;
}
