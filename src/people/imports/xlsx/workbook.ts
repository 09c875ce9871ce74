import { posix } from 'node:path';
import type { ImportBounds } from '../bounds.ts';
import type { Archive } from './archive.ts';
import { showsDate } from './dates.ts';
import { WorkbookRefusal } from './refusal.ts';
import { elementsOf, readXml, type Attributes } from './xml.ts';

export interface Workbook {
  /** Where the first sheet that is not hidden lies in the archive. */
  readonly sheetPath: string;
  readonly sheetName: string;
  /** Whether days are counted from 1904. */
  readonly is1904: boolean;
  /** Whether the cells of a style show dates, by the number of the style. */
  readonly dateStyles: readonly boolean[];
  readonly texts: readonly string[];
}

const folder = 'xl';

/** Reads what the cells of the first sheet refer to. Other sheets are not read. */
export async function readWorkbook(archive: Archive, bounds: ImportBounds): Promise<Workbook> {
  const parts = await elementsIn(archive, `${folder}/workbook.xml`, ['sheet', 'workbookPr']);
  const sheets = parts.filter(({ name }) => name === 'sheet').map(({ attributes }) => attributes);
  const sheet = sheets.find(({ state = 'visible' }) => state === 'visible') ?? sheets[0];
  if (sheet === undefined) throw new WorkbookRefusal('damaged-workbook');
  const links = await elementsIn(archive, `${folder}/_rels/workbook.xml.rels`, ['Relationship']);
  const link = links.find(({ attributes }) => attributes['Id'] === linkOf(sheet))?.attributes['Target'];
  if (link === undefined) throw new WorkbookRefusal('damaged-workbook');
  const properties = parts.find(({ name }) => name === 'workbookPr')?.attributes ?? {};
  return {
    sheetPath: link.startsWith('/') ? link.slice(1) : posix.join(folder, link),
    sheetName: sheet['name'] ?? '',
    is1904: /^(?:1|true)$/.test(properties['date1904'] ?? ''),
    dateStyles: await readStyles(archive),
    texts: await readTexts(archive, bounds),
  };
}

/** The attribute has whatever prefix the document gives to relationships. */
const linkOf = (sheet: Attributes): string | undefined =>
  Object.entries(sheet).find(([name]) => name.endsWith(':id'))?.[1];

async function elementsIn(archive: Archive, path: string, names: readonly string[]) {
  const source = await archive.open(path);
  return source === undefined ? [] : elementsOf(source, new Set(names));
}

async function readStyles(archive: Archive): Promise<boolean[]> {
  const elements = await elementsIn(archive, `${folder}/styles.xml`, [
    'numFmt',
    'cellXfs',
    'cellStyles',
    'dxfs',
    'xf',
  ]);
  const codes = new Map<number, string>();
  const styles: boolean[] = [];
  let isCellStyle = false;
  for (const { name, attributes } of elements) {
    if (name === 'numFmt') codes.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '');
    else if (name !== 'xf') isCellStyle = name === 'cellXfs';
    else if (isCellStyle) {
      const id = Number(attributes['numFmtId'] ?? 0);
      styles.push(showsDate(id, codes.get(id)));
    }
  }
  return styles;
}

/** The texts that cells refer to by number. Texts of one cell may have several parts; the reading aids of Japanese are none. */
async function readTexts(archive: Archive, bounds: ImportBounds): Promise<string[]> {
  const source = await archive.open(`${folder}/sharedStrings.xml`);
  if (source === undefined) return [];
  const texts: string[] = [];
  let byteCount = 0;
  for await (const text of readXml(source, createTextHandler('si', bounds.maxCellBytes))) {
    byteCount += text.length * 2;
    texts.push(text);
    if (texts.length > bounds.maxSharedTexts || byteCount > bounds.maxSharedTextBytes)
      throw new WorkbookRefusal('workbook-too-large');
  }
  return texts;
}

function createTextHandler(element: string, maxLength: number) {
  const ready: string[] = [];
  const collector = createTextCollector(maxLength);
  return {
    open: collector.open,
    text: collector.text,
    close(name: string): void {
      collector.close(name);
      if (name === element) ready.push(collector.take());
    },
    take: () => ready.splice(0),
  };
}

/** Collects the text of an element from its parts. A longer text than `maxLength` is cut after one more character. */
export function createTextCollector(maxLength: number) {
  let text = '';
  let isText = false;
  let isAid = false;
  return {
    open(name: string): void {
      if (name === 'rPh') isAid = true;
      isText = name === 't';
    },
    close(name: string): void {
      if (name === 'rPh') isAid = false;
      isText = false;
    },
    text(part: string): void {
      if (isText && !isAid && text.length <= maxLength) text += part.slice(0, maxLength + 1);
    },
    take(): string {
      const taken = unescaped(text);
      text = '';
      return taken;
    },
  };
}

/** Workbooks write characters that XML cannot hold as `_x000D_`. */
const unescaped = (text: string): string =>
  text.replace(/_x(?<code>[0-9A-F]{4})_/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
