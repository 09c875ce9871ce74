// The parts of mocha's command line that the runner uses; @types/mocha describes only the library.
declare module 'mocha/lib/cli/options.cjs' {
  /** What the arguments and .mocharc.json say together; `_` are the arguments that are no options. */
  export function loadOptions(args: readonly string[]): Mocha.MochaOptions & { _: string[] };
}

declare module 'mocha/lib/cli/lookup-files.js' {
  /** The files that a path or a pattern names; throws when there are none. */
  export function lookupFiles(pattern: string, extensions: readonly string[], isRecursive: boolean): string[];
}
