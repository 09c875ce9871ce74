import { Schema, type Types } from 'mongoose';
import { declareTenantModel } from '../../platform/declare-model.ts';
import type { BusinessCalendar } from './intervals.ts';

/** The opening hours of a place of the client. */
export interface BusinessHoursDoc extends BusinessCalendar {
  readonly _id: Types.ObjectId;
  readonly clientId: Types.ObjectId;
  readonly name: string;
  /** Unique within the client, in any case and without accents. */
  readonly nameKey: string;
  /** Written by whatever begins to refer to the hours, so that it and their deletion are a conflict. */
  readonly holds?: number;
  readonly createdAt: Date;
  readonly version: number;
}

export const businessHoursModel = declareTenantModel<BusinessHoursDoc>('business_hours', {
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  zone: { type: String, required: true },
  week: { type: Schema.Types.Mixed, required: true },
  holidays: { type: [Schema.Types.Mixed], required: true },
  holds: Number,
  createdAt: { type: Date, required: true },
  version: { type: Number, required: true },
});

businessHoursModel.schema.index({ clientId: 1, nameKey: 1 }, { unique: true });
businessHoursModel.schema.index({ clientId: 1, createdAt: -1, _id: -1 });
