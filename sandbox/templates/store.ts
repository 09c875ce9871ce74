/** The templates of all accounts, in memory only. */
import { startersOf } from './starters.ts';
import type { Template } from './template.ts';

export interface TemplateStore {
  ofAccount(wabaId: string): readonly Template[];
  byId(id: string): Template | null;
  /** Whether this is, or was, the id of a template. */
  knows(id: string): boolean;
  find(wabaId: string, name: string, language: string): Template | null;
  /** Adds the template, or replaces the one with its id. */
  put(template: Template): void;
  remove(template: Template): void;
  /** Meta blocks the name of a deleted template for a while. */
  isNameBlocked(wabaId: string, name: string): boolean;
  blockName(wabaId: string, name: string): void;
  /** Number of `put` calls so far, so that ids differ after a deletion. */
  counter(): number;
}

const NAME_BLOCK_MS = 30 * 86_400_000;

export function createTemplateStore(): TemplateStore {
  const accounts = new Map<string, Template[]>();
  const byId = new Map<string, Template>();
  const gone = new Set<string>();
  const blockedUntil = new Map<string, number>();
  let count = 0;

  function ofAccount(wabaId: string): Template[] {
    const known = accounts.get(wabaId);
    if (known !== undefined) return known;
    const fresh = startersOf(wabaId);
    accounts.set(wabaId, fresh);
    for (const template of fresh) byId.set(template.id, template);
    return fresh;
  }

  return {
    ofAccount,
    byId: (id) => byId.get(id) ?? null,
    knows: (id) => byId.has(id) || gone.has(id),
    find: (wabaId, name, language) =>
      ofAccount(wabaId).find((known) => known.name === name && known.language === language) ?? null,
    put(template) {
      const templates = ofAccount(template.wabaId);
      const place = templates.findIndex(({ id }) => id === template.id);
      if (place === -1) templates.push(template);
      else templates[place] = template;
      byId.set(template.id, template);
      count += 1;
    },
    remove(template) {
      const left = ofAccount(template.wabaId).filter(({ id }) => id !== template.id);
      accounts.set(template.wabaId, left);
      byId.delete(template.id);
      gone.add(template.id);
    },
    isNameBlocked: (wabaId, name) => (blockedUntil.get(`${wabaId} ${name}`) ?? 0) > Date.now(),
    blockName: (wabaId, name) => blockedUntil.set(`${wabaId} ${name}`, Date.now() + NAME_BLOCK_MS),
    counter: () => count,
  };
}
