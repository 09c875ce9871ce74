import { openOptions } from '../shared/options.ts';
import { groups } from './incidents.ts';

export interface IncidentOptions {
  /** Nothing is drawn; every proof prints one. */
  readonly seed: number;
  /** The groups to stage, from 1 on. */
  readonly from: number;
  readonly to: number;
}

export const usage = `Stages incidents with the whole product and a Prometheus that has the product's alerts, and measures when each
alert fires. Takes about half an hour.

  npm run incidents
  npm run incidents -- --from 3 --to 4     # some groups only (proofs/incidents/incidents.ts has them in order)

Exits with 1 when an alert does not fire in time, does not end in time after the cure, names another client or counts wrong,
or when an alert fires that must not.
`;

/** Throws with a sentence when an argument is wrong. */
export const readIncidentOptions = (args: readonly string[]): IncidentOptions => {
  const options = openOptions(args, ['from', 'to']);
  const from = options.number('from', { default: 1, min: 1, max: groups.length });
  const to = options.number('to', { default: groups.length, min: from, max: groups.length });
  return { seed: options.seed(), from, to };
};
