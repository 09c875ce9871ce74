import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { changeAfterUnpause, planSync } from '../../../src/templates/sync/rules.ts';
import type { TemplateDoc } from '../../../src/templates/store/model.ts';
import {
  categoryChange,
  categoryOf,
  changeAfterNews,
  changeAfterRefusal,
  changeAfterSubmit,
  qualityOf,
  reasonOf,
  statusOf,
  type TemplateNews,
} from '../../../src/templates/rules.ts';
import type { ProviderTemplate } from '../../../src/whatsapp/template-gateway.ts';

const at = new Date('2026-11-26T10:00:00Z');
const earlier = new Date(at.getTime() - 1);
const components = [{ type: 'BODY', text: 'Hello there.' }] as const;

const template = (changes: Partial<TemplateDoc> = {}): TemplateDoc => ({
  ...{ _id: new Types.ObjectId(), clientId: new Types.ObjectId(), channelId: new Types.ObjectId() },
  ...{ name: 'greeting', language: 'en_US', category: 'utility', components, status: 'approved' },
  ...{ createdAt: earlier, version: 1, ...changes },
});

const theirs = (changes: Partial<ProviderTemplate> = {}): ProviderTemplate => ({
  ...{ id: '77', name: 'greeting', language: 'en_US', status: 'APPROVED', category: 'UTILITY', components },
  ...changes,
});

