import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { newUuid } from '../platform/ids.ts';
import type { Sender, Unanswered } from './gateway.ts';
import {
  errorCode,
  type GraphOptions,
  parseJson,
  parseRetryAfterMs,
  readGraphError,
  unexplained,
} from './graph.ts';
import type {
  FileToUpload,
  MediaDescription,
  MediaDownload,
  MediaGateway,
  MediaUpload,
} from './media-gateway.ts';

export interface MediaApiOptions {
  readonly provider: GraphOptions;
  /** Hosts, with all their subdomains, from which files are downloaded besides the host of the API. */
  readonly fileHosts: readonly string[];
}

const Described = z.object({
  url: z.string().min(1).max(4_096),
  sha256: z.string().max(128).optional().catch(undefined),
  file_size: z.union([z.number(), z.string()]).optional().catch(undefined),
});

const Uploaded = z.object({ id: z.string().min(1).max(256) });

/** The answers of the API about a file are small. An answer to a download is read by the caller. */
const maxAnswerBytes = 64 * 1_024;

/** Meta's media endpoints; the sandbox implements the same. */
export function createMediaApi({ provider: options, fileHosts }: MediaApiOptions): MediaGateway {
  const api = new URL(options.apiUrl);
  const base = `${options.apiUrl.replace(/\/$/, '')}/${options.apiVersion}`;
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    connectTimeout: Math.min(options.timeoutMs, 5_000),
    headersTimeout: options.timeoutMs,
    // Between two chunks of a body.
    bodyTimeout: options.timeoutMs,
  });
  const call = (url: string, { accessToken }: Sender, { headers = {}, ...more }: CallOptions = {}) =>
    agent.request({
      origin: new URL(url).origin,
      path: new URL(url).pathname + new URL(url).search,
      method: 'GET',
      ...more,
      headers: { ...headers, authorization: `Bearer ${accessToken}`, 'user-agent': 'whatsapp-crm' },
    });

  return {
    async describe(sender, mediaId) {
      const query = new URLSearchParams({ phone_number_id: sender.phoneNumberId });
      return attempt<MediaDescription>(async () => {
        const url = `${base}/${encodeURIComponent(mediaId)}?${query.toString()}`;
        return descriptionOf(await readAnswer(await call(url, sender)));
      });
    },

    async download(sender, url, signal) {
      if (!isFileAddress(url, api, fileHosts))
        return { kind: 'away', reason: 'the file is at an address that is not the provider’s' };
      return attempt<MediaDownload>(async () => {
        const answer = await call(url, sender, { signal });
        if (answer.statusCode === 200) return { kind: 'opened', stream: answer.body };
        return failureOf(await readAnswer(answer));
      });
    },

    upload: (sender, file, signal) =>
      attempt<MediaUpload>(async () => {
        const url = `${base}/${encodeURIComponent(sender.phoneNumberId)}/media`;
        const answer = await readAnswer(await call(url, sender, { method: 'POST', ...formOf(file), signal }));
        const uploaded = Uploaded.safeParse(parseJson(answer.text));
        return answer.status === 200 && uploaded.success
          ? { kind: 'uploaded', mediaId: uploaded.data.id }
          : failureOf(answer);
      }),

    close: () => agent.close(),
  };
}

async function attempt<Answer>(step: () => Promise<Answer>): Promise<Answer | Unanswered> {
  try {
    return await step();
  } catch (error) {
    return { kind: 'away', reason: errorCode(error) };
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) break;
    chunks.push(chunk);
  }
  const retryAfter = headers['retry-after'];
  return {
    status: statusCode,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

/** Interprets the answer about a file. An error without Meta's error object does not come from Meta. */
function descriptionOf(answer: Answer): MediaDescription {
  const described = Described.safeParse(parseJson(answer.text));
  if (answer.status !== 200 || !described.success) return failureOf(answer);
  const { url, sha256, file_size: size } = described.data;
  const hash = sha256 === undefined ? null : hashOf(sha256);
  const bytes = Number(size);
  return {
    kind: 'described',
    url,
    ...(hash === null ? {} : { sha256: hash }),
    ...(Number.isSafeInteger(bytes) && bytes >= 0 ? { bytes } : {}),
  };
}

function failureOf(answer: Answer): Unanswered {
  const error = readGraphError(parseJson(answer.text), answer.status);
  const retryAfterMs = parseRetryAfterMs(answer.retryAfter);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (error !== null) return { kind: 'refused', error, ...wait };
  const isRefusal = answer.status >= 400 && answer.status < 500;
  return isRefusal
    ? { kind: 'refused', error: unexplained(answer.status), ...wait }
    : { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
}

/** A SHA-256 in hexadecimal or base64, as lower-case hexadecimal; null if it is neither. */
export function hashOf(given: string): string | null {
  if (/^[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(given) ? Buffer.from(given, 'base64').toString('hex') : null;
}

/** The access token travels to this address: only to the API itself, or by https to a host of the provider. */
export function isFileAddress(url: string, api: URL, hosts: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  if (origin === api.origin) return true;
  const isKnown = hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return protocol === 'https:' && isKnown;
}

interface CallOptions extends Pick<Dispatcher.RequestOptions, 'body' | 'signal'> {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
}

/** A multipart form of known length that reads the file while it is sent. */
function formOf({ path, bytes, mimeType, filename }: FileToUpload): Pick<CallOptions, 'body' | 'headers'> {
  const boundary = `----${newUuid()}`;
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    field('messaging_product', 'whatsapp') +
      field('type', mimeType) +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
      `Content-Type: ${mimeType}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* parts() {
    yield head;
    yield* createReadStream(path);
    yield tail;
  }
  return {
    body: Readable.from(parts(), { objectMode: false }),
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.byteLength + bytes + tail.byteLength),
    },
  };
}
