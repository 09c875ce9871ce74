import type {
  AddressAction,
  FlowAction,
  HeaderObject,
  InteractiveObject,
  ListAction,
  MediaSource,
  ProductListAction,
} from '../../../../whatsapp/free-form.ts';
import { shownAddress } from '../address.ts';
import type { Header } from './interactive-schemas.ts';
import type { OwnContent, OwnContentOf } from './schemas.ts';

/** Interactive messages that we sent, for display. Pure. */

export const sourceOf = (source: MediaSource) =>
  'id' in source ? { mediaId: source.id, link: null } : { mediaId: null, link: source.link };

export function shownInteractive(given: InteractiveObject): OwnContent {
  const footer = given.footer?.text ?? null;
  if (given.type === 'product') {
    const { catalog_id: catalogId, product_retailer_id: productId } = given.action;
    return { type: 'product', body: given.body?.text ?? null, footer, catalogId, productId };
  }
  const body = given.body.text;
  const framed = { header: given.header === undefined ? null : shownHeader(given.header), body, footer };
  const titled = { header: titleOf(given.header), body, footer };
  switch (given.type) {
    case 'button': {
      const buttons = given.action.buttons.map(({ reply: { id, title } }) => ({ id, title }));
      return { type: 'buttons', ...framed, buttons };
    }
    case 'list':
      return { type: 'list', ...titled, ...shownList(given.action) };
    case 'cta_url': {
      const { display_text: displayText, url } = given.action.parameters;
      return { type: 'ctaUrl', ...framed, displayText, url };
    }
    case 'flow':
      return { type: 'flow', ...framed, ...shownFlow(given.action) };
    case 'location_request_message':
      return { type: 'locationRequest', body };
    case 'request_contact_info':
      return { type: 'contactInfoRequest', body };
    case 'address_message':
      return { type: 'addressRequest', body, footer, ...shownForm(given.action) };
    case 'catalog_message': {
      const thumbnailProductId = given.action.parameters?.thumbnail_product_retailer_id ?? null;
      return { type: 'catalog', body, footer, thumbnailProductId };
    }
    case 'product_list':
      return { type: 'productList', ...titled, header: titled.header ?? '', ...shownProducts(given.action) };
  }
}

type Own<Type extends OwnContent['type']> = OwnContentOf<Type>;

const shownList = ({ button, sections }: ListAction): Pick<Own<'list'>, 'buttonText' | 'sections'> => ({
  buttonText: button,
  sections: sections.map(({ title = null, rows }) => ({
    title,
    rows: rows.map(({ id, title: rowTitle, description = null }) => ({ id, title: rowTitle, description })),
  })),
});

const shownFlow = ({ parameters }: FlowAction): Omit<Own<'flow'>, 'type' | 'header' | 'body' | 'footer'> => ({
  flowId: 'flow_id' in parameters ? parameters.flow_id : null,
  flowName: 'flow_name' in parameters ? parameters.flow_name : null,
  flowCta: parameters.flow_cta,
  flowToken: parameters.flow_token,
  action: parameters.flow_action,
  screen: parameters.flow_action_payload?.screen ?? null,
  data: parameters.flow_action_payload?.data ?? null,
  mode: parameters.mode ?? null,
});

const shownProducts = ({
  catalog_id: catalogId,
  sections,
}: ProductListAction): Pick<Own<'productList'>, 'catalogId' | 'sections'> => ({
  catalogId,
  sections: sections.map(({ title = null, product_items: items }) => ({
    title,
    productIds: items.map(({ product_retailer_id: id }) => id),
  })),
});

function shownForm({ parameters }: AddressAction) {
  const { country, values, saved_addresses: saved, validation_errors: errors } = parameters;
  return {
    country,
    values: values === undefined ? null : shownAddress(values),
    savedAddresses: saved?.map(({ id, value }) => ({ id, values: shownAddress(value) })) ?? null,
    fieldErrors: errors === undefined ? null : shownAddress(errors),
  };
}

/** Lists have a header of text only. */
const titleOf = (header: HeaderObject | undefined): string | null =>
  header?.type === 'text' ? header.text : null;

function shownHeader(header: HeaderObject): Header {
  switch (header.type) {
    case 'text':
      return { type: 'text', text: header.text };
    case 'image':
      return { type: 'image', ...sourceOf(header.image) };
    case 'video':
      return { type: 'video', ...sourceOf(header.video) };
    case 'document': {
      const { filename = null } = header.document;
      return { type: 'document', ...sourceOf(header.document), filename };
    }
  }
}
