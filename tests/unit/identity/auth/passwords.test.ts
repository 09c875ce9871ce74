import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { createPasswords, type Passwords } from '../../../../src/identity/auth/passwords.ts';

const home = '198.51.100.7';

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('passwords', () => {
  let passwords: Passwords;
  before(() => {
    passwords = createPasswords({ cost: 10 });
  });
  after(() => passwords.close());

  it('a hash › is bcrypt at cost 10, salted, and accepts only its own password', async () => {
    const [first, second] = await Promise.all([
      passwords.hash('Seven-otters-like-tea', home),
      passwords.hash('Seven-otters-like-tea', home),
    ]);
    assert.match(first, /^\$2b\$10\$/);
    assert.notEqual(first, second);
    assert.equal(await passwords.verify('Seven-otters-like-tea', first, home), true);
    assert.equal(await passwords.verify('secret123!', first, home), false);
  });

  it('a password that bcrypt would truncate › wrong, although its beginning matches', async () => {
    const hash = await passwords.hash('p'.repeat(72), home);
    assert.equal(await passwords.verify('p'.repeat(72), hash, home), true);
    assert.equal(await passwords.verify('p'.repeat(73), hash, home), false);
  });

  it('no account › refused after the same work', async () => {
    const hash = await passwords.hash('Seven-otters-like-tea', home);
    const took: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    for (let round = 0; round < 9; round += 1) {
      for (const kind of ['known', 'unknown'] as const) {
        const start = performance.now();
        assert.equal(
          await passwords.verify('Seven-otters-like-milk', kind === 'known' ? hash : undefined, home),
          false,
        );
        took[kind].push(performance.now() - start);
      }
    }
    const ratio = median(took.unknown) / median(took.known);
    // Without the stand-in hash the ratio would be a hundredth; the bounds leave room for a busy machine.
    assert.ok(ratio > 0.3 && ratio < 3, `unknown/known = ${ratio.toFixed(2)}`);
  });

  it('twenty at once › the event loop keeps running', async () => {
    const hash = await passwords.hash('Seven-otters-like-tea', home);
    const before = performance.eventLoopUtilization();
    await Promise.all(
      Array.from({ length: 20 }, () => passwords.verify('Seven-otters-like-tea', hash, home)),
    );
    const { utilization } = performance.eventLoopUtilization(before);
    // With the hashes on the event loop it would be busy all the time; one that waits for a core counts as busy.
    assert.ok(utilization < 0.85, `the event loop was busy for ${utilization.toFixed(2)} of the time`);
  });

  it('far too many at once › the last ones are refused with a retry time, the others are served', async () => {
    const quick = createPasswords({ cost: 4 });
    const results = await Promise.allSettled(
      Array.from({ length: 600 }, (_, index) =>
        quick.hash('Seven-otters-like-tea', `10.${index >> 8}.${index & 255}.1`),
      ),
    );
    const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.ok(refused.length > 0 && refused.length < 600);
    for (const { reason } of refused) assert.equal((reason as { code: string }).code, 'overloaded');
    await quick.close();
  });

  it('a hundred log-ins at once from one network › most are refused with a retry time; those of others pass the rest', async () => {
    const quick = createPasswords({ cost: 4 });
    const hash = await quick.hash('Seven-otters-like-tea', home);
    let endedCount = 0;
    const flood = Promise.allSettled(
      Array.from({ length: 100 }, () =>
        quick.verify('wrong password', hash, '203.0.113.9').finally(() => {
          endedCount += 1;
        }),
      ),
    );
    await Promise.resolve();
    assert.equal(await quick.verify('Seven-otters-like-tea', hash, home), true);
    const endedBefore = endedCount;
    const refused = (await flood).filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    const threads = Math.max(1, Math.min(4, availableParallelism() - 1));
    assert.equal(refused.length, 100 - 20 * threads);
    for (const { reason } of refused) {
      const { code, retryAfterSeconds } = reason as { code: string; retryAfterSeconds: number };
      assert.deepEqual({ code, retryAfterSeconds }, { code: 'too-many-requests', retryAfterSeconds: 2 });
    }
    const served = endedBefore - refused.length;
    assert.ok(served <= 2 * threads, `${served} log-ins of the flood came first`);
    await quick.close();
  });

  it('log-ins from a thousand networks of one block › those of others pass them', async () => {
    const quick = createPasswords({ cost: 4 });
    const hash = await quick.hash('Seven-otters-like-tea', home);
    let servedCount = 0;
    const flood = Promise.allSettled(
      Array.from({ length: 1_000 }, async (_, index) => {
        await quick.verify('wrong password', hash, `2001:db8:7:${index.toString(16)}::/64`);
        servedCount += 1;
      }),
    );
    await Promise.resolve();
    assert.equal(await quick.verify('Seven-otters-like-tea', hash, home), true);
    const threads = Math.max(1, Math.min(4, availableParallelism() - 1));
    assert.ok(servedCount <= 2 * threads, `${servedCount} log-ins of the flood came first`);
    await flood;
    await quick.close();
  });
});
