import { open } from 'node:fs/promises';
import { fileTypeFromFile } from 'file-type';
import { typeByContent } from './kinds.ts';

interface Claims {
  readonly mimeType?: string | undefined;
  readonly filename?: string | undefined;
}

/** The type of a local file by its content; undefined if the content tells nothing. */
export async function readType(path: string, claims: Claims): Promise<string | undefined> {
  const sniffed = await sniff(path);
  const isText = sniffed === undefined && (await isReadableText(path));
  return typeByContent({ sniffed, isText }, claims);
}

/** A damaged file may end in the middle of what its first bytes announce. */
async function sniff(path: string): Promise<string | undefined> {
  try {
    return (await fileTypeFromFile(path))?.mime;
  } catch {
    return undefined;
  }
}

const chunkBytes = 64 * 1_024;

/** Whether the whole file is UTF-8 without control characters, read in pieces. */
async function isReadableText(path: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const handle = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes);
      const text = decoder.decode(chunk.subarray(0, bytesRead), { stream: bytesRead > 0 });
      // oxlint-disable-next-line no-control-regex -- control characters are what it is about
      if (/[\u0000-\u0008\u000E-\u001F]/.test(text)) return false;
      if (bytesRead === 0) return true;
    }
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  } finally {
    await handle.close();
  }
}
