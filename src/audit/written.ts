interface Versioned {
  readonly version: number;
}

/** A write and its action. `before` is null for a new object, `after` for a deleted one; never both. */
export interface Recorded<Doc> {
  readonly action: string;
  readonly before: Doc | null;
  readonly after: Doc | null;
}

/** What a write did to an object, for its event: the deletion counts as its last version. */
export function writtenTo<Doc extends Versioned>({ before, after }: Recorded<Doc>) {
  if (after !== null) {
    const verb = before === null ? 'created' : 'updated';
    return { verb, doc: after, version: after.version } as const;
  }
  if (before === null) throw new Error('A write needs a state before or after it.');
  return { verb: 'deleted', doc: before, version: before.version + 1 } as const;
}
