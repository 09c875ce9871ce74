import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentNames, loadConfig } from '../../src/app/config.ts';
import { ConfigError } from '../../src/platform/config.ts';
import { type ConfigProblem, defineBaseConfig } from '../../src/platform/config-block.ts';
import { choice, text, wholeNumber } from '../../src/platform/config-fields.ts';
import { describeMisspelt, findMisspelt, type MisspeltName } from '../../src/platform/misspelt-names.ts';
import { describeUnreadable, type EnvFile } from '../env-file.mjs';
import { catalogue } from '../servers/catalogue.ts';
import { rootDir } from '../paths.ts';
import { makeSecrets, mergeSecrets, type RawEnvironment } from './secrets.ts';
import { canBeOff, defaultPorts, portNames } from './settings.ts';

/** The variables that only the commands of this folder read. */
const commandsConfig = defineBaseConfig({
  fields: {
    ...Object.fromEntries(
      portNames().map((name) => [name, wholeNumber(defaultPorts[name], canBeOff(name) ? 0 : 1, 65_535)]),
    ),
    SANDBOX_LIMITS: choice(['none', 'meta'], 'none'),
    SANDBOX_APP_SECRET: text(''),
    SANDBOX_VERIFY_TOKEN: text(''),
    SANDBOX_DATA_DIR: text(''),
    SANDBOX_HOST: text(''),
    SANDBOX_WEBHOOK_URL: text(''),
    SERVERS_FROM: text(''),
    ...Object.fromEntries(Object.values(catalogue).map(({ envKey }) => [envKey, text('')])),
  },
  toSlice: () => undefined,
});

/** What Node and its libraries read, so that it is no misspelling. */
const namesOfNode = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'TZ'];

/** `docker-compose.yml` reads these from the same `.env`, for the servers beside the product. */
const namesOfCompose = [
  ...readFileSync(join(rootDir, 'docker-compose.yml'), 'utf8').matchAll(/\$\{([A-Z0-9_]+)/g),
].map(([, name = '']) => name);

export const knownNames: readonly string[] = [
  ...new Set([...environmentNames, ...commandsConfig.names, ...namesOfNode, ...namesOfCompose]),
];

/** Shell and `.env`, read and judged: a start and the doctor see the same. */
export interface JudgedEnvironment {
  /** Without misspelt names, which the processes would report again. */
  readonly env: RawEnvironment;
  readonly file: EnvFile;
  readonly unknown: UnknownNames;
  readonly wrong: readonly ConfigProblem[];
}

/** `merged` holds the shell and what `file` added to it. */
export function judgeEnvironment(merged: RawEnvironment, file: EnvFile): JudgedEnvironment {
  const unknown = unknownNamesOf(merged, new Set(Object.keys(file.values)));
  const misspelt = new Set(unknown.misspelt.map(({ name }) => name));
  const env = Object.fromEntries(Object.entries(merged).filter(([name]) => !misspelt.has(name)));
  return { env, file, unknown, wrong: wrongValuesOf(env) };
}

/** What has no effect, as lines for people. */
export const describeWarnings = ({
  file,
  unknown,
}: Pick<JudgedEnvironment, 'file' | 'unknown'>): readonly string[] => [
  ...file.unreadableLines.map(describeUnreadable),
  ...describeUnknown(unknown),
];

/** How a person corrects the variable: the shell comes before `.env`, also with an empty value. */
export function fixOf(name: string, { env, file }: Pick<JudgedEnvironment, 'env' | 'file'>): string {
  const isInFile = file.values[name] !== undefined;
  const isFromShell = env[name] !== undefined && (!isInFile || file.shadowed.has(name));
  if ((env[name] ?? '').trim() === '')
    return isFromShell ? 'it is empty in the shell: unset it there, and set it in .env' : 'set it in .env';
  if (!isFromShell) return 'correct it in .env';
  return isInFile ? 'correct it in the shell, which comes before .env' : 'correct it in the shell';
}

/**
 * Every wrong value, by the schema of the product's own processes. Secrets may be missing: `npm start` generates them,
 * but not for production, where a generated one would be lost with its folder.
 */
export function wrongValuesOf(env: RawEnvironment): readonly ConfigProblem[] {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => (value ?? '').trim() !== ''));
  const own = commandsConfig.parse(given).problems;
  const ownNames = new Set(own.map(({ name }) => name));
  const generated = isProduction(given) ? {} : mergeSecrets(makeSecrets(), given);
  return [...own, ...problemsOf({ ...generated, ...given })].filter(
    ({ name }, index) => index < own.length || !ownNames.has(name),
  );
}

export const isProduction = (env: RawEnvironment): boolean => env['NODE_ENV'] === 'production';

function problemsOf(env: RawEnvironment): readonly ConfigProblem[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

export interface UnknownNames {
  readonly misspelt: readonly MisspeltName[];
  /** In the file only: the shell holds the variables of every program. */
  readonly others: readonly string[];
}

/** Variables of the shell or of `.env` that nothing reads. */
export function unknownNamesOf(shell: RawEnvironment, inFile: ReadonlySet<string>): UnknownNames {
  const misspelt = findMisspelt([...new Set([...Object.keys(shell), ...inFile])], knownNames);
  const found = new Set(misspelt.map(({ name }) => name));
  return { misspelt, others: [...inFile].filter((name) => !knownNames.includes(name) && !found.has(name)) };
}

/** A line of warning for each. */
export const describeUnknown = ({ misspelt, others }: UnknownNames): readonly string[] => [
  ...misspelt.map(describeMisspelt),
  ...others.map((name) => `${name} in .env is unknown and has no effect`),
];
