import type { Clock } from '../../platform/clock.ts';
import type { TeamDependents } from '../teams/dependents.ts';
import type { AssignmentPolicyRepository } from './policies/repository.ts';
import { isAutomatic } from './policies/rules.ts';
import type { QueueWakeRepository } from './queue/repository.ts';

export interface TeamDependentsDeps {
  readonly policies: Pick<AssignmentPolicyRepository, 'list'>;
  readonly wakes: Pick<QueueWakeRepository, 'wake'>;
  readonly clock: Clock;
}

/** The policies that go by a team; a change of its members lets the queue move on. */
export function createTeamDependents({ policies, wakes, clock }: TeamDependentsDeps): TeamDependents {
  const policiesOf: TeamDependents['policiesOf'] = async (scope, id, session) =>
    (await policies.list(scope, session)).filter(({ teamId }) => teamId?.equals(id));
  return {
    policiesOf,
    async follow(scope, id, session) {
      const all = await policies.list(scope, session);
      const isWaitedFor = all.some((policy) => policy.teamId?.equals(id) === true && isAutomatic(policy));
      if (isWaitedFor) await wakes.wake(scope, clock.now(), session);
    },
  };
}
