import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { rootDir } from '../../../../scripts/paths.ts';
import { createThumbnails, shrinkPicture } from '../../../../src/inbox/media/thumbnails.ts';
import { makeJpeg } from '../../../support/files.ts';
import {
  makeAnimatedWebp,
  makeGif,
  makeJpegOfThreeScans,
  makeJpegWithGainMap,
  makePng,
  makeProgressiveJpeg,
} from '../../../support/pictures.ts';

const mib = 1_048_576;

/** A few KB each, and dear to decode. */
const hostile: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'interlaced, 398 MB': () =>
    makePng({ width: 7_000, height: 7_100, depth: 16, channels: 4, isInterlaced: true }),
  'a column of 49 million pixels': () => makePng({ width: 1, height: 49_000_000 }),
  'a row of 49 million pixels': () => makePng({ width: 49_000_000, height: 1 }),
  'a JPEG of 50 MP in three scans': () => makeJpegOfThreeScans(7_000, 7_100),
  'a JPEG of 20,000 scans': () => makeProgressiveJpeg(4_090, 3_070, 20_000),
  'an animation of 40,000 frames': () => makeAnimatedWebp(40_000),
  'a PNG with 1,000 texts': () => makePng({ width: 10, height: 10, texts: 1_000 }),
  'a file of 17 MiB': async () => Buffer.concat([await makeJpeg(), Buffer.alloc(17 * mib)]),
};

/** Just allowed. */
const dear: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'interlaced, 54 MB': () =>
    makePng({ width: 2_600, height: 2_600, depth: 16, channels: 4, isInterlaced: true }),
  wide: () => makePng({ width: 16_383, height: 425, depth: 16, channels: 4 }),
  'a PNG of 49 MP': () => makePng({ width: 7_000, height: 7_000, channels: 4 }),
  'with 16 bits': () => makePng({ width: 6_200, height: 6_200, depth: 16, channels: 4 }),
  tall: () => makePng({ width: 1_500, height: 32_767 }),
  progressive: () => makeProgressiveJpeg(4_090, 3_070, 32),
  'a GIF': () => makeGif(4_090, 4_090),
  'an animation': () => makeAnimatedWebp(2_000),
};

/** Prints, for each path, whether there is a thumbnail, and how far the memory of the process has grown so far. */
const measurement = `
  const { createThumbnails } = await import(process.env.MODULE);
  const makeThumbnail = createThumbnails();
  const [warmUp, ...paths] = process.argv.slice(1);
  const make = (from) => makeThumbnail({ clientId: 'a', from, to: from + '.webp' });
  await make(warmUp);
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 1);
  for (const path of paths) {
    const made = await make(path);
    console.log(JSON.stringify({ isMade: made !== null, grownMib: Math.round((most - before) / 1048576) }));
  }
  clearInterval(look);
`;

/** As in the Dockerfile: without it, freed memory of earlier pictures is counted too. */
const asInImage = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

