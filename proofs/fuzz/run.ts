import { createSecretKey, type KeyObject } from 'node:crypto';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { isSignedBy } from '../../src/whatsapp/signature.ts';
import { below, createRandom, type Random } from '../shared/random.ts';
import { signatureOf } from '../shared/signature.ts';
import type { CorpusEntry } from './corpus.ts';
import { forgeHeader } from './forge.ts';
import { mutate } from './mutate.ts';
import type { FuzzOptions } from './options.ts';

export interface FuzzReport {
  readonly options: FuzzOptions;
  readonly executions: number;
  readonly seconds: number;
  /** Errors of the parser and invalid items, each with its execution and seed. */
  readonly uncaught: readonly string[];
  /** Signatures that were accepted and must not be. */
  readonly forged: readonly string[];
  /** Good signatures that were refused. */
  readonly refused: readonly string[];
  /** Bodies that took longer than `slowMs` twice in a row. */
  readonly slow: readonly string[];
  readonly slowestMs: number;
  /** What the bodies were read as. */
  readonly items: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

/** A body of a few kilobytes takes far less than a millisecond to read; this is a hundred times as long. */
const slowMs = 100;
const maxNoted = 50;
const secretTexts = ['the first secret', 'the second secret, while it replaces the first'] as const;

interface Findings {
  readonly uncaught: string[];
  readonly forged: string[];
  readonly refused: string[];
  readonly slow: string[];
  slowestMs: number;
  readonly items: Map<string, number>;
}

/**
 * Gives damaged real bodies to the parser and the signature check. Every execution depends on the seed and its number
 * only, so that findings can be repeated.
 */
export function runFuzz(options: FuzzOptions, corpus: readonly CorpusEntry[]): FuzzReport {
  const secrets = secretTexts.map((text) => createSecretKey(Buffer.from(text)));
  const found: Findings = { uncaught: [], forged: [], refused: [], slow: [], slowestMs: 0, items: new Map() };
  const startedAt = performance.now();
  const secondsSoFar = () => (performance.now() - startedAt) / 1_000;
  let executions = 0;
  while (executions < options.executions || secondsSoFar() < options.seconds) {
    const random = createRandom(options.seed + Math.imul(executions, 0x9e3779b1));
    const [base, other] = [choose(corpus, random), choose(corpus, random)];
    const body = mutate(base, other, random);
    const name = `execution ${executions} of seed ${options.seed}, from ${base.name}`;
    checkParser(body, name, found);
    checkSignature({ body, original: base.wire, name, random }, secrets, found);
    executions += 1;
  }
  return { ...found, options, executions, seconds: secondsSoFar(), violations: violationsOf(found) };
}

function choose(corpus: readonly CorpusEntry[], random: Random): CorpusEntry {
  const chosen = corpus[below(corpus.length, random)];
  if (chosen === undefined) throw new Error('the corpus is empty');
  return chosen;
}

function note(list: string[], line: string): void {
  if (list.length < maxNoted) list.push(line);
}

function checkParser(body: Buffer, name: string, found: Findings): void {
  const text = body.toString('utf8');
  const shown = () => `${name}: ${text.slice(0, 2_000)}`;
  const startedAt = performance.now();
  try {
    const items = parseWebhookBody(text);
    const tookMs = performance.now() - startedAt;
    // Another process may have held the processor: only what is slow twice is the parser's fault.
    if (tookMs > slowMs && timeOf(text) > slowMs) note(found.slow, `${tookMs.toFixed(0)} ms, ${shown()}`);
    found.slowestMs = Math.max(found.slowestMs, tookMs);
    for (const { kind } of items) {
      if (typeof kind !== 'string') note(found.uncaught, `an item without a kind, ${shown()}`);
      else found.items.set(kind, (found.items.get(kind) ?? 0) + 1);
    }
    if (Object.hasOwn(Object.prototype, 'status')) note(found.uncaught, `a polluted prototype, ${shown()}`);
  } catch (error) {
    note(found.uncaught, `${String(error)}, ${shown()}`);
  }
}

function timeOf(text: string): number {
  const startedAt = performance.now();
  parseWebhookBody(text);
  return performance.now() - startedAt;
}

interface SignedBody {
  readonly body: Buffer;
  /** The body before it was changed; equal when nothing was. */
  readonly original: Buffer;
  readonly name: string;
  readonly random: Random;
}

function checkSignature(
  { body, original, name, random }: SignedBody,
  secrets: readonly KeyObject[],
  found: Findings,
): void {
  try {
    const secretText = random() < 0.5 ? secretTexts[0] : secretTexts[1];
    const genuine = signatureOf(body, secretText);
    if (!isSignedBy(genuine, body, secrets)) note(found.refused, name);
    const forged = forgeHeader(genuine, body, random);
    if (isSignedBy(forged, body, secrets)) note(found.forged, `${name}: ${forged}`);
    // A changed body with the signature that Meta made for the original.
    if (body.equals(original)) return;
    const stolen = signatureOf(original, secretText);
    if (isSignedBy(stolen, body, secrets)) note(found.forged, `${name}: the signature of another body`);
  } catch (error) {
    note(found.uncaught, `${String(error)}, signature of ${name}`);
  }
}

const violationsOf = (found: Findings): readonly string[] => [
  ...found.uncaught.map((line) => `uncaught: ${line}`),
  ...found.forged.map((line) => `forged and accepted: ${line}`),
  ...found.refused.map((line) => `genuine and refused: ${line}`),
  ...found.slow.map((line) => `slow: ${line}`),
];
