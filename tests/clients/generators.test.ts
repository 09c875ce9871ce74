import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { installApiTools, runApiTool } from './api-tools.ts';

const document = join(rootDir, 'docs', 'openapi.json');
const programs = join(rootDir, 'tests', 'fixtures', 'clients');

describe('docs/openapi.json', function () {
  this.timeout(400_000);
  let tools: string;
  let workDir: string;

  before(async () => {
    tools = await installApiTools();
    workDir = await mkdtemp(join(tmpdir(), 'whatsapp-crm-clients-'));
    await cp(programs, workDir, { recursive: true });
  });
  after(() => rm(workDir, { recursive: true, force: true }));

  const run = (program: string, ...args: string[]) => runApiTool(tools, `node_modules/${program}`, args);

  it('generators › a client and types › compile with programs that use them, libraries checked too', async () => {
    const client = join(workDir, 'client');
    await Promise.all([
      run('openapi-typescript/bin/cli.js', document, '--output', join(workDir, 'types.ts')),
      run('@hey-api/openapi-ts/bin/run.js', '-i', document, '-o', client, '-c', '@hey-api/client-fetch'),
    ]);
    await run('typescript/bin/tsc', '--project', workDir);
    const methods = await readFile(join(client, 'sdk.gen.ts'), 'utf8');
    for (const method of ['sendTemplateMessage', 'listContacts', 'pauseChannel'])
      assert.match(methods, new RegExp(`^export const ${method} = `, 'm'));
  });

  it('linters › the recommended rules of Redocly and Spectral › pass', async () => {
    const config = join(import.meta.dirname, 'redocly.yaml');
    await Promise.all([
      run('@redocly/cli/bin/cli.js', 'lint', document, '--config', config),
      runApiTool(tools, 'lint-with-spectral.mjs', [document]),
    ]);
  });
});
