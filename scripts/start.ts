import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../src/platform/config.ts';
import { buildProject } from './build.ts';
import { startMailCatcher, type MailCatcher } from './mail/catcher.ts';
import { loadEnvFile } from './env-file.mjs';
import { dataDir, distDir, rootDir } from './paths.ts';
import { findBinary } from './servers/find.ts';
import { createPortClaims } from './servers/port-claims.ts';
import { runCommand } from './servers/run-command.ts';
import { PortTakenError } from './servers/server-process.ts';
import { confirmDemoAddress } from './stack/demo-address.ts';
import { openDemoWindow, sendDemoMessages, signInDemo, watchMessages } from './stack/demo.ts';
import { describeWarnings, judgeEnvironment } from './stack/environment.ts';
import { readJson } from './stack/files.ts';
import { checkExternalMongo, checkExternalTemporal } from './stack/external.ts';
import { AlreadyRunningError, becomeSupervisor } from './stack/processes.ts';
import { loadSecrets, type RawEnvironment } from './stack/secrets.ts';
import { logsDir, mongodService, ownServices, temporalService } from './stack/services.ts';
import {
  choosePorts,
  readSettings,
  toAddresses,
  toChildEnv,
  type Addresses,
  type Ports,
  type Settings,
} from './stack/settings.ts';
import { createStack, type Stack } from './stack/stack.ts';
import { toScreen, toStackFile, type StackFile } from './stack/stack-file.ts';
import { createSteps } from './stack/steps.ts';

const startedAt = performance.now();
const log = (line: string) => console.log(line);
const processFile = join(dataDir, 'pids.json');
const demoFile = join(dataDir, 'demo.json');
const supervisor = { name: 'npm start', pid: process.pid, marker: join(rootDir, 'scripts', 'start.ts') };
const stack = createStack(processFile, supervisor, (line) => log(`      ${line}`));

const claims = createPortClaims();
process.once('exit', () => claims.release());

const stopping = new AbortController();
/** Settles at the first request to stop; later ones (a second Ctrl-C, npm's forwarding) change nothing. */
const stopRequested = new Promise<string>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stopping.abort();
      resolve(signal);
    });
});
/** For the start, which says nothing more once it is asked to stop. */
const say = (line: string) => {
  if (!stopping.signal.aborted) log(line);
};

try {
  await becomeSupervisor(processFile, supervisor, log);
  const outcome = await Promise.race([startAll(stack).then(() => null), stopRequested]);
  const signal = outcome ?? (await stopRequested);
  log(`\n${signal}: stopping everything …`);
  await stack.stop();
  log('Stopped. The data is in .data/; npm start continues with it.');
  process.exit(0);
} catch (error) {
  if (error instanceof AlreadyRunningError) {
    const running = readJson<StackFile>(join(dataDir, 'stack.json'));
    log(
      `npm start already runs in this folder (process ${error.pid}${running === null ? '' : `, API ${running.api}`}).`,
    );
    log(`Stop it first: Ctrl-C in its terminal, or   kill ${error.pid}`);
  } else {
    log(`\nThe start failed: ${error instanceof Error ? error.message : String(error)}`);
    log(`Logs: ${logsDir}    Checks with fixes: npm run doctor`);
    await stack.stop();
  }
  process.exit(1);
}

async function startAll(target: Stack): Promise<void> {
  await rm(join(dataDir, 'stack.json'), { force: true });
  const given = readEnvironment();
  const settings = readSettings(given);
  const step = createSteps(
    6 + (settings.usesSandbox ? 2 : 0) + (settings.catchesMails ? 1 : 0),
    say,
    stopping.signal,
  );
  const detail = (line: string) => say(`      ${line}`);
  await step('build', () => buildProject(detail));
  const binaries = await step('find the servers', () => findServers(settings, detail));
  const ports = await choosePorts(settings, detail, (port) => claims.claim(port));
  const addresses = toAddresses(settings, ports);
  const secrets = loadSecrets(join(dataDir, 'secrets.json'), given);
  const env = toChildEnv(given, settings, addresses, secrets);
  await step(
    'MongoDB and Temporal',
    () =>
      Promise.all([
        settings.mongodbUri === null
          ? target.start('mongod', mongodService(binaries.mongod, ports))
          : checkExternalMongo(settings.mongodbUri),
        settings.temporalAddress === null
          ? target.start('temporal', temporalService(binaries.temporal, ports, settings))
          : checkExternalTemporal(settings.temporalAddress, settings.namespace),
      ]),
    () => `${hostsOf(addresses.mongodbUri)}, ${addresses.temporalAddress}`,
  );
  await step('migrations', () => migrate(env));
  const services = ownServices(addresses, env);
  if (settings.usesSandbox) {
    await step(
      'sandbox provider',
      () => target.start('sandbox', services.sandbox),
      () => addresses.sandbox,
    );
  }
  if (settings.catchesMails) {
    await step(
      'mail catcher',
      () => startCatcher(ports),
      () => addresses.mail?.page ?? '',
    );
  }
  await step(
    'API and worker',
    () => Promise.all([target.start('worker', services.worker), target.start('api', services.api)]),
    () => addresses.api,
  );
  await showDemo(target, { settings, ports, addresses }, step);
}

