import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ImportRowDoc } from '../../src/people/imports/stored-rows/repository.ts';
import { signUp, type CrmUser } from '../support/crm-client.ts';
import { filled, type ImportJson } from '../support/import-stage.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const rowCount = 4_000;
const phone = (n: number): string => `+49151125${String(n).padStart(5, '0')}`;
const file = [
  'phone,name',
  ...Array.from({ length: rowCount }, (_, n) =>
    n % 100 === 7 ? `nonsense,Broken ${n}` : `${phone(n % 2_000 === 1_999 ? 1 : n)},Person ${n}`,
  ),
].join('\n');

/** A lost slice is noticed by its silence. */
const maxMs = 180_000;

describe('e2e › an import whose worker dies', function () {
  this.timeout(2 * maxMs + 60_000);
  const stack = useStack('imports');
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
  });

  const rows = () => stack().collection<ImportRowDoc>('import_rows');
  const read = async (id: string): Promise<ImportJson> =>
    (await user.call<ImportJson>(`/api/imports/${id}`)).body;
  const waitForState = (id: string, state: string): Promise<unknown> =>
    waitFor(`the import is ${state}`, async () => (await read(id)).state === state, { timeoutMs: maxMs });

  it('kill -9 in the run › the outcomes are those of the dry run, each contact once', async () => {
    const answer = await fetch(`${stack().apiUrl}/api/imports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'text/csv' },
      body: file,
    });
    assert.equal(answer.status, 202);
    const { id } = (await answer.json()) as { id: string };
    const importId = new Types.ObjectId(id);
    await waitForState(id, 'ready');
    const { planned } = await read(id);

    const started = await user.call(`/api/imports/${id}/start`, { method: 'POST' });
    assert.equal(started.status, 200, JSON.stringify(started.body));
    await waitFor(
      'some contacts are written',
      async () => (await rows().countDocuments({ importId, outcome: 'created' })) > 0,
    );
    await stack().worker.kill();
    const atKill = await rows().countDocuments({ importId, outcome: 'pending' });
    assert.ok(atKill > 0, 'the kill came before the end, or this test proves nothing');
    await stack().worker.start();
    await waitForState(id, 'completed');

    const { outcomes } = await read(id);
    const created = planned?.['create'] ?? 0;
    assert.deepEqual(filled(outcomes), {
      created,
      invalid: planned?.['invalid'],
      duplicate: planned?.['duplicate'],
    });
    assert.equal(
      Object.values(filled(outcomes)).reduce((sum, count) => sum + count, 0),
      rowCount,
    );
    const ofImport = { 'origin.importId': importId };
    assert.equal(await stack().collection('contacts').countDocuments(ofImport), created);
    assert.equal(
      await stack()
        .collection('contacts')
        .countDocuments({ ...ofImport, version: 1 }),
      created,
    );
  });
});
