import { z } from 'zod';
import { checkPresence, defineConfig, type SliceOf } from '../platform/config-block.ts';
import { choice, flag, httpUrl, optional, text, wholeNumber } from '../platform/config-fields.ts';
import { checkHttps } from '../platform/insecure-settings.ts';
import { Secret } from '../platform/secret.ts';

const mib = 1_048_576;

/** Where files of messages are stored. */
export const storageConfig = defineConfig({
  fields: {
    MEDIA_STORAGE: choice(['disk', 's3'], 'disk'),
    MEDIA_DIR: text('.data/media'),
    MEDIA_SPOOL_DIR: optional(z.string().trim()),
    MEDIA_MIN_FREE_MIB: wholeNumber(1_024, 0, 1_048_576),
    MEDIA_S3_BUCKET: text(''),
    MEDIA_S3_REGION: text('us-east-1'),
    MEDIA_S3_ENDPOINT: httpUrl(),
    MEDIA_S3_ACCESS_KEY_ID: optional(z.string().trim()),
    MEDIA_S3_SECRET_ACCESS_KEY: optional(z.string().trim()),
    MEDIA_S3_PATH_STYLE: flag(),
    MEDIA_S3_PREFIX: text('').refine((prefix) => /^[\w./-]{0,200}$/.test(prefix), {
      error: 'must have letters, digits and . _ - / only',
    }),
  },
  *check(env) {
    const { isProduction, valueOf } = env;
    if (isProduction)
      yield* checkHttps('MEDIA_S3_ENDPOINT', valueOf('MEDIA_S3_ENDPOINT'), 'files of contacts travel there');
    if (valueOf('MEDIA_STORAGE') !== 's3') return;
    yield* checkPresence(env, ['MEDIA_S3_BUCKET']);
    const [id, secret] = [valueOf('MEDIA_S3_ACCESS_KEY_ID'), valueOf('MEDIA_S3_SECRET_ACCESS_KEY')];
    if ((id === '') !== (secret === '')) {
      const name = id === '' ? 'MEDIA_S3_ACCESS_KEY_ID' : 'MEDIA_S3_SECRET_ACCESS_KEY';
      yield { name, message: 'is missing: give both the key id and the secret, or neither' };
    }
  },
  toSlice(env) {
    const [id, secret] = [env.MEDIA_S3_ACCESS_KEY_ID, env.MEDIA_S3_SECRET_ACCESS_KEY];
    return {
      kind: env.MEDIA_STORAGE,
      folder: env.MEDIA_DIR,
      /** Files on their way in or out. */
      spoolFolder: env.MEDIA_SPOOL_DIR ?? `${env.MEDIA_DIR}/.spool`,
      minFreeBytes: env.MEDIA_MIN_FREE_MIB * mib,
      s3: {
        bucket: env.MEDIA_S3_BUCKET,
        region: env.MEDIA_S3_REGION,
        endpoint: env.MEDIA_S3_ENDPOINT,
        credentials:
          id === undefined || secret === undefined
            ? undefined
            : { accessKeyId: id, secretAccessKey: new Secret(secret) },
        usesPathStyle: env.MEDIA_S3_PATH_STYLE ?? env.MEDIA_S3_ENDPOINT !== undefined,
        prefix: env.MEDIA_S3_PREFIX,
      },
    };
  },
});

export type StorageConfig = SliceOf<typeof storageConfig>;
