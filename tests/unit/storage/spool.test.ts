import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../../src/platform/clock.ts';
import { createSpool, FileTooLarge } from '../../../src/storage/spool.ts';

describe('spool', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spool-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const streamOf = (...chunks: Buffer[]) => Readable.from(chunks, { objectMode: false });

  it('a stream › its bytes with their hash; dropped › nothing is left', async () => {
    const bytes = Buffer.from('some bytes');
    const file = await createSpool(folder, systemClock).receive(streamOf(bytes), { maxBytes: 100 });
    assert.deepEqual(await readFile(file.path), bytes);
    assert.deepEqual(
      { bytes: file.bytes, sha256: file.sha256 },
      { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') },
    );
    await file.drop();
    assert.deepEqual(await readdir(folder), []);
  });

  it('more bytes than allowed, a broken source, a cancel › refused, and nothing is left', async () => {
    const spool = createSpool(folder, systemClock);
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1_024);
      })(),
      { objectMode: false },
    );
    await assert.rejects(spool.receive(endless, { maxBytes: 10_000 }), FileTooLarge);
    assert.ok(endless.destroyed, 'the source is not read on');
    const broken = new Readable({ read: () => undefined });
    setImmediate(() => broken.destroy(new Error('cut')));
    await assert.rejects(spool.receive(broken, { maxBytes: 10 }), /cut/);
    const silent = new Readable({ read: () => undefined });
    await assert.rejects(spool.receive(silent, { maxBytes: 10, signal: AbortSignal.timeout(20) }), /abort/i);
    assert.deepEqual(await readdir(folder), []);
  });

  it('what a crash left behind › is removed when it is old, and not before', async () => {
    const [old, young] = [join(folder, 'old'), join(folder, 'young')];
    await writeFile(old, 'x');
    await writeFile(young, 'x');
    const longAgo = new Date(Date.now() - 3 * 3_600_000);
    await utimes(old, longAgo, longAgo);
    await createSpool(folder, systemClock).newPath();
    assert.deepEqual(await readdir(folder), ['young']);
  });
});
