import assert from 'node:assert/strict';
import { buildCore, type Core } from '../../src/app/core.ts';
import type { RunningApi } from './running-api.ts';
import { crossingFiltersOfWorker, watchWire, type WireProbe } from './wire-probe.ts';

/** The worker's core, beside an API; the probe watches its commands on tenant collections. */
export function useWorkerCore(api: () => Pick<RunningApi, 'config' | 'log'>): () => Core {
  let core: Core | undefined;
  let probe: WireProbe | undefined;
  before(async () => {
    core = await buildCore(api().config, {
      name: 'worker',
      logger: api().log.logger,
      provider: api().config.provider,
    });
    probe = watchWire(core.mongo, crossingFiltersOfWorker);
  });
  afterEach(() => {
    assert.deepEqual(probe?.takeViolations(), [], 'a command on a tenant collection crosses clients');
  });
  after(async () => {
    probe?.stop();
    await core?.close();
  });
  return () => {
    assert.ok(core, 'the worker’s core is built in a before hook');
    return core;
  };
}
