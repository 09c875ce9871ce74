/** A stored template, and functions to read its components. Pure. */
import { isRecord, textOrNull, type JsonRecord } from '../json.ts';
import type { Category } from '../settings.ts';

/** Only an APPROVED template can be sent. */
export const STATUSES = [
  'APPROVED',
  'PENDING',
  'REJECTED',
  'PAUSED',
  'DISABLED',
  'IN_APPEAL',
  'PENDING_DELETION',
  'DELETED',
  'LIMIT_EXCEEDED',
  'ARCHIVED',
] as const;

export const QUALITY_SCORES = ['GREEN', 'YELLOW', 'RED', 'UNKNOWN'] as const;

export type TemplateStatus = (typeof STATUSES)[number];
export type QualityScore = (typeof QUALITY_SCORES)[number];

export interface Template {
  readonly id: string;
  readonly wabaId: string;
  readonly name: string;
  readonly language: string;
  readonly category: Category;
  readonly previousCategory?: Category;
  /** The category that Meta has announced for later. */
  readonly correctCategory?: Category;
  readonly parameterFormat: string;
  /** The template of Meta's library that this one was made from. */
  readonly libraryName?: string;
  readonly components: readonly unknown[];
  readonly status: TemplateStatus;
  readonly rejectedReason?: string;
  /** While PAUSED: its start in Unix milliseconds, and its title in the webhook. */
  readonly pause?: { readonly since: number; readonly title: string };
  readonly qualityScore: QualityScore;
  readonly ttlSeconds?: number;
  /** Unix milliseconds of the edits of an approved template. */
  readonly editedAt: readonly number[];
}

const VARIABLE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The unique names or numbers of the variables of a text, in order. */
export const variablesOf = (text: string): string[] => [
  ...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? '')),
];

/** The text with each variable replaced by a space. */
export const withoutVariables = (text: string): string => text.replace(VARIABLE, ' ');

export const typeOf = (component: unknown): string =>
  isRecord(component) ? (textOrNull(component['type']) ?? '').toUpperCase() : '';

export function componentOf(components: readonly unknown[], type: string): JsonRecord | null {
  const found = components.find((component) => typeOf(component) === type);
  return isRecord(found) ? found : null;
}

export function buttonsOf(components: readonly unknown[]): readonly JsonRecord[] {
  const buttons = componentOf(components, 'BUTTONS')?.['buttons'];
  return Array.isArray(buttons) ? buttons.filter(isRecord) : [];
}

export const textOf = (component: JsonRecord | null): string => textOrNull(component?.['text']) ?? '';
