import assert from 'node:assert/strict';
import { judgeVersion } from '../../scripts/servers/check-binary.ts';
import {
  chooseSteps,
  explainMissing,
  finderSteps,
  runSteps,
  ServerNotFoundError,
  type FinderStep,
} from '../../scripts/servers/find.ts';

const missing = (id: string): FinderStep => ({
  id,
  find: async (name, log) => {
    log(`${name}: not in ${id}`);
    return null;
  },
});
const holding = (id: string): FinderStep => ({
  id,
  find: async () => ({ path: `/${id}/mongod`, source: id, version: '7.0.1' }),
});

describe('server finder', () => {
  it('order › what is there comes before what must be fetched, the vendor before the wheel', () => {
    assert.deepEqual(
      finderSteps.map(({ id }) => id),
      ['env', 'path', 'cache', 'vendor', 'wheel'],
    );
  });

  it('several ways work › the first is taken, the others are not tried, and every step says what it found', async () => {
    const lines: string[] = [];
    const tooMuch: FinderStep = { id: 'never', find: () => assert.fail('tried after a find') };
    const found = await runSteps('mongod', (line) => lines.push(line), [
      missing('env'),
      holding('cache'),
      tooMuch,
    ]);
    assert.equal(found.path, '/cache/mongod');
    assert.deepEqual(lines, ['mongod: not in env', 'mongod: 7.0.1 from cache']);
  });

  it('no way works › one screen names what was tried and every fix', async () => {
    await assert.rejects(
      runSteps('mongod', () => undefined, [missing('path'), missing('cache')]),
      (error: unknown) => {
        assert.ok(error instanceof ServerNotFoundError);
        for (const part of ['not in path', 'not in cache', 'MONGOD_BINARY', 'Docker', 'MONGODB_URI']) {
          assert.ok(error.message.includes(part), `${part} is not on the screen`);
        }
        return true;
      },
    );
  });

  it('Temporal is missing › the screen fits a terminal', () => {
    assert.ok(explainMissing('temporal', ['temporal: not on PATH']).split('\n').length < 24);
  });

  it('SERVERS_FROM › limits and orders the steps; an unknown one is refused', () => {
    assert.deepEqual(
      chooseSteps(finderSteps, 'wheel, cache').map(({ id }) => id),
      ['wheel', 'cache'],
    );
    assert.equal(chooseSteps(finderSteps, ''), finderSteps);
    assert.throws(() => chooseSteps(finderSteps, 'docker'), /SERVERS_FROM contains "docker"/);
  });
});

describe('server version', () => {
  it('new enough › usable', () => {
    assert.deepEqual(judgeVersion('mongod', 'db version v6.0.5\nBuild Info: {'), {
      ok: true,
      version: '6.0.5',
    });
    assert.deepEqual(judgeVersion('temporal', 'temporal version 1.10.0 (Server 1.33.0, UI 2.60.0)'), {
      ok: true,
      version: '1.10.0',
    });
  });

  it('too old › not usable, with the version it has and the one it needs', () => {
    assert.deepEqual(judgeVersion('mongod', 'db version v4.4.29'), {
      ok: false,
      reason: 'is version 4.4.29, older than 5.0',
    });
    assert.equal(judgeVersion('temporal', 'temporal version 1.4.1 (Server 1.28.0, UI 2.39.0)').ok, false);
  });

  it('another program of that name › not usable', () => {
    const check = judgeVersion('temporal', 'Temporal, a calendar for the desktop, 3.1.0');
    assert.ok(!check.ok && check.reason.startsWith('does not answer like temporal'));
  });
});
