import assert from 'node:assert/strict';
import { eventTable } from '../../../src/app/events.ts';
import type { NewEvent } from '../../../src/events/declare.ts';
import { draftEvent, maxViewBytes } from '../../../src/events/drafts.ts';
import { newId } from '../../../src/platform/ids.ts';

const at = new Date('2026-11-29T08:00:00.000Z');
const id = newId();
const view = { contactId: newId().toHexString(), stage: 'new', assignedAgentId: null } as const;
const fact = { type: 'lead.created', entity: { type: 'lead', id }, version: 1, view } as const;

describe('draft of an event', () => {
  it('a fact › waits for its number, with the audience of its type', () => {
    assert.deepEqual(draftEvent(eventTable, fact, at), {
      ...fact,
      at,
      audience: 'everyone',
      isPending: true,
    });
  });

  it('an audience of its own › replaces that of the type', () => {
    const userId = newId();
    const { audience, userId: stored } = draftEvent(eventTable, { ...fact, audience: { userId } }, at);
    assert.deepEqual({ audience, stored }, { audience: 'user', stored: userId });
    assert.equal(draftEvent(eventTable, { ...fact, audience: 'admins' }, at).audience, 'admins');
  });

  it('a field that the type does not declare › is not stored, so a document spread by mistake leaks nothing', () => {
    const spread: NewEvent = { ...fact, view: Object.assign({ accessToken: 'secret' }, view) };
    assert.deepEqual(draftEvent(eventTable, spread, at).view, view);
  });

  it('a view over the limit › throws, as it is a mistake of the code', () => {
    const large: NewEvent = { ...fact, view: { ...view, contactId: 'x'.repeat(maxViewBytes) } };
    assert.throws(() => draftEvent(eventTable, large, at), /view of lead\.created has \d+ bytes/);
  });
});
