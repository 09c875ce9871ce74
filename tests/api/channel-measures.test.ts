import assert from 'node:assert/strict';
import { channelModel } from '../../src/channels/store/model.ts';
import { createChannelMeasures } from '../../src/channels/store/measures.ts';
import { newId } from '../../src/platform/ids.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const active = 20_000;

describe('gauges of channels', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('channel_measures', [channelModel]);
  });
  after(() => database.close());

  it('a paused one behind 20,000 others › is counted', async () => {
    const clientId = newId();
    const channelOf = (index: number, fields: object) => ({
      ...{ _id: newId(), clientId, phoneNumberId: String(index), webhookKeyHash: String(index) },
      ...{ state: 'active', ownership: { state: 'verified' } },
      ...fields,
    });
    const paused = {
      state: 'paused',
      pause: { class: 'credentials', code: '190', since: new Date() },
      ownership: { state: 'unverified', gap: 'refused' },
    };
    await database.connection
      .collection('channels')
      .insertMany([
        ...Array.from({ length: active }, (_, index) => channelOf(index, {})),
        channelOf(active, paused),
      ]);
    const measures = createChannelMeasures(database.connection);
    assert.deepEqual(await measures.findPausedAcrossClients(), [
      { by: 'provider', errorClass: 'credentials', count: 1 },
    ]);
    assert.deepEqual(await measures.findProviderPausesAcrossClients(100), [
      { clientId, errorClass: 'credentials', code: '190', count: 1 },
    ]);
    assert.deepEqual(await measures.findUnverifiedAcrossClients(), [{ cause: 'refused', count: 1 }]);
  });
});
