import { SaxesParser } from 'saxes';
import { WorkbookRefusal } from './refusal.ts';

export type Attributes = Readonly<Record<string, string>>;

/** What a reader does with the parts of a document; names come without their prefixes. */
export interface XmlHandler<T> {
  open?(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
  /** What is ready since the last call. */
  take(): T[];
}

const maxDepth = 64;
/** A tag or a text that does not end is held by the parser. */
const maxSilentLength = 1024 * 1024;

/**
 * Reads a document as it arrives. Nothing of it is kept but what the handler keeps. Entities that a document declares
 * are not known to the parser, so that they cannot expand.
 */
export async function* readXml<T>(
  source: AsyncIterable<Buffer | string>,
  handler: XmlHandler<T>,
): AsyncGenerator<T> {
  const parser = new SaxesParser();
  const decoder = new TextDecoder('utf-8');
  let depth = 0;
  let silentLength = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    silentLength = 0;
    depth += 1;
    if (depth > maxDepth) throw new WorkbookRefusal('damaged-workbook');
    handler.open?.(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    silentLength = 0;
    depth -= 1;
    handler.close?.(localName(name));
  });
  const addText = (text: string): void => {
    silentLength = 0;
    handler.text?.(text);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  for await (const chunk of source) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    silentLength += text.length;
    parser.write(text);
    if (silentLength > maxSilentLength) throw new WorkbookRefusal('damaged-workbook');
    yield* handler.take();
  }
  parser.write(decoder.decode()).close();
  yield* handler.take();
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** All attributes of the elements with these names, in their order. */
export async function elementsOf(
  source: AsyncIterable<Buffer>,
  names: ReadonlySet<string>,
): Promise<{ readonly name: string; readonly attributes: Attributes }[]> {
  const ready: { name: string; attributes: Attributes }[] = [];
  const all: typeof ready = [];
  const maxElements = 100_000;
  const open = (name: string, attributes: Attributes): void => {
    if (names.has(name)) ready.push({ name, attributes });
  };
  for await (const element of readXml(source, { open, take: () => ready.splice(0) })) {
    all.push(element);
    if (all.length > maxElements) throw new WorkbookRefusal('workbook-too-large');
  }
  return all;
}