describe('thumbnails', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'thumbnails-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  let count = 0;
  async function write(bytes: Buffer): Promise<string> {
    count += 1;
    const path = join(folder, String(count));
    await writeFile(path, bytes);
    return path;
  }
  const sizeOf = async (bytes: Buffer): Promise<string | null> => {
    const from = await write(bytes);
    const made = await createThumbnails()({ clientId: 'a', from, to: `${from}.webp` });
    return made === null ? null : `${made.width}x${made.height}`;
  };
  const noise = (width: number, height: number) =>
    sharp({
      create: {
        ...{ width, height, channels: 3 as const, background: '#777' },
        noise: { type: 'gaussian' as const, mean: 128, sigma: 20 },
      },
    });

  for (const [what, make, size] of [
    ['a JPEG of 12 MP', () => makeJpeg(4_032, 3_024), '320x240'],
    ['the same, progressive', () => noise(4_032, 3_024).jpeg({ progressive: true }).toBuffer(), '320x240'],
    [
      'a JPEG that lies on its side',
      () => noise(800, 600).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
      '240x320',
    ],
    ['a JPEG with a gain map', () => makeJpegWithGainMap(800, 600), '320x240'],
    ['a JPEG of 48 MP', () => makeJpeg(8_000, 6_000), '320x240'],
    ['an interlaced PNG', () => noise(800, 600).png({ progressive: true }).toBuffer(), '320x240'],
    ['a PNG with 16 bits', () => noise(800, 600).toColourspace('rgb16').png().toBuffer(), '320x240'],
    ['a PNG with a palette', () => noise(400, 300).png({ palette: true }).toBuffer(), '320x240'],
    ['a PNG with texts', () => makePng({ width: 100, height: 50, texts: 3 }), '100x50'],
    ['a WebP', () => noise(800, 600).webp().toBuffer(), '320x240'],
    ['an animated WebP', () => makeAnimatedWebp(100), '10x10'],
    ['a GIF', () => noise(400, 300).gif().toBuffer(), '320x240'],
  ] as const)
    it(`${what} › ${size}`, async () => assert.equal(await sizeOf(await make()), size));

  for (const [what, bytes] of [
    ['no picture', Buffer.from('Hello')],
    ['nothing', Buffer.alloc(0)],
    ['a picture that ends early', makePng({ width: 800, height: 600 }).subarray(0, 200)],
  ] as const)
    it(`${what} › null`, async () => assert.equal(await sizeOf(bytes), null));

  /** Makes the thumbnails one after the other in a process of its own. */
  async function measure(makers: typeof hostile) {
    const names = Object.keys(makers);
    const paths = [await write(await makeJpeg())];
    for (const name of names) paths.push(await write(await (makers[name] ?? assert.fail)()));
    const module = new URL('src/inbox/media/thumbnails.ts', `file://${rootDir}/`).href;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', measurement, '--', ...paths],
      { cwd: rootDir, env: { ...process.env, ...asInImage, MODULE: module } },
    );
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, names.length, stdout);
    const results = lines.map((line) => JSON.parse(line) as { isMade: boolean; grownMib: number });
    return {
      made: Object.fromEntries(names.map((name, index) => [name, results[index]?.isMade])),
      grownMib: Math.max(...results.map(({ grownMib }) => grownMib)),
    };
  }

  it('small files that unpack to much or are long work › none gets a thumbnail, and memory stays', async () => {
    const { made, grownMib } = await measure(hostile);
    assert.deepEqual(made, Object.fromEntries(Object.keys(hostile).map((name) => [name, false])));
    assert.ok(grownMib < 64, `${grownMib} MiB`);
  });

  it('pictures at the bound › all get a thumbnail, and none takes much more than 80 MiB', async () => {
    const { made, grownMib } = await measure(dear);
    assert.deepEqual(made, Object.fromEntries(Object.keys(dear).map((name) => [name, true])));
    assert.ok(grownMib < 160, `${grownMib} MiB`);
  });

  it('a client with many dear pictures, another with one › the other waits for one after the one at work', async () => {
    const makeThumbnail = createThumbnails();
    const ended: string[] = [];
    const large = await write(makePng({ width: 6_000, height: 8_000 }));
    const small = await write(await makeJpeg());
    const make = async (clientId: string, from: string, name: string) => {
      const made = await makeThumbnail({ clientId, from, to: join(folder, `${name}.webp`) });
      ended.push(made === null ? `${name} without` : name);
    };
    await Promise.all([
      ...['a1', 'a2', 'a3', 'a4'].map((name) => make('a', large, name)),
      make('b', small, 'b1'),
    ]);
    assert.deepEqual(ended, ['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('a picture that takes longer than it may › ended, and no file is left', async () => {
    const from = await write(makePng({ width: 1, height: 20_000_000 }));
    await assert.rejects(shrinkPicture(from, `${from}.webp`, 1), /timeout/);
    assert.ok(!existsSync(`${from}.webp`));
  });
});
