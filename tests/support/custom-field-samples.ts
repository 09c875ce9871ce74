import { harmlessAt } from './hostile.ts';
import type { Sample } from './request-samples.ts';

const customField = {
  ...{ key: 'plan', label: 'Plan', type: 'select', required: false, order: 3 },
  options: [{ key: 'free', label: 'Free' }],
};
const fieldHarmless = [...harmlessAt('required', 'true', 'false'), ...harmlessAt('order', 'zero')];
const fieldPlaces = [
  'label',
  'required',
  'order',
  'options',
  'options.0',
  'options.0.key',
  'options.0.label',
];
export const customFieldSamples: readonly Sample[] = [
  {
    route: 'post /api/custom-fields',
    body: customField,
    required: ['key', 'label', 'type'],
    places: ['key', 'type', ...fieldPlaces],
    harmless: fieldHarmless,
  },
  {
    route: 'patch /api/custom-fields/:id',
    body: {
      ...{ label: 'Plan', options: customField.options, required: false, order: 3 },
      isArchived: true,
    },
    places: ['isArchived', ...fieldPlaces],
    harmless: [...fieldHarmless, ...harmlessAt('isArchived', 'true', 'false')],
  },
];
