import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A credential at rest, AES-256-GCM. `keyId` names the key, so that keys can be rotated one record at a time. */
export interface SealedSecret {
  readonly keyId: string;
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
}

export interface Cipher {
  /** Binds the secret to `context` (for example the record's id), so that a copy in another record does not open. */
  seal(plain: string, context: string): SealedSecret;
  /** Throws if another key sealed the secret, or if secret or context have changed. */
  open(sealed: SealedSecret, context: string): string;
}

/** Without an explicit length, Node also accepts shorter tags, which are easier to guess. */
const authTagLength = 16;

/** `key`: 32 bytes. `keyId`: a short name, stored with every secret that the key seals. */
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
