import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { removeAbandoned } from '../servers/alive.ts';

const memory = '/dev/shm';

/** A run at its fullest takes a fifth of it. */
const minFreeBytes = 4 * 2 ** 30;

/**
 * Where the servers and tests of a run keep their files. None of them outlives the run, so they belong in memory where
 * that is a folder (Linux): a run that waits for the disk takes a third longer, and on a slow disk several times as long.
 */
export async function temporaryRoot(): Promise<string> {
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  if (bavail * bsize < minFreeBytes) return tmpdir();
  // What is in memory stays there until somebody deletes it.
  await removeAbandoned(memory, /^whatsapp-crm-test-(\d+)-/);
  return memory;
}
