import assert from 'node:assert/strict';
import { isWorkingAdmin, losesAdmin, searchFieldOf } from '../../../../src/identity/users/rules.ts';

const admin = { role: 'admin', status: 'active', passwordHash: 'x' } as const;
const agent = { ...admin, role: 'agent' } as const;
const disabled = { ...admin, status: 'disabled' } as const;
const invited = { role: 'admin', status: 'active' } as const;

describe('active admin', () => {
  it('an active admin with a password › counts; agents, disabled and invited users › do not', () => {
    assert.equal(isWorkingAdmin(admin), true);
    for (const user of [agent, disabled, invited]) assert.equal(isWorkingAdmin(user), false);
  });

  it('a change › removes one only if there was one', () => {
    for (const after of [agent, disabled]) assert.equal(losesAdmin(admin, after), true);
    assert.equal(losesAdmin(admin, admin), false);
    assert.equal(losesAdmin(agent, admin), false);
    assert.equal(losesAdmin(invited, { ...invited, role: 'agent' }), false);
  });
});

describe('search for users', () => {
  it('with @ › addresses; without › names', () => {
    assert.equal(searchFieldOf('jane@'), 'email');
    assert.equal(searchFieldOf('Jane'), 'nameKey');
  });
});
