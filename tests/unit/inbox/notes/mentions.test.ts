import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { addedMentions, mentionedIn, mentionIssues } from '../../../../src/inbox/notes/mentions.ts';

const idOf = (digit: number): Types.ObjectId =>
  Types.ObjectId.createFromHexString(String(digit).repeat(24).slice(0, 24));
const [ana, ben] = [idOf(1), idOf(2)];
const written = (...ids: readonly Types.ObjectId[]): string =>
  ids.map((id) => `ask @[${id.toHexString()}] about it`).join(', ');
const pathsOf = (body: string, mentions: readonly Types.ObjectId[]) =>
  mentionIssues(body, mentions).map(({ path }) => path);

describe('mentions of a note', () => {
  it('the text and the list name the same users › nothing is wrong, in any order and however often in the text', () => {
    assert.deepEqual(pathsOf(written(ana, ben, ana), [ben, ana]), []);
    assert.deepEqual(pathsOf('Nobody.', []), []);
  });

  it('a user in the list and not in the text › the place in the list', () => {
    assert.deepEqual(pathsOf(written(ana), [ana, ben]), ['mentions.1']);
  });

  it('a user in the text and not in the list › the list', () => {
    assert.deepEqual(pathsOf(written(ana, ben), [ana]), ['mentions']);
  });

  it('a user twice in the list › the second place', () => {
    assert.deepEqual(pathsOf(written(ana), [ana, ana]), ['mentions.1']);
  });

  it('names, addresses and half-written ids › mention nobody', () => {
    const id = ana.toHexString();
    for (const text of ['@Ana', 'ana@example.com', `@${id}`, `[${id}]`, `@[${id}0]`, `@[${id.slice(1)}]`])
      assert.deepEqual(mentionedIn(text), [], text);
    assert.deepEqual(mentionedIn(`@[@[${id}]]`), [id]);
  });

  it('any two sets of users › right exactly if they are equal, and a change adds what the first lacks', () => {
    const users = fc.uniqueArray(fc.integer({ min: 1, max: 6 }));
    fc.assert(
      fc.property(users, users, (inText, inList) => {
        const [text, list] = [inText.map(idOf), inList.map(idOf)];
        const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b).join();
        const isEqual = sorted(inText) === sorted(inList);
        assert.equal(mentionIssues(written(...text), list).length === 0, isEqual);
        const added = addedMentions(text, list);
        assert.deepEqual(
          added.map(({ userId, index }) => [userId, list[index]]),
          list.filter((id) => !text.some((had) => had.equals(id))).map((id) => [id, id]),
        );
      }),
    );
  });
});
