import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { checkEnvironment, checkPorts } from '../../scripts/doctor/checks.ts';
import { describeUnknown, unknownNamesOf, wrongValuesOf } from '../../scripts/stack/environment.ts';
import { readSettings } from '../../scripts/stack/settings.ts';
import { freePort } from '../../scripts/servers/ports.ts';

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
      const finding = checkEnvironment({ [name]: value }, new Set([name])).find(
        ({ subject }) => subject === name,
      );
      assert.deepEqual([finding?.state, finding?.detail], ['wrong', problems[0]?.message]);
    });
  }

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
      const [finding] = checkEnvironment({ [name]: '1' }, new Set());
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
