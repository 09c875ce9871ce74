import { z } from 'zod';
import { nonBlankText, noControls, notEmpty, paragraphText } from '../../platform/text-fields.ts';

const maxReopenHours = 30 * 24;

const reopenWithinHours = z.int().min(0).max(maxReopenHours);
const maxAutoCloseHours = 90 * 24;
const autoCloseAfterHours = z.int().min(0).max(maxAutoCloseHours);
const aboutAutoClosing =
  'An open conversation is closed when so many hours have passed since our last message, and since its latest change of ' +
  'status or assignment, unless the contact waits for an answer. 0, the default, closes none.';

const aboutReopening =
  'A contact who writes within this time after the conversation was closed reopens it; later, a new one begins. ' +
  '0 always begins a new one.';

const aboutReadMarks =
  'Contacts see that their messages were read, when somebody marks a conversation as read, and that somebody types. ' +
  'True by default, as in WhatsApp itself.';

const aboutSurvey =
  'What contacts are asked when their conversation is closed, if a person of the business has answered them and the customer ' +
  'service window is still open; once for each time that a conversation is closed. Null, the default, asks nobody.';

/** Meta's limits of a list message. */
const line = (limit: number) =>
  nonBlankText(limit).regex(noControls, { error: 'Must be one line without control characters.' });
const maxText = 1_024;
const scoreNames = 5;

const aboutText = {
  question: 'Asks for a score from 1 to 5',
  buttonLabel: 'Opens the list of the scores',
  labels: 'The names of the scores in the list, from 1 to 5. Null shows stars',
  commentQuestion:
    'Sent after a score. A text that quotes it, or the first text within 15 minutes, is the comment. Null asks for none',
  thanks: 'Sent after the comment, or after the score if none is asked for. Null says nothing',
};

const surveyExample = {
  question: 'How did we do?',
  buttonLabel: 'Choose',
  labels: ['Bad', 'Poor', 'Fair', 'Good', 'Great'],
  commentQuestion: 'What could we do better?',
  thanks: 'Thank you!',
};

const SatisfactionSurveyInput = z
  .strictObject({
    question: paragraphText(maxText).meta({ description: aboutText.question }),
    buttonLabel: line(20).meta({ description: aboutText.buttonLabel }),
    labels: z
      .array(line(24))
      .length(scoreNames)
      .nullable()
      .default(null)
      .meta({ description: aboutText.labels }),
    commentQuestion: paragraphText(maxText)
      .nullable()
      .default(null)
      .meta({ description: aboutText.commentQuestion }),
    thanks: paragraphText(maxText).nullable().default(null).meta({ description: aboutText.thanks }),
  })
  .meta({ id: 'SatisfactionSurveyInput', examples: [surveyExample] });

const SatisfactionSurveyView = z
  .object({
    question: z.string().meta({ description: aboutText.question }),
    buttonLabel: z.string().meta({ description: aboutText.buttonLabel }),
    labels: z.array(z.string()).nullable().meta({ description: aboutText.labels }),
    commentQuestion: z.string().nullable().meta({ description: aboutText.commentQuestion }),
    thanks: z.string().nullable().meta({ description: aboutText.thanks }),
  })
  .meta({ id: 'SatisfactionSurvey', examples: [surveyExample] });

export const PatchInboxSettingsBody = z
  .strictObject({
    reopenWithinHours: reopenWithinHours.exactOptional().meta({ description: aboutReopening }),
    autoCloseAfterHours: autoCloseAfterHours.exactOptional().meta({ description: aboutAutoClosing }),
    shareReadMarks: z.boolean().exactOptional().meta({ description: aboutReadMarks }),
    satisfactionSurvey: SatisfactionSurveyInput.nullable().exactOptional().meta({ description: aboutSurvey }),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateInboxSettingsBody',
    examples: [
      {
        ...{ reopenWithinHours: 48, autoCloseAfterHours: 72, shareReadMarks: false },
        satisfactionSurvey: surveyExample,
      },
    ],
  });
export type PatchInboxSettingsBody = z.output<typeof PatchInboxSettingsBody>;

export const InboxSettingsView = z
  .object({
    reopenWithinHours: z.int().meta({ description: aboutReopening }),
    autoCloseAfterHours: z.int().meta({ description: aboutAutoClosing }),
    shareReadMarks: z.boolean().meta({ description: aboutReadMarks }),
    satisfactionSurvey: SatisfactionSurveyView.nullable().meta({ description: aboutSurvey }),
  })
  .meta({
    id: 'InboxSettings',
    examples: [
      {
        ...{ reopenWithinHours: 168, autoCloseAfterHours: 0, shareReadMarks: true },
        satisfactionSurvey: null,
      },
    ],
  });
