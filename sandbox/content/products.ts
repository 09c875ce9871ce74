/** Products of a catalogue in interactive messages and templates. Pure. */
import { isRecord } from '../json.ts';
import {
  checkList,
  checkObject,
  checkText,
  optionalText,
  wrong,
  type Check,
  type CheckResult,
} from './checks.ts';

const ACTION = 'interactive.action';
const MAX_SECTIONS = 10;
const MAX_PRODUCTS = 30;

export function checkProductSections(sections: unknown, path: string): CheckResult {
  const count = (Array.isArray(sections) ? sections : []).flatMap((section: unknown) =>
    isRecord(section) && Array.isArray(section['product_items']) ? section['product_items'] : [],
  ).length;
  if (count > MAX_PRODUCTS) return wrong(path, `at most ${MAX_PRODUCTS} products are allowed in all`);
  const hasSeveral = Array.isArray(sections) && sections.length > 1;
  return checkList(
    sections,
    path,
    [1, MAX_SECTIONS],
    (section, sectionPath) =>
      checkText(section['title'], `${sectionPath}.title`, 24, hasSeveral) ??
      checkList(
        section['product_items'],
        `${sectionPath}.product_items`,
        [1, MAX_PRODUCTS],
        (item, itemPath) => checkText(item['product_retailer_id'], `${itemPath}.product_retailer_id`, 256),
      ),
  );
}

export const checkProduct: Check = (action) =>
  checkText(action['catalog_id'], `${ACTION}.catalog_id`, 256) ??
  checkText(action['product_retailer_id'], `${ACTION}.product_retailer_id`, 256);

export const checkProductList: Check = (action) =>
  checkText(action['catalog_id'], `${ACTION}.catalog_id`, 256) ??
  checkProductSections(action['sections'], `${ACTION}.sections`);

/** The product whose image a catalog message shows; the first of the catalog if not given. */
export const checkThumbnail: Check = ({ parameters }) =>
  parameters === undefined
    ? null
    : checkObject(parameters, `${ACTION}.parameters`, (given) =>
        optionalText(
          given['thumbnail_product_retailer_id'],
          `${ACTION}.parameters.thumbnail_product_retailer_id`,
          256,
        ),
      );
