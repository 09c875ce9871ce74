import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { independent, parted } from '../../../../src/people/imports/applying/parts.ts';
import type { Planned } from '../../../../src/people/imports/plan/planner.ts';
import type { PlanKind } from '../../../../src/people/imports/plan/rules.ts';
import type { ImportRowDoc } from '../../../../src/people/imports/stored-rows/model.ts';

const row = (n: number, phoneNumber: string): ImportRowDoc => ({
  ...{ _id: new Types.ObjectId(), clientId: new Types.ObjectId(), importId: new Types.ObjectId() },
  ...{ analysis: 1, n, line: n + 1, values: { phoneNumber, customFields: {} }, faults: [] },
  ...{ keys: [`tel:${phoneNumber}`], hasEarlier: false, outcome: 'pending' },
});

const planned = (kind: PlanKind, ...found: Types.ObjectId[]): Planned => ({
  plan: { kind, keys: [], codes: [], errors: [], notices: [], change: {}, before: {} },
  found,
});

const ana = '+4915112345678';
const ben = '+4915112345679';
const cem = '+4915112345680';
const placesIn = (kept: readonly { readonly row: ImportRowDoc }[]): number[] =>
  kept.map((each) => each.row.n);

describe('rows that are written together', () => {
  it('of different people › all of them', () => {
    const rows = [row(1, ana), row(2, ben)];
    assert.deepEqual(placesIn(independent(rows, [planned('create'), planned('create')])), [1, 2]);
  });

  it('one who has the number of an earlier one, or its contact › waits, if the earlier one writes', () => {
    const contact = new Types.ObjectId();
    const rows = [row(1, ana), row(2, ana), row(3, ben), row(4, cem)];
    const plans = [
      planned('update', contact),
      planned('create'),
      planned('update', contact),
      planned('create'),
    ];
    assert.deepEqual(placesIn(independent(rows, plans)), [1, 4]);
    const unchanged = plans.map((plan) => (plan === plans[0] ? planned('unchanged', contact) : plan));
    assert.deepEqual(placesIn(independent(rows, unchanged)), [1, 2, 3, 4]);
  });

  it('one that asks nothing of its contact › never waits', () => {
    const rows = [row(1, ana), row(2, ana), row(3, ana)];
    const plans = [planned('create'), planned('duplicate'), planned('invalid')];
    assert.deepEqual(placesIn(independent(rows, plans)), [1, 2, 3]);
  });

  it('in parts › of the same size, each in its order, rows with a common key in one of them', () => {
    const rows = [row(1, ana), row(2, ben), row(3, ana), row(4, cem)];
    const numbers = parted(rows, 2).map((part) => part.map(({ n }) => n));
    assert.deepEqual(numbers, [
      [1, 3],
      [2, 4],
    ]);
    assert.deepEqual(parted(rows.slice(0, 1), 4).length, 1);
  });
});
