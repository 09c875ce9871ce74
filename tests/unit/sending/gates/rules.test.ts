import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeGates, type GateFacts, type GateVerdict } from '../../../../src/sending/gates/rules.ts';
import { endsTemplateWait } from '../../../../src/templates/rules.ts';

const now = new Date('2026-11-26T09:00:00.000Z');
const later = new Date(now.getTime() + 3_600_000);
const earlier = new Date(now.getTime() - 1);

const template = { name: 'offer', status: 'approved', category: 'marketing', reason: null };

/** A marketing template with all gates open. */
const openFacts: GateFacts = {
  message: { isTemplate: true, isReply: false, isAfterOptOut: false, sendAt: null },
  channel: { state: 'active', reason: null, restriction: null },
  template,
  contact: {
    ...{ hasOptedOut: false, hasAddressOptedOut: false, hasWrittenSince: false },
    ...{ hasStoppedMarketing: false, isBlocked: false },
  },
  recipient: 'number',
  windowExpiresAt: null,
  quiet: null,
};

/** An agent's reply in the open window. */
const reply: GateFacts = {
  ...openFacts,
  message: { isTemplate: false, isReply: true, isAfterOptOut: true, sendAt: null },
  template: null,
  windowExpiresAt: later,
};

const judge = (facts: GateFacts): GateVerdict => judgeGates(facts, now);
const contact = (fields: Partial<GateFacts['contact']>) => ({ ...openFacts.contact, ...fields });

function closedBy(facts: GateFacts, gate: string, status: string, problem: string): void {
  const verdict = judge(facts);
  assert.equal(verdict.kind, 'closed', JSON.stringify(verdict));
  assert.ok(verdict.kind === 'closed');
  assert.deepEqual(
    { gate: verdict.gate, status: verdict.status, problem: verdict.problem },
    { gate, status, problem },
  );
  assert.equal(verdict.failure.code, problem);
  assert.match(verdict.failure.advice, /\.$/);
}

function waitsFor(facts: GateFacts, waiting: object): void {
  assert.deepEqual(judge(facts), { kind: 'wait', waiting });
}

