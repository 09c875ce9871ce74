import { join } from 'node:path';
import {
  checkBuild,
  checkDataFolder,
  checkEnvFile,
  checkExternalServers,
  checkPip,
  checkPorts,
  checkRunningStack,
  checkServer,
  type Finding,
} from './doctor/checks.ts';
import { rootDir } from './paths.ts';
import { loadEnvFile } from './stack/env-file.ts';
import { readSettings } from './stack/settings.ts';

loadEnvFile(join(rootDir, '.env'));
const settings = readSettings(process.env);
const stack = await checkRunningStack();
const isRunning = stack.detail.startsWith('running') || stack.state === 'later';
const external = await checkExternalServers(settings);

const findings: readonly Finding[] = [
  // The bootstrap checks these two before this program can start.
  { subject: 'node', state: 'ok', detail: process.version },
  { subject: 'npm packages', state: 'ok', detail: 'as in package-lock.json' },
  await checkBuild(),
  ...(settings.mongodbUri === null ? [await checkServer('mongod')] : []),
  ...(settings.temporalAddress === null ? [await checkServer('temporal')] : []),
  await checkServer('temporal-test-server'),
  await checkPip(),
  ...external,
  await checkPorts(settings, isRunning),
  await checkDataFolder(),
  checkEnvFile(),
  stack,
];

for (const { subject, state, detail, fix } of findings) {
  console.log(`${state.padEnd(8)} ${subject.padEnd(21)} ${detail}`);
  if (fix !== undefined) console.log(`${' '.repeat(31)}fix: ${fix}`);
}
const missing = findings.filter(({ state }) => state === 'missing');
console.log(
  missing.length === 0
    ? '\nNothing is missing; "later" means that npm start takes care of it.'
    : `\nMissing: ${missing.map(({ subject }) => subject).join(', ')}`,
);
process.exitCode = missing.length === 0 ? 0 : 1;
