/**
 * The encodings that a file may have, by their names in the WHATWG standard. Those that the bytes themselves can prove
 * come first; the others are proposals, or the choice of a user.
 */
export const encodingNames = [
  ...(['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'] as const),
  ...(['windows-1252', 'windows-1250', 'windows-1251', 'windows-1254', 'windows-1256', 'macintosh'] as const),
  ...(['windows-1253', 'windows-1255', 'windows-1257', 'windows-1258', 'windows-874', 'koi8-r'] as const),
  ...(['gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr'] as const),
] as const;

export type EncodingName = (typeof encodingNames)[number];

export interface ByteOrderMark {
  readonly encoding: EncodingName;
  readonly length: number;
}

const marks: readonly (readonly [readonly number[], EncodingName])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  // Before UTF-16, whose mark these bytes begin with.
  [[0xff, 0xfe, 0x00, 0x00], 'utf-32le'],
  [[0x00, 0x00, 0xfe, 0xff], 'utf-32be'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** The byte order mark at the beginning of a file; undefined if there is none. */
export function byteOrderMarkOf(head: Uint8Array): ByteOrderMark | undefined {
  const found = marks.find(([bytes]) => bytes.every((byte, place) => head[place] === byte));
  return found === undefined ? undefined : { encoding: found[1], length: found[0].length };
}

export type FileKind = 'text' | 'workbook' | 'old-workbook' | 'other';

const signatures: readonly (readonly [string, FileKind])[] = [
  ['504b0304', 'workbook'],
  ['504b0506', 'workbook'],
  // Workbooks before 2007, and every workbook with a password.
  ['d0cf11e0a1b11ae1', 'old-workbook'],
  ['25504446', 'other'],
  ['1f8b08', 'other'],
  ['89504e47', 'other'],
  ['ffd8ff', 'other'],
  ['377abcaf', 'other'],
  ['52617221', 'other'],
];

/** What the file is, by its first bytes; its name and its declared type are not asked. */
export function fileKindOf(head: Uint8Array): FileKind {
  const hex = Buffer.from(head.subarray(0, 8)).toString('hex');
  return signatures.find(([signature]) => hex.startsWith(signature))?.[1] ?? 'text';
}
