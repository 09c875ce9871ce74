import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { contradictedNumber, sandboxNumberId } from '../../../src/channels/numbers/display.ts';

const _id = new Types.ObjectId();
const contradicted = (displayNumber: string, reported: string | null, phoneNumberId = '106540352242922') =>
  contradictedNumber({
    ...{ _id, phoneNumberId, displayNumber },
    ...(reported === null
      ? {}
      : { verification: { at: new Date('2026-11-26T09:00:00Z'), displayNumber: reported } }),
  });

describe('channels › the number that the provider reports', () => {
  const agreed: readonly (readonly [string, string, string | null])[] = [
    ['not reported yet', '+15550001000', null],
    ['reported without a number', '+15550001000', ''],
    ['the same with spaces', '+15550001000', '+1 555-000-1000'],
    ['the same without plus', '+4915112345601', '4915112345601'],
    ['an older spelling of Brazil', '+5541987650001', '+55 41 8765-0001'],
    ['an older spelling of Mexico', '+525512340001', '+52 1 55 1234 0001'],
  ];
  for (const [what, typed, reported] of agreed) {
    it(`${what} › no contradiction`, () => assert.equal(contradicted(typed, reported), null));
  }

  it('another number › as the provider writes it', () => {
    assert.equal(contradicted('+15550001000', '+1 555-000-1001'), '+1 555-000-1001');
    // Shorter than any number that a plan knows.
    assert.equal(contradicted('+15550001000', '555'), '555');
  });

  it('a sandbox channel, whose number nobody typed › no contradiction', () => {
    assert.equal(contradicted('+15550001000', '+1 555-000-1001', sandboxNumberId(_id)), null);
  });
});
