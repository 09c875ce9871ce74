import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { distDir, rootDir } from './paths.ts';
import { runCommand } from './servers/run-command.ts';
import { removeAbandoned } from './servers/alive.ts';

const sourceFolders = ['src', 'workflows', 'activities', 'sandbox'];
const sourceFiles = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.ts'];
const stampFile = '.build-stamp';

/** Compilation failed; the message holds the compiler's output. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/**
 * Compiles everything that production runs into dist/ and bundles the workflows beside it; does nothing if the inputs
 * have not changed since the last build. The new folder replaces the old one in one step, so a stack that runs from
 * dist/ never sees a half-finished build.
 */
export async function buildProject(log: (line: string) => void): Promise<void> {
  const stamp = await hashInputs();
  if ((await readStamp()) === stamp) {
    log('build: up to date');
    return;
  }
  const startedAt = performance.now();
  await removeAbandoned(rootDir, /^dist\.next-(\d+)/);
  const nextDir = `${distDir}.next-${process.pid}`;
  try {
    await compile(nextDir);
    // Loaded only when needed: the import takes longer than the check whether to build.
    const { bundleWorkflowCode } = await import('@temporalio/worker');
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(rootDir, 'workflows', 'index.ts'),
      logger: quietLogger,
    });
    await writeFile(join(nextDir, 'workflow-bundle.js'), code);
    await writeFile(join(nextDir, stampFile), stamp);
    await replaceFolder(nextDir, distDir);
  } finally {
    await rm(nextDir, { recursive: true, force: true });
  }
  log(`build: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** True if dist/ was built from the current sources. */
export async function isBuilt(): Promise<boolean> {
  return (await readStamp()) === (await hashInputs());
}

async function readStamp(): Promise<string> {
  return readFile(join(distDir, stampFile), 'utf8').catch(() => '');
}

async function compile(outDir: string): Promise<void> {
  const compiler = join(rootDir, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(rootDir, 'tsconfig.build.json');
  const result = await runCommand(process.execPath, [compiler, '-p', project, '--outDir', outDir], 300_000);
  if (result.code !== 0) throw new BuildError(`the TypeScript sources do not compile:\n${result.output}`);
}

async function replaceFolder(nextDir: string, finalDir: string): Promise<void> {
  const oldDir = `${nextDir}-old`;
  await rename(finalDir, oldDir).catch(() => undefined);
  await rename(nextDir, finalDir).catch(() => undefined);
  await rm(oldDir, { recursive: true, force: true });
}

async function hashInputs(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await listInputs()) {
    hash
      .update(`${relative(rootDir, file)}\0`)
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex');
}

async function listInputs(): Promise<string[]> {
  const files = sourceFiles.map((file) => join(rootDir, file));
  for (const folder of sourceFolders) {
    const entries = await readdir(join(rootDir, folder), { recursive: true, withFileTypes: true });
    files.push(
      ...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
    );
  }
  return files.toSorted();
}

/** The bundler logs its size on every run; only warnings and errors are shown. */
const quietLogger = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => console.warn(`build: ${message}`),
  error: (message: string) => console.error(`build: ${message}`),
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await buildProject((line) => console.log(line));
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
