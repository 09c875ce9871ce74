/** Fields to change: a value sets, null clears. Undefined does not compile, so that no field is cleared by accident. */
export type Change<Doc, Key extends keyof Doc> = { readonly [K in Key]?: NonNullable<Doc[K]> | null };

/** The part of a change that differs from the current document. */
export function effectiveChange<Doc extends object, Key extends keyof Doc>(
  current: Doc,
  change: Change<Doc, Key>,
): Change<Doc, Key> {
  const entries = Object.entries(change).filter(
    ([name, value]) => JSON.stringify(current[name as Key] ?? null) !== JSON.stringify(value),
  );
  return Object.fromEntries(entries) as Change<Doc, Key>;
}

/** The document after a change; the same object if nothing differs. */
export function applyChange<Doc extends object, Key extends keyof Doc>(
  current: Doc,
  change: Change<Doc, Key>,
): Doc {
  const entries = Object.entries(effectiveChange(current, change));
  if (entries.length === 0) return current;
  const next = new Map<string, unknown>(Object.entries(current));
  for (const [name, value] of entries) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return Object.fromEntries(next) as Doc;
}
