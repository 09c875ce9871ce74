// The first file of every command. Plain JavaScript without dependencies, because nothing may be installed yet:
//   node scripts/bootstrap.mjs <entry.ts> [arguments]
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerArguments } from './usage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [entry, ...args] = process.argv.slice(2);

requireNode();
answerIfAsked();
installIfNeeded();
run();

/** Ends the process if the arguments ask for help, or are none of the command. */
function answerIfAsked() {
  const answer = answerArguments(entry, args);
  if (answer === null) return;
  console[answer.isError ? 'error' : 'log'](answer.text);
  process.exit(answer.isError ? 1 : 0);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (isSupported) return;
  stopWith([
    `This project needs Node.js 20.19 or newer (20.x), or 22.12 and later; this is ${process.version}.`,
    'Install one of those (nodejs.org, or: nvm install 22) and start again.',
  ]);
}

function installIfNeeded() {
  const reason = whyInstall();
  if (reason === null) return;
  console.log(`Installing the npm packages (${reason}) …`);
  const startedAt = Date.now();
  let result = npm('ci');
  if (result.output.includes('Missing: ')) {
    // A registry that lacks optional builds for other systems makes `npm ci` call the lockfile incomplete. This
    // installs by the same lockfile and changes no file; the versions are compared below.
    console.log('npm ci finds optional packages missing from the lockfile; installing without it …');
    result = npm('install', '--no-save');
  }
  if (result.isDone && whyInstall() === null) {
    console.log(`Installed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
    return;
  }
  const lines = result.output.split('\n').filter((line) => line.trim() !== '');
  stopWith([
    'The npm packages could not be installed. What npm said:',
    '',
    ...lines.slice(0, 20).map((line) => `    ${line}`),
    '',
    'What to do:',
    '  - is the package registry reachable?      npm ping',
    '  - behind a proxy or a mirror?             npm config get registry, npm config get proxy',
    '  - is the folder writable and not full?    df -h .',
    `  - then run the same command again, or     npm ci   in ${root}`,
  ]);
}

function npm(...args) {
  const [command, ...first] = npmCommand();
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync(command, [...first, ...args, ...options], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32' && command === 'npm',
  });
  const output = `${result.stderr ?? ''}${result.stdout ?? ''}${result.error?.message ?? ''}`;
  return { isDone: result.status === 0, output };
}

/**
 * npm writes a copy of the installed lockfile into node_modules as its last step. Comparing package by package
 * accepts an install made by hand and rejects an interrupted one.
 */
function whyInstall() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null) stopWith(['package-lock.json is missing or damaged; restore it from git.']);
  if (installed === null) return 'first run';
  const differs = Object.entries(wanted).some(
    ([path, info]) =>
      path !== '' && !info.optional && !info.link && installed[path]?.version !== info.version,
  );
  return differs ? 'package-lock.json has changed' : null;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

/** The npm that runs this script, if any: it may differ from the one on PATH. */
function npmCommand() {
  const path = process.env.npm_execpath ?? '';
  return basename(path).startsWith('npm') && /\.c?js$/.test(path) ? [process.execPath, path] : ['npm'];
}

function run() {
  if (entry === undefined) stopWith(['Usage: node scripts/bootstrap.mjs <entry.ts> [arguments]']);
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, entry), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child from the terminal, from npm and from here. The child stops at the first signal and
  // ignores the others; this process only waits until the child has ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  followParent(() => child.kill('SIGTERM'));
  child.once('error', (error) => stopWith([`Node could not be started again: ${error.message}`]));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/**
 * npm forwards a signal to the shell that runs the command, which dies without forwarding it; a command that begins with
 * `exec` has none, so that npm returns when this process has ended. Under npm, the death of the parent counts as a
 * request to stop: of that shell, or of a killed npm.
 */
function followParent(onDeath) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onDeath();
  }, 250);
}

function stopWith(lines) {
  console.error(`\n${lines.join('\n')}\n`);
  process.exit(1);
}
