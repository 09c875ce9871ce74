import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Credentials at rest: AES-256-GCM; `keyId` says which key, so that keys can be replaced one record at a time. */
export interface SealedSecret {
  readonly keyId: string;
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
}

export interface Cipher {
  /** `context` (for example the record's id) is authenticated with the secret: it cannot be moved elsewhere. */
  seal(plain: string, context: string): SealedSecret;
  /** Throws when the key is not there, or when secret or context were changed. */
  open(sealed: SealedSecret, context: string): string;
}

/** Node would open with a shorter tag as well, which is easier to guess. */
const authTagLength = 16;

/** `key`: 32 bytes. `keyId`: a short name that stays with what the key has sealed. */
export function createCipher(key: Buffer, keyId = 'k1'): Cipher {
  return {
    seal(plain, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
      const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return {
        keyId,
        iv: iv.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
        data: data.toString('base64'),
      };
    },
    open(sealed, context) {
      if (sealed.keyId !== keyId) {
        throw new Error(`The credentials were sealed by key ${sealed.keyId}; CREDENTIALS_KEY is ${keyId}.`);
      }
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64'), {
        authTagLength,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(Buffer.from(sealed.tag, 'base64'));
      return Buffer.concat([decipher.update(Buffer.from(sealed.data, 'base64')), decipher.final()]).toString(
        'utf8',
      );
    },
  };
}
