import assert from 'node:assert/strict';
import { differing, versionedUpdate } from '../../../src/platform/update.ts';

interface Thing {
  readonly name: string;
  readonly note?: string;
  readonly parts: readonly string[];
}

const thing: Thing = { name: 'a', parts: ['x'] };

describe('update of a versioned document', () => {
  it('values, null and the rest › set, cleared and left alone; counted once', () => {
    assert.deepEqual(versionedUpdate({ name: 'b', note: null, isNew: false, count: 0 }), {
      $set: { name: 'b', isNew: false, count: 0 },
      $unset: { note: '' },
      $inc: { version: 1 },
    });
  });

  it('what is so already › is not a change', () => {
    assert.deepEqual(differing<Thing, keyof Thing>(thing, { name: 'a', note: null, parts: ['x'] }), {});
  });

  it('what differs, deep inside or by being cleared › is the change', () => {
    assert.deepEqual(differing<Thing, keyof Thing>(thing, { name: 'a', parts: ['x', 'y'] }), {
      parts: ['x', 'y'],
    });
    assert.deepEqual(differing<Thing, keyof Thing>({ ...thing, note: 'n' }, { note: null }), { note: null });
    assert.deepEqual(differing<Thing, keyof Thing>(thing, { note: 'n' }), { note: 'n' });
  });
});
