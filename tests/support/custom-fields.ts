import assert from 'node:assert/strict';
import type { FieldType } from '../../src/people/custom-fields/rules.ts';
import type { Answer } from './http.ts';

type Post = (path: string, json: object) => Promise<Pick<Answer, 'status' | 'body'>>;

/** Defines custom fields of the client, by their keys; returns their ids in this order. */
export async function defineFields(
  post: Post,
  types: Readonly<Record<string, FieldType>>,
  more: object = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (const [key, type] of Object.entries(types)) {
    const { status, body } = await post('/api/custom-fields', { key, label: key, type, ...more });
    assert.equal(status, 201, JSON.stringify(body));
    ids.push(String(body['id']));
  }
  return ids;
}

/** So many fields of numbers: `f0`, `f1` … */
export const numbered = (count: number): Readonly<Record<string, FieldType>> =>
  Object.fromEntries(Array.from({ length: count }, (_value, index) => [`f${index}`, 'number']));
