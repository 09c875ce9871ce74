import { nameKeyOf } from '../../../platform/name-key.ts';

/** The form in which headers and words of cells are compared: without case, accents and the signs between words. */
export const normaliseHeader = (text: string): string =>
  nameKeyOf(text.slice(0, 200).replace(/\uFEFF/g, ''))
    .replace(/[\s_.:*()[\]/\\-]+/g, ' ')
    .trim();
