import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from '../../proofs/shared/in-parallel.ts';
import { openOptions, repeatCommand } from '../../proofs/shared/options.ts';
import { below, createRandom, pickByShare, shuffle } from '../../proofs/shared/random.ts';
import { formatReport } from '../../proofs/shared/report.ts';
import { requestUntilAnswered } from '../../proofs/shared/request-until-answered.ts';
import { waitFor, waitUntilStill, type Progress } from '../../proofs/shared/wait.ts';

describe('proofs › options', () => {
  const read = (...args: string[]) => openOptions(args, ['messages', 'kills']);
  const bounds = { default: 4, min: 1, max: 10 };

  it('given › read; not given › the default, and a random seed', () => {
    const given = read('--messages', '7', '--seed', '5');
    assert.deepEqual(
      {
        messages: given.number('messages', bounds),
        kills: given.number('kills', bounds),
        seed: given.seed(),
      },
      { messages: 7, kills: 4, seed: 5 },
    );
    assert.deepEqual([given.isGiven('messages'), given.isGiven('kills')], [true, false]);
    assert.notEqual(read().seed(), read().seed());
  });

  for (const text of ['0', '11', '1.5', '', 'many', '1e1']) {
    it(`--messages "${text}" › refused with the bounds`, () => {
      const says = { message: `--messages must be a whole number from 1 to 10, not "${text}"` };
      assert.throws(() => read('--messages', text).number('messages', bounds), says);
    });
  }

  it('another argument › refused', () => {
    assert.throws(() => read('--unheard', '1'));
    assert.throws(() => read('messages'));
  });

  it('the command that repeats a run › has the seed once', () => {
    assert.equal(repeatCommand('chaos', ['--kills', '2'], 9), 'npm run chaos -- --kills 2 --seed 9');
    assert.equal(repeatCommand('chaos', ['--seed', '9'], 9), 'npm run chaos -- --seed 9');
    assert.equal(repeatCommand('chaos', ['--seed=9'], 9), 'npm run chaos -- --seed=9');
  });
});

describe('proofs › random', () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 1_000 }, () => random());
  };

  it('the same seed › the same numbers in [0, 1), of all sizes', () => {
    const numbers = draw(7);
    assert.deepEqual(numbers, draw(7));
    assert.notDeepEqual(numbers, draw(8));
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = new Set(numbers.map((number) => Math.floor(number * 10)));
    assert.equal(tenths.size, 10);
  });

  it('a choice › within its limit, by its share, nothing lost in a shuffle', () => {
    const random = createRandom(7);
    const drawn = new Set(Array.from({ length: 100 }, () => below(3, random)));
    assert.deepEqual(drawn, new Set([0, 1, 2]));
    const names = [
      { name: 'often', share: 0.9 },
      { name: 'seldom', share: 0.1 },
    ] as const;
    const picked = Array.from({ length: 1_000 }, () => pickByShare(names, random).name);
    const seldom = picked.filter((name) => name === 'seldom').length;
    assert.ok(seldom > 50 && seldom < 150, String(seldom));
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = shuffle(items, random);
    assert.notDeepEqual(shuffled, items);
    assert.deepEqual(
      shuffled.toSorted((a, b) => a - b),
      items,
    );
  });
});

describe('proofs › waiting', () => {
  const wait = async (states: readonly (Progress | null)[]) => {
    const lines: string[] = [];
    let looks = 0;
    const isOver = await waitUntilStill({
      look: async () => states[looks++] ?? states.at(-1) ?? null,
      maxStillMs: 60,
      pollMs: 5,
      log: (line) => void lines.push(line),
    });
    return { isOver, lines };
  };
  const left = (count: number): Progress => ({ isOver: count === 0, state: `${count} left` });

  it('all ends › over at once, without a word', async () => {
    assert.deepEqual(await wait([left(2), null, left(1), left(0)]), { isOver: true, lines: [] });
  });

  it('something moves › waits longer than the limit; nothing moves › gives up and says what is left', async () => {
    const moving = Array.from({ length: 30 }, (_, index) => left(40 - index));
    assert.deepEqual(await wait([...moving, left(0)]), { isOver: true, lines: [] });
    const stuck = { isOver: false, lines: ['nothing has changed for 0.06 s: 2 left'] };
    assert.deepEqual(await wait([left(3), left(2), null, left(2)]), stuck);
  });

  it('for something › returned when it is there, an error when it is late', async () => {
    let looks = 0;
    const options = { error: 'never seen', timeoutMs: 30, pollMs: 5 };
    assert.equal(await waitFor(async () => (++looks === 3 ? 'seen' : null), options), 'seen');
    await assert.rejects(
      waitFor(async () => null, options),
      { message: 'never seen' },
    );
  });
});

describe('proofs › requests', () => {
  it('no answer, 500, 408 and 429 › repeated until an answer stands', async () => {
    const statuses = [null, 500, 408, 429, 422];
    let tries = 0;
    const request = async () => {
      const status = statuses[tries++];
      if (status === null || status === undefined) throw new Error('no answer');
      return { status };
    };
    assert.deepEqual(await requestUntilAnswered('it', request), { answer: { status: 422 }, repeats: 4 });
  });

  it('in parallel › each item once, never more at a time; an error ends it', async () => {
    const done: number[] = [];
    let [running, maxRunning] = [0, 0];
    const work = async (item: number) => {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      await sleep(1);
      running -= 1;
      done.push(item);
    };
    const items = Array.from({ length: 20 }, (_, index) => index);
    await inParallel(items, 4, work);
    assert.deepEqual({ done: done.toSorted((a, b) => a - b), maxRunning }, { done: items, maxRunning: 4 });
    await assert.rejects(
      inParallel(items, 4, () => Promise.reject(new Error('spoiled'))),
      /spoiled/,
    );
  });
});

describe('proofs › report', () => {
  it('rows and lists › aligned; empty lists left out, long ones cut', () => {
    const rows = [
      ['seed', 7],
      ['violations', 41],
    ] as const;
    const lines = Array.from({ length: 41 }, (_, index) => `line ${index}`);
    const text = formatReport(rows, [
      { title: 'Nothing', lines: [] },
      { title: 'Violations', lines },
    ]).split('\n');
    assert.deepEqual(text.slice(0, 5), ['seed        7', 'violations  41', '', 'Violations:', '  line 0']);
    assert.deepEqual([text.length, text.at(-1)], [45, '  … and 1 more']);
  });
});
