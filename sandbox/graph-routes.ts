/** Routes of the Graph API. */
import type { IncomingMessage } from 'node:http';
import { checkAccess } from './access.ts';
import { listNumbers, type NumberBook } from './account-numbers.ts';
import { describeAccount, isAccount } from './accounts.ts';
import type { BehaviourStore } from './behaviour-store.ts';
import type { BusinessEndpoint } from './business.ts';
import { checkToken } from './decide.ts';
import type { SendEdge } from './validation.ts';
import type { HttpAnswer, MessagesCall } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { parseFields, parseJson, readBody, readBytes } from './http.ts';
import { isRecord, scalarText, withoutNulls } from './json.ts';
import type { Management } from './management.ts';
import { DOWNLOAD_PATH, readMediaForm, type MediaStore } from './media.ts';
import { describeNumber } from './numbers.ts';
import { wabaIdOf } from './payloads.ts';
import type { TemplateEndpoint } from './templates/endpoint.ts';
import type { TemplateStore } from './templates/store.ts';
import type { Template } from './templates/template.ts';

export interface GraphDeps {
  readonly store: BehaviourStore;
  readonly messages: (call: MessagesCall) => Promise<HttpAnswer | null>;
  readonly templates: TemplateStore;
  readonly templateEndpoint: TemplateEndpoint;
  readonly management: Management;
  readonly media: MediaStore;
  readonly business: BusinessEndpoint;
  readonly book: NumberBook;
}

const BODY_LIMIT_BYTES = 1 << 20;
const UPLOAD_LIMIT_BYTES = 101 << 20;
/** The version may be missing: Meta then takes the oldest that the app may use. */
const PATH = /^(?:\/v\d+\.\d+)?\/([\w.-]{1,64})(?:\/(\w*)(?:\/([\w-]{0,64}))?)?$/;
/** Edges whose objects have a path of their own below them. */
const EDGES_WITH_PARTS = new Set(['message_qrdls']);

interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly id: string;
  /** An object below the edge; empty without one. */
  readonly part: string;
}
type Handler = (deps: GraphDeps, call: Call) => HttpAnswer | null | Promise<HttpAnswer | null>;

const authorizationOf = (request: IncomingMessage): string => request.headers.authorization ?? '';
const contentTypeOf = (request: IncomingMessage): string => request.headers['content-type'] ?? '';

