import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Types } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { buildRecords } from '../../src/app/events.ts';
import { buildClients, buildOperatorAccesses, buildUsers } from '../../src/identity/build.ts';
import { setOperator } from '../../src/identity/users/operators.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { useApi } from '../support/api.ts';
import { call } from '../support/http.ts';

const folder = join(rootDir, 'docs/runbooks');

/** What only the client's own admins may ask; the pages say so beside it. */
const ofTheClient = new Set(['GET /api/operator-accesses']);

interface Command {
  readonly page: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

/** All that the pages tell to ask of the API: `curl` in blocks, and methods with their bodies in sentences. */
function readCommands(): Command[] {
  return readdirSync(folder).flatMap((page) => {
    const text = readFileSync(join(folder, page), 'utf8');
    const typed = [...text.matchAll(/https:\/\/<api>(\/api\/[^\s"`]*)/g)].map(([, path = '']) => ({
      ...{ page, method: 'GET', path, body: null },
    }));
    const told = [
      ...text.matchAll(/`(GET|POST|PATCH|PUT|DELETE) (\/api\/[^`]*)`(?:\s+(?:with|and)\s+`(\{[^`]*\})`)?/g),
    ].map(([, method = '', path = '', body]) => ({ page, method, path, body: body ?? null }));
    return [...typed, ...told].filter(({ method, path }) => !ofTheClient.has(`${method} ${path}`));
  });
}

/** The placeholders of the pages, filled. */
const fill = (text: string, id: string): string =>
  text
    .replaceAll('<id>', id)
    .replaceAll('<code>', '131026')
    .replaceAll('<name>', 'order_update')
    .replace('"since":"…"', '"since":"2026-11-01T00:00:00.000Z"')
    .replace('"since": "…"', '"since": "2026-11-01T00:00:00.000Z"')
    .replace('"until": "…"', '"until": "2026-11-02T00:00:00.000Z"')
    .replace('"accessToken": "…"', '"accessToken": "EAA-a-new-token"');

describe('runbooks', function () {
  this.timeout(60_000);
  const api = useApi('runbook-commands');
  let token: string;
  let ids: Readonly<Record<string, string>>;

  before(async () => {
    const [staff, business] = [await api().signUp(), await api().signUp()];
    const mongo = api().connection;
    const { audit } = buildRecords({ mongo, clock: systemClock });
    const { directory: users } = buildUsers({ mongo, audit });
    const { directory: clients } = buildClients({ mongo, audit });
    await setOperator({ users }, { verb: 'grant', email: staff.email });
    const accesses = buildOperatorAccesses({ mongo, audit, users, clients, clock: systemClock });
    const clientId = Types.ObjectId.createFromHexString(business.clientId);
    const access = { clientId, email: staff.email, reason: 'alert ChannelPaused, ticket 4711', minutes: 15 };
    ({ token } = await accesses.open(access));
    ids = { channels: business.channelId, clients: business.clientId };
  });

  it('the pages › name commands with and without a body', () => {
    const commands = readCommands();
    assert.ok(commands.length >= 25, `${commands.length} commands were found`);
    assert.ok(commands.filter(({ body }) => body !== null).length >= 6);
  });

  for (const { page, method, path, body } of readCommands())
    it(`${page} › ${method} ${path}${body === null ? '' : ` with ${body}`} › the API knows it, and an operator may`, async () => {
      const [, , noun = ''] = path.split('/');
      const id = ids[noun] ?? String(new Types.ObjectId());
      const answer = await call(`${api().url}${fill(path, id)}`, {
        method,
        token,
        ...(body === null ? {} : { json: JSON.parse(fill(body, id)) as object }),
      });
      const shown = `${answer.status} ${answer.text.slice(0, 300)}`;
      assert.ok(![401, 403, 405, 415, 500].includes(answer.status), shown);
      // No provider runs here.
      if (answer.status > 500) assert.match(path, /\/verify$|\/sync$/, shown);
      if (answer.status === 400) assert.ok(body === null && method !== 'GET', shown);
      // The messages and templates of the sentences do not exist here; the routes do.
      if (answer.status === 404)
        assert.match(String(answer.body['detail']), /message|template|contact/i, shown);
    });
});
