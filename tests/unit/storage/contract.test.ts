import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { newId } from '../../../src/platform/ids.ts';
import { Secret } from '../../../src/platform/secret.ts';
import { createDiskStorage } from '../../../src/storage/disk.ts';
import { createS3Storage } from '../../../src/storage/s3.ts';
import { FileMissing, StorageFull, type FileStorage } from '../../../src/storage/storage.ts';
import { type FakeS3, startFakeS3 } from '../../support/fake-s3.ts';

const credentials = { accessKeyId: 'S3RVER', secretAccessKey: new Secret('S3RVER') };
const s3At = (endpoint: string, bucket = 'files') =>
  createS3Storage({
    ...{ bucket, region: 'us-east-1', endpoint, credentials, usesPathStyle: true },
    prefix: 'media/',
  });

describe('storage › both adapters', function () {
  this.timeout(30_000);
  let folder: string;
  let s3: FakeS3;
  const adapters: Partial<Record<FileStorage['kind'], FileStorage>> = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storage-'));
    s3 = await startFakeS3('files');
    // A server of another make: TEST_S3_URL=http://127.0.0.1:4568, with the bucket `files`.
    adapters.s3 = s3At(process.env['TEST_S3_URL'] ?? s3.url);
    adapters.disk = createDiskStorage({ folder: join(folder, 'disk'), minFreeBytes: 0 });
  });
  after(async () => {
    for (const adapter of Object.values(adapters)) adapter.close();
    await s3.close();
    await rm(folder, { recursive: true, force: true });
  });

  const newKey = (): string => `${newId().toHexString()}/0a/${newId().toHexString()}`;
  async function localFile(bytes: Buffer) {
    const path = join(folder, newId().toHexString());
    await writeFile(path, bytes);
    return { path, bytes: bytes.byteLength, contentType: 'image/png' };
  }

  for (const kind of ['disk', 's3'] as const) {
    const storage = (): FileStorage => adapters[kind] ?? assert.fail(`${kind} was started`);

    it(`${kind} › put › the same bytes, whole and in parts; put again › the same`, async () => {
      const key = newKey();
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      await storage().check();
      for (const _time of [1, 2]) await storage().put(key, await localFile(bytes));
      assert.deepEqual(await buffer(await storage().open(key)), bytes);
      const part = await storage().open(key, { start: 1_000, end: 200_000 });
      assert.deepEqual(await buffer(part), bytes.subarray(1_000, 200_001));
    });

    it(`${kind} › a file that is not there › FileMissing; removed twice › nothing happens`, async () => {
      const key = newKey();
      await assert.rejects(storage().open(key), FileMissing);
      await storage().put(key, await localFile(Buffer.from('x')));
      await storage().remove(key);
      await storage().remove(key);
      await assert.rejects(storage().open(key), FileMissing);
    });

    it(`${kind} › a key of another form › refused before anything is touched`, async () => {
      for (const key of ['../../etc/passwd', 'a', `${newKey()}/..`]) {
        await assert.rejects(async () => storage().open(key), /another form/);
        await assert.rejects(
          async () => storage().put(key, await localFile(Buffer.from('x'))),
          /another form/,
        );
        await assert.rejects(async () => storage().remove(key), /another form/);
      }
    });

    it(`${kind} › a source that is gone › fails, and no file appears`, async () => {
      const key = newKey();
      const file = await localFile(Buffer.from('x'));
      await rm(file.path);
      await assert.rejects(storage().put(key, file));
      await assert.rejects(storage().open(key), FileMissing);
    });
  }

  it('disk › too little room › StorageFull, and nothing is left behind', async () => {
    const full = createDiskStorage({ folder: join(folder, 'full'), minFreeBytes: 2 ** 60 });
    const key = newKey();
    await assert.rejects(full.put(key, await localFile(Buffer.from('x'))), StorageFull);
    await assert.rejects(full.check(), StorageFull);
    assert.deepEqual(await readdir(join(folder, 'full', ...key.split('/').slice(0, 2))), []);
  });

  it('s3 › keys › stand under the prefix of the configuration', async () => {
    const storage = s3At(s3.url);
    const key = newKey();
    await storage.put(key, await localFile(Buffer.from('x')));
    assert.ok(s3.objects.has(`media/${key}`));
    storage.close();
  });

  it('s3 › a bucket that is missing, a service that fails › an error, not a missing file', async () => {
    const storage = s3At(s3.url, 'other');
    await assert.rejects(storage.check());
    storage.close();
    const failing = s3At(s3.url);
    s3.failNext(500, 10);
    await assert.rejects(failing.open(newKey()), (error) => !(error instanceof FileMissing));
    s3.failNext(500, 0);
    failing.close();
  });
});
