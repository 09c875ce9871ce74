import assert from 'node:assert/strict';
import type { GraphClient, GraphRequest, HttpAnswer } from '../../../src/whatsapp/graph.ts';
import { callReadMark } from '../../../src/whatsapp/read-marks.ts';

const sender = { phoneNumberId: '42/1', accessToken: 'token' };
const limits = { beginByMs: 1_000, timeoutMs: 8_000 };

describe('the call for a read mark', () => {
  async function ask(answer: Partial<HttpAnswer> | Error, isTyping = false) {
    const sent: GraphRequest[] = [];
    const graph: GraphClient = {
      async request(request) {
        sent.push(request);
        if (answer instanceof Error) throw answer;
        return { status: 200, text: '{"success":true}', retryAfter: undefined, ...answer };
      },
      close: async () => undefined,
    };
    const end = await callReadMark(graph, sender, { providerMessageId: 'wamid.1', isTyping }, limits);
    return { end, sent };
  }
  const graphError = (code: number) => JSON.stringify({ error: { code, message: 'no' } });

  it('the body › Meta’s, with the typing indicator only if somebody types; with its limits', async () => {
    const { end, sent } = await ask({});
    const mark = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.1' };
    assert.deepEqual(end, { kind: 'marked' });
    assert.deepEqual(sent, [
      { method: 'POST', path: '/42%2F1/messages', accessToken: 'token', body: mark, ...limits },
    ]);
    const typing = await ask({}, true);
    assert.deepEqual(typing.sent[0]?.body, { ...mark, typing_indicator: { type: 'text' } });
  });

  for (const [name, answer, expected] of [
    ['Meta refuses', { status: 400, text: graphError(131009) }, ['refused', 131009, undefined]],
    ['too fast', { status: 429, text: graphError(130429), retryAfter: '7' }, ['refused', 130429, 7_000]],
    ['a proxy refuses', { status: 403, text: 'no' }, ['refused', 403, undefined]],
    ['a proxy fails', { status: 502, text: '<html>' }, ['away', undefined, undefined]],
    ['no connection', new Error('reset'), ['away', undefined, undefined]],
  ] as const) {
    it(`${name} › ${expected[0]}`, async () => {
      const { end } = await ask(answer);
      const refusal = end.kind === 'refused' ? end : undefined;
      assert.deepEqual([end.kind, refusal?.error.code, refusal?.retryAfterMs], expected);
    });
  }
});
