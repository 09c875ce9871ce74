/** The values of webhooks about templates. Pure. */
import { isRecord, textOrNull } from '../json.ts';
import { buttonsOf, componentOf, textOf, type Template } from './template.ts';

/** A change of an account-level webhook. */
export interface AccountEvent {
  readonly wabaId: string;
  readonly field: string;
  readonly value: object;
}

/** Meta sends the id as a number here, and as a text everywhere else. */
const nameOf = (template: Template): object => ({
  message_template_id: Number(template.id),
  message_template_name: template.name,
  message_template_language: template.language,
});

export interface StatusDetails {
  /** The status, or an event that is not a status, such as FLAGGED or UNARCHIVED. */
  readonly event?: string;
  readonly reason?: string | null;
  readonly otherInfo?: unknown;
  readonly disableInfo?: unknown;
  readonly rejectionInfo?: unknown;
}

function defaultReason(event: string): string | null {
  if (event === 'REJECTED') return 'INVALID_FORMAT';
  return event === 'APPROVED' ? 'NONE' : null;
}

function defaultInfo(event: string): object {
  if (event === 'PAUSED') {
    const description = 'The template is paused because of negative feedback.';
    return { other_info: { title: 'FIRST_PAUSE', description } };
  }
  if (event === 'DISABLED') {
    return { other_info: { title: 'DISABLED', description: 'The template was paused too often.' } };
  }
  if (event !== 'REJECTED') return {};
  const rejection = {
    reason: 'The template violates the policy.',
    recommendation: 'Change the text and submit the template again.',
  };
  return { rejection_info: rejection };
}

export function statusEvent(template: Template, details: StatusDetails = {}): AccountEvent {
  const event = details.event ?? template.status;
  const value = {
    event,
    ...nameOf(template),
    message_template_category: template.category,
    reason: details.reason ?? defaultReason(event),
    ...defaultInfo(event),
    ...(details.otherInfo === undefined ? {} : { other_info: details.otherInfo }),
    ...(details.disableInfo === undefined ? {} : { disable_info: details.disableInfo }),
    ...(details.rejectionInfo === undefined ? {} : { rejection_info: details.rejectionInfo }),
  };
  return { wabaId: template.wabaId, field: 'message_template_status_update', value };
}

export const qualityEvent = (before: Template, after: Template): AccountEvent => ({
  wabaId: after.wabaId,
  field: 'message_template_quality_update',
  value: {
    previous_quality_score: before.qualityScore,
    new_quality_score: after.qualityScore,
    ...nameOf(after),
  },
});

/** An announcement has the current category as `new_category`; a change has the previous and the new one. */
export function categoryEvent(before: Template, after: Template, announcedFor?: number): AccountEvent {
  const change =
    announcedFor === undefined
      ? { previous_category: before.category, new_category: after.category }
      : {
          new_category: after.category,
          correct_category: after.correctCategory,
          category_update_timestamp: announcedFor,
        };
  return {
    wabaId: after.wabaId,
    field: 'template_category_update',
    value: { ...nameOf(after), ...change },
  };
}

function shownButtons(template: Template): object {
  const buttons = buttonsOf(template.components).map((button) => ({
    message_template_button_type: button['type'],
    message_template_button_text: button['text'],
    ...(button['url'] === undefined ? {} : { message_template_button_url: button['url'] }),
    ...(button['phone_number'] === undefined
      ? {}
      : { message_template_button_phone_number: button['phone_number'] }),
  }));
  return buttons.length === 0 ? {} : { message_template_buttons: buttons };
}

export function componentsEvent(template: Template): AccountEvent {
  const part = (type: string, name: string): object => {
    const component = componentOf(template.components, type);
    return isRecord(component) && textOrNull(component['text']) !== null ? { [name]: textOf(component) } : {};
  };
  return {
    wabaId: template.wabaId,
    field: 'message_template_components_update',
    value: {
      ...nameOf(template),
      ...part('BODY', 'message_template_element'),
      ...part('HEADER', 'message_template_title'),
      ...part('FOOTER', 'message_template_footer'),
      ...shownButtons(template),
    },
  };
}
