import { requestJson } from '../../scripts/stack/request-json.ts';

/** Changes settings of the sandbox. */
export async function changeBehaviour(sandboxUrl: string, behaviour: object): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/behaviour`, {
    method: 'PUT',
    body: JSON.stringify(behaviour),
  });
  if (!response.ok) throw new Error(`the sandbox refuses its settings: ${await response.text()}`);
}

interface SandboxStats {
  readonly calls: number;
  readonly receipts: { readonly pending: number };
}

export async function readStats(sandboxUrl: string): Promise<SandboxStats> {
  const { status, body } = await requestJson(`${sandboxUrl}/sandbox/stats`, {});
  if (status !== 200) throw new Error(`the sandbox answers ${status} for its statistics`);
  return body as SandboxStats;
}
