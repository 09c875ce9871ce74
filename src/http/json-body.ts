import type { Context } from 'koa';
import { koaBody } from 'koa-body';
import { AppError } from '../platform/errors.ts';
import { AbortedUpload } from './raw-body.ts';

export const jsonBodyLimitBytes = 100 * 1024;
const maxDepth = 32;

const parse = koaBody({
  json: true,
  jsonTypes: ['application/json'],
  jsonLimit: jsonBodyLimitBytes,
  jsonStrict: true,
  text: false,
  urlencoded: false,
  multipart: false,
  patchNode: false,
  patchKoa: true,
  onError: (error, { req }) => {
    throw req.destroyed && !req.complete ? new AbortedUpload() : bodyProblem(error);
  },
});

/** The body of a JSON route, or undefined when the request has none. */
export async function readJsonBody(context: Context): Promise<unknown> {
  if (!hasBody(context)) return undefined;
  if (!context.is('application/json'))
    throw new AppError('unsupported-media-type', 'The body is not declared as application/json.');
  const gone = new Promise<never>((_resolve, reject) => {
    context.req.once('close', () => {
      if (!context.req.complete) reject(new AbortedUpload());
    });
  });
  try {
    // The parser waits for ever on a compressed body whose sender has gone away.
    await Promise.race([parse(context, async () => undefined), gone]);
  } finally {
    // What is left of a refused body is read and dropped, so that the client gets to see the answer.
    context.req.resume();
  }
  const body = (context.request as { body?: unknown }).body;
  if (isDeeperThan(body, maxDepth))
    throw new AppError('malformed-json', `The body is nested deeper than ${maxDepth} levels.`);
  return body;
}

const hasBody = (context: Context): boolean =>
  context.req.headers['transfer-encoding'] !== undefined ||
  Number(context.req.headers['content-length'] ?? 0) > 0;

/** The parser's error carries the whole body, so it is not kept as a cause. */
function bodyProblem(error: Error): Error {
  const status = 'status' in error ? error.status : undefined;
  if (status === 413)
    return new AppError('body-too-large', `The body is larger than ${jsonBodyLimitBytes} bytes.`);
  if (status === 415)
    return new AppError('unsupported-media-type', 'The content encoding is not gzip, deflate or identity.');
  return new AppError('malformed-json', 'The body cannot be read as one JSON object.');
}

/** Walks without recursion: the depth is what the sender chose. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const containers = level.filter((entry) => typeof entry === 'object' && entry !== null);
    if (containers.length > 0 && depth >= limit) return true;
    level = containers.flatMap((container) => Object.values(container as object));
  }
  return false;
}
