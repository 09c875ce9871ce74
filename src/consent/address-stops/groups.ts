export type Groups = ReturnType<typeof createGroups>;

/** Sets of names that are one person; a name without a set is alone. */
export function createGroups() {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  return {
    rootOf,
    unite([first, ...others]: readonly string[]): void {
      for (const other of others) {
        const [one, another] = [rootOf(first ?? other), rootOf(other)];
        if (one !== another) parents.set(another, one);
      }
    },
  };
}