describe('gates', () => {
  it('no obstacle › open, for a template and for a reply', () => {
    assert.deepEqual(judge(openFacts), { kind: 'open' });
    assert.deepEqual(judge(reply), { kind: 'open' });
  });

  describe('contact', () => {
    it('on the block list › closed for everything', () => {
      for (const facts of [openFacts, reply]) {
        closedBy(
          { ...facts, contact: contact({ isBlocked: true }) },
          'block-list',
          'canceled',
          'contact-blocked',
        );
      }
    });

    it('opted out › closed for business-initiated messages, open for an agent’s reply to whoever wrote', () => {
      const optedOut = contact({ hasOptedOut: true, hasWrittenSince: true });
      closedBy({ ...openFacts, contact: optedOut }, 'consent', 'canceled', 'contact-opted-out');
      const byBot = { ...reply, message: { ...reply.message, isReply: false } };
      closedBy({ ...byBot, contact: optedOut }, 'consent', 'canceled', 'contact-opted-out');
      assert.deepEqual(judge({ ...reply, contact: optedOut }), { kind: 'open' });
      const elsewhere = contact({ hasOptedOut: true });
      closedBy({ ...reply, contact: elsewhere }, 'consent', 'canceled', 'contact-opted-out');
    });

    it('opted out after the agent wrote › closed for that reply, also if only the address opted out', () => {
      const earlierReply = { ...reply, message: { ...reply.message, isAfterOptOut: false } };
      for (const fields of [{ hasOptedOut: true }, { hasAddressOptedOut: true }])
        closedBy(
          { ...earlierReply, contact: contact({ ...fields, hasWrittenSince: true }) },
          'consent',
          'canceled',
          'contact-opted-out',
        );
      assert.deepEqual(judge(earlierReply), { kind: 'open' });
    });

    it('marketing stopped › closed for marketing by the provider’s category only', () => {
      const stopped = contact({ hasStoppedMarketing: true });
      closedBy({ ...openFacts, contact: stopped }, 'consent', 'canceled', 'contact-opted-out');
      const utility = { ...openFacts, template: { ...template, category: 'utility' } };
      assert.deepEqual(judge({ ...utility, contact: stopped }), { kind: 'open' });
      assert.deepEqual(judge({ ...reply, contact: stopped }), { kind: 'open' });
    });
  });

  it('schedule › waits until its time, and not a millisecond longer', () => {
    const at = (sendAt: Date): GateFacts => ({ ...openFacts, message: { ...openFacts.message, sendAt } });
    waitsFor(at(later), { gate: 'schedule', reason: `scheduled for ${later.toISOString()}`, until: later });
    assert.deepEqual(judge(at(now)), { kind: 'open' });
  });

  it('channel not active › waits, with the reason', () => {
    const reason = 'There is a payment problem, 131042';
    waitsFor(
      { ...openFacts, channel: { state: 'paused', reason, restriction: null } },
      { gate: 'channel', reason: `channel paused: ${reason}` },
    );
    waitsFor(
      { ...reply, channel: { state: 'disconnected', reason: null, restriction: null } },
      { gate: 'channel', reason: 'channel disconnected' },
    );
  });

  it('channel restricted to answers › templates wait, with the end', () => {
    const to = (facts: GateFacts, until: Date | null): GateFacts => ({
      ...facts,
      channel: { ...facts.channel, restriction: { code: 'BIZ', until } },
    });
    const reason = 'channel restricted to answers';
    waitsFor(to(openFacts, null), { gate: 'channel', reason: `${reason}: BIZ` });
    waitsFor(to(openFacts, later), {
      ...{ gate: 'channel', reason: `${reason} until ${later.toISOString()}: BIZ`, until: later },
    });
    assert.deepEqual(judge(to(openFacts, now)), { kind: 'open' });
    assert.deepEqual(judge(to(reply, null)), { kind: 'open' });
  });

  describe('template', () => {
    const inState = (status: string, reason: string | null = null): GateFacts => ({
      ...openFacts,
      template: { ...template, status, reason },
    });

    for (const status of ['paused', 'pending', 'in-appeal', 'draft']) {
      it(`${status} › waits, because the provider may approve it again`, () => {
        const words = status.replace('-', ' ');
        waitsFor(inState(status), { gate: 'template', reason: `template offer ${words}` });
      });
    }

    it('the provider’s reason › shown', () => {
      waitsFor(inState('paused', 'low quality'), {
        gate: 'template',
        reason: 'template offer paused: low quality',
      });
    });

    for (const status of ['disabled', 'rejected', 'missing', 'deleted']) {
      it(`${status} › closed`, () => {
        closedBy(inState(status), 'template', 'failed', 'template-not-approved');
      });
    }

    it('closed, with a reason of the provider › the failure has it', () => {
      const verdict = judge(inState('disabled', 'The provider refuses it as disabled (132016).'));
      assert.ok(verdict.kind === 'closed');
      const { title, detail } = verdict.failure;
      assert.equal(title, 'The template offer is disabled');
      assert.match(detail, /^The provider refuses it as disabled \(132016\)\. Found right before the call/);
    });

    it('any change of state › waiting messages are signalled exactly when they would no longer wait', () => {
      const states = [
        'approved',
        'paused',
        'pending',
        'in-appeal',
        'draft',
        'disabled',
        'rejected',
        'deleted',
      ];
      const waits = (status: string): boolean => judge(inState(status)).kind === 'wait';
      fc.assert(
        fc.property(fc.constantFrom(...states), fc.constantFrom(...states), (before, after) => {
          const ends = endsTemplateWait(before, after);
          if (waits(before)) assert.equal(ends, !waits(after));
          else assert.equal(ends, after === 'approved' && before !== after);
        }),
      );
    });
  });

  it('customer service window › closed for free form once it is over, open for a template', () => {
    for (const windowExpiresAt of [null, earlier, now]) {
      closedBy({ ...reply, windowExpiresAt }, 'window', 'failed', 'window-closed');
      assert.deepEqual(judge({ ...openFacts, windowExpiresAt }), { kind: 'open' });
    }
  });

  describe('quiet hours', () => {
    const quiet = { until: later, untilText: '09:00 (Europe/Berlin)', appliesTo: 'all' } as const;
    const withCategory = (category: string): GateFacts => ({
      ...openFacts,
      template: { ...template, category },
    });

    it('hold business-initiated messages › until their end', () => {
      const reason = 'quiet hours until 09:00 (Europe/Berlin)';
      for (const facts of [openFacts, withCategory('utility')]) {
        waitsFor({ ...facts, quiet }, { gate: 'quiet-hours', reason, until: later });
      }
      const byBot = { ...reply, message: { ...reply.message, isReply: false } };
      waitsFor({ ...byBot, quiet }, { gate: 'quiet-hours', reason, until: later });
    });

    it('answers of an agent and codes › are sent at any hour', () => {
      for (const facts of [reply, withCategory('authentication')]) {
        assert.deepEqual(judge({ ...facts, quiet }), { kind: 'open' });
      }
    });

    it('for marketing only › let everything else pass', () => {
      const onlyMarketing = { ...quiet, appliesTo: 'marketing' } as const;
      assert.equal(judge({ ...openFacts, quiet: onlyMarketing }).kind, 'wait');
      assert.deepEqual(judge({ ...withCategory('utility'), quiet: onlyMarketing }), { kind: 'open' });
    });
  });

  describe('recipient', () => {
    it('the contact has no address any more › failed with the way out, after every gate that may open', () => {
      for (const facts of [openFacts, reply]) {
        closedBy({ ...facts, recipient: null }, 'recipient', 'failed', 'contact-unreachable');
      }
      const paused = { ...openFacts.channel, state: 'paused' } as const;
      assert.equal(judge({ ...openFacts, recipient: null, channel: paused }).kind, 'wait');
    });

    it('only a user id is known › a sign-in code fails, everything else is sent', () => {
      const code = { ...openFacts, template: { ...template, category: 'authentication' } };
      closedBy({ ...code, recipient: 'user-id' }, 'recipient', 'failed', 'contact-unreachable');
      assert.deepEqual(judge(code), { kind: 'open' });
      assert.deepEqual(judge({ ...openFacts, recipient: 'user-id' }), { kind: 'open' });
    });

    it('the address opted out › closed for all but an agent’s reply to a message that came from there since', () => {
      const optedOut = contact({ hasAddressOptedOut: true });
      closedBy({ ...openFacts, contact: optedOut }, 'consent', 'canceled', 'contact-opted-out');
      closedBy({ ...reply, contact: optedOut }, 'consent', 'canceled', 'contact-opted-out');
      const answered = contact({ hasAddressOptedOut: true, hasWrittenSince: true });
      assert.deepEqual(judge({ ...reply, contact: answered }), { kind: 'open' });
      closedBy({ ...openFacts, contact: answered }, 'consent', 'canceled', 'contact-opted-out');
    });
  });

  describe('any facts', () => {
    const facts: fc.Arbitrary<GateFacts> = fc.record({
      message: fc.record({
        isTemplate: fc.boolean(),
        isReply: fc.boolean(),
        isAfterOptOut: fc.boolean(),
        sendAt: fc.constantFrom(null, earlier, later),
      }),
      channel: fc.record({
        state: fc.constantFrom('active', 'paused', 'disconnected'),
        reason: fc.constantFrom(null, 'why'),
        restriction: fc.option(
          fc.record({ code: fc.constant('BIZ'), until: fc.constantFrom(null, earlier, now, later) }),
        ),
      }),
      template: fc.option(
        fc.record({
          name: fc.constant('offer'),
          status: fc.constantFrom('approved', 'paused', 'rejected', 'missing'),
          category: fc.constantFrom('marketing', 'utility', 'authentication'),
          reason: fc.constant(null),
        }),
      ),
      contact: fc.record({
        hasOptedOut: fc.boolean(),
        hasAddressOptedOut: fc.boolean(),
        hasWrittenSince: fc.boolean(),
        hasStoppedMarketing: fc.boolean(),
        isBlocked: fc.boolean(),
      }),
      recipient: fc.constantFrom(null, 'number', 'user-id'),
      windowExpiresAt: fc.constantFrom(null, earlier, later),
      quiet: fc.constantFrom<GateFacts['quiet']>(null, {
        ...{ until: later, untilText: '09:00 (UTC)', appliesTo: 'all' },
      }),
    });

    it('a restriction to answers › holds templates until its end, and affects nothing else', () => {
      fc.assert(
        fc.property(facts, (given) => {
          const free = { ...given, channel: { ...given.channel, restriction: null } };
          const [verdict, without] = [judge(given), judge(free)];
          const { restriction } = given.channel;
          const isInForce = restriction !== null && (restriction.until === null || restriction.until > now);
          if (!isInForce || !given.message.isTemplate) return assert.deepEqual(verdict, without);
          assert.notEqual(verdict.kind, 'open');
          // An earlier gate, or the channel's state, may have a more specific result.
          if (without.kind !== 'open') return;
          assert.ok(verdict.kind === 'wait' && verdict.waiting.gate === 'channel');
          assert.equal(verdict.waiting.until, restriction.until ?? undefined);
        }),
      );
    });

    it('an opted-out or blocked contact › gets nothing but an agent’s replies', () => {
      fc.assert(
        fc.property(facts, (given) => {
          const verdict = judge(given);
          const { hasOptedOut, hasAddressOptedOut, isBlocked, hasStoppedMarketing } = given.contact;
          const isAnswer =
            given.message.isReply && given.message.isAfterOptOut && given.contact.hasWrittenSince;
          if (isBlocked || ((hasOptedOut || hasAddressOptedOut) && !isAnswer))
            assert.equal(verdict.kind, 'closed');
          if (hasStoppedMarketing && given.template?.category === 'marketing')
            assert.equal(verdict.kind, 'closed');
          if (verdict.kind === 'open') assert.equal(given.channel.state, 'active');
          if (verdict.kind === 'wait' && verdict.waiting.until !== undefined) {
            assert.ok(verdict.waiting.until > now, 'a wait that is over is none');
          }
        }),
      );
    });
  });
});
