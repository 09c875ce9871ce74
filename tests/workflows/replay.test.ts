import assert from 'node:assert/strict';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { workflowBundlePath } from '../../src/platform/paths.ts';
import {
  currentImportVersion,
  currentVersion,
  listHistories,
  listVersions,
  readHistory,
} from '../support/histories.ts';
import { importScenarios } from '../support/import-scenarios.ts';
import { scenarios } from '../support/send-message-scenarios.ts';
import { installTestRuntime } from '../support/temporal.ts';

interface Recorded {
  readonly workflowId: string;
  readonly history: History;
}

/** Replays histories on the workflow code of this build; returns each one's error. */
async function replay(histories: readonly Recorded[]): Promise<Map<string, Error | undefined>> {
  const options = { workflowBundle: { codePath: workflowBundlePath } };
  const errors = new Map<string, Error | undefined>();
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    errors.set(workflowId, error);
  }
  return errors;
}

describe('workflows › recorded histories', () => {
  before(installTestRuntime);

  for (const [version, paths] of [
    [currentVersion, scenarios],
    [currentImportVersion, importScenarios],
  ] as const)
    it(`${version} › every path through the workflow has its history`, async () => {
      assert.deepEqual((await listHistories(version)).toSorted(), Object.keys(paths).toSorted());
    });

  it('histories of every released version › replay on the current code', async () => {
    const versions = await listVersions();
    assert.ok(versions.length >= 3 && versions.includes(currentVersion), versions.join(', '));
    const recorded: Recorded[] = [];
    for (const version of versions) {
      for (const name of await listHistories(version)) {
        recorded.push({ workflowId: `${version}/${name}`, history: await readHistory(version, name) });
      }
    }
    const errors = await replay(recorded);
    assert.equal(errors.size, recorded.length);
    const broken = [...errors].flatMap(([name, error]) =>
      error === undefined ? [] : [`${name}: ${error.message}`],
    );
    assert.deepEqual(broken, []);
  });

  it('a history that this code cannot have produced › fails', async () => {
    const history = await readHistory(currentVersion, 'delivered-then-read');
    const scheduled = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
    const type = scheduled?.activityTaskScheduledEventAttributes?.activityType;
    assert.equal(type?.name, 'dispatch');
    type.name = 'somethingElse';
    const errors = await replay([{ workflowId: 'changed', history }]);
    assert.match(String(errors.get('changed')), /DeterminismViolationError/);
  });

  it('histories › name no machine and contain no phone number', async () => {
    const recorded = [currentVersion, currentImportVersion].map(async (version) =>
      (await listHistories(version)).map((name) => ({ version, name })),
    );
    for (const { version, name } of (await Promise.all(recorded)).flat()) {
      const text = JSON.stringify(await readHistory(version, name));
      const decoded = text.replaceAll(/"data":"([^"]*)"/g, (_match, data: string) =>
        Buffer.from(data, 'base64').toString(),
      );
      assert.doesNotMatch(decoded, /\/(home|work|Users|tmp)\/|\+\d{7,}/, name);
    }
  });
});