describe('templates › provider’s values', () => {
  it('states, categories and ratings › mapped in any case; unknown ones are null', () => {
    assert.deepEqual(
      ['APPROVED', 'pending', 'IN_APPEAL', 'PENDING_DELETION', 'LIMIT_EXCEEDED', 'ARCHIVED'].map(statusOf),
      ['approved', 'pending', 'in-appeal', 'pending-deletion', 'limit-exceeded', 'archived'],
    );
    for (const word of ['FLAGGED', 'REINSTATED', 'LOCKED', 'UNARCHIVED', 'constructor', '']) {
      assert.equal(statusOf(word), null, word);
    }
    assert.deepEqual([categoryOf('Marketing'), categoryOf('SERVICE')], ['marketing', null]);
    assert.deepEqual([qualityOf('GREEN'), qualityOf('BLUE')], ['green', null]);
  });

  it('another category than asked for › the provider’s counts, the requested one is kept', () => {
    const asked = template({ category: 'utility' });
    assert.deepEqual(categoryChange(asked, 'MARKETING'), {
      ...{ category: 'marketing', submittedCategory: 'utility' },
    });
    const moved = template({ category: 'marketing', submittedCategory: 'utility' });
    assert.deepEqual(categoryChange(moved, 'AUTHENTICATION'), {
      ...{ category: 'authentication', submittedCategory: 'utility' },
    });
    assert.deepEqual(categoryChange(moved, 'UTILITY'), { category: 'utility', submittedCategory: null });
    for (const word of ['UTILITY', undefined]) assert.deepEqual(categoryChange(asked, word), {});
  });

  it('a category that this version does not know › shown, and the last known one counts until it is known', () => {
    const asked = template({ category: 'utility' });
    assert.deepEqual(categoryChange(asked, 'SERVICE'), { unknownCategory: 'SERVICE' });
    const strange = template({ category: 'utility', unknownCategory: 'SERVICE' });
    assert.deepEqual(categoryChange(strange, 'SERVICE'), {});
    assert.deepEqual(categoryChange(strange, 'UTILITY'), { unknownCategory: null });
    assert.deepEqual(categoryChange(strange, 'MARKETING'), {
      ...{ unknownCategory: null, category: 'marketing', submittedCategory: 'utility' },
    });
  });

  it('a list with unknown words › a new template is marketing and pending, a known one stays; both show them', () => {
    const words = { category: 'SERVICE', status: 'IN_REVIEW_2' };
    const unknown = { unknownCategory: 'SERVICE', unknownStatus: 'IN_REVIEW_2' };
    const options = { startedAt: at, isComplete: true };
    const [fresh] = planSync([], [theirs(words)], options).added;
    assert.deepEqual(
      { ...unknown, category: 'marketing', status: 'pending' },
      {
        ...{ unknownCategory: fresh?.unknownCategory, unknownStatus: fresh?.unknownStatus },
        ...{ category: fresh?.category, status: fresh?.status },
      },
    );
    const [found] = planSync([template()], [theirs(words)], options).found;
    const { unknownCategory, unknownStatus, status, category } = found?.changes ?? {};
    assert.deepEqual(
      { unknownCategory, unknownStatus, status, category },
      { ...unknown, status: 'approved', category: undefined },
    );
    const [again] = planSync([template(unknown)], [theirs(words)], options).found;
    assert.equal(again?.changes.unknownStatus, undefined, 'known already');
    const [known] = planSync([template(unknown)], [theirs()], options).found;
    assert.deepEqual([known?.changes.unknownCategory, known?.changes.unknownStatus], [null, null]);
    const submitted = changeAfterSubmit(template(), { id: '7', ...words }, at);
    assert.deepEqual([submitted.unknownCategory, submitted.unknownStatus], ['SERVICE', 'IN_REVIEW_2']);
    const news: TemplateNews = { what: 'status', word: 'APPROVED', reason: null };
    assert.equal(changeAfterNews(template(unknown), news, at).unknownStatus, null);
  });

  it('answer to a submission › id, state and category', () => {
    const change = changeAfterSubmit(template(), { id: '7', status: 'REJECTED', category: 'MARKETING' }, at);
    assert.deepEqual(change, {
      ...{ providerTemplateId: '7', status: 'rejected', submittedAt: at, submitProblem: null },
      ...{ rejectionReason: null, pauseReason: null },
      ...{ category: 'marketing', submittedCategory: 'utility' },
    });
    assert.equal(changeAfterSubmit(template(), { id: '7', status: 'NEW' }, at).status, 'pending');
  });

  it('agreed to unpause › the provider’s state counts from now on; still paused or unreadable › synchronised again', () => {
    const paused = template({ status: 'paused', pauseReason: 'PACING', needsSync: true });
    const approved = changeAfterUnpause(paused, theirs(), at);
    const { status, statusAt, pauseReason, needsSync } = approved;
    assert.deepEqual(
      { status, statusAt, pauseReason, needsSync },
      { status: 'approved', statusAt: at, pauseReason: null, needsSync: null },
    );
    assert.equal(changeAfterUnpause(paused, theirs({ status: 'DISABLED' }), at).status, 'disabled');
    const still = {
      ...{ pauseReason: 'The provider accepted the unpause, but still reports the template as paused.' },
      needsSync: true,
    };
    assert.deepEqual(changeAfterUnpause(paused, theirs({ status: 'PAUSED' }), at), still);
    assert.deepEqual(changeAfterUnpause(paused, null, at), still);
    // The webhook of the provider was faster.
    assert.deepEqual(changeAfterUnpause(template(), null, at), { statusAt: at });
  });

  it('a pause from before the unpause, reported late › does not pause it again', () => {
    const unpaused = template({ status: 'approved', statusAt: at });
    const late = changeAfterNews(unpaused, { what: 'status', word: 'PAUSED', reason: null }, earlier);
    assert.deepEqual(late, { needsSync: true });
  });

  it('refusal of a send › paused, disabled, doubtful, or nothing about the template', () => {
    const after = (from: TemplateDoc['status'], code: number) => changeAfterRefusal(from, code, at);
    for (const [from, code, becomes] of [
      ['approved', 132_015, 'paused'],
      ['paused', 132_016, 'disabled'],
    ] as const) {
      const change = after(from, code);
      assert.deepEqual([change?.status, change?.statusAt], [becomes, at]);
      assert.equal(after(becomes, code)?.statusAt, undefined, 'said again, nothing is new');
    }
    assert.deepEqual(after('disabled', 132_015), { needsSync: true }, 'a late word of a pause');
    for (const code of [132_000, 132_001, 132_007, 132_008, 132_012, 132_018, 132_068, 134_102]) {
      assert.deepEqual(after('approved', code), { needsSync: true });
    }
    for (const code of [131_026, 132_005, 0]) assert.equal(after('approved', code), null);
  });

  it('reason › the first one that is given', () => {
    assert.equal(reasonOf(template()), null);
    assert.equal(reasonOf(template({ submitProblem: 'c' })), 'c');
    assert.equal(reasonOf(template({ submitProblem: 'c', rejectionReason: 'b' })), 'b');
    assert.equal(reasonOf(template({ rejectionReason: 'b', pauseReason: 'a' })), 'a');
  });
});

