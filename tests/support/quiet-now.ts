const hourText = (hour: number): string => `${String((hour + 24) % 24).padStart(2, '0')}:00`;

/** Quiet hours that hold now and for the next two hours, in every zone of Europe. */
export function quietNow(): { readonly from: string; readonly to: string } {
  const hour = new Date().getUTCHours();
  return { from: hourText(hour - 1), to: hourText(hour + 6) };
}