/** The content of a message may be a JSON text, as Meta takes any parameter. */
function withContent(body: unknown): unknown {
  if (!isRecord(body)) return body;
  const name = scalarText(body['type']);
  const content = body[name];
  return typeof content === 'string' && /^[[{]/.test(content)
    ? { ...body, [name]: parseJson(content) ?? content }
    : body;
}

const sendTo =
  (edge: SendEdge): Handler =>
  async ({ messages }, { request, id }) => {
    const { text, isTooLarge } = await readBody(request, BODY_LIMIT_BYTES);
    const body = withContent(parseFields(text, contentTypeOf(request)));
    return messages({
      edge,
      at: Date.now(),
      authorization: authorizationOf(request),
      contentType: contentTypeOf(request),
      phoneNumberId: id,
      isTooLarge,
      body: withoutNulls(body),
      received: body === undefined ? text : body,
    });
  };

/** Passes the parsed body to `act`. */
const withBody =
  (act: (deps: GraphDeps, call: Call, body: unknown) => HttpAnswer): Handler =>
  async (deps, call) => {
    const { text, isTooLarge } = await readBody(call.request, BODY_LIMIT_BYTES);
    if (isTooLarge) return refuse(100, { status: 413, details: 'The request body is larger than 1 MB.' });
    return act(deps, call, parseFields(text, contentTypeOf(call.request)));
  };

const missingObject = (id: string): HttpAnswer =>
  refuse(100, { subcode: 33, details: `No object with the id ${id} supports this operation.` });

const withTemplate =
  (act: (deps: GraphDeps, template: Template, call: Call) => HttpAnswer) =>
  (deps: GraphDeps, call: Call): HttpAnswer => {
    const template = deps.templates.byId(call.id);
    if (template !== null) return deps.management.answer(template.wabaId, () => act(deps, template, call));
    return missingObject(call.id);
  };

/** Meta takes most parameters of these edges in the query as well as in the body. */
const askBusiness = (edge: string): Handler =>
  withBody(({ business }, { request, url, id, part }, body) => {
    const given = {
      ...Object.fromEntries(url.searchParams),
      ...(isRecord(body) ? body : {}),
      ...(part === '' ? {} : { code: part }),
    };
    const method = request.method ?? 'GET';
    const details = `Unsupported ${method.toLowerCase()} request to ${url.pathname}.`;
    return business.answer({ method, id, edge, given }) ?? refuse(100, { details });
  });

async function upload({ media }: GraphDeps, { request, url }: Call): Promise<HttpAnswer> {
  const { bytes, isTooLarge } = await readBytes(request, UPLOAD_LIMIT_BYTES);
  if (isTooLarge)
    return refuse(131053, { status: 413, details: 'The sandbox takes files of at most 100 MB.' });
  const form = await readMediaForm(contentTypeOf(request), bytes);
  return form === null
    ? refuse(100, { details: 'The request body must be multipart/form-data.' })
    : media.upload({ ...form, product: form.product ?? url.searchParams.get('messaging_product') });
}

/** An id may belong to media, a template, an account or otherwise a phone number. */
const showObject: Handler = (deps, call) => {
  const { request, url, id } = call;
  const fields = url.searchParams.get('fields');
  if (deps.media.knows(id)) return deps.media.show(id, url.origin);
  if (deps.templates.knows(id)) {
    return withTemplate((_, template) => deps.templateEndpoint.show(template, fields))(deps, call);
  }
  const behaviour = deps.store.current();
  if (isAccount(id, fields, behaviour))
    return deps.management.answer(id, () => describeAccount(id, fields, behaviour));
  // Every id with a digit is a number's: callers need not set one up.
  if (!/\d/.test(id)) return missingObject(id);
  const query = { authorization: authorizationOf(request), phoneNumberId: id, fields };
  const { numbers } = behaviour;
  deps.book.note(query.authorization, id);
  return deps.management.answer(wabaIdOf(id, numbers), () => describeNumber(deps.store, query));
};

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['POST messages', sendTo('messages')],
  ['POST marketing_messages', sendTo('marketing_messages')],
  ['POST media', upload],
  [
    'GET message_templates',
    ({ management, templateEndpoint }, { url, id }) =>
      management.answer(id, () =>
        templateEndpoint.list(id, url.searchParams, `${url.origin}${url.pathname}`),
      ),
  ],
  [
    'GET phone_numbers',
    ({ management, store, book }, { request, url, id }) => {
      const query = { authorization: authorizationOf(request), wabaId: id, params: url.searchParams };
      const address = `${url.origin}${url.pathname}`;
      return management.answer(id, () => listNumbers(book, store.current(), { ...query, address }));
    },
  ],
  [
    'POST message_templates',
    withBody(({ management, templateEndpoint }, { id }, body) =>
      management.answer(id, () => templateEndpoint.create(id, body)),
    ),
  ],
  [
    'DELETE message_templates',
    ({ management, templateEndpoint }, { url, id }) =>
      management.answer(id, () => templateEndpoint.remove(id, url.searchParams)),
  ],
  ['POST unpause', withTemplate(({ templateEndpoint }, template) => templateEndpoint.unpause(template))],
  ['GET ', showObject],
  [
    'POST ',
    withBody((deps, call, body) => {
      const isOfNumber = isRecord(body) && body['webhook_configuration'] !== undefined;
      const answer = isOfNumber
        ? deps.business.answer({ method: 'POST', id: call.id, edge: '', given: body })
        : null;
      if (answer !== null) return answer;
      return withTemplate(({ templateEndpoint }, template) => templateEndpoint.edit(template, body))(
        deps,
        call,
      );
    }),
  ],
  ['DELETE ', ({ media }, { id }) => media.remove(id)],
]);

const EDGES = new Set([...HANDLERS.keys()].map((key) => key.split(' ')[1]));

export function createGraphRoutes(deps: GraphDeps) {
  return async function answerGraph(request: IncomingMessage, url: URL): Promise<HttpAnswer | null> {
    const method = request.method ?? 'GET';
    const [, id = '', edge = '', part = ''] = PATH.exec(url.pathname) ?? [];
    const isDownload = url.pathname === DOWNLOAD_PATH && method === 'GET';
    const isReachable = id !== '' && (part === '' || EDGES_WITH_PARTS.has(edge));
    const own = isReachable ? HANDLERS.get(`${method} ${edge}`) : undefined;
    const isOfBusiness = isReachable && edge !== '' && deps.business.knows(edge);
    const handler = own ?? (isOfBusiness ? askBusiness(edge) : undefined);
    if (handler === undefined && !isDownload) {
      const isKnownPath = isReachable && EDGES.has(edge);
      const details = `Unsupported ${method.toLowerCase()} request to ${url.pathname}.`;
      return refuse(100, { status: isKnownPath ? 400 : 404, details });
    }
    // The messages endpoint checks the token itself, so that the ledger includes calls without one.
    const isSend = edge === 'messages' || edge === 'marketing_messages';
    const authorization = authorizationOf(request);
    const behaviour = deps.store.current();
    const refusal = isSend
      ? null
      : (checkToken(authorization, behaviour.expiredTokens) ?? checkAccess(authorization, id, behaviour));
    if (refusal !== null) return refusal;
    return handler === undefined
      ? deps.media.download(url.searchParams, (id) => behaviour.mediaFaults[id] ?? behaviour.mediaFaults['*'])
      : handler(deps, { request, url, id, part });
  };
}
