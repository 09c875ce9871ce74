import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { rootDir } from '../paths.ts';
import { runCommand } from './run-command.ts';

const cacheDir = join(rootDir, '.cache', 'promtool');
/** Prometheus, and its tool for rules; Debian has both in the package `prometheus`. */
const programs = ['promtool', 'prometheus'] as const;
type Program = (typeof programs)[number];

const cached = (program: Program): string => join(cacheDir, program);

/**
 * The program that PROMTOOL or PROMETHEUS names, one on PATH, a copy in the project's cache, or the one of Debian's
 * package, fetched with apt and not installed. Null if none of these works.
 */
export async function findPrometheus(program: Program): Promise<string | null> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
  for (const path of [process.env[program.toUpperCase()] ?? '', ...onPath, cached(program)])
    if (path !== '' && (await works(path))) return path;
  return (await fetchFromDebian()) ? cached(program) : null;
}

const works = async (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    async () => (await runCommand(path, ['--version'], 10_000)).code === 0,
    () => false,
  );

async function fetchFromDebian(): Promise<boolean> {
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    if (!(await download(folder))) return false;
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return false;
    const unpacked = await runCommand('dpkg-deb', ['-x', join(folder, archive), join(folder, 'x')], 60_000);
    if (unpacked.code !== 0) return false;
    for (const program of programs) {
      const fetched = join(folder, 'x', 'usr', 'bin', program);
      await chmod(fetched, 0o755);
      if (!(await works(fetched))) return false;
      await rename(fetched, cached(program));
    }
    return true;
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
