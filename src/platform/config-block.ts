import { z } from 'zod';
import { missing } from './config-fields.ts';
import { isWeakSecret } from './secret-strength.ts';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
  /** Set if INSECURE_SETTINGS may accept the value. */
  readonly acceptableAs?: string;
}

/** The facts about the deployment that any area may use. */
export interface Deployment {
  readonly environment: 'development' | 'test' | 'production';
  readonly isProduction: boolean;
  readonly logLevel: string;
  readonly shutdownGraceMs: number;
  readonly port: number;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** The settings whose insecure values the operator has accepted. */
  readonly insecureSettings: readonly string[];
}

/** The raw environment, for checks that need more than one variable. */
export interface EnvironmentCheck {
  readonly isProduction: boolean;
  /** Trimmed; empty if not set. */
  valueOf(name: string): string;
}

interface BlockDefinition<Fields extends z.ZodRawShape, Slice, Facts> {
  /** Each variable by name, with a field from `config-fields.ts`. */
  readonly fields: Fields;
  /** Runs even if single variables are invalid. */
  readonly check?: (env: EnvironmentCheck) => Iterable<ConfigProblem>;
  readonly toSlice: (env: z.output<z.ZodObject<Fields>>, facts: Facts) => Slice;
}

/** The variables of one area, and the slice made from them. */
export interface ConfigBlock<Slice, Facts = Deployment> {
  readonly names: readonly string[];
  readonly parse: (env: RawEnvironment) => ParsedBlock<Slice, Facts>;
}

interface ParsedBlock<Slice, Facts> {
  readonly problems: readonly ConfigProblem[];
  /** Null if a variable is invalid. */
  readonly toSlice: ((facts: Facts) => Slice) | null;
}

export type SliceOf<Block> = Block extends ConfigBlock<infer Slice, never> ? Slice : never;

/** Declares the variables of an area; its slice may depend on the deployment. */
export const defineConfig = <const Fields extends z.ZodRawShape, const Slice>(
  definition: BlockDefinition<Fields, Slice, Deployment>,
): ConfigBlock<Slice> => createBlock(definition);

/** Declares variables whose slice does not depend on the deployment. */
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

/** Reports the variable if one of its secrets can be guessed. */
export const checkStrength = (name: string, secrets: readonly string[]): readonly ConfigProblem[] =>
  secrets.some(isWeakSecret)
    ? [{ name, message: 'is too weak; use at least 32 random bytes (openssl rand -base64 48)' }]
    : [];

/** Reports each of these variables that is not set. */
export const checkPresence = (
  { valueOf }: EnvironmentCheck,
  names: readonly string[],
): readonly ConfigProblem[] =>
  names.filter((name) => valueOf(name) === '').map((name) => ({ name, message: missing }));
