/** All coverage marks and the files they apply to. Paths are relative to the root, with forward slashes. */
export const coverageMarks = {
  lines: {
    minPercent: 90,
    folders: ['src', 'activities', 'sandbox'],
    /** Entry points only start a process; the e2e tests run them in other processes. */
    isExempt: (file: string) => file.startsWith('src/bin/') || file === 'sandbox/main.ts',
  },
  branches: {
    minPercent: 100,
    /** Pure decisions can be tested completely. */
    isPure: (file: string) =>
      /^src\/(.*\/(lifecycle|rules)|templates\/content\/(?!schemas).+|platform\/(phone|name-key|plain-text|web-link))\.ts$/.test(
        file,
      ) || file === 'src/whatsapp/error-classes.ts',
  },
} as const;
