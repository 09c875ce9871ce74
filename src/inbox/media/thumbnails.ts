import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Thumbnail } from './model.ts';
import {
  maxPictureBytes,
  maxPixels,
  mayBeOpened,
  mayBeShrunk,
  partMarks,
  type PartCounts,
} from './picture-bounds.ts';
import { createPictureTurns } from './picture-turns.ts';

const maxSide = 320;
const quality = 75;

/**
 * The bounds keep a picture far below this. It stops the work between two strips of the thumbnail, not while a strip is
 * being decoded.
 */
const maxSeconds = 2;

export interface MadeThumbnail extends Thumbnail {
  readonly path: string;
}

export interface ThumbnailJob {
  readonly clientId: string;
  readonly from: string;
  readonly to: string;
  /** Missing: waits until its turn comes. */
  readonly maxWaitMs?: number;
}

/** Makes thumbnails one after the other, so that the memory of one picture is the most that they take. */
export function createThumbnails() {
  sharp.concurrency(1);
  sharp.cache(false);
  const take = createPictureTurns();

  /**
   * Writes a WebP of at most 320 × 320 pixels. Null if the file is no picture that can be read, if it would cost too
   * much, or if its turn did not come in time.
   */
  return function makeThumbnail({ clientId, from, to, maxWaitMs }: ThumbnailJob) {
    return take({ clientId, maxWaitMs, job: () => make(from, to) });
  };
}

export type MakeThumbnail = ReturnType<typeof createThumbnails>;

async function make(from: string, to: string): Promise<MadeThumbnail | null> {
  try {
    return (await isCheap(from)) ? await shrinkPicture(from, to, maxSeconds) : null;
  } catch {
    // The file is a stranger's: damaged, or no picture at all. It is kept without a thumbnail.
    return null;
  }
}

const open = (path: string) => sharp(path, { limitInputPixels: maxPixels, sequentialRead: true, pages: 1 });

/** Judges the picture by its size, its parts and its header; decodes nothing. */
async function isCheap(path: string): Promise<boolean> {
  if ((await stat(path)).size > maxPictureBytes) return false;
  const counts = await countParts(path);
  return mayBeOpened(counts) && mayBeShrunk(await open(path).metadata(), counts);
}

/** Throws after `seconds`, and for a file that is no picture. */
export async function shrinkPicture(from: string, to: string, seconds: number): Promise<MadeThumbnail> {
  const { width, height } = await open(from)
    .rotate()
    .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .timeout({ seconds })
    .toFile(to);
  const { size } = await stat(to);
  return { path: to, bytes: size, width, height };
}

const chunkBytes = 256 * 1_024;
/** A mark may lie across two chunks. */
const overlapBytes = 3;

async function countParts(path: string): Promise<PartCounts> {
  const counts = { scans: 0, texts: 0, frames: 0 };
  let seen: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    const kept = seen.subarray(-overlapBytes);
    seen = Buffer.concat([kept, chunk as Buffer]);
    for (const part of ['scans', 'texts', 'frames'] as const)
      for (const mark of partMarks[part]) counts[part] += countIn(seen, mark, kept.byteLength);
  }
  return counts;
}

/** Counts marks that end beyond the first `knownBytes`: those before were counted with the chunk before. */
function countIn(bytes: Buffer, mark: Buffer, knownBytes: number): number {
  let count = 0;
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + mark.byteLength))
    if (at + mark.byteLength > knownBytes) count += 1;
  return count;
}
