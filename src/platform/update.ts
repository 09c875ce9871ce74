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

/** The update that makes a change and counts it in `version`. */
export function versionedUpdate(change: object): {
  readonly $set: Record<string, unknown>;
  readonly $unset: Record<string, ''>;
  readonly $inc: { readonly version: 1 };
} {
  const entries = Object.entries(change);
  return {
    $set: Object.fromEntries(entries.filter(([, value]) => value !== null)),
    $unset: Object.fromEntries(entries.filter(([, value]) => value === null).map(([name]) => [name, ''])),
    $inc: { version: 1 },
  };
}
