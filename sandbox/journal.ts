import { open, type FileHandle } from 'node:fs/promises';

export interface JournalOptions {
  readonly path: string;
  /** Called for each existing record; `end` is the byte after its line. */
  readonly onRecord: (record: unknown, end: number) => void;
  readonly isFsyncOn: () => boolean;
}

export interface Journal {
  /** Reserves its position in the file at once; `durable` resolves when it is written and, if enabled, synced. */
  append(record: unknown): { readonly end: number; readonly durable: Promise<void> };
  read(start: number, end: number): Promise<string>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const CHUNK_BYTES = 1 << 20;
const NEW_LINE = 10;

/** Replays all complete lines and returns the end of the last one; a crash may leave an incomplete line after it. */
async function replay(handle: FileHandle, options: JournalOptions): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let restStart = 0;
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return restStart;
    position += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let lineStart = 0;
    for (let lineEnd = rest.indexOf(NEW_LINE); lineEnd !== -1; lineEnd = rest.indexOf(NEW_LINE, lineStart)) {
      const end = restStart + lineEnd + 1;
      options.onRecord(parseLine(rest.toString('utf8', lineStart, lineEnd), options.path, end), end);
      lineStart = lineEnd + 1;
    }
    rest = rest.subarray(lineStart);
    restStart += lineStart;
  }
}

function parseLine(line: string, path: string, end: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`${path} is damaged in the line that ends at byte ${end}`, { cause: error });
  }
}

/** Opens an append-only file of JSON lines. Appends during a write or sync share the next one, to save syncs. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const handle = await open(options.path, 'a+');
  let end = await replay(handle, options).catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  await handle.truncate(end);
  let waiting: Entry[] = [];
  let draining: Promise<void> | null = null;
  // A failed write may leave an incomplete line, so this run must not append any more.
  let failure: Error | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        if (failure !== null) throw failure;
        await handle.appendFile(Buffer.concat(group.map((entry) => entry.bytes)));
        if (options.isFsyncOn()) await handle.datasync();
        for (const entry of group) entry.resolve();
      } catch (error) {
        failure ??= new Error(`${options.path} cannot be written`, { cause: error });
        for (const entry of group) entry.reject(failure);
      }
    }
    draining = null;
  }

  function enqueue(bytes: Buffer): Promise<void> {
    const durable = new Promise<void>((resolve, reject) => {
      waiting.push({ bytes, resolve, reject });
    });
    draining ??= drain();
    return durable;
  }

  /** Waits for the appends so far, not for later ones. */
  async function flush(): Promise<void> {
    if (draining !== null) await enqueue(Buffer.alloc(0));
  }

  return {
    append(record) {
      const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
      end += bytes.length;
      return { end, durable: enqueue(bytes) };
    },
    async read(from, to) {
      const bytes = Buffer.alloc(to - from);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled);
        if (bytesRead === 0) throw new Error(`${options.path} is shorter than expected`);
        filled += bytesRead;
      }
      return bytes.toString('utf8');
    },
    flush,
    async close() {
      await draining;
      await handle.close();
    },
  };
}
