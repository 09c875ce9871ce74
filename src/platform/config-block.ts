import { z } from 'zod';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
}

/** What every part may know of where it runs. */
export interface Deployment {
  readonly environment: 'development' | 'test' | 'production';
  readonly isProduction: boolean;
  readonly logLevel: string;
  readonly shutdownGraceMs: number;
  readonly port: number;
  /** Without a slash at its end. */
  readonly publicUrl: string;
}

/** The environment before it is checked, for problems that one variable alone cannot show. */
export interface EnvironmentCheck {
  readonly isProduction: boolean;
  /** Trimmed; empty when it is not set. */
  valueOf(name: string): string;
}

interface BlockDefinition<Fields extends z.ZodRawShape, Slice, Facts> {
  /** The variables by name, each with a field of `config-fields.ts`. */
  readonly fields: Fields;
  /** Looked at even when single variables are wrong. */
  readonly check?: (env: EnvironmentCheck) => Iterable<ConfigProblem>;
  readonly toSlice: (env: z.output<z.ZodObject<Fields>>, facts: Facts) => Slice;
}

/** The variables of one area, and what it gets of them. */
export interface ConfigBlock<Slice, Facts = Deployment> {
  readonly names: readonly string[];
  readonly parse: (env: RawEnvironment) => ParsedBlock<Slice, Facts>;
}

interface ParsedBlock<Slice, Facts> {
  readonly problems: readonly ConfigProblem[];
  /** Null when a variable is wrong. */
  readonly toSlice: ((facts: Facts) => Slice) | null;
}

export type SliceOf<Block> = Block extends ConfigBlock<infer Slice, never> ? Slice : never;

/** The variables of an area; its slice may depend on the deployment. */
export const defineConfig = <const Fields extends z.ZodRawShape, const Slice>(
  definition: BlockDefinition<Fields, Slice, Deployment>,
): ConfigBlock<Slice> => createBlock(definition);

/** Variables whose slice depends on nothing else. */
export const defineBaseConfig = <const Fields extends z.ZodRawShape, const Slice>(
  definition: BlockDefinition<Fields, Slice, unknown>,
): ConfigBlock<Slice, unknown> => createBlock(definition);

function createBlock<Fields extends z.ZodRawShape, Slice, Facts>(
  definition: BlockDefinition<Fields, Slice, Facts>,
): ConfigBlock<Slice, Facts> {
  const schema = z.object(definition.fields);
  return {
    names: Object.keys(definition.fields),
    parse(env) {
      const { success, data, error } = schema.safeParse(env);
      const wrong = (error?.issues ?? []).map(({ path, message }) => ({ name: path.join('.'), message }));
      const check: EnvironmentCheck = {
        isProduction: env['NODE_ENV'] === 'production',
        valueOf: (name) => env[name]?.trim() ?? '',
      };
      return {
        problems: [...wrong, ...(definition.check?.(check) ?? [])],
        toSlice: success ? (facts) => definition.toSlice(data, facts) : null,
      };
    },
  };
}

/** A secret shorter than this, or of fewer different characters, is guessable. */
const minSecretBytes = 32;
const minDifferentCharacters = 8;

const isWeak = (value: string): boolean =>
  Buffer.byteLength(value) < minSecretBytes || new Set(value).size < minDifferentCharacters;

/** Names the variable when one of its secrets is guessable. */
export const checkStrength = (name: string, secrets: readonly string[]): readonly ConfigProblem[] =>
  secrets.some(isWeak)
    ? [
        {
          name,
          message: `is weak: at least ${minSecretBytes} random bytes are needed (openssl rand -base64 48)`,
        },
      ]
    : [];

/** Names each of these variables that is not set. */
export const checkPresence = (
  { valueOf }: EnvironmentCheck,
  names: readonly string[],
): readonly ConfigProblem[] =>
  names.filter((name) => valueOf(name) === '').map((name) => ({ name, message: 'is missing' }));
