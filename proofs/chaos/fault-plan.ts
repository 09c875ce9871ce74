import { killTargets, type KillTarget, type LinkName } from '../cluster/targets.ts';
import { commandPaths, failuresOf, type FailingCommands } from '../faults/fail-command.ts';
import type { LinkFault } from '../faults/tcp-proxy.ts';
import { createRandom, pick, shuffle, type Random } from '../shared/random.ts';

/** Faults that every process survives. The seed alone decides which happen and when. Pure. */
export type Fault =
  /** Another member of the database becomes the primary. */
  | { readonly kind: 'step-down' }
  /** A process is frozen and resumes later; of the database the primary. */
  | { readonly kind: 'pause'; readonly target: KillTarget }
  /** The network to the database's primary or to the provider. */
  | { readonly kind: 'link'; readonly link: LinkName; readonly fault: LinkFault }
  /** The database's primary fails some commands that send messages or store receipts. */
  | ({ readonly kind: 'commands' } & FailingCommands);

export interface PlannedFault {
  readonly fault: Fault;
  readonly afterAccepted: number;
}

/**
 * Every second fault is a step-down; between them come these, each once before any of them a second time. How the
 * commands of a path fail is drawn each time.
 */
const others = (random: Random): readonly Fault[] => [
  ...killTargets.map((target): Fault => ({ kind: 'pause', target })),
  ...(['delay', 'reset', 'black-hole', 'half-open'] as const).flatMap((fault): Fault[] => [
    { kind: 'link', link: 'mongodb', fault },
    { kind: 'link', link: 'provider', fault },
  ]),
  ...commandPaths.map((path): Fault => ({ kind: 'commands', path, failure: pick(failuresOf(path), random) })),
];

const firstShare = 0.05;
const lastShare = 0.95;

export interface FaultPlanOptions {
  readonly seed: number;
  readonly messages: number;
  readonly faults: number;
}

/** Evenly over the run, so that there is time to recover between two of them. */
export function planFaults({ seed, messages, faults }: FaultPlanOptions): PlannedFault[] {
  const random = createRandom(seed ^ 0x5f3759df);
  let round: Fault[] = [];
  return Array.from({ length: faults }, (_, index) => {
    if (round.length === 0) round = shuffle(others(random), random);
    const fault: Fault = index % 2 === 0 ? { kind: 'step-down' } : (round.pop() ?? { kind: 'step-down' });
    const share = firstShare + ((lastShare - firstShare) * index) / Math.max(1, faults - 1);
    return { fault, afterAccepted: Math.floor(share * messages) };
  });
}

export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'step-down':
      return 'step-down of the primary';
    case 'pause':
      return `pause of ${fault.target}`;
    case 'link':
      return `${fault.fault} towards ${fault.link === 'mongodb' ? 'the primary' : 'the provider'}`;
    case 'commands': {
      const { by, command, collection } = fault.path;
      return `${command} on ${collection} by the ${by}: ${fault.failure}`;
    }
  }
}
