/** Processes that can be killed and frozen; of the database the primary. */
export const killTargets = ['api', 'worker', 'mongod', 'temporal'] as const;
export type KillTarget = (typeof killTargets)[number];

/** Networks that can fail: to the database's primary and to the provider. */
export type LinkName = 'mongodb' | 'provider';
