import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { files, readImports, roomOf, type Import } from './imports.ts';

const imports = readImports();

const isPure = (file: string): boolean =>
  /^src\/.+\/(lifecycle|rules|contract)\.ts$/.test(file) ||
  (file.startsWith('src/templates/content/') && !file.endsWith('/schemas.ts')) ||
  [
    'src/inbox/media/kinds.ts',
    'src/inbox/media/serving.ts',
    'src/inbox/media/states.ts',
    'src/people/contacts/consent.ts',
    'src/platform/calendar.ts',
    'src/platform/phone.ts',
    'src/platform/name-key.ts',
    'src/platform/plain-text.ts',
    'src/platform/slots.ts',
    'src/platform/web-link.ts',
    'src/whatsapp/error-classes.ts',
    'src/whatsapp/error-rule.ts',
    'src/whatsapp/error-table.ts',
    'src/whatsapp/payload.ts',
    'src/whatsapp/gateway.ts',
  ].includes(file);
const isComposition = (file: string): boolean => /^src\/(app|bin)\//.test(file);
/** What only its own feature may touch: models, and every query. */
const isStore = (file: string): boolean => /\/(model|repository)[a-z-]*\.ts$|\/store\//.test(file);
/** A file at the root of an area, which wires or measures its nouns (`src/sending/build.ts`). */
const isAreaFile = (file: string): boolean => /^src\/[a-z-]+\/[a-z-]+\.ts$/.test(file);
const areaOf = (file: string): string => file.split('/')[1] ?? '';
const isProduct = (file: string): boolean => /^(src|workflows|activities)\//.test(file);

interface Rule {
  /** What is wrong, in words. */
  readonly says: string;
  isBroken(line: Import): boolean;
}

const rules: readonly Rule[] = [
  {
    says: 'a workflow imports only the workflow SDK, other workflows and pure files; activities by their types',
    isBroken: ({ from, to, isTypeOnly, isPackage }) => {
      if (!from.startsWith('workflows/')) return false;
      if (isPackage) return !['@temporalio/workflow', '@temporalio/common'].includes(to);
      return !(to.startsWith('workflows/') || isPure(to) || (to.startsWith('activities/') && isTypeOnly));
    },
  },
  {
    says: 'a pure file imports only pure files and types, and no package but the list of phone numbers',
    isBroken: ({ from, to, isTypeOnly, isPackage }) =>
      isPure(from) && !(isTypeOnly || (isPackage ? to === 'libphonenumber-js/max' : isPure(to))),
  },
  {
    says: 'an activity knows nothing of HTTP, of processes and of how they are put together',
    isBroken: ({ from, to }) => from.startsWith('activities/') && /^src\/(http|app|bin)\//.test(to),
  },
  {
    says: 'the product imports nothing of tests, scripts, proofs, bench or the sandbox',
    isBroken: ({ from, to }) => isProduct(from) && /^(tests|scripts|proofs|bench|sandbox)\//.test(to),
  },
  {
    says: 'scripts import nothing of the proofs, which stand on them',
    isBroken: ({ from, to }) => from.startsWith('scripts/') && to.startsWith('proofs/'),
  },
  {
    says: 'the sandbox shares no code with the product, so that a wrong reading cannot hide on both sides',
    isBroken: ({ from, to, isPackage }) =>
      from.startsWith('sandbox/') && !isPackage && !to.startsWith('sandbox/'),
  },
  {
    says: 'only src/app knows the activities, and nothing in src the workflows',
    isBroken: ({ from, to }) =>
      from.startsWith('src/') &&
      (to.startsWith('workflows/') || (to.startsWith('activities/') && !from.startsWith('src/app/'))),
  },
  {
    says: 'src/app and src/bin are imported by nobody but themselves',
    isBroken: ({ from, to }) => isProduct(from) && isComposition(to) && !isComposition(from),
  },
  {
    says: 'a feature reaches another one by its service: models and repositories are its own',
    isBroken: ({ from, to }) =>
      from.startsWith('src/') &&
      isStore(to) &&
      !isComposition(from) &&
      roomOf(from) !== roomOf(to) &&
      !(isAreaFile(from) && areaOf(from) === areaOf(to)),
  },
  {
    says: 'the files at the root of an area wire its nouns: no noun imports build, observers or measure',
    isBroken: ({ from, to }) =>
      /^src\/[a-z-]+\/(build|observers|measure)\.ts$/.test(to) &&
      !isComposition(from) &&
      !isAreaFile(from) &&
      from.startsWith('src/'),
  },
  {
    says: 'an activity writes by repositories, never by models',
    isBroken: ({ from, to }) => from.startsWith('activities/') && to.endsWith('/model.ts'),
  },
  {
    says: 'routes and views speak to the service, not to the repository',
    isBroken: ({ from, to }) =>
      /\/(routes|view|schemas)\.ts$/.test(from) && isStore(to) && !to.endsWith('/model.ts'),
  },
  {
    says: 'only src/http knows Koa',
    isBroken: ({ from, to, isPackage }) =>
      isProduct(from) && isPackage && /^(koa$|koa-|@koa\/)/.test(to) && !from.startsWith('src/http/'),
  },
  {
    says: 'Mongoose stays out of HTTP, but for its types',
    isBroken: ({ from, to, isTypeOnly }) =>
      from.startsWith('src/http/') && /^(mongoose|mongodb)$/.test(to) && !isTypeOnly,
  },
  {
    says: 'src/platform and src/whatsapp know no feature',
    isBroken: ({ from, to, isPackage }) =>
      /^src\/(platform|whatsapp)\//.test(from) && !isPackage && !/^src\/(platform|whatsapp)\//.test(to),
  },
];

