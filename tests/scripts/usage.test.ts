import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const manifest = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const entries = Object.entries(manifest.scripts).flatMap(([name, command]) => {
  const entry = /bootstrap\.mjs (\S+)$/.exec(command)?.[1];
  return entry === undefined ? [] : [[name, entry] as const];
});

const runWith = (entry: string, ...args: readonly string[]) =>
  runCommand(process.execPath, [join(rootDir, 'scripts', 'bootstrap.mjs'), entry, ...args], 30_000);

describe('npm commands', function () {
  this.timeout(60_000);

  it('were found', () => assert.ok(entries.length > 10));

  const isProof = (entry: string): boolean => entry.startsWith('proofs/');
  // Each proof loads half of the product before it reads its arguments, in the same way.
  const asked = entries.filter(([name, entry]) => !isProof(entry) || name === 'fuzz');
  for (const [name, entry] of asked)
    it(`npm run ${name} -- --help › says what it does, and does nothing`, async () => {
      const { code, output } = await runWith(entry, '--help');
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`npm (run )?${name}\\b`));
      assert.doesNotMatch(output, /Unknown|unknown option|Installing|\[ 1\//);
      assert.deepEqual(await runWith(entry, '-h'), { code, output });
    });

  it('every proof › is run by the one function that knows --help', () => {
    const proofs = entries.map(([, entry]) => entry).filter(isProof);
    assert.ok(proofs.length >= 6);
    for (const entry of proofs)
      assert.match(readFileSync(join(rootDir, entry), 'utf8'), /^await runProof\(\{$/m, entry);
  });

  for (const name of ['start', 'doctor', 'build', 'check'])
    it(`npm run ${name} -- --port 5000, which it does not have › refuses it and shows the help`, async () => {
      const entry = entries.find(([known]) => known === name)?.[1] ?? '';
      const { code, output } = await runWith(entry, '--port', '5000');
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^Unknown argument: --port 5000\n\nnpm (run )?${name}:`));
    });
});
