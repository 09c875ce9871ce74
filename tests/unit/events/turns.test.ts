import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { createTurns } from '../../../src/events/turns.ts';

interface Row {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
}

const idOf = (number: number): Types.ObjectId =>
  Types.ObjectId.createFromHexString(number.toString(16).padStart(24, '0'));

/** A store from which each round removes what it took. */
function openStore(counts: readonly number[], maxRound: number) {
  let rows: Row[] = counts.flatMap((count, client) =>
    Array.from({ length: count }, (_, index) => ({
      _id: idOf(client * 1_000 + index),
      clientId: idOf(client + 1),
    })),
  );
  const take = createTurns<Row>(
    async (after, limit) =>
      rows
        .filter(({ clientId }) => after === null || clientId.toHexString() > after.toHexString())
        .slice(0, limit),
    maxRound,
  );
  const round = async () => {
    const turn = await take();
    const taken = new Set(turn.taken);
    rows = rows.filter((row) => !taken.has(row));
    return turn;
  };
  return { round, isEmpty: () => rows.length === 0 };
}

describe('turns of clients', () => {
  it('any backlogs › everything is taken once, no round is larger than allowed', async () => {
    const backlogs = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(backlogs, fc.integer({ min: 1, max: 20 }), async (counts, maxRound) => {
        const { round, isEmpty } = openStore(counts, maxRound);
        const ids: string[] = [];
        for (let isFull = true; isFull;) {
          const turn = await round();
          assert.ok(turn.taken.length <= maxRound);
          ids.push(...turn.taken.map(({ _id }) => _id.toHexString()));
          isFull = turn.isFull;
        }
        assert.ok(isEmpty());
        assert.equal(new Set(ids).size, ids.length);
        assert.equal(
          ids.length,
          counts.reduce((sum, count) => sum + count, 0),
        );
      }),
    );
  });

  it('a backlog of the first client › the others are in the second round', async () => {
    const { round } = openStore([500, 3, 3], 10);
    await round();
    const { taken } = await round();
    const clients = new Set(taken.map(({ clientId }) => clientId.toHexString()));
    assert.ok(clients.has(idOf(2).toHexString()) && clients.has(idOf(3).toHexString()));
  });
});
