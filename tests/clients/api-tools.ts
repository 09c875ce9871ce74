import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '../../scripts/paths.ts';

/**
 * The generators and linters that read docs/openapi.json. They have a manifest and a lockfile of their own, because
 * they need the compiler API of TypeScript 5, and are installed once for each state of that folder.
 */
const manifestDir = join(import.meta.dirname, 'tools');
const cacheDir = join(rootDir, '.cache');
const installTimeoutMs = 180_000;
const toolTimeoutMs = 180_000;

const run = promisify(execFile);

/** The folder that has the tools in its `node_modules`; installs them there if they are missing. */
export async function installApiTools(): Promise<string> {
  const name = `api-tools-${await hashOfFolder(manifestDir)}`;
  const folder = join(cacheDir, name);
  if (await exists(folder)) return folder;
  await mkdir(cacheDir, { recursive: true });
  // Installed in a draft folder and renamed when complete: an interrupted install is never found, and two can run at once.
  const draft = await mkdtemp(join(cacheDir, 'api-tools-draft-'));
  try {
    await cp(manifestDir, draft, { recursive: true });
    await install(draft);
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function hashOfFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).toSorted())
    hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function install(folder: string): Promise<void> {
  // None of these packages needs an install script.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['ci', ...options], { cwd: folder, timeout: installTimeoutMs }).catch((error: unknown) => {
    throw new Error(
      'The packages of tests/clients/tools could not be installed. They are needed once from the package registry: ' +
        `check it with npm ping, then run the test again. ${outputOf(error)}`,
    );
  });
}

/** Runs a JavaScript program in the folder of the tools; its output is the error if it fails. */
export async function runApiTool(folder: string, program: string, args: readonly string[]): Promise<void> {
  const { NODE_V8_COVERAGE: _coverage, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1', REDOCLY_TELEMETRY: 'off' };
  const command = [join(folder, program), ...args];
  await run(process.execPath, command, { env, timeout: toolTimeoutMs }).catch((error: unknown) => {
    throw new Error(`${program} failed. ${outputOf(error)}`);
  });
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return `${error instanceof Error ? error.message : ''}\n${stdout}${stderr}`;
}
