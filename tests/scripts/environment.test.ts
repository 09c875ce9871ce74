import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { checkEnvironment, checkPorts, conclude, type Finding } from '../../scripts/doctor/checks.ts';
import { type EnvFile, loadEnvFile, parseEnvText } from '../../scripts/env-file.mjs';
import { loadConfig } from '../../src/app/config.ts';
import { ConfigError } from '../../src/platform/config.ts';
import { testEnvironment } from '../support/config.ts';
import {
  describeUnknown,
  describeWarnings,
  judgeEnvironment,
  unknownNamesOf,
  wrongValuesOf,
} from '../../scripts/stack/environment.ts';
import { readSettings } from '../../scripts/stack/settings.ts';
import { freePort } from '../../scripts/servers/ports.ts';

const noFile: EnvFile = { values: {}, unreadableLines: [], shadowed: new Set() };
const inFile = (values: Record<string, string>): EnvFile => ({ ...noFile, values });

const namesOf = (env: Record<string, string>): string[] => wrongValuesOf(env).map(({ name }) => name);

describe('environment of npm start and doctor', () => {
  it('nothing set, blanks, ordinary variables of a shell › nothing to say', () => {
    const shell = {
      PATH: '/bin',
      HOME: '/home/jane',
      TERM: 'xterm',
      LANG: 'C',
      PORT: ' ',
      MAIL: '/var/mail/jane',
    };
    assert.deepEqual(wrongValuesOf(shell), []);
    assert.deepEqual(describeUnknown(unknownNamesOf(shell, new Set())), []);
  });

  for (const [name, value, rule] of [
    ['PORT', '6OOO', /whole number from 1 to 65535/],
    ['PORT', '0', /whole number from 1 to 65535/],
    ['PORT', '4000.5', /whole number/],
    ['TEMPORAL_UI_PORT', 'ui', /whole number from 1 to 65535/],
    ['METRICS_PORT', '65536', /whole number from 0 to 65535/],
    ['MONGOD_PORT', '-1', /whole number/],
    ['SANDBOX_PORT', '0x10', /whole number/],
    ['METRICS_PORT', '4000', /must differ from PORT: the API listens on both/],
    ['WORKER_METRICS_PORT', '4001', /must differ from WORKER_HEALTH_PORT: the worker listens on both/],
    ['TEMPORAL_METRICS_PORT', '4003', /must differ from WORKER_METRICS_PORT/],
    ['CORS_ORIGINS', 'localhost:3000', /origins such as https:\/\/crm\.example\.com/],
    ['CORS_ORIGINS', 'app.example.com', /origins such as https:\/\/crm\.example\.com/],
    ['SHUTDOWN_GRACE', '25 seconds', /a duration such as 25s/],
    ['LOG_LEVEL', 'verbose', /one of/],
    ['MONGODB_URI', 'localhost:27017/crm', /must begin with mongodb:\/\//],
    ['TEMPORAL_ADDRESS', 'http://127.0.0.1:7233', /HOST:PORT/],
    ['APP_URL', 'crm.example.com', /http or https address/],
    ['SMTP_URL', 'mail.example.com', /smtps:\/\//],
    ['CREDENTIALS_KEY', 'short', /32 bytes in base64/],
    ['SANDBOX_LIMITS', 'all', /none, meta/],
    ['COOKIE_SECURE', 'yes', /true or false/],
  ] as const) {
    it(`${name}=${value} › start and doctor both refuse it with the same words`, () => {
      const problems = wrongValuesOf({ [name]: value });
      assert.deepEqual(
        problems.map((problem) => problem.name),
        [name],
      );
      assert.match(problems[0]?.message ?? '', rule);
      const env = { [name]: value };
      const finding = checkEnvironment(judgeEnvironment(env, inFile(env))).find(
        ({ subject }) => subject === name,
      );
      assert.deepEqual([finding?.state, finding?.detail], ['wrong', problems[0]?.message]);
    });
  }

  for (const value of ['0', '65536'])
    it(`PORT=${value} › the product's own processes refuse it as start and doctor do`, () => {
      const start = wrongValuesOf({ PORT: value });
      const refusal = (env: Record<string, string>) => {
        try {
          loadConfig({ ...testEnvironment(), ...env });
          return [];
        } catch (error) {
          assert.ok(error instanceof ConfigError);
          return error.problems;
        }
      };
      assert.deepEqual(refusal({ PORT: value }), start);
      assert.deepEqual(start, [{ name: 'PORT', message: 'must be a whole number from 1 to 65535' }]);
    });

  it('production without a variable › doctor names everything that a process refuses, and says to set it', () => {
    const env = { NODE_ENV: 'production' };
    assert.throws(
      () => loadConfig(env),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(wrongValuesOf(env), error.problems);
        return true;
      },
    );
    const findings = checkEnvironment(judgeEnvironment(env, noFile));
    const missing = [
      ...['JWT_ACCESS_TOKEN_SECRET', 'JWT_REFRESH_TOKEN_SECRET', 'CREDENTIALS_KEY', 'WEBHOOK_VERIFY_TOKEN'],
      ...['WHATSAPP_APP_SECRETS', 'PUBLIC_URL', 'MONGODB_URI', 'TEMPORAL_ADDRESS'],
    ];
    for (const name of missing) {
      const found = findings.find(({ subject }) => subject === name);
      assert.deepEqual(
        [found?.state, found?.detail, found?.fix],
        ['missing', 'is missing', 'set it in .env'],
      );
    }
    assert.equal(findings[0]?.detail, 'no variables in .env');
  });

  for (const [name, value] of [
    ['PORT', '80'],
    ['METRICS_PORT', '0'],
    ['CORS_ORIGINS', 'http://localhost:3000,https://app.example.com'],
    ['SHUTDOWN_GRACE', '25s'],
    ['MONGODB_URI', 'mongodb://a.example.com:27017,b.example.com:27017/crm?replicaSet=rs0'],
    ['TEMPORAL_ADDRESS', 'temporal.example.com'],
    ['TEMPORAL_ADDRESS', '[::1]:7233'],
  ] as const)
    it(`${name}=${value} › fine`, () => assert.deepEqual(namesOf({ [name]: value }), []));

  it('several wrong values › all are named at once, in place of the first', () =>
    assert.deepEqual(namesOf({ PORT: '6OOO', LOG_LEVEL: 'x', APP_URL: 'y' }).toSorted(), [
      'APP_URL',
      'LOG_LEVEL',
      'PORT',
    ]));

  for (const [name, meant] of [
    ['MONGODB_URL', 'MONGODB_URI'],
    ['MONGO_URI', 'MONGODB_URI'],
    ['PROT', 'PORT'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['SMTP_URI', 'SMTP_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
    ['WHATSAPP_APP_SECRTS', 'WHATSAPP_APP_SECRETS'],
    ['MAIL_CATCHER_PROT', 'MAIL_CATCHER_PORT'],
  ] as const) {
    it(`${name} in the shell or in .env › a warning that asks for ${meant}`, () => {
      const line = `${name} is unknown and has no effect; did you mean ${meant}?`;
      assert.deepEqual(describeUnknown(unknownNamesOf({ [name]: '1' }, new Set())), [line]);
      assert.deepEqual(describeUnknown(unknownNamesOf({}, new Set([name]))), [line]);
      const [finding] = checkEnvironment(judgeEnvironment({ [name]: '1' }, noFile));
      assert.deepEqual([finding?.state, finding?.detail], ['wrong', line]);
    });
  }

  it('an unknown name that resembles none › a warning in .env, silence in the shell', () => {
    assert.deepEqual(describeUnknown(unknownNamesOf({ FOO_BAR: '1' }, new Set())), []);
    assert.deepEqual(describeUnknown(unknownNamesOf({}, new Set(['FOO_BAR']))), [
      'FOO_BAR in .env is unknown and has no effect',
    ]);
  });

  it('names that only the commands read › known', () => {
    const names = [
      'SANDBOX_LIMITS',
      'MONGOD_BINARY',
      'SERVERS_FROM',
      'MAIL_PAGE_PORT',
      'NODE_EXTRA_CA_CERTS',
    ];
    assert.deepEqual(describeUnknown(unknownNamesOf({}, new Set(names))), []);
  });
});

describe('.env of npm start, doctor and single processes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'env-file-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What a start and the doctor see of a file. */
  async function judge(text: string, shell: Record<string, string> = {}) {
    const path = join(folder, '.env');
    await writeFile(path, text);
    const merged: Record<string, string | undefined> = { ...shell };
    return judgeEnvironment(merged, loadEnvFile(path, merged));
  }

  for (const line of [
    'PORT=5005',
    '  PORT = 5005  ',
    'PORT\t=\t5005\t# with a comment',
    'PORT=5005 # with a comment',
    'PORT=5005#with a comment',
    'export PORT=5005',
    'export \t PORT = 5005',
    'PORT="5005"',
    "PORT='5005' # with a comment",
    'PORT=`5005`',
    '\uFEFFPORT=5005',
    '# PORT=1\r\nPORT=5005\r\n',
    'PORT=1\nPORT=5005',
  ]) {
    it(`${JSON.stringify(line)} › every command reads 5005, and the doctor counts one variable`, async () => {
      const judged = await judge(line);
      assert.equal(readSettings(judged.env).wantedPorts.PORT, 5_005);
      assert.deepEqual(describeWarnings(judged), []);
      const [finding] = checkEnvironment(judged);
      assert.deepEqual([finding?.state, finding?.detail], ['ok', '1 variable in .env, all known']);
    });
  }

  for (const [what, text, values, lines] of [
    ['a colon', 'PORT: 1\nHOST=x', { HOST: 'x' }, [1]],
    ['no value', 'HOST=x\nPORT\n', { HOST: 'x' }, [2]],
    ['an open quote', 'PORT="1\nHOST=x', { HOST: 'x' }, [1]],
    ['text behind a quote', 'PORT="1" 2\nHOST=x', { HOST: 'x' }, [1]],
    ['a value over two lines', 'KEY="a\nPORT=1"\n=\nHOST=x', { KEY: 'a\nPORT=1', HOST: 'x' }, [3]],
  ] as const) {
    it(`a line with ${what} › the others are read; both name the line, not its text`, async () => {
      const judged = await judge(text);
      assert.deepEqual(judged.file.values, values);
      const warnings = lines.map((line) => `line ${line} of .env is not NAME=value and has no effect`);
      assert.deepEqual(describeWarnings(judged).slice(0, lines.length), warnings);
      assert.deepEqual(
        checkEnvironment(judged).flatMap(({ detail }) => (detail.startsWith('line ') ? [detail] : [])),
        warnings,
      );
    });
  }

  it('a wrong value › the doctor says where to correct it', async () => {
    const fixOf = async (text: string, shell: Record<string, string> = {}) =>
      checkEnvironment(await judge(text, shell)).find(({ subject }) => subject === 'PORT')?.fix;
    assert.equal(await fixOf('export PORT = "6OOO" # mine'), 'correct it in .env');
    assert.equal(await fixOf('HOST=x', { PORT: '6OOO' }), 'correct it in the shell');
    assert.equal(
      await fixOf('PORT=4000', { PORT: '6OOO' }),
      'correct it in the shell, which comes before .env',
    );
  });

  it('a missing value › the doctor says to set it, and that an empty one of the shell comes first', async () => {
    const key = 'CREDENTIALS_KEY';
    const fixOf = async (text: string, shell: Record<string, string> = {}) =>
      checkEnvironment(await judge(text, { NODE_ENV: 'production', ...shell })).find(
        ({ subject }) => subject === key,
      )?.fix;
    assert.equal(await fixOf('HOST=x'), 'set it in .env');
    assert.equal(await fixOf(`${key}=`), 'set it in .env');
    const isEmpty = 'it is empty in the shell: unset it there, and set it in .env';
    assert.equal(await fixOf('HOST=x', { [key]: '' }), isEmpty);
    assert.equal(await fixOf(`${key}=abc`, { [key]: ' ' }), isEmpty);
  });

  it('several unknown names › each stands on a line of its own', async () => {
    const findings = checkEnvironment(await judge('PROT=1\nFOO_BAR=2\n'));
    assert.deepEqual(
      findings.map(({ state, detail }) => [state, detail]),
      [
        ['wrong', 'PROT is unknown and has no effect; did you mean PORT?'],
        ['wrong', 'FOO_BAR in .env is unknown and has no effect'],
      ],
    );
  });

  it('any assignment › its value is the one that Node reads', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[\w:/@.,+ #$-]{0,20}$/),
      fc.stringMatching(/^"[\w:/@.' #\\\n-]{0,20}"$/),
      fc.stringMatching(/^'[\w:/@." #\\\n-]{0,20}'$/),
    );
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), (entries) => {
        const text = entries.map(([key, raw]) => `${key}=${raw}\n`).join('');
        assert.deepEqual({ ...parseEnvText(text).values }, { ...parseEnv(text) });
      }),
    );
  });

  it('any text › is read without an error', () => {
    const part = fc.constantFrom(
      'A',
      '=',
      '"',
      "'",
      '`',
      '#',
      ' ',
      '\t',
      '\r',
      '\n',
      ':',
      'export ',
      '\uFEFF',
    );
    const text = fc.string({ unit: part, maxLength: 40 });
    fc.assert(fc.property(text, (any) => void parseEnvText(any)));
  });
});

