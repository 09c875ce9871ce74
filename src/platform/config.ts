import type { ConfigBlock, ConfigProblem, RawEnvironment, SliceOf } from './config-block.ts';
import { deploymentConfig, mongoConfig } from './platform-config.ts';

/** Says everything that is wrong with the environment at once. Names only: a value may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(configProblems: readonly ConfigProblem[]) {
    const lines = configProblems.map(({ name, message }) => `  ${name} ${message}`);
    super(
      `The environment is not complete:\n${lines.join('\n')}\n` +
        'Set these variables; .env.example explains each. In development `npm start` makes the secrets by itself.',
    );
    this.name = 'ConfigError';
    this.problems = configProblems;
  }
}

/** The blocks of all areas, each by the name of its slice. */
type Blocks = Readonly<Record<string, ConfigBlock<unknown>>>;

/** Each part of the product gets its own slice and nothing else. */
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
  const problems = firstOfEachName([deployment, ...parsed].flatMap((block) => block.problems));
  if (problems.length > 0 || deployment.toSlice === null) throw new ConfigError(problems);
  const facts = deployment.toSlice(undefined);
  const slices = parsed.map(({ name, toSlice }) => [name, toSlice?.(facts)] as const);
  // Without problems, each block has made the slice under its own name.
  return Object.fromEntries([...slices, ['deployment', facts]]) as ConfigOf<B>;
}

/** For commands that use nothing but the database: they need no secret. Throws `ConfigError` too. */
export function loadMongoConfig(env: RawEnvironment = process.env): SliceOf<typeof mongoConfig> {
  const { problems, toSlice } = mongoConfig.parse(env);
  if (toSlice === null) throw new ConfigError(problems);
  return toSlice(undefined);
}

/** The names of all variables; a name that two blocks declare is an error. */
export function variableNames(blocks: Blocks): readonly string[] {
  const names = [deploymentConfig, ...Object.values(blocks)].flatMap((block) => block.names);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is declared twice.`);
  return names;
}

const firstOfEachName = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.name, problem])).values()].toReversed();

/** For a library that takes a setting from the environment only, where the product decides and not who starts it. */
export function setForLibrary(name: string, value: string): void {
  process.env[name] = value;
}
