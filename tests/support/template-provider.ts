import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A provider with template management only, written independently so that the sandbox is not tested against itself.
 */
export interface TemplateProvider {
  readonly url: string;
  readonly calls: readonly ProviderTemplateCall[];
  /** The templates of the account; tests may change them. */
  readonly templates: Map<string, StoredTemplate>;
  /** Answers the next call with this instead; null cuts the connection. */
  answerNext(
    answer: { readonly status: number; readonly body: unknown; readonly headers?: object } | null,
  ): void;
  /** The status that new and edited templates get. */
  review(status: string): void;
  put(template: Partial<StoredTemplate> & { readonly name: string }): StoredTemplate;
  stop(): Promise<void>;
}

export interface ProviderTemplateCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string;
  readonly body: Record<string, unknown>;
}

export interface StoredTemplate {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly status: string;
  readonly category: string;
  readonly components: readonly object[];
  readonly [field: string]: unknown;
}

/** Smaller than Meta's, so that lists have many pages. */
const maxOnPage = 50;

type Answer = readonly [status: number, body: unknown];

export async function startTemplateProvider(): Promise<TemplateProvider> {
  const calls: ProviderTemplateCall[] = [];
  const templates = new Map<string, StoredTemplate>();
  const scripted: ({ status: number; body: unknown; headers?: object } | null)[] = [];
  let reviewed = 'PENDING';
  let lastId = 900_000_000_000_000;

  const put: TemplateProvider['put'] = (given) => {
    const id = given.id ?? String((lastId += 1));
    const template = {
      ...{ id, language: 'en_US', status: 'APPROVED', category: 'UTILITY' },
      ...{ components: [{ type: 'BODY', text: 'Hello there.' }] },
      ...given,
    };
    templates.set(id, template);
    return template;
  };

  /** The templates of an account; one that a test added by hand belongs to every account. */
  const ofAccount = (path: string) => [...templates.values()].filter(({ wabaId = path }) => wabaId === path);

  function list(path: string, query: URLSearchParams): Answer {
    const name = query.get('name');
    const all = ofAccount(path).filter((template) => name === null || template.name === name);
    const from = Number(query.get('after') ?? 0);
    const limit = Math.min(Number(query.get('limit') ?? 25), maxOnPage);
    const after = String(from + limit);
    const next = from + limit < all.length ? { next: `http://provider/?after=${after}` } : {};
    const data = all.slice(from, from + limit);
    return [
      200,
      { data, ...(data.length === 0 ? {} : { paging: { cursors: { before: 'x', after }, ...next } }) },
    ];
  }

  function create(path: string, body: Record<string, unknown>): Answer {
    const isKnown = ofAccount(path).some(
      ({ name, language }) => name === body['name'] && language === body['language'],
    );
    if (isKnown) return refusal(100, 2_388_024, 'There is already a template of this name: 004915112345678.');
    const created = put({ ...body, wabaId: path, status: reviewed } as unknown as StoredTemplate);
    return [200, { id: created.id, status: created.status, category: created.category }];
  }

  function unpause(id: string): Answer {
    const current = templates.get(id);
    if (current === undefined) return refusal(100, 33, 'There is no such object.');
    put({ ...current, status: 'APPROVED' });
    return [200, { success: true }];
  }

  function answerTo({ method, path, query, body }: ProviderTemplateCall): Answer {
    if (path.endsWith('/message_templates')) {
      if (method === 'GET') return list(path, query);
      if (method === 'POST') return create(path, body);
      const doomed = ofAccount(path).filter(
        ({ id, name }) => name === query.get('name') && (query.get('hsm_id') ?? id) === id,
      );
      for (const { id } of doomed) templates.delete(id);
      return doomed.length === 0 ? refusal(100, 33, 'There is no such template.') : [200, { success: true }];
    }
    if (path.endsWith('/unpause')) return unpause(path.split('/').at(-2) ?? '');
    const current = templates.get(path.split('/').at(-1) ?? '');
    if (current === undefined) return refusal(100, 33, 'There is no such object.');
    if (method === 'GET') return [200, current];
    const edited = put({ ...current, ...body, status: reviewed });
    return [200, { success: true, id: edited.id, category: edited.category }];
  }

  const server = createServer((request, response) => {
    void readCall(request).then((call) => {
      calls.push(call);
      const script = scripted.shift();
      if (script === null) return response.destroy();
      const [status, body] = script === undefined ? answerTo(call) : [script.status, script.body];
      return write(response, { status, body, headers: script?.headers ?? {} });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    templates,
    answerNext: (answer) => void scripted.push(answer),
    review: (status) => void (reviewed = status),
    put,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readCall(request: IncomingMessage): Promise<ProviderTemplateCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? '/', 'http://provider');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    token: (request.headers.authorization ?? '').replace('Bearer ', ''),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

function write(
  response: ServerResponse,
  { status, body, headers }: { status: number; body: unknown; headers: object },
): void {
  const usage = { 'x-business-use-case-usage': '{"1":[{"call_count":5}]}' };
  response.writeHead(status, { 'content-type': 'application/json', ...usage, ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An error in Meta's format; the text for people is in `error_user_msg`. */
export const refusal = (code: number, subcode: number, message: string): Answer => [
  400,
  {
    error: {
      ...{ message: 'Invalid parameter', type: 'OAuthException', code },
      ...(subcode === 0 ? {} : { error_subcode: subcode }),
      ...{ error_user_title: 'It cannot be saved', error_user_msg: message, fbtrace_id: 'x' },
    },
  },
];
