import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Types } from 'mongoose';
import { createConversationRepository } from '../../../src/inbox/conversations/repository.ts';
import { createContactRepository } from '../../../src/people/contacts/store/repository.ts';
import { createLeadRepository } from '../../../src/people/leads/repository.ts';
import { compileSegment, type SegmentPlan } from '../../../src/people/segments/compile.ts';
import { segmentFields } from '../../../src/people/segments/fields.ts';
import { createSegmentMembers } from '../../../src/people/segments/members.ts';
import { createSegmentPreview } from '../../../src/people/segments/preview.ts';
import { segmentFilter } from '../../../src/people/segments/read.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../../src/platform/mongo.ts';
import type { Cursor } from '../../../src/platform/pagination.ts';
import { migrate } from '../../support/migrated.ts';
import { connectTestDatabase } from '../../support/mongo.ts';
import { isMember } from '../../support/segment-evaluator.ts';
import {
  vocabulary,
  filterNear,
  moments,
  personAt,
  personNear,
  storePeople,
  type Person,
} from '../../support/segment-people.ts';
import { useRunning } from '../../support/use-running.ts';

const numRuns = Number(process.env['SEGMENT_RUNS'] ?? 20);
const peoplePerRun = 500;
const filtersPerRun = 40;

const run = moments.chain(({ now, zone }) =>
  fc.record({
    moment: fc.constant({ now: new Date(now), zone }),
    plans: fc.array(personNear(new Date(now)), { minLength: peoplePerRun, maxLength: peoplePerRun }),
    filters: fc.array(filterNear(new Date(now)), { minLength: filtersPerRun, maxLength: filtersPerRun }),
  }),
);

async function startWorld() {
  const database = await connectTestDatabase('segment_properties', []);
  const { connection } = database;
  await migrate(connection);
  const contacts = createContactRepository(connection);
  const members = createSegmentMembers({
    ...{ contacts, leads: createLeadRepository(connection) },
    threads: createConversationRepository(connection),
  });

  /** All members, read in pages of 170. */
  async function membersOf(scope: ClientScope, plan: SegmentPlan): Promise<Types.ObjectId[]> {
    const found: Types.ObjectId[] = [];
    let after: Cursor<Date> | null = null;
    do {
      const page = await members.page(scope, plan, { after, limit: 170, maxTimeMS: 10_000 });
      found.push(...page.ids);
      after = page.next;
    } while (after !== null);
    return found;
  }

  return {
    ...{ connection, membersOf, preview: createSegmentPreview({ contacts, members }) },
    close: () => database.close(),
  };
}

const idsOf = (ids: readonly Types.ObjectId[]): string[] => ids.map(String).toSorted();

const summaryOf = (people: readonly Person[]) => {
  const count = (test: (person: Person) => boolean): number => people.filter(test).length;
  return {
    count: people.length,
    optedOut: count(({ optInStatus }) => optInStatus === 'opted-out'),
    blocked: count(({ isBlocked }) => isBlocked === true),
    noAddress: count(({ number }) => number === undefined),
    suspect: count(({ isSuspect }) => isSuspect),
  };
};

describe('segments › any filter over any contacts', function () {
  this.timeout(300_000);
  const world = useRunning(startWorld);
  const schema = segmentFilter(segmentFields(vocabulary));

  it('the compiled filter and the evaluator › find the same members', async () => {
    const sizes = { none: 0, some: 0, all: 0 };
    await fc.assert(
      fc.asyncProperty(run, async ({ moment, plans, filters }) => {
        const scope = scopeOf(newId());
        const people = plans.map(personAt);
        await storePeople(world().connection, scope.clientId, people);
        for (const filter of filters) {
          const plan = compileSegment(schema.parse(filter), moment, scope);
          const expected = people.filter((person) => isMember(filter, person, moment));
          const found = await world().membersOf(scope, plan);
          const what = `${JSON.stringify(filter)} at ${JSON.stringify(moment)}`;
          assert.deepEqual(idsOf(found), idsOf(expected.map(({ id }) => id)), what);
          const { summary, isExact, sample } = await world().preview(scope, plan);
          assert.deepEqual({ ...summary, isExact }, { ...summaryOf(expected), isExact: true }, what);
          assert.deepEqual(idsOf(sample.map(({ _id }) => _id)), idsOf(found.slice(0, 20)), what);
          sizes[expected.length === 0 ? 'none' : expected.length === people.length ? 'all' : 'some'] += 1;
        }
      }),
      { numRuns, endOnFailure: true },
    );
    // Filters that find nobody, or everybody, prove little.
    assert.ok(sizes.some > (sizes.none + sizes.all) / 2, JSON.stringify(sizes));
  });
});
