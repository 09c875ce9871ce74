import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { PendingEvent } from '../../../src/events/repository.ts';
import { planNumbers } from '../../../src/events/sequencing/plan.ts';

const idOf = (number: number): Types.ObjectId =>
  Types.ObjectId.createFromHexString(number.toString(16).padStart(24, '0'));

interface Drafted {
  readonly client: number;
  readonly object: number;
  readonly version: number;
  readonly at: number;
}

const drafted: fc.Arbitrary<Drafted> = fc.record({
  client: fc.nat(3),
  object: fc.nat(2),
  version: fc.integer({ min: 1, max: 9 }),
  at: fc.nat(5),
});

const toPending = ({ client, object, version, at }: Drafted, index: number): PendingEvent => ({
  _id: idOf(1_000 + index),
  clientId: idOf(client),
  entity: { type: 'lead', id: idOf(100 + object) },
  version,
  at: new Date(at),
});

const heads = new Map([0, 1].map((client) => [idOf(client).toHexString(), 10 * (client + 1)]));
const headOf = (clientId: Types.ObjectId): number => heads.get(clientId.toHexString()) ?? 0;

describe('plan of numbers', () => {
  it('any events of any clients › each once, per client from its head on without a gap; the head moves to the last', () => {
    fc.assert(
      fc.property(fc.array(drafted, { maxLength: 30 }), (drafts) => {
        const pending = drafts.map(toPending);
        const { moves, numbers } = planNumbers(pending, heads);
        assert.equal(new Set(numbers.map(({ _id }) => String(_id))).size, pending.length);
        assert.equal(numbers.length, pending.length);
        for (const { clientId, from, to } of moves) {
          const seqs = numbers.filter((number) => number.clientId.equals(clientId)).map(({ seq }) => seq);
          assert.equal(from, headOf(clientId));
          assert.equal(to, from + seqs.length);
          assert.deepEqual(
            seqs.toSorted((left, right) => left - right),
            seqs.map((_, index) => from + index + 1),
          );
        }
        assert.equal(moves.length, new Set(drafts.map(({ client }) => client)).size);
      }),
    );
  });

  it('events of one object › by version; of different objects › by time', () => {
    fc.assert(
      fc.property(fc.array(drafted, { maxLength: 30 }), (drafts) => {
        const pending = drafts.map(toPending);
        const { numbers } = planNumbers(pending, heads);
        const seqOf = new Map(numbers.map(({ _id, seq }) => [String(_id), seq]));
        for (const left of pending) {
          for (const right of pending) {
            const isSameObject = left.entity.id.equals(right.entity.id);
            if (!left.clientId.equals(right.clientId) || !isSameObject) continue;
            if (left.version < right.version)
              assert.ok((seqOf.get(String(left._id)) ?? 0) < (seqOf.get(String(right._id)) ?? 0));
          }
        }
      }),
    );
    const [first, second] = [
      { client: 0, object: 0, version: 5, at: 1 },
      { client: 0, object: 1, version: 1, at: 2 },
    ].map(toPending);
    assert.ok(first !== undefined && second !== undefined);
    const { numbers } = planNumbers([second, first], heads);
    assert.deepEqual(
      numbers.map(({ _id, seq }) => [String(_id), seq]),
      [
        [String(first._id), 11],
        [String(second._id), 12],
      ],
    );
  });

  it('no events › nothing', () => {
    assert.deepEqual(planNumbers([], heads), { moves: [], numbers: [] });
  });
});