describe('doctor: last lines', () => {
  const finding = (subject: string, state: Finding['state']): Finding => ({ subject, state, detail: '' });

  it('names each subject once by what is the matter, and explains "later" only where a line says it', () => {
    assert.deepEqual(conclude([finding('node', 'ok')]), ['Nothing is missing or wrong.']);
    assert.deepEqual(conclude([finding('node', 'ok'), finding('build', 'later')]), [
      'Nothing is missing or wrong; "later" means that npm start takes care of it.',
    ]);
    const bad = [finding('PORT', 'wrong'), finding('pip', 'missing'), finding('PORT', 'wrong')];
    assert.deepEqual(conclude(bad), ['Missing: pip', 'Wrong: PORT']);
  });
});

describe('doctor: ports', () => {
  it('another program on the wanted port while the stack runs on another › is not called ours', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const free = async () => String(await freePort(null, assert.fail));
    const settings = readSettings({
      PORT: String(port),
      SANDBOX_PORT: await free(),
      WORKER_HEALTH_PORT: await free(),
      METRICS_PORT: '0',
      WORKER_METRICS_PORT: '0',
      MONGODB_URI: 'mongodb://db.example.com/crm',
      TEMPORAL_ADDRESS: 'temporal.example.com:7233',
      SMTP_URL: 'smtp://mail.example.com',
    });
    const detailOf = async (own: Parameters<typeof checkPorts>[1]) => {
      const { state, detail } = await checkPorts(settings, own);
      return `${state}: ${detail}`;
    };
    const foreign = `not available: PORT ${port} (another program listens there`;
    assert.equal(await detailOf(null), `later: ${foreign}); npm start picks other ports and reports them`);
    assert.equal(await detailOf({ PORT: 4_100 }), `ok: ${foreign}; the running stack uses 4100)`);
    assert.equal(await detailOf({ PORT: port }), `ok: used by the running stack: PORT ${port}`);
    other.close();
    await once(other, 'close');
    assert.equal(await detailOf(null), 'ok: all free');
  });
});
