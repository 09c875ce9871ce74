import { createHash, createHmac } from 'node:crypto';
import mongoose from 'mongoose';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { AuditEventDoc, AuditSeal } from '../model.ts';

/**
 * The links of a chain of audit events. Pure.
 *
 * `hash` is SHA-256 of the bytes of the previous hash, then the core as canonical JSON (RFC 8785). The core is the whole
 * stored event, also fields that a later version adds, but for the values on both sides of the change, which can be
 * erased: `payloadDigest` stands for them.
 */
export interface ChainEnd {
  /** 0 before the first event. */
  readonly seq: number;
  readonly hash: string;
}

/** Before the first event of a client. */
export const chainStart: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

export const breakReasons = ['missing', 'previous-hash', 'hash', 'payload', 'end', 'anchor'] as const;

/** What is wrong with an event, a chain's end or an anchor. */
export type BreakReason = (typeof breakReasons)[number];

export interface SealInput {
  readonly at: Date;
  /** An unguessable text, for this event alone. */
  readonly salt: string;
}

type SealedEvent = AuditEventDoc & { readonly seq: number; readonly seal: AuditSeal };

/** The event as the next link of the chain. */
export function sealEvent(event: AuditEventDoc, previous: ChainEnd, { at, salt }: SealInput): SealedEvent {
  const isErased = event.erasedAt !== undefined;
  const unhashed = {
    version: 1 as const,
    at,
    previousHash: previous.hash,
    hash: '',
    payloadDigest: digestOf(event, salt),
    // Nothing is left that the salt could prove.
    ...(isErased ? {} : { salt }),
  };
  const linked: SealedEvent = { ...event, seq: previous.seq + 1, seal: unhashed };
  return { ...linked, seal: { ...unhashed, hash: hashOf(linked, previous.hash) } };
}

/** Why the event is not the next link as it was sealed; null if it is. It may hold anything: somebody may have changed it. */
export function breakOf(event: AuditEventDoc, previous: ChainEnd): BreakReason | null {
  const { seq, seal, erasedAt } = event;
  if (seq !== previous.seq + 1) return 'missing';
  if (seal?.previousHash !== previous.hash) return 'previous-hash';
  if (seal.hash !== hashOf(event, previous.hash)) return 'hash';
  const { salt } = seal;
  if (erasedAt === undefined) {
    return typeof salt === 'string' && digestOf(event, salt) === seal.payloadDigest ? null : 'payload';
  }
  const hasPayload = event.before !== undefined || event.after !== undefined || salt !== undefined;
  return hasPayload ? 'payload' : null;
}

const digestOf = ({ before, after }: AuditEventDoc, salt: string): string =>
  createHmac('sha256', salt).update(textOf({ before, after })).digest('hex');

function hashOf(event: AuditEventDoc, previousHash: string): string {
  const { before: _before, after: _after, erasedAt: _erasedAt, seal, ...fields } = event;
  const { previousHash: _previousHash, hash: _hash, salt: _salt, ...sealed } = { ...seal };
  return createHash('sha256')
    .update(Buffer.from(previousHash, 'hex'))
    .update(textOf({ ...fields, seal: sealed }))
    .digest('hex');
}

/** Extended JSON, so that a time or an id differs from a text that looks like it. */
const textOf = (value: object): string =>
  canonicalJson(mongoose.mongo.BSON.EJSON.serialize(value, { relaxed: true }));
