import assert from 'node:assert/strict';
import { createWaitingLine } from '../../../src/rates/channel/waiting-line.ts';

const patient = { maxWaitMs: 5_000, onTimeout: () => 'impatient' };

describe('waiting line', () => {
  it('several priorities › the lower number first, and among equals first come, first served', async () => {
    const line = createWaitingLine<string>();
    const served: string[] = [];
    const join = (name: string, priority: number) =>
      line.join({ ...patient, priority }).then(() => served.push(name));
    const all = [join('b1', 5), join('c1', 9), join('a1', 1), join('b2', 5), join('a2', 1)];
    assert.deepEqual([line.ahead(0), line.ahead(1), line.ahead(5), line.ahead(9)], [0, 2, 4, 5]);
    while (line.length() > 0) line.serveFirst('served');
    await Promise.all(all);
    assert.deepEqual(served, ['a1', 'a2', 'b1', 'b2', 'c1']);
  });

  it('maximum wait over › that caller leaves with its answer, the others stay', async () => {
    const line = createWaitingLine<string>();
    const hasty = line.join({ ...patient, priority: 1, maxWaitMs: 5 });
    const other = line.join({ ...patient, priority: 2 });
    assert.equal(await hasty, 'impatient');
    assert.equal(line.length(), 1);
    line.serveFirst('served');
    assert.equal(await other, 'served');
  });

  it('a signal aborts › that caller leaves with the reason; later signals do nothing', async () => {
    const line = createWaitingLine<string>();
    const control = new AbortController();
    const leaving = line.join({ ...patient, priority: 1, signal: control.signal });
    control.abort(new Error('no longer needed'));
    await assert.rejects(leaving, /no longer needed/);
    assert.equal(line.length(), 0);

    const late = new AbortController();
    const served = line.join({ ...patient, priority: 1, signal: late.signal });
    line.serveFirst('served');
    late.abort();
    assert.equal(await served, 'served');
  });

  it('no callers › serving does nothing', () => {
    createWaitingLine<string>().serveFirst('served');
  });
});
