type Both<U> = (U extends unknown ? (table: U) => void : never) extends (table: infer I) => void ? I : never;

/**
 * Combines the tables of all areas. Throws if two areas declare the same key, because one would silently win.
 */
export function combineTables<const Tables extends readonly object[]>(
  ...tables: Tables
): Both<Tables[number]> {
  const combined = new Map<string, unknown>();
  for (const [key, entry] of tables.flatMap((table) => Object.entries(table))) {
    if (combined.has(key)) throw new Error(`${key} is declared twice.`);
    combined.set(key, entry);
  }
  // `combined` holds every entry of every table under its own key.
  return Object.fromEntries(combined) as Both<Tables[number]>;
}
