import { constants, crc32, deflateRawSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Pictures that are cheap to make and dear to decode. All samples are zero. */

const mib = 1_048_576;

/** A zlib stream of so many zeros, without having them in memory. */
function deflateZeros(count: number): Buffer {
  const full = deflateRawSync(Buffer.alloc(mib), { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  const rest = deflateRawSync(Buffer.alloc(count % mib), { level: 9 });
  const check = Buffer.alloc(4);
  check.writeUInt32BE((count % 65_521) * 65_536 + 1);
  const whole = Array.from({ length: Math.floor(count / mib) }, () => full);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...whole, rest, check]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.byteLength);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Origin and distance of the pixels of each pass of an interlaced PNG: x, y, dx, dy. */
const passes = [
  ...[[0, 0, 8, 8] as const, [4, 0, 8, 8] as const, [0, 4, 4, 8] as const, [2, 0, 4, 4] as const],
  ...[[0, 2, 2, 4] as const, [1, 0, 2, 2] as const, [0, 1, 1, 2] as const],
];

export interface PngOptions {
  readonly width: number;
  readonly height: number;
  readonly depth?: 8 | 16;
  readonly channels?: 3 | 4;
  readonly isInterlaced?: boolean;
  /** Compressed texts, each of 1 MiB. */
  readonly texts?: number;
}

export function makePng(options: PngOptions): Buffer {
  const { width, height, depth = 8, channels = 3, isInterlaced = false, texts = 0 } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, channels === 3 ? 2 : 6, 0, 0, isInterlaced ? 1 : 0], 8);
  const rowBytes = (pixels: number): number => 1 + (pixels * channels * depth) / 8;
  const passBytes = passes.map(([x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return columns > 0 && rows > 0 ? rowBytes(columns) * rows : 0;
  });
  const bytes = isInterlaced ? passBytes.reduce((sum, one) => sum + one, 0) : rowBytes(width) * height;
  const text = pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateZeros(mib)]));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    ...Array.from({ length: texts }, () => text),
    pngChunk('IDAT', deflateZeros(bytes)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function jpegSegment(marker: number, data: readonly number[]): Buffer {
  const length = data.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...data]);
}

const sixteen = [1, ...Array.from({ length: 15 }, () => 0)];
const jpegTables = (acSymbol: number) => [
  jpegSegment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]),
  jpegSegment(0xc4, [0x00, ...sixteen, 0]),
  jpegSegment(0xc4, [0x10, ...sixteen, acSymbol]),
];

/** Three components without subsampling. */
const jpegFrame = (marker: number, width: number, height: number): Buffer =>
  jpegSegment(marker, [
    ...[8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3],
    ...[1, 2, 3].flatMap((component) => [component, 0x11, 0]),
  ]);

const jpegScan = (components: readonly number[], band: readonly [number, number], bits: number): Buffer =>
  Buffer.concat([
    jpegSegment(0xda, [components.length, ...components.flatMap((one) => [one, 0]), ...band, 0]),
    Buffer.alloc(Math.ceil(bits / 8)),
  ]);

const ends = [Buffer.from([0xff, 0xd8]), Buffer.from([0xff, 0xd9])] as const;
const blocksOf = (width: number, height: number) => Math.ceil(width / 8) * Math.ceil(height / 8);

/** A baseline JPEG with a scan for each component: not progressive, and kept whole all the same. */
export function makeJpegOfThreeScans(width: number, height: number): Buffer {
  const bits = blocksOf(width, height) * 2;
  const scans = [1, 2, 3].map((component) => jpegScan([component], [0, 63], bits));
  return Buffer.concat([ends[0], ...jpegTables(0), jpegFrame(0xc0, width, height), ...scans, ends[1]]);
}

/** A progressive JPEG whose scans take a few bytes each: they say that 16,384 blocks have nothing. */
export function makeProgressiveJpeg(width: number, height: number, scanCount: number): Buffer {
  const blocks = blocksOf(width, height);
  const later = Array.from({ length: scanCount - 1 }, (_, index) => {
    const band = 1 + (Math.floor(index / 3) % 63);
    return jpegScan([1 + (index % 3)], [band, band], Math.ceil(blocks / 16_384) * 15);
  });
  const scans = [jpegScan([1, 2, 3], [0, 0], blocks * 3), ...later];
  return Buffer.concat([ends[0], ...jpegTables(0xe0), jpegFrame(0xc2, width, height), ...scans, ends[1]]);
}

/** An animation of 10 × 10 pixels. */
export async function makeAnimatedWebp(frameCount: number): Promise<Buffer> {
  const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123' } })
    .webp({ lossless: true })
    .toBuffer();
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(data.byteLength);
    return Buffer.concat([Buffer.from(type, 'latin1'), length, data]);
  };
  const frame = chunk('ANMF', Buffer.concat([Buffer.alloc(16), dot.subarray(12)]));
  return chunk(
    'RIFF',
    Buffer.concat([
      Buffer.from('WEBP'),
      chunk('VP8X', Buffer.from([2, 0, 0, 0, 9, 0, 0, 9, 0, 0])),
      chunk('ANIM', Buffer.alloc(6)),
      ...Array.from({ length: frameCount }, () => frame),
    ]),
  );
}

/** A GIF with one frame that covers the whole canvas and ends early. */
export function makeGif(width: number, height: number): Buffer {
  const size = [width & 0xff, width >> 8, height & 0xff, height >> 8];
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from([...size, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
    Buffer.from([0x2c, 0, 0, 0, 0, ...size, 0, 2, 2, 0x44, 0x01, 0, 0x3b]),
  ]);
}

/** A JPEG for bright screens, as many phones make them. */
export function makeJpegWithGainMap(width: number, height: number): Promise<Buffer> {
  const picture = sharp({ create: { width, height, channels: 3, background: '#2a7' } }).jpeg();
  // sharp has the method; its types do not.
  return (picture as Sharp & { withGainMap(): Sharp }).withGainMap().toBuffer();
}