describe('templates › events', () => {
  const status = (word: string, reason: string | null = null): TemplateNews => ({
    what: 'status',
    word,
    reason,
  });

  it('states › with the reasons that belong to them', () => {
    const none = { rejectionReason: null, pauseReason: null };
    for (const [word, expected] of [
      ['APPROVED', { status: 'approved', ...none }],
      ['REJECTED', { status: 'rejected', ...none, rejectionReason: 'why' }],
      ['PAUSED', { status: 'paused', ...none, pauseReason: 'why' }],
      ['DISABLED', { status: 'disabled', ...none, pauseReason: 'why' }],
    ] as const) {
      assert.deepEqual(changeAfterNews(template(), status(word, 'why'), at), { ...expected, statusAt: at });
      assert.deepEqual(changeAfterNews(template(), status(word, 'why'), null), expected);
    }
  });

  it('values that are no state, and older events › only a new synchronisation', () => {
    for (const word of ['FLAGGED', 'REINSTATED', 'LOCKED', 'UNARCHIVED', 'WHATEVER']) {
      assert.deepEqual(changeAfterNews(template(), status(word), at), { needsSync: true });
    }
    const later = template({ statusAt: at, status: 'paused' });
    assert.deepEqual(changeAfterNews(later, status('APPROVED'), earlier), { needsSync: true });
    assert.equal(changeAfterNews(later, status('APPROVED'), at).status, 'approved');
    assert.equal(changeAfterNews(later, status('APPROVED'), null).status, 'approved');
  });

  it('rating, category, content › applied as reported', () => {
    assert.deepEqual(changeAfterNews(template(), { what: 'quality', word: 'RED' }, at), {
      qualityScore: 'red',
    });
    assert.deepEqual(changeAfterNews(template(), { what: 'quality', word: 'x' }, at), {});
    assert.deepEqual(changeAfterNews(template(), { what: 'category', word: 'MARKETING' }, at), {
      ...{ category: 'marketing', submittedCategory: 'utility' },
    });
    assert.deepEqual(changeAfterNews(template(), { what: 'content' }, at), { needsSync: true });
  });

  it('in any order › the latest state stays', () => {
    const word = fc.constantFrom('APPROVED', 'PAUSED', 'REJECTED', 'DISABLED', 'PENDING');
    const events = fc.uniqueArray(fc.record({ word, ms: fc.integer({ min: 0, max: 50 }) }), {
      ...{ selector: ({ ms }) => ms, minLength: 1, maxLength: 6 },
    });
    fc.assert(
      fc.property(events, (list) => {
        let current = template({ status: 'draft' });
        for (const event of list) {
          const change = changeAfterNews(current, status(event.word), new Date(event.ms));
          current = { ...current, ...(change as Partial<TemplateDoc>) };
        }
        const latest = list.toSorted((a, b) => b.ms - a.ms)[0];
        assert.equal(current.status, statusOf(latest?.word ?? ''));
      }),
    );
  });
});

