export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** Numbers of the lines that are neither an assignment nor a comment. */
  readonly unreadableLines: readonly number[];
  /** Names of the file that the shell had set before: its value counts. */
  readonly shadowed: ReadonlySet<string>;
}

export function parseEnvText(text: string): Omit<EnvFile, 'shadowed'>;

export function loadEnvFile(file: string, env: Record<string, string | undefined>): EnvFile;

export function describeUnreadable(line: number): string;
