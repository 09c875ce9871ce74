import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './alive.ts';

/**
 * Ports that a start has chosen and does not listen on yet, in a folder that all starts of this user share: without it, two
 * starts at once would choose the same free ports. Another program does not know the folder; `launchServer` notices it.
 */
export interface PortClaims {
  /** Whether the port is now this process's; false if another living process has claimed it. */
  claim(port: number): boolean;
  /** Gives all ports back. */
  release(): void;
}

interface ClaimOptions {
  readonly folder?: string;
  readonly pid?: number;
}

export function createPortClaims({
  folder = sharedFolder(),
  pid = process.pid,
}: ClaimOptions = {}): PortClaims {
  const claimed = new Set<string>();
  const fileOf = (port: number) => join(folder, String(port));

  const create = (file: string): boolean => {
    try {
      writeFileSync(file, String(pid), { flag: 'wx' });
      claimed.add(file);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  };

  return {
    claim(port) {
      mkdirSync(folder, { recursive: true });
      const file = fileOf(port);
      if (create(file)) return true;
      const owner = ownerOf(file);
      if (owner === pid) return true;
      if (owner !== undefined && isAlive(owner)) return false;
      rmSync(file, { force: true });
      return create(file);
    },
    release() {
      for (const file of claimed) if (ownerOf(file) === pid) rmSync(file, { force: true });
      claimed.clear();
    },
  };
}

/** A run of the tests has its own folder for temporary files; its ports are those of the machine all the same. */
export const sharedFolder = (): string =>
  process.env['PORT_CLAIMS_FOLDER'] ?? join(tmpdir(), `whatsapp-crm-ports-${userInfo().uid}`);

/** Undefined if the file is gone or damaged. */
function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
