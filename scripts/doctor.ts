import { join } from 'node:path';
import {
  checkBuild,
  checkDataFolder,
  checkEnvironment,
  checkExternalServers,
  checkPip,
  checkPorts,
  checkRunningStack,
  checkServer,
  conclude,
  type Finding,
} from './doctor/checks.ts';
import { rootDir } from './paths.ts';
import { loadEnvFile } from './env-file.mjs';
import { judgeEnvironment } from './stack/environment.ts';
import { readSettings } from './stack/settings.ts';

const judged = judgeEnvironment(process.env, loadEnvFile(join(rootDir, '.env'), process.env));
const environment = checkEnvironment(judged);
const settings = readSettings(judged.env);
const stack = await checkRunningStack();
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
  await checkPorts(settings, stack.ports),
  await checkDataFolder(),
  ...environment,
  stack.finding,
];

for (const { subject, state, detail, fix } of findings) {
  console.log(`${state.padEnd(8)} ${subject.padEnd(24)} ${detail}`);
  if (fix !== undefined) console.log(`${' '.repeat(34)}fix: ${fix}`);
}
console.log(`\n${conclude(findings).join('\n')}`);
const isBad = findings.some(({ state }) => state === 'missing' || state === 'wrong');
process.exitCode = isBad ? 1 : 0;
