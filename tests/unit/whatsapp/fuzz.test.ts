import assert from 'node:assert/strict';
import { parseWebhookBody } from '../../../src/whatsapp/events.ts';
import { readCorpus } from '../../../proofs/fuzz/corpus.ts';
import { runFuzz } from '../../../proofs/fuzz/run.ts';
import { randomSeed } from '../../../proofs/shared/random.ts';

const executions = 20_000;

describe('webhook fuzz', () => {
  it('every body of the corpus as it is › read, and nothing of it is unreadable', async () => {
    const corpus = await readCorpus();
    assert.ok(corpus.length >= 20);
    for (const { name, wire } of corpus) {
      const items = parseWebhookBody(wire.toString('utf8'));
      assert.ok(items.length > 0, name);
      assert.deepEqual(
        items.filter(({ kind }) => kind === 'invalid'),
        [],
        name,
      );
    }
  });

  it('each value of the corpus replaced by an object that converts to nothing › nothing thrown', async () => {
    let bodies = 0;
    for (const { wire } of await readCorpus()) {
      const whole: unknown = JSON.parse(wire.toString('utf8'));
      for (const replace of replacementsIn(whole, { toString: 1, valueOf: null })) {
        replace(() => parseWebhookBody(JSON.stringify(whole)));
        bodies += 1;
      }
    }
    assert.ok(bodies > 500, `${bodies} bodies`);
  });

  it('20,000 damaged bodies › nothing thrown, no forged signature accepted, no genuine one refused', async function () {
    this.timeout(60_000);
    const report = runFuzz({ seed: randomSeed(), seconds: 0, executions }, await readCorpus());
    assert.deepEqual(report.violations, []);
    assert.equal(report.executions, executions);
    for (const kind of ['status', 'message', 'invalid']) assert.ok((report.items.get(kind) ?? 0) > 100, kind);
  });

  it('the same seed › the same bodies', async () => {
    const corpus = await readCorpus();
    const itemsOf = (seed: number) => runFuzz({ seed, seconds: 0, executions: 300 }, corpus).items;
    assert.deepEqual(itemsOf(7), itemsOf(7));
    assert.notDeepEqual(itemsOf(7), itemsOf(8));
  });
});

/** For each value inside: calls what it is given while `other` is in its place. */
function* replacementsIn(value: unknown, other: object): Generator<(then: () => void) => void> {
  if (typeof value !== 'object' || value === null) return;
  const parent = value as Record<string, unknown>;
  for (const [key, child] of Object.entries(parent)) {
    yield (then) => {
      parent[key] = other;
      then();
      parent[key] = child;
    };
    yield* replacementsIn(child, other);
  }
}
