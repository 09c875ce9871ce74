import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mayBeOpened, mayBeShrunk, type PictureHeader } from '../../../../src/inbox/media/picture-bounds.ts';

const header = (more: Partial<PictureHeader>): PictureHeader => ({
  ...{ format: 'png', width: 4_000, height: 3_000, channels: 3, depth: 'uchar', isProgressive: false },
  ...more,
});
const isAllowed = (more: Partial<PictureHeader>, scans = 10): boolean => mayBeShrunk(header(more), { scans });

describe('pictures › which are opened', () => {
  it('few texts and frames › opened; one more than the bound › not', () => {
    assert.ok(mayBeOpened({ scans: 1_000, texts: 3, frames: 2_000 }));
    assert.ok(!mayBeOpened({ scans: 0, texts: 4, frames: 0 }));
    assert.ok(!mayBeOpened({ scans: 0, texts: 0, frames: 2_001 }));
  });
});

describe('pictures › which are decoded', () => {
  for (const [what, more] of [
    ['a PNG photo of 12 MP', {}],
    ['the same, interlaced', { isProgressive: true }],
    ['a PNG of 48 MP', { width: 8_000, height: 6_000 }],
    ['with 16 bits, 8 MP', { width: 3_264, height: 2_448, depth: 'ushort' }],
    ['a JPEG of 48 MP', { format: 'jpeg', width: 8_000, height: 6_000 }],
    ['a progressive JPEG of 12 MP', { format: 'jpeg', width: 4_032, height: 3_024, isProgressive: true }],
    ['with transparency, 12 MP', { channels: 4 }],
    ['a JPEG with a gain map, 12 MP', { format: 'jpeg', width: 4_080, height: 3_072, gainMap: {} }],
    ['a WebP of 12 MP', { format: 'webp', channels: 4 }],
    ['a GIF of 12 MP', { format: 'gif' }],
    ['a screenshot of a long page', { width: 1_080, height: 20_000 }],
  ] as const)
    it(`${what} › yes`, () => assert.ok(isAllowed(more)));

  for (const [what, more] of [
    [
      'an interlaced PNG that unpacks to 398 MB',
      { width: 7_000, height: 7_100, channels: 4, depth: 'ushort' },
    ],
    ['a column of 49 million pixels', { width: 1, height: 49_000_000 }],
    ['a row of 49 million pixels', { width: 49_000_000, height: 1 }],
    ['a column over the bound', { width: 1, height: 32_768 }],
    ['a row over the bound', { width: 16_384, height: 1 }],
    ['a JPEG over 50 MP', { format: 'jpeg', width: 7_072, height: 7_072 }],
    ['a progressive JPEG of 48 MP', { format: 'jpeg', width: 8_000, height: 6_000, isProgressive: true }],
    ['a JPEG with a gain map, 48 MP', { format: 'jpeg', width: 8_000, height: 6_000, gainMap: {} }],
    ['a WebP of 24 MP', { format: 'webp', width: 6_000, height: 4_000 }],
    ['a GIF of 24 MP', { format: 'gif', width: 6_000, height: 4_000 }],
    ['another format', { format: 'svg', width: 10, height: 10 }],
  ] as const)
    it(`${what} › no`, () => assert.ok(!isAllowed(more)));

  it('many scans › refused where each goes over the whole picture, and only there', () => {
    const jpeg = { format: 'jpeg', width: 400, height: 300 };
    assert.ok(isAllowed({ ...jpeg, isProgressive: true }, 32));
    assert.ok(!isAllowed({ ...jpeg, isProgressive: true }, 33));
    assert.ok(!isAllowed({ ...jpeg, gainMap: {} }, 33));
    assert.ok(isAllowed(jpeg, 1_000), 'what follows the picture in its file may contain the mark');
    assert.ok(isAllowed({ isProgressive: true }, 1_000));
  });

  it('any picture › one with smaller sides or fewer channels is never refused in its place', () => {
    const side = fc.integer({ min: 1, max: 40_000 });
    const picture = fc.record({
      format: fc.constantFrom('jpeg', 'png', 'webp', 'gif'),
      ...{ width: side, height: side, channels: fc.integer({ min: 1, max: 4 }) },
      ...{ depth: fc.constantFrom('uchar', 'ushort'), isProgressive: fc.boolean() },
    });
    fc.assert(
      fc.property(picture, fc.double({ min: 0.01, max: 1, noNaN: true }), (large, factor) => {
        const small = {
          ...large,
          width: Math.ceil(large.width * factor),
          height: Math.ceil(large.height * factor),
          channels: Math.ceil(large.channels * factor),
        };
        assert.ok(!isAllowed(large) || isAllowed(small));
      }),
    );
  });
});
