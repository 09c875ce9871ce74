import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../platform/clock.ts';
import { newUuid } from '../platform/ids.ts';

/** A file that has arrived completely. The holder drops it. */
export interface SpooledFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  drop(): Promise<void>;
}

export interface SpoolOptions {
  readonly maxBytes: number;
  /** Ends the reception; the part that has arrived is dropped. */
  readonly signal?: AbortSignal;
}

/** The source has more bytes than allowed. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The file is larger than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

export interface Spool {
  /** A path for a file that the caller writes and removes. */
  newPath(): Promise<string>;
  /** Writes the stream to the local disk with a running hash; needs a few hundred KB of memory. Throws `FileTooLarge`. */
  receive(source: Readable, options: SpoolOptions): Promise<SpooledFile>;
}

/** A crash leaves files behind. No reception takes this long. */
const staleAfterMs = 2 * 3_600_000;
const cleanEveryMs = 3_600_000;

/** Files on their way in or out, in a folder of this machine. Processes may share it. */
export function createSpool(folder: string, clock: Clock): Spool {
  let cleanedAtMs = Number.NEGATIVE_INFINITY;

  async function prepare(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - cleanedAtMs < cleanEveryMs) return;
    await mkdir(folder, { recursive: true });
    cleanedAtMs = nowMs;
    await removeStale(folder, new Date(clock.now().getTime() - staleAfterMs));
  }

  const newPath = async (): Promise<string> => {
    await prepare();
    return join(folder, newUuid());
  };

  return {
    newPath,
    async receive(source, { maxBytes, signal }) {
      const path = await newPath();
      const drop = () => rm(path, { force: true });
      const meter = createMeter(maxBytes);
      try {
        await pipeline(source, meter.stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (error) {
        await drop();
        throw error;
      }
      return { path, ...meter.result(), drop };
    },
  };
}

/** Counts and hashes what passes. */
function createMeter(maxBytes: number) {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return done(new FileTooLarge(maxBytes));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

async function removeStale(folder: string, before: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another process may remove it at the same time.
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtime < before) await rm(path, { force: true, recursive: true });
  }
}
