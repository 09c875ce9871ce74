import assert from 'node:assert/strict';
import { createAddressFactRepository } from '../../src/consent/address-stops/fact-repository.ts';
import { addressStopModel } from '../../src/consent/address-stops/model.ts';
import { newId } from '../../src/platform/ids.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const number = 'tel:+4915199000001';
const count = 60;

describe('facts of one identity', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('fact_races', [addressStopModel]);
  });
  after(() => database.close());

  it('sixty at the same moment › each is kept, and none has to be told again', async () => {
    const scope = scopeOf(newId());
    const facts = createAddressFactRepository(database.connection);
    const at = new Date('2026-11-01T10:00:00Z');
    const told = Array.from({ length: count }, (_, index) =>
      facts.add(scope, { kind: 'together', keys: [`id:DE.${index}`, number], at, isExact: true }),
    );
    const refused = (await Promise.allSettled(told)).filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 0);
    const kept = await database.connection
      .collection('address_stops')
      .find({ clientId: scope.clientId, kind: 'facts' })
      .toArray();
    assert.equal(kept.length, count + 1);
    assert.equal(Math.max(...kept.map(({ facts: of }) => (of as unknown[]).length)), count);
  });
});
