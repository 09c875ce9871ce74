import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import type { FileVariant } from './reading.ts';

/** Longest life of a link. */
const linkMs = 5 * 60_000;

const variants: readonly FileVariant[] = ['file', 'thumbnail'];

export interface FileLink {
  readonly clientId: Types.ObjectId;
  readonly fileId: Types.ObjectId;
  readonly variant: FileVariant;
}

export type FileLinks = ReturnType<typeof createFileLinks>;

const idBytes = 12;
const payloadBytes = idBytes * 2 + 1 + 6;
const signatureBytes = 32;

/**
 * Links that open one file for a few minutes without a session, for `<img>` and `<video>`. They name the client, the file
 * and the end of their life, and are signed; nothing is stored. `key` is any secret: the key of links is derived from it.
 */
export function createFileLinks({ key, clock }: { readonly key: Secret; readonly clock: Clock }) {
  const signingKey = Buffer.from(hkdfSync('sha256', key.reveal(), '', 'links to files', signatureBytes));
  const sign = (payload: Buffer): Buffer => createHmac('sha256', signingKey).update(payload).digest();

  return {
    expiresAt: (): Date => new Date(clock.now().getTime() + linkMs),

    tokenOf({ clientId, fileId, variant }: FileLink, expiresAt: Date): string {
      const payload = Buffer.alloc(payloadBytes);
      Buffer.from(clientId.toHexString(), 'hex').copy(payload, 0);
      Buffer.from(fileId.toHexString(), 'hex').copy(payload, idBytes);
      payload.writeUInt8(variants.indexOf(variant), idBytes * 2);
      payload.writeUIntBE(expiresAt.getTime(), idBytes * 2 + 1, 6);
      return Buffer.concat([payload, sign(payload)]).toString('base64url');
    },

    /** Null if the token is not ours, or its life is over. */
    read(token: string): FileLink | null {
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.byteLength !== payloadBytes + signatureBytes) return null;
      const payload = bytes.subarray(0, payloadBytes);
      if (!timingSafeEqual(sign(payload), bytes.subarray(payloadBytes))) return null;
      const variant = variants[payload.readUInt8(idBytes * 2)];
      if (variant === undefined || payload.readUIntBE(idBytes * 2 + 1, 6) <= clock.now().getTime())
        return null;
      return {
        clientId: idAt(payload, 0),
        fileId: idAt(payload, idBytes),
        variant,
      };
    },
  };
}

const idAt = (payload: Buffer, offset: number): Types.ObjectId =>
  Types.ObjectId.createFromHexString(payload.subarray(offset, offset + idBytes).toString('hex'));