describe('templates › synchronisation', () => {
  const plan = (local: TemplateDoc[], remote: ProviderTemplate[], isComplete = true) =>
    planSync(local, remote, { startedAt: at, isComplete });

  it('an unknown template › added with all data of the provider', () => {
    const full = theirs({
      ...{ language: 'pt-BR', status: 'REJECTED', category: 'NEW', parameterFormat: 'NAMED' },
      ...{ qualityScore: 'YELLOW', rejectedReason: 'INVALID_FORMAT', messageSendTtlSeconds: 60 },
    });
    assert.deepEqual(plan([], [full]).added, [
      {
        ...{ name: 'greeting', language: 'pt_BR', category: 'marketing', components, status: 'rejected' },
        ...{ providerTemplateId: '77', parameterFormat: 'named', qualityScore: 'yellow' },
        ...{ messageSendTtlSeconds: 60, rejectionReason: 'INVALID_FORMAT', unknownCategory: 'NEW' },
      },
    ]);
    const bare = theirs({ status: 'NEW', rejectedReason: 'NONE', parameterFormat: 'x', qualityScore: 'x' });
    assert.deepEqual(plan([], [bare, bare]).added, [
      {
        ...{ name: 'greeting', language: 'en_US', category: 'utility', components, status: 'pending' },
        ...{ providerTemplateId: '77', unknownStatus: 'NEW' },
      },
    ]);
    const rejected = plan([], [theirs({ status: 'REJECTED' })]).added[0];
    assert.equal(rejected?.rejectionReason, undefined);
  });

  it('by the provider’s id first, then by name and language in either spelling', () => {
    const byId = template({ providerTemplateId: '77', name: 'old_name' });
    const byName = template();
    assert.equal(plan([byName, byId], [theirs()]).found[0]?.template, byId);
    assert.equal(plan([byName], [theirs({ language: 'en-US' })]).found[0]?.template, byName);
    const twice = plan([byName], [theirs(), theirs({ id: '78' })]);
    assert.equal(twice.found.length, 1);
  });

  it('a state reported while the list was loading › stays; an older one is replaced by the list’s', () => {
    const paused = (statusAt: Date) =>
      template({ status: 'paused', pauseReason: 'Low rating', statusAt, needsSync: true });
    const asked = new Date(at.getTime() + 400);
    const planAsked = (ours: TemplateDoc, remote: ProviderTemplate[]) =>
      planSync([ours], remote, { startedAt: asked, isComplete: true });
    // A webhook reports whole seconds: it may belong to this one.
    for (const statusAt of [at, new Date(asked.getTime() + 1), new Date(at.getTime() + 5_000)]) {
      const { found, gone } = planAsked(paused(statusAt), [theirs({ category: 'MARKETING' })]);
      const changes = found[0]?.changes;
      assert.deepEqual([changes?.category, gone], ['marketing', []]);
      for (const kept of ['status', 'pauseReason', 'rejectionReason', 'needsSync'] as const) {
        assert.equal(changes !== undefined && kept in changes, false, kept);
      }
      assert.deepEqual(planAsked(paused(statusAt), []).gone, [], 'nor is it gone');
    }
    for (const statusAt of [new Date(at.getTime() - 1_000), new Date(at.getTime() + 399)]) {
      const [found] = planAsked(paused(statusAt), [theirs()]).found;
      assert.deepEqual([found?.changes.status, found?.changes.pauseReason], ['approved', null]);
    }
  });

  it('a stored template › state, category and content of the provider; samples do not count', () => {
    const ours = template({ status: 'pending', submitProblem: 'x', needsSync: true });
    const sampled = [{ type: 'BODY', text: 'Hello there.', example: { body_text: [['x']] } }];
    const [same] = plan([ours], [theirs({ components: sampled })]).found;
    assert.deepEqual(same?.changes, {
      ...{ providerTemplateId: '77', status: 'approved', rejectionReason: null, pauseReason: null },
      ...{ submitProblem: null, needsSync: null },
    });
    const other = [{ type: 'BODY', text: 'Another text.' }];
    const [changed] = plan([ours], [theirs({ components: other, category: 'MARKETING', status: 'X' })]).found;
    assert.deepEqual(changed?.changes, {
      ...{ providerTemplateId: '77', status: 'pending', rejectionReason: null, components: other },
      ...{ category: 'marketing', submittedCategory: 'utility', submitProblem: null, needsSync: null },
      unknownStatus: 'X',
    });
  });

  it('reasons › kept while their state lasts', () => {
    const paused = template({ status: 'paused', pauseReason: 'FIRST_PAUSE' });
    const [still] = plan([paused], [theirs({ status: 'PAUSED' })]).found;
    assert.ok(still !== undefined && !('pauseReason' in still.changes));
    const rejected = template({ status: 'rejected', rejectionReason: 'long words' });
    const reasonAfter = (ours: TemplateDoc, rejectedReason?: string) =>
      plan(
        [ours],
        [theirs({ status: 'REJECTED', ...(rejectedReason === undefined ? {} : { rejectedReason }) })],
      ).found[0]?.changes.rejectionReason;
    assert.equal(reasonAfter(rejected), 'long words');
    assert.equal(reasonAfter(rejected, 'SCAM'), 'SCAM');
    assert.equal(reasonAfter(template({ status: 'rejected' })), null);
    assert.equal(reasonAfter(template({ status: 'pending' })), null);
  });

  it('a template that the provider no longer has › deleted, unless it is a local draft or was just submitted', () => {
    const old = template({ providerTemplateId: '1', submittedAt: new Date(at.getTime() - 3_600_000) });
    const known = template({ providerTemplateId: '2' });
    const fresh = template({ providerTemplateId: '3', submittedAt: at });
    const draft = template({ status: 'draft' });
    const deleted = template({ status: 'deleted', providerTemplateId: '4' });
    const legacy = template();
    const { gone } = plan([old, known, fresh, draft, deleted, legacy], []);
    assert.deepEqual(
      gone.map((entry) => [entry.template, entry.changes.status]),
      [
        [old, 'deleted'],
        [known, 'deleted'],
        [legacy, 'draft'],
      ],
    );
    assert.deepEqual(plan([old], [], false).gone, []);
  });

  it('after a synchronisation › a second one changes nothing', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const remote = fc.uniqueArray(
      fc.record({
        name,
        id: fc.constantFrom('1', '2', '3'),
        status: fc.constantFrom('APPROVED', 'PAUSED', 'REJECTED'),
      }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(remote, (list) => {
        const theirList = list.map((each) => theirs({ ...each, name: `${each.name}_${each.id}` }));
        const stored = plan([], theirList).added.map((each) => template(each as Partial<TemplateDoc>));
        const again = plan(stored, theirList);
        assert.deepEqual([again.added, again.gone, again.found.length], [[], [], list.length]);
        for (const { template: ours, changes } of again.found) {
          for (const [field, value] of Object.entries(changes)) {
            assert.deepEqual(ours[field as keyof TemplateDoc] ?? null, value, field);
          }
        }
      }),
    );
  });
});
