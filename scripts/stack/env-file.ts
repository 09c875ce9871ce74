import { existsSync, readFileSync } from 'node:fs';

/** Names that an environment file sets, also to nothing. */
export function readEnvNames(file: string): ReadonlySet<string> {
  if (!existsSync(file)) return new Set();
  const names = readFileSync(file, 'utf8').matchAll(/^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/gm);
  return new Set([...names].map((match) => match[1] ?? ''));
}

/** Reads the environment file; variables that are already set keep their value. */
export function loadEnvFile(file: string): void {
  if (existsSync(file)) process.loadEnvFile(file);
}
