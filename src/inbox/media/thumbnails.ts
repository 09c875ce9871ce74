import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Thumbnail } from './model.ts';

const maxSide = 320;
/** A picture that unpacks to more is refused: 4 bytes of memory for each pixel. */
const maxPixels = 50_000_000;
const maxSeconds = 10;
const quality = 75;

export interface MadeThumbnail extends Thumbnail {
  readonly path: string;
}

/** Makes thumbnails one after the other, so that the memory of one picture is the most that they take. */
export function createThumbnails() {
  sharp.concurrency(1);
  sharp.cache(false);
  let last: Promise<unknown> = Promise.resolve();

  /** Writes a WebP of at most 320 × 320 pixels; null if the file is no picture that can be read. */
  return function makeThumbnail(from: string, to: string): Promise<MadeThumbnail | null> {
    const made = last.then(() => make(from, to));
    last = made;
    return made;
  };
}

export type MakeThumbnail = ReturnType<typeof createThumbnails>;

async function make(from: string, to: string): Promise<MadeThumbnail | null> {
  try {
    const { width, height } = await sharp(from, {
      limitInputPixels: maxPixels,
      sequentialRead: true,
      pages: 1,
    })
      .rotate()
      .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality })
      .timeout({ seconds: maxSeconds })
      .toFile(to);
    const { size } = await stat(to);
    return { path: to, bytes: size, width, height };
  } catch {
    // The file is a stranger's: damaged, too many pixels, or no picture at all. It is kept without a thumbnail.
    return null;
  }
}
