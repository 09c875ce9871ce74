import { openOptions } from '../shared/options.ts';

export interface IncidentOptions {
  /** Nothing is drawn; every proof prints one. */
  readonly seed: number;
}

export const usage = `Stages incidents with the whole product and a Prometheus that has the product's alerts, and measures when each
alert fires. Takes about twenty minutes.

  npm run incidents

Exits with 1 when an alert does not fire in time, does not end in time after the cure, or names another client.
`;

/** Throws with a sentence when there are arguments. */
export const readIncidentOptions = (args: readonly string[]): IncidentOptions => ({
  seed: openOptions(args, []).seed(),
});
