import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';

const pollMs = 500;
const rotateOverBytes = 10_000_000;
const trimEveryMs = 10_000;
const linesPerWindow = 5;
const windowMs = 10_000;

/** A log line worth showing in the progress output, or null. Programs log JSON lines. */
export function describeLogLine(line: string): string | null {
  if (line.trim() === '') return null;
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line.trim().slice(0, 300);
  }
  if (typeof entry !== 'object' || entry === null) return line.trim().slice(0, 300);
  const level = 'level' in entry ? entry.level : null;
  const isSevere =
    typeof level === 'number' ? level >= 40 : ['warn', 'error', 'fatal'].includes(String(level));
  if (!isSevere) return null;
  const message = 'message' in entry ? String(entry.message) : 'msg' in entry ? String(entry.msg) : '';
  const cause =
    'err' in entry
      ? messageOf(entry.err)
      : 'error' in entry
        ? messageOf(entry.error)
        : 'reason' in entry
          ? String(entry.reason)
          : '';
  const subject = subjectOf(entry);
  const text = [message, cause].filter(Boolean).join(': ').slice(0, 300);
  return subject === null ? text : `${text} (${subject})`;
}

/** What a line can be about, the most telling first. */
const subjects = [
  ['messageId', 'message'],
  ['workflowId', 'workflow'],
  ['eventId', 'event'],
  ['mailId', 'mail'],
  ['channelId', 'channel'],
  ['requestId', 'request'],
  ['loop', 'loop'],
  ['check', 'check'],
  ['dependency', 'dependency'],
] as const;

/** Names what the line is about, so that it can be looked up; null if it is about the whole process. */
function subjectOf(entry: object): string | null {
  const fields = new Map<string, unknown>(Object.entries(entry));
  for (const [field, what] of subjects) {
    const id = fields.get(field);
    // The id of a message's workflow says so itself: `message:665f…`.
    if (typeof id === 'string' && id !== '')
      return id.startsWith('message:') ? id.replace(':', ' ') : `${what} ${id}`;
  }
  return null;
}

/**
 * Shows the warnings and errors that a program appends to its log, at a limited rate. Returns a function that stops
 * it.
 */
export async function watchLog(file: string, show: (line: string) => void): Promise<() => void> {
  let position = await sizeOf(file);
  let shownInWindow = 0;
  const report = (line: string) => {
    const text = describeLogLine(line);
    if (text === null) return;
    shownInWindow += 1;
    if (shownInWindow <= linesPerWindow) show(text);
    else if (shownInWindow === linesPerWindow + 1) show(`… more in ${file}`);
  };
  let isReading = false;
  const read = async () => {
    if (isReading) return;
    isReading = true;
    // The log was trimmed.
    if ((await sizeOf(file)) < position) position = 0;
    const text = await readFrom(file, position).catch(() => '');
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    position += Buffer.byteLength(complete);
    for (const line of complete.split('\n')) report(line);
    isReading = false;
  };
  const poll = setInterval(() => void read(), pollMs);
  const windows = setInterval(() => (shownInWindow = 0), windowMs);
  return () => {
    clearInterval(poll);
    clearInterval(windows);
  };
}

/** Rotates a large log once; the previous copy is removed. */
export async function rotateLog(file: string): Promise<void> {
  if ((await sizeOf(file)) > rotateOverBytes) await rename(file, `${file}.1`);
}

/**
 * Moves the content of a log to the previous copy when it is too large, while the program goes on writing. Lines written
 * during the copy are lost; a program always appends, so it continues at the new end.
 */
export async function trimLog(file: string, maxBytes = rotateOverBytes): Promise<void> {
  if ((await sizeOf(file)) <= maxBytes) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}

/** Trims the log of a running program from time to time. Returns a function that stops it. */
export function keepLogSmall(file: string, show: (line: string) => void): () => void {
  const timer = setInterval(() => {
    trimLog(file).catch((error: unknown) => show(`${file} could not be trimmed: ${messageOf(error)}`));
  }, trimEveryMs);
  return () => clearInterval(timer);
}

async function readFrom(file: string, position: number): Promise<string> {
  const size = await sizeOf(file);
  if (size <= position) return '';
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(size - position);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
