/** A contact taps a button of one of our messages: which answer Meta makes of it. Pure. */
import { isRecord, textOrNull, wordOf, type JsonRecord } from './json.ts';
import { fail } from './setting-readers.ts';
import { buttonsOf, componentOf, type Template } from './templates/template.ts';

/** The fields of an inbound message, as `POST /sandbox/inbound` takes them. */
export interface TapReply {
  readonly type: 'button' | 'button_reply' | 'list_reply' | 'nfm_reply';
  readonly payload?: string;
  readonly text?: string;
  readonly description?: string;
  readonly response?: unknown;
}

export interface Tap {
  readonly buttonIndex: number;
  /** The card of a carousel whose button it is. */
  readonly cardIndex: number | null;
}

const listOf = (value: unknown): readonly JsonRecord[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

const noButton = (): never => fail('buttonIndex', 'is no button of this message that can be tapped');

const isType = (component: JsonRecord, type: string): boolean =>
  wordOf(component['type']).toLowerCase() === type;

function sentPayload(components: readonly JsonRecord[], index: number): string | null {
  const button = components.find(
    (component) =>
      isType(component, 'button') &&
      wordOf(component['sub_type']).toLowerCase() === 'quick_reply' &&
      Number(component['index']) === index,
  );
  const [parameter] = listOf(button?.['parameters']);
  return textOrNull(parameter?.['payload']) ?? textOrNull(parameter?.['text']);
}

/** The components of the message itself, or of one card: as they were sent, and as they are stored. */
function sidesOf(sent: readonly JsonRecord[], template: Template | null, cardIndex: number | null) {
  if (cardIndex === null) return { sent, stored: template?.components ?? [] };
  const sentCards = listOf(sent.find((component) => isType(component, 'carousel'))?.['cards']);
  const card = sentCards.find((each) => Number(each['card_index']) === cardIndex);
  const storedCards = listOf(componentOf(template?.components ?? [], 'CAROUSEL')?.['cards']);
  return { sent: listOf(card?.['components']), stored: listOf(storedCards[cardIndex]?.['components']) };
}

/** Without a payload of its own, a quick reply of a template answers with its text. */
function tapTemplate(content: JsonRecord, template: Template | null, tap: Tap): TapReply {
  const { sent, stored } = sidesOf(listOf(content['components']), template, tap.cardIndex);
  const storedButton = buttonsOf(stored)[tap.buttonIndex];
  const isQuickReply =
    storedButton === undefined || wordOf(storedButton['type']).toUpperCase() === 'QUICK_REPLY';
  const payload = sentPayload(sent, tap.buttonIndex);
  const text = textOrNull(storedButton?.['text']) ?? payload;
  if (!isQuickReply || text === null) return noButton();
  return { type: 'button', payload: payload ?? text, text };
}

function tapInteractive(interactive: JsonRecord, tap: Tap): TapReply {
  const action = isRecord(interactive['action']) ? interactive['action'] : {};
  if (interactive['type'] === 'flow') {
    const parameters = isRecord(action['parameters']) ? action['parameters'] : {};
    return { type: 'nfm_reply', response: { flow_token: parameters['flow_token'] ?? 'unused' } };
  }
  if (interactive['type'] === 'list') {
    const row = listOf(action['sections']).flatMap((section) => listOf(section['rows']))[tap.buttonIndex];
    if (row === undefined) return noButton();
    const description = textOrNull(row['description']);
    return {
      type: 'list_reply',
      payload: wordOf(row['id']),
      text: wordOf(row['title']),
      ...(description === null ? {} : { description }),
    };
  }
  const button = listOf(action['buttons'])[tap.buttonIndex];
  const reply = isRecord(button?.['reply']) ? button['reply'] : noButton();
  return { type: 'button_reply', payload: wordOf(reply['id']), text: wordOf(reply['title']) };
}

/** `template` is the stored one, if the account has it: what is sent does not tell the texts of its buttons. */
export function tapReply(body: unknown, template: Template | null, tap: Tap): TapReply {
  if (!isRecord(body)) return noButton();
  const { interactive, template: content } = body;
  if (isRecord(interactive)) return tapInteractive(interactive, tap);
  return isRecord(content) ? tapTemplate(content, template, tap) : noButton();
}
