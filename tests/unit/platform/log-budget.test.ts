import assert from 'node:assert/strict';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { createLogBudget } from '../../../src/platform/log-budget.ts';

describe('log budget', () => {
  const start = () => {
    const clock = createFixedClock(new Date('2026-11-28T12:00:00Z'));
    return { clock, budget: createLogBudget({ clock, maxPerMinute: 2 }) };
  };

  it('more lines of one business than a minute has › left out; those of another are written', () => {
    const { budget } = start();
    const lines = ['a', 'a', 'a', 'a', 'b'].map((key) => budget(key));
    assert.deepEqual(lines, [{ leftOutCount: 0 }, { leftOutCount: 0 }, null, null, { leftOutCount: 0 }]);
  });

  it('the next minute › the first line says how many were left out', () => {
    const { clock, budget } = start();
    for (let count = 0; count < 5; count += 1) budget('a');
    clock.advance(60_000);
    assert.deepEqual(
      [budget('a'), budget('a'), budget('a')],
      [{ leftOutCount: 3 }, { leftOutCount: 0 }, null],
    );
  });

  it('any number of keys › the memory is bounded', () => {
    const { budget } = start();
    for (let count = 0; count < 20_000; count += 1) assert.notEqual(budget(`key ${count}`), null);
  });
});
