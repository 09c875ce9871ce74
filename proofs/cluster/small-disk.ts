import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../scripts/servers/run-command.ts';

/** A file system in memory that one program sees, so that its disk can be full while that of the machine is not. */
export interface SmallDisk {
  /** Starts the program on the disk. */
  readonly program: string;
  /** Takes every byte that is left. */
  fill(): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

interface SmallDiskOptions {
  /** Of the run. */
  readonly folder: string;
  readonly mountPoint: string;
  readonly program: string;
}

/** The data of a run takes about a third of it. */
const sizeMb = 384;
const commandTimeoutMs = 30_000;

/**
 * Mounts the disk in namespaces of its own, which needs no root, and nothing of it is left when the run ends. Null where
 * user namespaces are forbidden or util-linux is missing.
 */
export async function mountSmallDisk(options: SmallDiskOptions): Promise<SmallDisk | null> {
  const { folder, mountPoint, program } = options;
  await mkdir(mountPoint, { recursive: true });
  // Holds the namespaces as long as its input is open.
  const mount = `mount -t tmpfs -o size=${sizeMb}m tmpfs "$0" && echo mounted && exec cat`;
  const holder = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mount, mountPoint], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<null>((resolve) => {
    holder.once('error', () => resolve(null));
    holder.once('exit', () => resolve(null));
  });
  const mounted = await Promise.race([once(holder.stdout, 'data'), ended]);
  if (mounted === null || holder.pid === undefined) return null;

  const enter = ['--preserve-credentials', '--user', '--mount', '--target', String(holder.pid), '--'];
  const onDisk = (script: string) =>
    runCommand('nsenter', [...enter, 'sh', '-c', script, join(mountPoint, 'filler')], commandTimeoutMs);
  const starter = join(folder, 'on-small-disk.sh');
  await writeFile(starter, `#!/bin/sh\nexec nsenter ${enter.join(' ')} ${program} "$@"\n`);
  await chmod(starter, 0o755);
  return {
    program: starter,
    async fill() {
      const { output } = await onDisk('LC_ALL=C dd if=/dev/zero of="$0" bs=4k');
      if (!output.includes('No space left')) throw new Error(`the disk is not full: ${output}`);
    },
    async clear() {
      const { code, output } = await onDisk('rm "$0"');
      if (code !== 0) throw new Error(`the disk stays full: ${output}`);
    },
    async close() {
      holder.stdin.end();
      await ended;
    },
  };
}
