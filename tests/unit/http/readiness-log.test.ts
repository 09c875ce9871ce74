import assert from 'node:assert/strict';
import { createReadinessLog } from '../../../src/http/readiness-log.ts';
import { createFixedClock } from '../../../src/platform/clock.ts';

function setUp() {
  const clock = createFixedClock(new Date('2026-11-23T09:00:00.000Z'));
  const lines: string[] = [];
  const write =
    (level: string) =>
    ({ check }: { readonly check?: string }, message: string) =>
      void lines.push(`${level}: ${message} (${check})`);
  const log = createReadinessLog({ info: write('info'), warn: write('warn') }, clock);
  const look = (states: Readonly<Record<string, string>>) =>
    log(
      Object.entries(states).map(([name, said]) =>
        said === 'ok' || said === 'unknown'
          ? { check: { name }, state: said }
          : { check: { name }, state: 'failed', error: new Error(said) },
      ),
    );
  return { clock, lines, look };
}

describe('log of readiness', () => {
  it('a start that is probed twenty times a second › one line of information, no warning', () => {
    const { clock, lines, look } = setUp();
    for (let probe = 0; probe < 20; probe += 1, clock.advance(50))
      look({ mongo: 'ok', worker: 'does not run' });
    look({ mongo: 'ok', worker: 'ok' });
    assert.deepEqual(lines, ['info: not ready yet (worker)', 'info: readiness check passes (worker)']);
  });

  it('a start that does not end › one warning after ten seconds', () => {
    const { clock, lines, look } = setUp();
    for (let probe = 0; probe < 30; probe += 1, clock.advance(1_000)) look({ temporal: 'refused' });
    assert.deepEqual(lines, ['info: not ready yet (temporal)', 'warn: readiness check failed (temporal)']);
  });

  it('a dependency goes away for a minute › one warning, one for another cause, and its end', () => {
    const { clock, lines, look } = setUp();
    look({ mongo: 'ok', migrations: 'ok' });
    for (let probe = 0; probe < 6; probe += 1, clock.advance(5_000))
      look({ mongo: 'refused', migrations: 'unknown' });
    for (let probe = 0; probe < 6; probe += 1, clock.advance(5_000))
      look({ mongo: 'no answer', migrations: 'unknown' });
    look({ mongo: 'ok', migrations: 'ok' });
    assert.deepEqual(lines, [
      'warn: readiness check failed (mongo)',
      'warn: readiness check failed (mongo)',
      'info: readiness check passes (mongo)',
    ]);
  });

  it('away again after it came back › warns again', () => {
    const { lines, look } = setUp();
    for (const state of ['ok', 'refused', 'ok', 'refused']) look({ mongo: state });
    assert.equal(lines.filter((line) => line.startsWith('warn')).length, 2);
  });
});
