import type {
  AddressAction,
  HeaderObject,
  InteractiveObject,
  MediaSource,
  ProductListAction,
  ProductObject,
} from '../../../../whatsapp/free-form.ts';
import { shownAddress } from '../address.ts';
import type { Interactive } from './interactive-schemas.ts';

/** Interactive messages that we sent, for display. Pure. */

export const placeOf = (source: MediaSource) =>
  'id' in source ? { id: source.id, link: null } : { id: null, link: source.link };

export function shownInteractive(given: InteractiveObject): Interactive {
  if (given.type === 'product') return shownProduct(given);
  const parts = {
    header: given.header === undefined ? null : shownHeader(given.header),
    body: given.body.text,
    footer: given.footer?.text ?? null,
  };
  switch (given.type) {
    case 'button':
      return {
        ...{ type: 'buttons', ...parts },
        buttons: given.action.buttons.map(({ reply: { id, title } }) => ({ id, title })),
      };
    case 'list':
      return {
        ...{ type: 'list', ...parts, buttonText: given.action.button },
        sections: given.action.sections.map(({ title = null, rows }) => ({
          title,
          rows: rows.map(({ id, title: rowTitle, description = null }) => ({
            ...{ id, title: rowTitle, description },
          })),
        })),
      };
    case 'cta_url': {
      const { display_text: displayText, url } = given.action.parameters;
      return { type: 'ctaUrl', ...parts, displayText, url };
    }
    case 'flow': {
      const { parameters } = given.action;
      return {
        ...{ type: 'flow', ...parts, flowCta: parameters.flow_cta },
        flowId: 'flow_id' in parameters ? parameters.flow_id : null,
        flowName: 'flow_name' in parameters ? parameters.flow_name : null,
      };
    }
    case 'location_request_message':
      return { type: 'locationRequest', ...parts };
    case 'request_contact_info':
      return { type: 'contactInfoRequest', ...parts };
    case 'address_message':
      return { type: 'addressRequest', ...parts, ...shownForm(given.action) };
    case 'catalog_message': {
      const thumbnailProductId = given.action.parameters?.thumbnail_product_retailer_id ?? null;
      return { type: 'catalog', ...parts, thumbnailProductId };
    }
    case 'product_list': {
      const { catalog_id: catalogId, sections } = given.action;
      return { type: 'productList', ...parts, catalogId, sections: sections.map(shownSection) };
    }
  }
}

const shownProduct = ({ body, footer, action }: ProductObject): Interactive => ({
  ...{ type: 'product', header: null, body: body?.text ?? null, footer: footer?.text ?? null },
  ...{ catalogId: action.catalog_id, productId: action.product_retailer_id },
});

const shownSection = ({ title, product_items: items }: ProductListAction['sections'][number]) => ({
  title: title ?? null,
  productIds: items.map(({ product_retailer_id: id }) => id),
});

function shownForm({ parameters }: AddressAction) {
  const { country, values, saved_addresses: saved = [], validation_errors: errors } = parameters;
  return {
    country,
    values: values === undefined ? null : shownAddress(values),
    savedAddresses: saved.map(({ id, value }) => ({ id, values: shownAddress(value) })),
    fieldErrors: errors === undefined ? null : shownAddress(errors),
  };
}

function shownHeader(header: HeaderObject): Interactive['header'] {
  const none = { text: null, id: null, link: null, filename: null };
  switch (header.type) {
    case 'text':
      return { ...none, type: 'text', text: header.text };
    case 'image':
      return { ...none, type: 'image', ...placeOf(header.image) };
    case 'video':
      return { ...none, type: 'video', ...placeOf(header.video) };
    case 'document': {
      const { filename = null } = header.document;
      return { ...none, type: 'document', ...placeOf(header.document), filename };
    }
  }
}
