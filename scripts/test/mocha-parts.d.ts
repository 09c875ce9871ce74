// The parts of mocha's command line that the runner uses; @types/mocha describes only the library.
declare module 'mocha/lib/cli/options.cjs' {
  /** The options of the arguments and .mocharc.json combined; `_` holds the positional arguments. */
  export function loadOptions(args: readonly string[]): Mocha.MochaOptions & { _: string[] };
}

declare module 'mocha/lib/cli/lookup-files.js' {
  /** The files that a path or pattern matches; throws if there are none. */
  export function lookupFiles(pattern: string, extensions: readonly string[], isRecursive: boolean): string[];
}
