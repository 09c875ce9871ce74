import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const cacheDir = join(rootDir, '.cache', 'promtool');
const cached = join(cacheDir, 'promtool');

/**
 * Prometheus' own tool for rules: the one that PROMTOOL names, one on PATH, a copy in the project's cache, or the one of
 * Debian's package `prometheus`, fetched with apt and not installed. Null if none of these works.
 */
export async function findPromtool(): Promise<string | null> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  for (const path of [process.env['PROMTOOL'] ?? '', ...onPath, cached])
    if (path !== '' && (await works(path))) return path;
  return fetchFromDebian();
}

const works = async (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    async () => (await runCommand(path, ['--version'], 10_000)).code === 0,
    () => false,
  );

async function fetchFromDebian(): Promise<string | null> {
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    if (!(await download(folder))) return null;
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return null;
    const unpacked = await runCommand('dpkg-deb', ['-x', join(folder, archive), join(folder, 'x')], 60_000);
    if (unpacked.code !== 0) return null;
    const fetched = join(folder, 'x', 'usr', 'bin', 'promtool');
    await chmod(fetched, 0o755);
    if (!(await works(fetched))) return null;
    await rename(fetched, cached);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the machine's package lists, or with lists of its own, which need no root. */
async function download(folder: string): Promise<boolean> {
  const own = ['lists', 'archives', 'log'].map((name) => join(folder, name));
  const [lists = '', archives = '', log = ''] = own;
  const ownLists = [`Dir::State::Lists=${lists}`, `Dir::Cache=${archives}`, `Dir::Log=${log}`];
  const options = [...ownLists, 'APT::Sandbox::User='].flatMap((option) => ['-o', option]);
  const fetch = (extra: readonly string[]) =>
    inFolder(folder, ['apt-get', ...extra, 'download', 'prometheus']);
  if (await fetch([])) return true;
  await Promise.all(own.map((name) => mkdir(join(name, 'partial'), { recursive: true })));
  return (await inFolder(folder, ['apt-get', ...options, 'update'])) && (await fetch(options));
}

/** `apt-get download` writes into the folder where it runs. */
const inFolder = async (folder: string, command: readonly string[]): Promise<boolean> =>
  (await runCommand('sh', ['-c', 'cd "$0" && exec "$@"', folder, ...command], 120_000)).code === 0;
