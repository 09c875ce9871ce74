import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { sha256Hex } from '../../platform/ids.ts';
import type { AuditAnchorDoc } from './model.ts';

type Unsigned = Pick<AuditAnchorDoc, 'clientId' | 'seq' | 'hash' | 'at'>;
type Signature = Pick<AuditAnchorDoc, 'keyId' | 'signature'>;

export type AnchorSigner = ReturnType<typeof createAnchorSigner>;

/** Signs anchors with a key that is derived from `secret`, 32 bytes which the database never holds. */
export function createAnchorSigner(secret: Buffer) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'audit-anchors', 32));
  const keyId = sha256Hex(key).slice(0, 12);
  const signatureOf = ({ clientId, seq, hash, at }: Unsigned): string =>
    createHmac('sha256', key).update(canonicalJson({ clientId, seq, hash, at })).digest('hex');

  return {
    sign: (anchor: Unsigned): Signature => ({ keyId, signature: signatureOf(anchor) }),

    /** `other-key` if another key signed it, so that nothing can be said. */
    judge(anchor: Unsigned & Signature): 'genuine' | 'forged' | 'other-key' {
      if (anchor.keyId !== keyId) return 'other-key';
      return anchor.signature === signatureOf(anchor) ? 'genuine' : 'forged';
    },
  };
}
