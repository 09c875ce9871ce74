import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';

type Command = Readonly<Record<string, unknown>>;

/** The plan that was chosen: on top for a find, in the first stage for an aggregation. */
function winningPlanIn(plan: unknown): unknown {
  if (typeof plan !== 'object' || plan === null) return undefined;
  if ('winningPlan' in plan) return plan.winningPlan;
  return Object.values(plan)
    .map(winningPlanIn)
    .find((found) => found !== undefined);
}

/** All stages of a plan, of the classic and of the newer engine alike. */
export function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const own = 'stage' in plan && typeof plan.stage === 'string' ? [plan.stage] : [];
  return [...own, ...Object.values(plan).flatMap(stagesOf)];
}

export interface PlanWatch {
  /** The queries that were sent; empty it before a query. */
  readonly commands: Command[];
  plansOf(query: () => Promise<unknown>): Promise<string[][]>;
}

/**
 * Runs a repository query on the watched connection, then asks the server on the other one to explain the exact commands that
 * were sent; returns the stages of each plan.
 */
export function watchPlans(watched: Connection, other: Connection): PlanWatch {
  const commands: Command[] = [];
  watched.getClient().on('commandStarted', ({ command }: { command: Command }) => {
    if ('find' in command || 'aggregate' in command) commands.push(command);
  });
  async function plansOf(query: () => Promise<unknown>): Promise<string[][]> {
    commands.length = 0;
    await query();
    assert.ok(commands.length > 0, 'no query was seen');
    const sent = [...commands];
    return Promise.all(
      sent.map(async ({ lsid: _session, $db: _db, $clusterTime: _time, ...command }) => {
        const { readConcern: _concern, txnNumber: _txn, ...explained } = command;
        const plan = await other.db?.command({ explain: explained, verbosity: 'queryPlanner' });
        return stagesOf(winningPlanIn(plan));
      }),
    );
  }
  return { commands, plansOf };
}
