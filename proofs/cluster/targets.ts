/** Processes that can be killed and frozen; of the database the primary. */
export const killTargets = ['api', 'worker', 'mongod', 'temporal'] as const;
export type KillTarget = (typeof killTargets)[number];

/** The second ones are there after `startSecond`. */
export type PauseTarget = KillTarget | 'second-api' | 'second-worker';

/** Networks that can fail: to the database's primary and to the provider. */
export type LinkName = 'mongodb' | 'provider';
