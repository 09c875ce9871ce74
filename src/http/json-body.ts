import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type { Context } from 'koa';
import { parse } from 'secure-json-parse';
import { AppError } from '../platform/errors.ts';
import { readBody, tooLarge } from './body.ts';
import type { BodyBudget } from './body-budget.ts';
import type { BodySender } from './body-pools.ts';

export const jsonBodyLimitBytes = 100 * 1024;
/** Content that does not compress grows by a few bytes. */
const compressedLimitBytes = jsonBodyLimitBytes + 1_024;
const maxDepth = 32;

const inflaters = {
  gzip: promisify(unzip),
  deflate: promisify(unzip),
  br: promisify(brotliDecompress),
} as const;

type Encoding = keyof typeof inflaters;

export interface JsonBody {
  readonly value: unknown;
  /** Of the text, when it is no longer compressed. */
  readonly bytes: number;
  /** Gives the memory of the body back. */
  release(): void;
}

interface JsonBodyOptions {
  readonly budget: BodyBudget;
  readonly sender: BodySender;
}

const noBody: JsonBody = { value: undefined, bytes: 0, release: () => undefined };

/** The body of a JSON route; its value is undefined if the request has none. */
export async function readJsonBody(context: Context, options: JsonBodyOptions): Promise<JsonBody> {
  if (!hasBody(context)) return noBody;
  if (!context.is('application/json'))
    throw new AppError('unsupported-media-type', 'The Content-Type of the body is not application/json.');
  const encoding = encodingOf(context);
  const exchange = { request: context.req, response: context.res };
  const maxBytes = encoding === null ? jsonBodyLimitBytes : compressedLimitBytes;
  const { bytes, hold } = await readBody(exchange, { ...options, maxBytes });
  try {
    if (encoding !== null) hold.grow(jsonBodyLimitBytes);
    const text = encoding === null ? bytes : await inflate(bytes, encoding);
    return { value: parseJson(text), bytes: text.byteLength, release: hold.release };
  } catch (error) {
    hold.release();
    throw error;
  }
}

const hasBody = (context: Context): boolean =>
  context.req.headers['transfer-encoding'] !== undefined ||
  Number(context.req.headers['content-length'] ?? 0) > 0;

/** How the body is compressed; null if it is not. */
function encodingOf({ req }: Context): Encoding | null {
  const encoding = req.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return null;
  if (isKnown(encoding)) return encoding;
  throw new AppError('unsupported-media-type', 'The content encoding is not gzip, deflate, br or identity.');
}

const isKnown = (encoding: string): encoding is Encoding => Object.hasOwn(inflaters, encoding);

async function inflate(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  try {
    return await inflaters[encoding](bytes, { maxOutputLength: jsonBodyLimitBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(jsonBodyLimitBytes);
    throw malformed(`The body is not valid ${encoding}.`);
  }
}

/** The parser's error quotes the body, so it must not become the cause. */
function parseJson(bytes: Buffer): unknown {
  const text = new TextDecoder().decode(bytes);
  if (text === '') return {};
  const value = parseStrictly(text);
  if (isDeeperThan(value, maxDepth)) throw malformed(`The body is nested deeper than ${maxDepth} levels.`);
  return value;
}

function parseStrictly(text: string): unknown {
  if (!/^[ \t\r\n]*[[{]/.test(text)) throw malformed('The body is not a JSON object.');
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'ignore' });
  } catch {
    throw malformed('The body is not a valid JSON object.');
  }
}

const malformed = (detail: string): AppError => new AppError('malformed-json', detail);

/** Without recursion, because the sender chooses the depth. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const containers = level.filter((entry) => typeof entry === 'object' && entry !== null);
    if (containers.length > 0 && depth >= limit) return true;
    level = containers.flatMap((container) => Object.values(container as object));
  }
  return false;
}
