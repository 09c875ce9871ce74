import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const loader = 'scripts/load-env.mjs';
const reader = 'scripts/env-file.mjs';

describe('.env of single processes', () => {
  it('npm run start:api, start:worker, migrate and the commands of operators › read it', async () => {
    const { scripts } = JSON.parse(await readFile(join(rootDir, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const ofBuild = Object.entries(scripts).filter(([, command]) => command.includes('dist/src/bin/'));
    assert.ok(ofBuild.length >= 6);
    for (const [name, command] of ofBuild)
      assert.match(command, /^(?:exec )?node --import \.\/scripts\/load-env\.mjs /, name);
  });

  it('a value in .env › is used, unless the shell sets the variable; without the file › starts all the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'load-env-'));
    try {
      await mkdir(join(folder, 'scripts'));
      for (const file of [loader, reader]) await copyFile(join(rootDir, file), join(folder, file));
      const print = async (env: Record<string, string>) => {
        const program = 'process.stdout.write(`${process.env.PORT} ${process.env.HOST}`)';
        const args = ['--import', join(folder, loader), '-e', program];
        return runCommand(process.execPath, args, 20_000, { PATH: process.env['PATH'], ...env });
      };
      assert.deepEqual(await print({ HOST: 'shell' }), { code: 0, output: 'undefined shell' });
      await writeFile(join(folder, '.env'), 'export  PORT = "4444" # for today\nHOST=file\n');
      assert.deepEqual(await print({ HOST: 'shell' }), { code: 0, output: '4444 shell' });
      await writeFile(join(folder, '.env'), 'PORT: 4444\nHOST=file\n');
      const warning = 'warning: line 1 of .env is not NAME=value and has no effect\n';
      const { output } = await print({});
      assert.ok(output.includes(warning) && output.includes('undefined file'), output);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
