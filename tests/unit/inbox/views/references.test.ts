import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { ConversationSearch } from '../../../../src/inbox/conversations/search-schemas.ts';
import {
  faultsOf,
  type Known,
  namedIn,
  type ReferenceField,
  referencesOf,
} from '../../../../src/inbox/views/references.ts';

const idOf = (number: number): Types.ObjectId => new Types.ObjectId(number.toString(16).padStart(24, '0'));
const fields = ['channelId', 'assignedAgentId', 'teamId', 'leadId', 'contactId', 'labelId'] as const;

const search = fc
  .record(
    Object.fromEntries(fields.map((field) => [field, fc.integer({ min: 1, max: 4 }).map(idOf)])) as Record<
      ReferenceField,
      fc.Arbitrary<Types.ObjectId>
    >,
    { requiredKeys: [] },
  )
  .map((named): ConversationSearch => named);

const knowing = (state: (field: ReferenceField, id: string) => 'present' | 'inactive' | undefined): Known => {
  const ids = [1, 2, 3, 4].map((number) => idOf(number).toHexString());
  const entries = fields.map((field) => {
    const states = ids.map((id) => [id, state(field, id)] as const);
    return [field, new Map(states.filter(([, found]) => found !== undefined))] as const;
  });
  return Object.fromEntries(entries) as unknown as Known;
};

describe('what a saved view names', () => {
  it('me, none and flags › are no objects', () => {
    for (const assignedAgentId of ['me', 'none'] as const)
      assert.deepEqual(referencesOf({ assignedAgentId, unread: 'true', status: ['open'] }), []);
  });

  it('any searches › each id once, and every one of them', () => {
    fc.assert(
      fc.property(fc.array(search, { maxLength: 6 }), (searches) => {
        const named = namedIn(searches);
        for (const field of fields) {
          const texts = named[field].map(String);
          assert.equal(new Set(texts).size, texts.length);
          const wanted = searches.flatMap((one) => (one[field] === undefined ? [] : [String(one[field])]));
          assert.deepEqual(texts.toSorted(), [...new Set(wanted)].toSorted());
        }
      }),
    );
  });

  it('everything is there › no fault', () => {
    fc.assert(
      fc.property(search, (one) =>
        assert.deepEqual(
          faultsOf(
            one,
            knowing(() => 'present'),
          ),
          [],
        ),
      ),
    );
  });

  it('nothing is there › a fault for each name', () => {
    fc.assert(
      fc.property(search, (one) => {
        const faults = faultsOf(
          one,
          knowing(() => undefined),
        );
        assert.deepEqual(
          faults.map(({ field, id, isGone }) => [field, id, isGone]),
          referencesOf(one).map(({ field, id }) => [field, id, true]),
        );
      }),
    );
  });

  it('a disabled user › is a fault, and not gone', () => {
    const known = knowing((field) => (field === 'assignedAgentId' ? 'inactive' : 'present'));
    const [fault] = faultsOf({ assignedAgentId: idOf(1), labelId: idOf(2) }, known);
    assert.deepEqual([fault?.isGone, fault?.message], [false, 'The user is not active.']);
  });
});
