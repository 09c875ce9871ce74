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

/** The body of a JSON route; undefined if the request has none. */
export async function readJsonBody(context: Context): Promise<unknown> {
  if (!hasBody(context)) return undefined;
  if (!context.is('application/json'))
    throw new AppError('unsupported-media-type', 'The Content-Type of the body is not application/json.');
  const gone = new Promise<never>((_resolve, reject) => {
    context.req.once('close', () => {
      if (!context.req.complete) reject(new AbortedUpload());
    });
  });
  try {
    // The parser waits for ever if the client disconnects within a compressed body.
    await Promise.race([parse(context, async () => undefined), gone]);
  } finally {
    // Drops the rest of a refused body, so that the client reads the response.
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

/** The parser's error contains the whole body, so it must not become the cause. */
function bodyProblem(error: Error): Error {
  const status = 'status' in error ? error.status : undefined;
  if (status === 413)
    return new AppError('body-too-large', `The body is larger than ${jsonBodyLimitBytes} bytes.`);
  if (status === 415)
    return new AppError('unsupported-media-type', 'The content encoding is not gzip, deflate or identity.');
  return new AppError('malformed-json', 'The body is not a valid JSON object.');
}

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
