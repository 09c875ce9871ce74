/**
 * Which pictures get a thumbnail. Pure. A file of a few hundred KB can unpack to gigabytes, or keep a decoder at work for
 * minutes, so a picture is judged by what it says about itself before it is decoded.
 */

const mib = 1_048_576;

/** Of the file. GIF decoders keep a record of each frame, JPEG decoders all metadata. */
export const maxPictureBytes = 16 * mib;

/** Decoding takes time even if it takes no memory. */
export const maxPixels = 50_000_000;

/** Memory that decoding and shrinking one picture takes. */
const maxWorkingBytes = 80 * mib;

/** Rows are held by the hundred. */
const maxWidth = 16_383;
/** Each row has its price, however short. Long enough for screenshots of whole pages. */
const maxHeight = 32_767;

/** A scan goes over the whole picture again. Encoders make about ten. */
const maxScans = 32;
/** Each may unpack to 50 MB, which takes half a second, whenever the file is opened. Cameras and editors write one or two. */
const maxTexts = 3;
/** The WebP reader looks for each frame from the first one on, whenever the file is opened. */
const maxFrames = 2_000;

/** Parts that a file may repeat, by the bytes with which they begin. */
export const partMarks = {
  scans: [Buffer.from([0xff, 0xda])],
  texts: [Buffer.from('zTXt'), Buffer.from('iTXt')],
  frames: [Buffer.from('ANMF')],
} as const;

/** At least as many as the file has: other data may contain the same bytes. */
export type PartCounts = Readonly<Record<keyof typeof partMarks, number>>;

/** Whether reading the header costs little. */
export const mayBeOpened = ({ texts, frames }: PartCounts): boolean =>
  texts <= maxTexts && frames <= maxFrames;

/** What the header of a picture tells. */
export interface PictureHeader {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Of a sample, as libvips names it. */
  readonly depth: string;
  /** An interlaced PNG, or a JPEG with several scans. */
  readonly isProgressive?: boolean;
  /** Of a JPEG for bright screens. Their reader does not tell whether there are several scans. */
  readonly gainMap?: unknown;
}

const isInParts = ({ isProgressive, gainMap }: PictureHeader): boolean =>
  isProgressive === true || gainMap !== undefined;

/** Whether decoding costs little enough. */
export function mayBeShrunk(picture: PictureHeader, { scans }: Pick<PartCounts, 'scans'>): boolean {
  const { width, height } = picture;
  if (width > maxWidth || height > maxHeight) return false;
  if (picture.format === 'jpeg' && isInParts(picture) && scans > maxScans) return false;
  return width * height <= maxPixels && workingBytesOf(picture) <= maxWorkingBytes;
}

/**
 * The figures were measured and rounded up. A JPEG with one scan is decoded at reduced size, row by row; one with several keeps the
 * coefficients of the whole picture. GIF and WebP are held whole.
 */
function workingBytesOf(picture: PictureHeader): number {
  const { format, channels, width, height } = picture;
  if (format === 'jpeg') return isInParts(picture) ? 2 * channels * width * height : 0;
  if (format === 'png') return 1.5 * rowBytesOf(picture) * heldRowsOf(picture);
  return format === 'gif' || format === 'webp' ? 5 * width * height : Number.POSITIVE_INFINITY;
}

const rowBytesOf = ({ width, channels, depth }: PictureHeader): number =>
  width * channels * (depth === 'uchar' ? 1 : 2);

/** An interlaced PNG is held whole. Of others, the rows for a few rows of the thumbnail are: a wide one has no more. */
const heldRowsOf = ({ width, height, isProgressive }: PictureHeader): number =>
  isProgressive === true ? height : Math.min(height, Math.max(width, height) / 6);
