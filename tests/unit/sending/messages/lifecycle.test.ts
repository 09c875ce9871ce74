import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decideClaim,
  decideWithdrawal,
  hasNotLeft,
  isSettled,
  messageStatuses,
  nextStatus,
  parseReceiptStatus,
  receiptStatuses,
  statusesThatYieldTo,
  statusOfOutcome,
  unsentStatuses,
  type ClaimDecision,
  type MessageStatus,
} from '../../../../src/sending/messages/lifecycle.ts';

const outbound = messageStatuses.filter((status) => status !== 'received');
const starts: readonly MessageStatus[] = ['scheduled', 'queued'];
/** Every fact about an outbound message: from its own dispatch and from receipts. */
const facts = outbound.filter((status) => status !== 'scheduled' && status !== 'queued');

const after = (start: MessageStatus, said: readonly MessageStatus[]): MessageStatus =>
  said.reduce(nextStatus, start);

/** Which statuses each fact changes, written out by hand from the product's words. */
const changedBy: Readonly<Record<MessageStatus, readonly MessageStatus[]>> = {
  scheduled: [],
  queued: ['scheduled'],
  sending: ['scheduled', 'queued'],
  unknown: ['scheduled', 'queued', 'sending'],
  sent: ['scheduled', 'queued', 'sending', 'unknown'],
  canceled: ['scheduled', 'queued', 'sending', 'unknown', 'sent'],
  expired: ['scheduled', 'queued', 'sending', 'unknown', 'sent', 'canceled'],
  failed: ['scheduled', 'queued', 'sending', 'unknown', 'sent', 'canceled', 'expired'],
  delivered: ['scheduled', 'queued', 'sending', 'unknown', 'sent', 'canceled', 'expired', 'failed'],
  read: ['scheduled', 'queued', 'sending', 'unknown', 'sent', 'canceled', 'expired', 'failed', 'delivered'],
  received: [],
};

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe('message status', () => {
  for (const next of messageStatuses) {
    it(`${next} is reported › exactly the statuses that it overrides change`, () => {
      for (const current of messageStatuses) {
        const expected = changedBy[next].includes(current) ? next : current;
        assert.equal(nextStatus(current, next), expected, `${current} then ${next}`);
      }
      assert.deepEqual(statusesThatYieldTo(next), [...changedBy[next]]);
    });
  }

  it('the filter of the compare-and-set › names the same statuses as the function that decides', () => {
    for (const current of messageStatuses) {
      for (const next of messageStatuses) {
        const isChanged = nextStatus(current, next) !== current;
        assert.equal(statusesThatYieldTo(next).includes(current), isChanged, `${current} then ${next}`);
      }
    }
  });

  it('every permutation of all facts › ends in the same status', () => {
    let count = 0;
    for (const said of permutations(facts)) {
      count += 1;
      for (const start of starts) assert.equal(after(start, said), 'read');
    }
    assert.equal(count, 40_320);
  });

  it('every sequence of up to four receipts, from every status › the result depends on the facts, not on their order', () => {
    const ends = new Map<string, MessageStatus>();
    const visit = (start: MessageStatus, said: MessageStatus[]): void => {
      const key = `${start}|${[...new Set(said)].toSorted().join()}`;
      const end = after(start, said);
      assert.equal(ends.get(key) ?? end, end, `${start}: ${said.join(', ')}`);
      ends.set(key, end);
      if (said.length < 4) for (const next of receiptStatuses) visit(start, [...said, next]);
    };
    for (const start of messageStatuses) visit(start, []);
    assert.equal(ends.size, messageStatuses.length * 2 ** receiptStatuses.length);
  });

  it('any facts in any order with any repetition › the same end, and no status ever goes back', () => {
    const history = fc.array(fc.constantFrom(...facts), { minLength: 1, maxLength: 12 });
    const shuffled = history.chain((said) =>
      fc.tuple(
        fc.constant(said),
        // Every fact at least once, some again, in an order of their own.
        fc
          .array(fc.constantFrom(...said), { maxLength: 12 })
          .chain((again) =>
            fc.shuffledSubarray([...said, ...again], { minLength: said.length + again.length }),
          ),
      ),
    );
    fc.assert(
      fc.property(shuffled, fc.constantFrom(...starts), ([said, other], start) => {
        assert.equal(after(start, said), after(start, other));
        let status = start;
        for (const next of other) {
          const changed = nextStatus(status, next);
          assert.ok(messageStatuses.indexOf(changed) >= messageStatuses.indexOf(status));
          assert.ok(changed === status || changed === next);
          status = changed;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('failed › overrides everything up to sent, but not delivered and read', () => {
    for (const status of ['scheduled', 'queued', 'sending', 'unknown', 'sent'] as const) {
      assert.equal(nextStatus(status, 'failed'), 'failed');
    }
    for (const later of ['delivered', 'read'] as const) {
      assert.equal(nextStatus('failed', later), later);
      assert.equal(nextStatus(later, 'failed'), later);
    }
  });

  it('a canceled message with a later receipt › the receipt stands', () => {
    assert.equal(after('queued', ['canceled', 'sent']), 'canceled');
    assert.equal(after('queued', ['canceled', 'delivered']), 'delivered');
  });

  it('an inbound message › stays received, and no outbound message becomes received', () => {
    for (const status of messageStatuses) {
      assert.equal(nextStatus('received', status), 'received');
      assert.equal(nextStatus(status, 'received'), status);
    }
  });

  it('settled › read, failed, canceled and expired only', () => {
    assert.deepEqual(messageStatuses.filter(isSettled), ['canceled', 'expired', 'failed', 'read']);
  });

  it('the outcome of a call › has its one status', () => {
    assert.deepEqual(statusOfOutcome, { accepted: 'sent', rejected: 'failed', unknown: 'unknown' });
  });
});

describe('receipt status', () => {
  const known = {
    sent: ['sent', 'SENT'],
    delivered: ['delivered', 'Delivered'],
    read: ['read', 'seen', 'opened', 'played'],
    failed: [
      ...['failed', 'undelivered', 'undeliverable', 'rejected', 'sending_failed', 'delivery_failed'],
      'FAILED',
    ],
  };

  for (const [status, words] of Object.entries(known)) {
    it(`${words.join(', ')} › ${status}`, () => {
      for (const word of words) assert.equal(parseReceiptStatus(word), status);
    });
  }

  it('an unknown status, or a name that every object has › null, so that it changes nothing', () => {
    for (const word of ['', ' ', 'deleted', 'warning', 'constructor', '__proto__', 'toString', 'sent ']) {
      assert.equal(parseReceiptStatus(word), null, word);
    }
    fc.assert(
      fc.property(fc.string(), (word) => {
        const status = parseReceiptStatus(word);
        assert.ok(status === null || receiptStatuses.includes(status));
      }),
    );
  });
});

describe('claim', () => {
  const now = new Date('2026-11-23T09:00:00.000Z');
  const expiries = {
    none: undefined,
    past: new Date(now.getTime() - 1),
    now: new Date(now),
    future: new Date(now.getTime() + 1),
  };
  const unsent: Record<'free' | 'calling', Record<keyof typeof expiries, ClaimDecision>> = {
    free: { none: 'call', past: 'expire', now: 'expire', future: 'call' },
    calling: { none: 'ambiguous', past: 'ambiguous', now: 'ambiguous', future: 'ambiguous' },
  };

  for (const status of messageStatuses) {
    it(`${status} › is decided for every call state and every expiry`, () => {
      const isUnsent = ['scheduled', 'queued', 'sending'].includes(status);
      for (const isCalling of [false, true]) {
        for (const [name, expiresAt] of Object.entries(expiries)) {
          const row = unsent[isCalling ? 'calling' : 'free'];
          const expected = isUnsent ? row[name as keyof typeof expiries] : 'settled';
          const message = {
            status,
            dispatch: { attempt: isCalling ? 1 : 0, isCalling },
            ...(expiresAt === undefined ? {} : { expiresAt }),
          };
          assert.equal(decideClaim(message, now), expected, `${name}, ${isCalling ? 'calling' : 'free'}`);
        }
      }
    });
  }
});

describe('claim › its own time', () => {
  const now = new Date('2026-11-23T09:00:00.000Z');
  const free = { status: 'scheduled', dispatch: { attempt: 0, isCalling: false } } as const;
  const later = new Date(now.getTime() + 1);

  it('has come › call; has not › early, unless it is settled, in a call or over', () => {
    assert.equal(decideClaim({ ...free, sendAt: now }, now), 'call');
    assert.equal(decideClaim({ ...free, sendAt: later }, now), 'early');
    assert.equal(decideClaim({ ...free, status: 'canceled', sendAt: later }, now), 'settled');
    assert.equal(decideClaim({ ...free, expiresAt: now, sendAt: later }, now), 'expire');
    const calling = { attempt: 1, isCalling: true };
    assert.equal(decideClaim({ ...free, dispatch: calling, sendAt: later }, now), 'ambiguous');
  });
});

describe('withdrawal', () => {
  const idle = { attempt: 1, isCalling: false };
  const calling = { attempt: 1, isCalling: true };

  for (const status of messageStatuses) {
    const isUnsent = ['scheduled', 'queued', 'sending'].includes(status);
    it(`${status} › ${isUnsent ? 'gets the reason, or unknown in a call' : 'stays as it is'}`, () => {
      for (const reason of ['canceled', 'expired', 'failed'] as const) {
        assert.equal(decideWithdrawal(status, idle, reason), isUnsent ? reason : status);
        assert.equal(decideWithdrawal(status, calling, reason), isUnsent ? 'unknown' : status);
      }
      assert.equal(hasNotLeft(status, idle), isUnsent);
      assert.equal(hasNotLeft(status, calling), false);
    });
  }

  it('what has not left › is exactly what may be claimed', () => {
    assert.deepEqual([...unsentStatuses], ['scheduled', 'queued', 'sending']);
  });
});
