import assert from 'node:assert/strict';
import { applyChange, effectiveChange } from '../../../src/platform/update.ts';

interface Thing {
  readonly name: string;
  readonly note?: string;
  readonly parts: readonly string[];
}

const thing: Thing = { name: 'a', parts: ['x'] };

describe('change of a document', () => {
  it('an equal value › not a change', () => {
    const same = { name: 'a', note: null, parts: ['x'] };
    assert.deepEqual(effectiveChange<Thing, keyof Thing>(thing, same), {});
    assert.equal(applyChange<Thing, keyof Thing>(thing, same), thing);
  });

  it('a nested difference, or a cleared field › a change', () => {
    assert.deepEqual(effectiveChange<Thing, keyof Thing>(thing, { name: 'a', parts: ['x', 'y'] }), {
      parts: ['x', 'y'],
    });
    assert.deepEqual(effectiveChange<Thing, keyof Thing>({ ...thing, note: 'n' }, { note: null }), {
      note: null,
    });
    assert.deepEqual(effectiveChange<Thing, keyof Thing>(thing, { note: 'n' }), { note: 'n' });
  });

  it('values, null and the rest › set, cleared and left alone', () => {
    const noted = { ...thing, note: 'n' };
    assert.deepEqual(applyChange<Thing, keyof Thing>(noted, { name: 'b', note: null }), {
      name: 'b',
      parts: ['x'],
    });
    assert.deepEqual(noted, { name: 'a', parts: ['x'], note: 'n' });
  });
});
