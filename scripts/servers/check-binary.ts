import { catalogue, type ServerName, type Version } from './catalogue.ts';
import { runCommand } from './run-command.ts';

export type BinaryCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly reason: string };

/** Judges a binary by the version that it prints: usable, too old, or another program. */
export function judgeVersion(name: ServerName, output: string): BinaryCheck {
  const { versionPattern, minVersion } = catalogue[name];
  const match = versionPattern.exec(output);
  if (match === null) return { ok: false, reason: `does not answer like ${name}: ${firstLine(output)}` };
  if (minVersion === null) return { ok: true, version: 'unversioned' };
  const found: Version = [Number(match[1]), Number(match[2])];
  const version = match[0].split(/[ v]+/).at(-1) ?? 'unknown';
  const isOld = found[0] < minVersion[0] || (found[0] === minVersion[0] && found[1] < minVersion[1]);
  return isOld
    ? { ok: false, reason: `is version ${version}, older than ${minVersion.join('.')}` }
    : { ok: true, version };
}

/** Starts the binary once to read its version: a file that cannot run must not be chosen. */
export async function checkBinary(name: ServerName, path: string): Promise<BinaryCheck> {
  const { code, output } = await runCommand(path, catalogue[name].versionArgs, 15_000);
  if (typeof code === 'string' && code !== 'failed') return { ok: false, reason: `cannot run (${code})` };
  return judgeVersion(name, output);
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 120) || 'no output';
}
