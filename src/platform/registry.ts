type Both<U> = (U extends unknown ? (table: U) => void : never) extends (table: infer I) => void ? I : never;

/**
 * One table of the tables that the areas declare. Throws when two declare the same key: the later one would silently
 * win.
 */
export function combineTables<const Tables extends readonly object[]>(
  ...tables: Tables
): Both<Tables[number]> {
  const combined = new Map<string, unknown>();
  for (const [key, entry] of tables.flatMap((table) => Object.entries(table))) {
    if (combined.has(key)) throw new Error(`${key} is declared twice.`);
    combined.set(key, entry);
  }
  // Holds every entry of every table under its own key.
  return Object.fromEntries(combined) as Both<Tables[number]>;
}
