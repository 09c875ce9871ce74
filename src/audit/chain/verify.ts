import { createBreather } from '../../platform/breather.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { AuditEventDoc } from '../model.ts';
import type { AnchorSigner } from './anchor-signer.ts';
import { breakOf, chainStart, type BreakReason, type ChainEnd } from './links.ts';
import type { AuditAnchorDoc, AuditChainRepository } from './repository.ts';

export interface VerifyDeps {
  readonly chains: Pick<
    AuditChainRepository,
    'findEnd' | 'findSealed' | 'listSealed' | 'listAnchors' | 'findHighestSeq' | 'findLastAnchored'
  >;
  readonly signer: AnchorSigner;
}

/** Where a chain is broken first. `missing` says that no event has the number. */
export interface ChainBreak {
  readonly seq: number;
  readonly reason: BreakReason;
}

export interface Verification {
  /** Events that were compared, all of which were as they were sealed but the one of `firstBreak`. */
  readonly checked: number;
  /** Of these, events whose values were erased. */
  readonly erased: number;
  readonly anchorsChecked: number;
  /** Anchors of another key, of which nothing can be said. */
  readonly anchorsOfOtherKeys: number;
  /** The last number of the chain. */
  readonly sealedUpTo: number;
  readonly firstBreak: ChainBreak | null;
  /** Where the next part begins (`after`); null at the end of the chain, or at a break. */
  readonly nextAfter: number | null;
}

/** Events of one call, and how many of them are read at once: values may be large. */
const maxEvents = 2_000;
const maxEventsPerRead = 100;

const maxBusyMs = 20;

export type ChainVerifier = ReturnType<typeof createChainVerifier>;

export function createChainVerifier({ chains, signer }: VerifyDeps) {
  const breather = createBreather(maxBusyMs);

  /** The chain after `after` in slices, each read once the one before was compared. */
  async function compareEvents(
    scope: ClientScope,
    { after, upTo, anchors }: { after: number; upTo: number; anchors: readonly AuditAnchorDoc[] },
  ) {
    const tally = { checked: 0, erased: 0 };
    const anchorAt = new Map(anchors.map((anchor) => [anchor.seq, anchor]));
    let previous = await endAt(scope, after);
    while (previous.seq < upTo) {
      const part = { after: previous.seq, upTo, limit: maxEventsPerRead };
      const events = await chains.listSealed(scope, part);
      if (events.length === 0) return { ...tally, end: previous, reason: 'missing' as const };
      for (const event of events) {
        const reason = judge(event, previous, anchorAt.get(previous.seq + 1));
        if (reason !== null) return { ...tally, end: previous, reason };
        previous = { seq: previous.seq + 1, hash: event.seal?.hash ?? '' };
        tally.checked += 1;
        if (event.erasedAt !== undefined) tally.erased += 1;
        await breather.breathe();
      }
    }
    return { ...tally, end: previous, reason: null };
  }

  function judge(
    event: AuditEventDoc,
    previous: ChainEnd,
    anchor: AuditAnchorDoc | undefined,
  ): BreakReason | null {
    const reason = breakOf(event, previous);
    if (reason !== null || anchor === undefined) return reason;
    const signature = signer.judge(anchor);
    if (signature === 'other-key') return null;
    return signature === 'genuine' && anchor.hash === event.seal?.hash ? null : 'anchor';
  }

  /** The link before the first that is compared; an earlier call has compared it. */
  async function endAt(scope: ClientScope, seq: number): Promise<ChainEnd> {
    if (seq === 0) return chainStart;
    const event = await chains.findSealed(scope, seq);
    return { seq, hash: event?.seal?.hash ?? '' };
  }

  return {
    /** Compares at most 2,000 events after the number `after` with their seals and anchors. */
    async verify(scope: ClientScope, after: number): Promise<Verification> {
      // In this order: what is sealed or anchored meanwhile lies behind the end that is read last.
      const highest = Math.max(await chains.findHighestSeq(scope), await chains.findLastAnchored(scope));
      const end = await chains.findEnd(scope);
      const upTo = Math.min(end.seq, after + maxEvents);
      const anchors = await chains.listAnchors(scope, { after, upTo, limit: maxEvents });
      const { checked, erased, end: reached, reason } = await compareEvents(scope, { after, upTo, anchors });
      const compared = anchors.filter(({ seq }) => seq <= reached.seq);
      const otherKeys = compared.filter((anchor) => signer.judge(anchor) === 'other-key').length;
      const isAtEnd = reason === null && upTo >= end.seq;
      const firstBreak =
        reason === null
          ? breakAtEnd({ isAtEnd, after, reached, end, highest })
          : { seq: reached.seq + 1, reason };
      return {
        checked,
        erased,
        anchorsChecked: compared.length - otherKeys,
        anchorsOfOtherKeys: otherKeys,
        sealedUpTo: end.seq,
        firstBreak,
        nextAfter: isAtEnd || firstBreak !== null ? null : upTo,
      };
    },

    /** Whether the event with the number has the hash, for an anchor from the log. */
    async hasHash(scope: ClientScope, { seq, hash }: ChainEnd): Promise<boolean> {
      return (await endAt(scope, seq)).hash === hash;
    },
  };
}

interface EndOfChain {
  readonly isAtEnd: boolean;
  readonly after: number;
  readonly reached: ChainEnd;
  readonly end: ChainEnd;
  /** The highest number that an event or an anchor has. */
  readonly highest: number;
}

/** Events or anchors behind the end were sealed once: the end was moved back. */
function breakAtEnd({ isAtEnd, after, reached, end, highest }: EndOfChain): ChainBreak | null {
  if (!isAtEnd) return null;
  if (highest > end.seq) return { seq: end.seq + 1, reason: 'end' };
  return after <= end.seq && reached.hash !== end.hash ? { seq: end.seq, reason: 'end' } : null;
}
