import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import protocol from '@temporalio/proto';
import { keywordAttributes } from '../../scripts/servers/temporal.ts';
import { waitFor } from './wait.ts';

/** The server of the test runner. */
export function testTemporalAddress(): string {
  const address = process.env['TEST_TEMPORAL_ADDRESS'];
  assert.ok(
    address !== undefined && address !== '',
    'TEST_TEMPORAL_ADDRESS is missing: these tests need a real Temporal server. Run them through `npm test`.',
  );
  return address;
}

/**
 * Settings for a namespace that does not exist: messages stay accepted, and no worker of another test takes them. The
 * runner's server refuses at once; at a closed port each send would wait for the connection to fail.
 */
export const noTemporal = {
  TEMPORAL_ADDRESS: process.env['TEST_TEMPORAL_ADDRESS'] ?? '127.0.0.1:9',
  TEMPORAL_NAMESPACE: 'there-is-none',
};

const { INDEXED_VALUE_TYPE_KEYWORD } = protocol.temporal.api.enums.v1.IndexedValueType;
const retentionSeconds = 86_400;

/**
 * A separate namespace on the shared server: queue names are fixed, so workers of two tests in one namespace would
 * take each other's tasks.
 */
export async function createTestNamespace(name: string): Promise<string> {
  const namespace = `test-${name}-${randomBytes(4).toString('hex')}`;
  const connection = await Connection.connect({ address: testTemporalAddress(), connectTimeout: '5s' });
  try {
    const { workflowService, operatorService } = connection;
    await workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: retentionSeconds as never },
    });
    const searchAttributes = Object.fromEntries(
      keywordAttributes.map((attribute) => [attribute, INDEXED_VALUE_TYPE_KEYWORD]),
    );
    await waitFor('the namespace accepts its search attributes', async () => {
      await operatorService.addSearchAttributes({ namespace, searchAttributes });
      return true;
    });
    const query = keywordAttributes.map((attribute) => `\`${attribute}\` = 'none'`).join(' OR ');
    await waitFor('the namespace and its search attributes are known everywhere', async () => {
      await workflowService.countWorkflowExecutions({ namespace, query });
      return true;
    });
  } finally {
    await connection.close();
  }
  return namespace;
}
