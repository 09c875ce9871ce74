import type { SatisfactionSurvey } from '../settings/reader.ts';
import type { SurveyDoc } from './model.ts';
import { answerIdOf, scores } from './rules.ts';
import type { SurveyContent } from './sends.ts';

/** What everybody understands in every language. */
const starsOf = (score: number): string => `${score} ${'★'.repeat(score)}`;

/** The question with its five answers, the best first. WhatsApp has three reply buttons at most, so it is a list. */
export const listOf = (
  { _id, secret }: Pick<SurveyDoc, '_id' | 'secret'>,
  { question, buttonLabel, labels }: SatisfactionSurvey,
): SurveyContent => ({
  type: 'list',
  body: question,
  buttonText: buttonLabel,
  sections: [
    {
      rows: scores.toReversed().map((score) => ({
        id: answerIdOf({ surveyId: _id.toHexString(), secret, score }),
        title: labels?.[score - 1] ?? starsOf(score),
      })),
    },
  ],
});
