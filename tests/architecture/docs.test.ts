import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { generateDocs } from '../../scripts/docs/generate.ts';
import { findRouteTables } from '../../scripts/docs/route-tables.ts';
import { rootDir } from '../../scripts/paths.ts';
import { keywordAttributes } from '../../scripts/servers/temporal.ts';
import {
  cancelUpdateName,
  failureTypeOf,
  gateOpenedSignalName,
  providerQueue,
  receiptsSignalName,
  rescheduleUpdateName,
  sendMessageType,
  waitTypeOf,
  workflowQueue,
} from '../../src/sending/messages/contract.ts';
import { messageStatuses } from '../../src/sending/messages/lifecycle.ts';

const read = (file: string): string => readFileSync(join(rootDir, file), 'utf8');
const listFiles = (folder: string): string[] =>
  readdirSync(join(rootDir, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

const rootPages = readdirSync(rootDir).filter((name) => name.endsWith('.md'));
const pages = [
  ...rootPages,
  ...[...listFiles('docs'), ...listFiles('deploy'), ...listFiles('sandbox')].filter((file) =>
    file.endsWith('.md'),
  ),
];
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
const envNames = [...read('.env.example').matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? '');

/** A heading as the part of a link after `#`, by the rules of Git hosts. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

function anchorsIn(file: string): Set<string> {
  const text = read(file).replaceAll(/```[\s\S]*?```/g, '');
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

function problemOfLink(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(rootDir, resolve(rootDir, dirname(page), path));
  if (!existsSync(join(rootDir, target))) return `${page}: ${link} does not exist`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchorsIn(target).has(anchor) ? null : `${page}: ${link} has no such heading`;
}

describe('documents', () => {
  it('links › every relative link and anchor of every page › leads somewhere', () => {
    assert.ok(pages.length > 20, 'the pages were found');
    const problems = pages.flatMap((page) => {
      const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
      return links
        .filter((link) => !/^[a-z]+:/.test(link))
        .flatMap((link) => problemOfLink(page, link) ?? []);
    });
    assert.deepEqual(problems, []);
  });

  it('commands › every npm script that a page names › is in package.json', () => {
    const unknown = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpm run ([a-z][a-z:-]*)/g)]
        .filter(([, name = '']) => !Object.hasOwn(scripts, name))
        .map(([command]) => `${page}: ${command}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('commands › what .ci/run runs › README and CONTRIBUTING say the same', () => {
    const ci = read('.ci/run');
    for (const [wanted, pattern] of [
      ['npm run check', /npm run (--silent )?check/],
      ['npm test', /npm test/],
    ] as const) {
      assert.match(ci, pattern);
      for (const page of ['README.md', 'CONTRIBUTING.md']) {
        assert.ok(read(page).includes(wanted), `${page} does not name ${wanted}`);
      }
    }
  });

  it('generated pages › routes, problems, provider errors, environment › are up to date', async () => {
    const outdated = [...(await generateDocs())].filter(
      ([file, text]) => !existsSync(join(rootDir, file)) || read(file) !== text,
    );
    assert.deepEqual(
      outdated.map(([file]) => file),
      [],
      'run npm run docs',
    );
  }).timeout(60_000);

  it('OpenAPI › every route table of src › is mounted by the build of its area', async () => {
    const composition = listFiles('src')
      .filter((file) => /^src\/[a-z]+\/build(-[a-z-]+)?\.ts$/.test(file))
      .map(read)
      .join('\n');
    const tables = await findRouteTables();
    assert.ok(tables.size >= 5, 'the route tables were found');
    for (const [file, names] of tables) {
      assert.ok(names.length > 0, `${file} exports no table whose name ends in Routes`);
      for (const name of names) assert.match(composition, new RegExp(`\\b${name}\\(`), `${file}: ${name}`);
    }
  });

  it('configuration.md › every variable of .env.example › is in its table, and no other', () => {
    const page = read('docs/configuration.md');
    const table = /environment: begin -->([\s\S]*)<!-- environment: end/.exec(page)?.[1] ?? '';
    const rows = table.split('\n').map((line) => line.split('|')[1] ?? '');
    const shown = rows.flatMap((cell) =>
      [...cell.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name = '']) => name),
    );
    assert.ok(envNames.length > 20);
    assert.deepEqual(shown.toSorted(), envNames.toSorted());
  });

  it('README, ARCHITECTURE › each page › stays within 200 lines', () => {
    const long = ['README.md', 'ARCHITECTURE.md'].filter((page) => read(page).split('\n').length > 200);
    assert.deepEqual(long, []);
  });

  it('ARCHITECTURE › every folder of src › is named', () => {
    const text = read('ARCHITECTURE.md');
    const folders = readdirSync(join(rootDir, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const missing = folders.map(({ name }) => `src/${name}/`).filter((folder) => !text.includes(folder));
    assert.deepEqual(missing, []);
  });

  it('ARCHITECTURE, temporal.md › every source file that they name › exists', () => {
    const missing = ['ARCHITECTURE.md', 'docs/temporal.md', 'docs/adding-a-resource.md'].flatMap((page) =>
      [...read(page).matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9-]+\.(?:ts|js|mjs|sh|yaml))`/g)]
        .map(([, file = '']) => file)
        .filter((file) => !file.startsWith('src/tags/'))
        .filter((file) => ![file, join('src', file)].some((path) => existsSync(join(rootDir, path))))
        .map((file) => `${page}: ${file}`),
    );
    assert.deepEqual(missing, []);
  });

  it('temporal.md › the names that operators need › are those of the code', () => {
    const text = read('docs/temporal.md');
    const names = [
      sendMessageType,
      workflowQueue,
      providerQueue,
      receiptsSignalName,
      gateOpenedSignalName,
      cancelUpdateName,
      rescheduleUpdateName,
      failureTypeOf('131026'),
      waitTypeOf('pair'),
      waitTypeOf('rate'),
    ];
    const missing = [...names, ...keywordAttributes].filter((name) => !text.includes(name));
    assert.deepEqual(missing, []);
  });

  it('glossary › every status of a message but received › is explained, in order', () => {
    const states = read('docs/glossary.md').split('## States of a message')[1] ?? '';
    const rows = [...states.matchAll(/^\| `([a-z]+)`/gm)].map(([, status]) => status);
    assert.deepEqual(
      rows,
      messageStatuses.filter((status) => status !== 'received'),
    );
  });

  it('glossary › every word › stands once, in the order of the alphabet', () => {
    const [words = ''] = read('docs/glossary.md').split('## States of a message');
    const rows = [...words.matchAll(/^\| (\p{L}[^|]*?) *\|/gmu)].map(([, word = '']) => word);
    const [head, ...listed] = rows;
    assert.equal(head, 'word');
    assert.ok(listed.length > 40, 'the words were found');
    assert.deepEqual(listed, [...new Set(listed)].toSorted());
  });

  it('decisions › the index › names each once, in order', () => {
    const numbers = [...read('docs/adr/README.md').matchAll(/^\| \[(\d{4})\]\((\d{4})-/gm)];
    for (const [, shown, linked] of numbers) assert.equal(shown, linked);
    const listed = numbers.map(([, shown = '']) => Number(shown));
    assert.deepEqual(
      listed,
      listed.map((_number, index) => index + 1),
    );
  });

  it('runbooks › a page that calls the API › says whose token it takes and how to get it', () => {
    const calling = pages.filter(
      (page) =>
        page.startsWith('docs/runbooks/') &&
        /\$TOKEN|\b(?:GET|POST|PATCH|PUT|DELETE) \/api\//.test(read(page)),
    );
    assert.ok(calling.length > 10, 'the pages were found');
    for (const page of calling)
      assert.match(read(page), /\(README\.md#acting-in-a-client\)|^## Acting in a client$/m, page);
  });

  it('decisions and runbooks › every page › is in its index', () => {
    for (const folder of ['docs/adr', 'docs/runbooks']) {
      const index = read(`${folder}/README.md`);
      const names = readdirSync(join(rootDir, folder)).filter((name) => name !== 'README.md');
      assert.ok(names.length > 0);
      for (const name of names) assert.ok(index.includes(`(${name})`), `${folder}/README.md: ${name}`);
    }
  });

  it('deployment › variables of the compose file and the manifests › are known to the product', () => {
    const keyed = [
      ...(/environment:\n([\s\S]*?)\n {2}networks/.exec(read('docker-compose.yml'))?.[1] ?? '').matchAll(
        /^ {4}([A-Z][A-Z0-9_]*):/gm,
      ),
      ...read('deploy/kubernetes/config.yaml').matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm),
      ...read('deploy/kubernetes/secret.example.yaml').matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm),
    ].map(([, name = '']) => name);
    assert.ok(keyed.length > 20, 'the variables were found');
    assert.deepEqual(
      keyed.filter((name) => !envNames.includes(name)),
      [],
    );
  });

  it('deployment › search attributes of the namespace › are those of the development server', () => {
    const script = read('deploy/temporal/setup-namespace.sh');
    const listed = /for name in ([A-Za-z ]+); do/.exec(script)?.[1]?.split(' ') ?? [];
    assert.deepEqual(listed.toSorted(), [...keywordAttributes].toSorted());
  });
});
