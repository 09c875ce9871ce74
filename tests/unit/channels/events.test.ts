import assert from 'node:assert/strict';
import { channelsConcerned } from '../../../src/channels/events/rules.ts';

const proved = (id: string, displayNumber: string, shown: string) => ({
  id,
  displayNumber,
  verification: { displayNumber: shown },
});

describe('reports of an account about a number', () => {
  const own = { displayNumber: '15550001000' };
  const idsOf = (channels: readonly { readonly id: string }[]) => channels.map(({ id }) => id);

  it('two numbers of one account › only the one that it names', () => {
    const channels = [
      proved('a', '+15550002000', '+1 555-000-2000'),
      proved('b', '+15550001000', '+1 555-000-1000'),
    ];
    assert.deepEqual(idsOf(channelsConcerned(own, channels)), ['b']);
  });

  it('a channel that enters the number of another › learns nothing of it', () => {
    const channels = [
      proved('a', '+15550001000', '+1 555-000-2000'),
      proved('b', '+15550001000', '+1 555-000-1000'),
    ];
    assert.deepEqual(idsOf(channelsConcerned(own, channels)), ['b']);
  });

  it('not yet shown by the provider › by the number that a user has entered', () => {
    const channels = [
      { id: 'a', displayNumber: '+15550002000' },
      { id: 'b', displayNumber: '+15550001000' },
    ];
    assert.deepEqual(idsOf(channelsConcerned(own, channels)), ['b']);
  });

  it('no number, or none of the account’s › all channels of the account', () => {
    const channels = [
      proved('a', '+15550002000', '+15550002000'),
      proved('b', '+15550003000', '+15550003000'),
    ];
    assert.deepEqual(idsOf(channelsConcerned({ displayNumber: null }, channels)), ['a', 'b']);
    assert.deepEqual(idsOf(channelsConcerned(own, channels)), ['a', 'b']);
  });
});
