/** Every coverage mark of the project, and what it is measured on. Paths are relative to the root, with slashes. */
export const coverageMarks = {
  lines: {
    minPercent: 90,
    folders: ['src', 'activities', 'sandbox'],
    /** Entry points only start a process; the e2e tests run them outside the measured one. */
    isExempt: (file: string) => file.startsWith('src/bin/') || file === 'sandbox/main.ts',
  },
  branches: {
    minPercent: 100,
    /** The pure decisions: nothing there is too hard to reach. */
    isPure: (file: string) =>
      /^src\/(.*\/(lifecycle|rules)|templates\/content\/(?!schemas).+|platform\/(phone|name-key))\.ts$/.test(
        file,
      ) || file === 'src/whatsapp/error-classes.ts',
  },
} as const;
