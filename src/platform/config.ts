import type { ConfigBlock, ConfigProblem, RawEnvironment, SliceOf } from './config-block.ts';
import { missing, splitList } from './config-fields.ts';
import { acceptingName, deploymentConfig, mongoConfig } from './platform-config.ts';

/** Lists every problem of the environment. It names variables and never their values, which may be secrets. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(configProblems: readonly ConfigProblem[]) {
    const lines = configProblems.map(({ name, message }) => `  ${name} ${message}`);
    super([titleOf(configProblems), ...lines, adviceOf(configProblems)].join('\n'));
    this.name = 'ConfigError';
    this.problems = configProblems;
  }
}

const isMissing = ({ message }: ConfigProblem): boolean => message === missing;

function titleOf(configProblems: readonly ConfigProblem[]): string {
  if (configProblems.every(isMissing)) return 'The environment is incomplete:';
  return configProblems.some(isMissing)
    ? 'The environment is incomplete and has wrong or insecure values:'
    : 'The environment has wrong or insecure values:';
}

const adviceOf = (configProblems: readonly ConfigProblem[]): string =>
  configProblems.some(isMissing)
    ? 'Set these variables; .env.example explains each. In development, `npm start` generates the secrets in .data/secrets.json.'
    : 'Correct these variables, or remove them to get their defaults; .env.example explains each.';

/** The blocks of all areas, by the names of their slices. */
type Blocks = Readonly<Record<string, ConfigBlock<unknown>>>;

/** One slice for each block; an area is given only its own. */
export type ConfigOf<B extends Blocks> = { readonly [Name in keyof B]: SliceOf<B[Name]> } & {
  readonly deployment: SliceOf<typeof deploymentConfig>;
};

/** Reads and checks the environment; throws one `ConfigError` that lists every problem of every block. */
export function readConfig<const B extends Blocks>(
  blocks: B,
  env: RawEnvironment = process.env,
): ConfigOf<B> {
  const deployment = deploymentConfig.parse(env);
  const parsed = Object.entries(blocks).map(([name, block]) => ({ name, ...block.parse(env) }));
  const accepted = new Set(splitList(env[acceptingName] ?? ''));
  const problems = firstOfEachName(
    [deployment, ...parsed]
      .flatMap((block) => block.problems)
      .filter(({ acceptableAs }) => acceptableAs === undefined || !accepted.has(acceptableAs)),
  );
  if (problems.length > 0 || deployment.toSlice === null) throw new ConfigError(problems);
  const facts = deployment.toSlice(undefined);
  const slices = parsed.map(({ name, toSlice }) => [name, toSlice?.(facts)] as const);
  // There are no problems here, so each block has produced the slice under its name.
  return Object.fromEntries([...slices, ['deployment', facts]]) as ConfigOf<B>;
}

/** For commands that use only the database. Throws `ConfigError`. */
export const loadMongoConfig = (env?: RawEnvironment): SliceOf<typeof mongoConfig> =>
  loadConfigOf(mongoConfig, env);

/** The slice of one block, for a command that needs no other. Throws `ConfigError`. */
export function loadConfigOf<Slice>(
  block: ConfigBlock<Slice, unknown>,
  env: RawEnvironment = process.env,
): Slice {
  const parsed = block.parse(env);
  const { toSlice } = parsed;
  // A command beside the product may use a database that is reached insecurely, but must not guess which one is meant.
  const problems = parsed.problems.filter(({ acceptableAs }) => acceptableAs === undefined);
  if (problems.length > 0 || toSlice === null) throw new ConfigError(problems);
  return toSlice(undefined);
}

/** The names of all variables; throws if two blocks declare the same one. */
export function variableNames(blocks: Blocks): readonly string[] {
  const names = [deploymentConfig, ...Object.values(blocks)].flatMap((block) => block.names);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is declared twice.`);
  return names;
}

/** The names that are set, of whatever program. */
export const givenNames = (env: RawEnvironment = process.env): readonly string[] =>
  Object.keys(env).filter((name) => (env[name] ?? '').trim() !== '');

const firstOfEachName = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.name, problem])).values()].toReversed();

/** For a library that reads a setting only from the environment, although the product decides its value. */
export function setForLibrary(name: string, value: string): void {
  process.env[name] = value;
}
