import { parameterFormatOf } from './content/checks/check.ts';
import type { ShownButton } from './content/fill/buttons.ts';
import type { ShownHeader } from './content/fill/header.ts';
import { needsOf, type PartNeeds } from './content/needs.ts';
import type { FilledTemplate } from './content/rules.ts';
import type { TemplatePreviewView, TemplateView } from './schemas.ts';
import type { TemplateDoc } from './catalogue.ts';

export function toTemplateView(template: TemplateDoc): TemplateView {
  return {
    id: template._id.toHexString(),
    channelId: template.channelId.toHexString(),
    name: template.name,
    language: template.language,
    category: template.category,
    submittedCategory: template.submittedCategory ?? null,
    unknownCategory: template.unknownCategory ?? null,
    status: template.status,
    unknownStatus: template.unknownStatus ?? null,
    rejectionReason: template.rejectionReason ?? null,
    pauseReason: template.pauseReason ?? null,
    submitProblem: template.submitProblem ?? null,
    qualityScore: template.qualityScore ?? null,
    needsSync: template.needsSync ?? false,
    providerTemplateId: template.providerTemplateId ?? null,
    parameterFormat: template.parameterFormat ?? parameterFormatOf(template.components),
    messageSendTtlSeconds: template.messageSendTtlSeconds ?? null,
    components: template.components.map((component) =>
      component.type === 'OTHER' ? { ...component.original } : { ...component },
    ),
    variables: toNeedsView(template),
    createdAt: template.createdAt.toISOString(),
  };
}

function toNeedsView({ components }: TemplateDoc): TemplateView['variables'] {
  const { cards, offerExpiresAt, code, ...parts } = needsOf(components);
  return { ...toPartView(parts), cards: cards.map(toPartView), offerExpiresAt, code };
}

const toPartView = ({ headerFormat, header, body, buttons }: PartNeeds) => ({
  headerFormat,
  header: [...header],
  body: [...body],
  buttons: [...buttons],
});

export function toTemplatePreviewView({
  text,
  shown,
}: Pick<FilledTemplate, 'text' | 'shown'>): TemplatePreviewView {
  const { header, body, footer, offer, buttons, cards } = shown;
  return {
    text,
    header: toHeaderView(header),
    body,
    footer,
    offer: offer === null ? null : { text: offer.text, expiresAt: offer.expiresAt?.toISOString() ?? null },
    buttons: buttons.map(toButtonView),
    cards: cards.map((card) => ({
      header: toHeaderView(card.header),
      text: card.text,
      buttons: card.buttons.map(toButtonView),
    })),
  };
}

const toHeaderView = (header: ShownHeader | null): TemplatePreviewView['header'] =>
  header === null
    ? null
    : {
        format: header.format,
        text: header.text ?? null,
        mediaId: header.mediaId ?? null,
        link: header.link ?? null,
        filename: header.filename ?? null,
        location: header.location ?? null,
      };

const toButtonView = ({ type, text, target, payload }: ShownButton) => ({
  type,
  text,
  target: target ?? null,
  payload: payload ?? null,
});