const show = ({ from, to }: Import): string => `${from} imports ${to}`;

describe('architecture › imports', () => {
  it('the lines › were read: every file has been found, and known imports with them', () => {
    assert.ok(files.length > 100 && imports.length > 400, `${files.length} files, ${imports.length} imports`);
    const known = {
      from: 'src/app/worker.ts',
      to: 'activities/index.ts',
      isTypeOnly: false,
      isPackage: false,
    };
    assert.ok(imports.some((line) => JSON.stringify(line) === JSON.stringify(known)));
    assert.ok(imports.some(({ to, isTypeOnly }) => to === 'koa' && isTypeOnly));
  });

  for (const rule of rules) {
    it(`${rule.says} › is kept`, () => {
      const broken = imports.filter((line) => rule.isBroken(line)).map(show);
      assert.deepEqual(broken, [], `${rule.says}:\n  ${broken.join('\n  ')}`);
    });
  }

  const examples: readonly [string, string, string, boolean][] = [
    ['workflows/x.ts', 'zod', 'a workflow imports only', false],
    ['workflows/x.ts', 'activities/messages.ts', 'a workflow imports only', false],
    ['workflows/x.ts', 'src/sending/messages/store/repository.ts', 'a workflow imports only', false],
    ['src/sending/messages/lifecycle.ts', 'node:crypto', 'a pure file', false],
    ['src/people/leads/directory.ts', 'src/people/contacts/store/repository.ts', 'a feature reaches', true],
    [
      'src/people/leads/directory.ts',
      'src/sending/messages/store/usage-queries.ts',
      'a feature reaches',
      true,
    ],
    [
      'src/sending/messages/actions/routes.ts',
      'src/sending/messages/store/retry-queries.ts',
      'routes and views',
      false,
    ],
    ['src/people/leads/directory.ts', 'src/app/api.ts', 'src/app and src/bin', false],
    ['src/people/leads/routes.ts', 'koa', 'only src/http knows Koa', true],
    ['src/people/leads/directory.ts', 'workflows/index.ts', 'only src/app knows', false],
    ['src/people/leads/directory.ts', 'proofs/chaos/run.ts', 'the product imports nothing', false],
    ['scripts/start.ts', 'proofs/chaos/run.ts', 'scripts import nothing', true],
    ['src/sending/build.ts', 'src/people/contacts/store/repository.ts', 'a feature reaches', false],
    ['src/sending/messages/use-cases.ts', 'src/sending/build.ts', 'the files at the root', true],
    ['sandbox/x.ts', 'src/whatsapp/payload.ts', 'the sandbox shares', false],
  ];
  it('the rules themselves › notice what they are there for', () => {
    for (const [from, to, says, isTypeOnly] of examples) {
      const isPackage = !to.includes('.ts');
      const rule = rules.find((candidate) => candidate.says.startsWith(says));
      assert.ok(rule?.isBroken({ from, to, isTypeOnly, isPackage }), `${from} imports ${to}`);
    }
  });
});

interface Ban {
  readonly says: string;
  readonly pattern: RegExp;
  readonly isIn: (file: string) => boolean;
  readonly exceptIn: readonly string[];
}

const bans: readonly Ban[] = [
  {
    says: 'the environment is read in one place',
    pattern: /\bprocess\.env\b|\benv\b[^}]*\} = process\b|from 'node:process'/,
    isIn: (file) => isProduct(file) || file.startsWith('sandbox/'),
    exceptIn: ['src/platform/config.ts', 'sandbox/main.ts'],
  },
  {
    // Workflows may ask the time: the SDK answers them from the history.
    says: 'the time comes from the clock',
    pattern: /\bnew Date\(\)|\bDate\.now\(\)/,
    isIn: (file) => /^(src|activities)\//.test(file),
    exceptIn: ['src/platform/clock.ts'],
  },
  {
    says: 'chance comes from ids.ts',
    pattern: /\bMath\.random\(/,
    isIn: (file) => isProduct(file) || file.startsWith('sandbox/'),
    exceptIn: ['src/platform/ids.ts'],
  },
  {
    says: 'a workflow uses no time zones, locales and real timers: they change with the machine that replays it',
    pattern: /\bIntl\b|\btoLocale\w*\(|\bperformance\.now\b|\bsetImmediate\b/,
    isIn: (file) => /^(workflows\/.*|src\/.*\/(lifecycle|contract)\.ts$)/.test(file),
    exceptIn: [],
  },
];

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');

describe('architecture › hidden inputs', () => {
  for (const { says, pattern, isIn, exceptIn } of bans) {
    it(`${says} › ${exceptIn.join(', ') || 'everywhere'}`, () => {
      const broken = files
        .filter((file) => isIn(file) && !exceptIn.includes(file))
        .filter((file) => pattern.test(withoutComments(readFileSync(join(rootDir, file), 'utf8'))));
      assert.deepEqual(broken, [], `${says}: not in ${broken.join(', ')}`);
      // A place that needs the exception no longer must lose it.
      for (const file of exceptIn) {
        if (file.endsWith('ids.ts')) continue;
        assert.match(readFileSync(join(rootDir, file), 'utf8'), pattern, `${file} needs no exception`);
      }
    });
  }
});