/** Shell and `.env`, without misspelt names. Throws `ConfigError`. */
function readEnvironment(): RawEnvironment {
  const judged = judgeEnvironment(process.env, loadEnvFile(join(rootDir, '.env'), process.env));
  for (const line of describeWarnings(judged)) say(`warning: ${line}`);
  if (judged.wrong.length > 0) throw new ConfigError(judged.wrong);
  return judged.env;
}

/** The servers of a database address, without user and password. */
function hostsOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(uri)?.[1] ?? '';
}

async function findServers(settings: Settings, log: (line: string) => void) {
  return {
    mongod: settings.mongodbUri === null ? (await findBinary('mongod', log)).path : '',
    temporal: settings.temporalAddress === null ? (await findBinary('temporal', log)).path : '',
  };
}

/** Runs in this process; a mail is on disk before its sender gets the confirmation. */
function startCatcher(ports: Ports): Promise<MailCatcher> {
  return startMailCatcher({
    smtpPort: ports.MAIL_CATCHER_PORT,
    pagePort: ports.MAIL_PAGE_PORT,
    folder: join(dataDir, 'mails'),
    onMail: (to, subject) => say(`      mail to ${to.join(', ')}: ${subject}`),
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new PortTakenError('mail catcher', `127.0.0.1:${'port' in error ? String(error.port) : ''}`);
  });
}

async function migrate(env: Readonly<Record<string, string>>): Promise<void> {
  const entry = join(distDir, 'src', 'bin', 'migrate.js');
  const { code, output } = await runCommand(process.execPath, ['--enable-source-maps', entry], 120_000, env);
  if (code !== 0) throw new Error(`the migrations did not run (${code}):\n${output.trim().slice(-3_000)}`);
}

interface Place {
  readonly settings: Settings;
  readonly ports: Ports;
  readonly addresses: Addresses;
}

async function showDemo(
  target: Stack,
  { settings, ports, addresses }: Place,
  step: ReturnType<typeof createSteps>,
): Promise<void> {
  const { signIn, accessToken } = await step('demo client', () => signInDemo(addresses.api, demoFile));
  const place = { api: addresses.api, mailPage: addresses.mail?.page ?? null };
  if (!(await confirmDemoAddress(place, { email: signIn.email, accessToken })))
    say('      The address of the demo client is not confirmed: it cannot invite others.');
  let workflowId: string | null = null;
  // Without the sandbox, a demo message would go to a real person.
  if (settings.usesSandbox) {
    await step('demo messages', async () => {
      const ids = await sendDemoMessages(addresses.api, accessToken, demoFile);
      workflowId = `message:${ids[0]}`;
      const unread = await watchMessages(addresses.api, accessToken, ids, (line) => say(`      ${line}`));
      await openDemoWindow(addresses, accessToken);
      if (unread.length > 0) explainUnread(unread.map(({ id, status }) => `${id} is ${status}`));
    });
  }
  stopping.signal.throwIfAborted();
  const { pids: _, ...content } = toStackFile({
    settings,
    addresses,
    ports,
    demo: signIn,
    pids: target.pids(),
  });
  target.publish(content);
  say(`\nReady after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
  say(toScreen({ ...content, pids: target.pids() }, accessToken, workflowId));
}

function explainUnread(states: readonly string[]): void {
  say(`      Some demo messages were not read: ${states.join('; ')}. Check:`);
  say('      - the workflow in the Temporal UI (link below): the step that it waits for');
  say(`      - ${logsDir}: worker.log for the send, api.log for the receipts, sandbox.log for the provider`);
}
