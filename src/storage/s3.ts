import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Secret } from '../platform/secret.ts';
import { assertKey, FileMissing, type FileStorage } from './storage.ts';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** Of a compatible service; Amazon's by default. */
  readonly endpoint: string | undefined;
  /** Without them, the SDK looks for the role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: Secret } | undefined;
  /** Compatible services mostly have the bucket in the path instead of in the host. */
  readonly usesPathStyle: boolean;
  /** Stands before every key: `media/`. */
  readonly prefix: string;
}

const connectTimeoutMs = 5_000;
/** Without a byte for this long, a request fails. */
const idleTimeoutMs = 30_000;
const maxAttempts = 3;

/** Every failure is thrown; the SDK would also print some to the console. */
const ignore = (): void => undefined;
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Files as objects of a bucket. An object appears only when it is complete. */
export function createS3Storage(options: S3Options): FileStorage {
  const { bucket: Bucket, prefix, endpoint, credentials } = options;
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.usesPathStyle,
    maxAttempts,
    logger: silent,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
    // Compatible services do not all know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey.reveal(),
          },
        }),
  });
  const objectOf = (key: string) => {
    assertKey(key);
    return { Bucket, Key: `${prefix}${key}` };
  };

  return {
    kind: 's3',

    async put(key, { path, bytes, contentType }) {
      const object = objectOf(key);
      const body = (await open(path)).createReadStream();
      // The SDK does not listen for errors of a body: without this one they would end the process.
      const stop = new AbortController();
      body.once('error', () => stop.abort());
      try {
        const put = { ...object, Body: body, ContentLength: bytes, ContentType: contentType };
        await client.send(new PutObjectCommand(put), { abortSignal: stop.signal });
      } finally {
        body.destroy();
      }
    },

    async open(key, range) {
      const part = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
      try {
        const { Body } = await client.send(new GetObjectCommand({ ...objectOf(key), ...part }));
        if (Body instanceof Readable) return Body;
        throw new Error('The storage answered without a body.');
      } catch (error) {
        throw error instanceof NoSuchKey ? new FileMissing(key, { cause: error }) : error;
      }
    },

    async remove(key) {
      await client.send(new DeleteObjectCommand(objectOf(key)));
    },

    async check() {
      await client.send(new HeadBucketCommand({ Bucket }));
    },

    close: () => client.destroy(),
  };
}
