/** The invented place that the demo receptionist works for. Nothing of it exists. */

export const PLACE = 'Harbour House';
export const RECEPTIONIST = 'Robin';

/** Minutes since midnight. */
export const OPENS_AT = 9 * 60;
/** Nobody is seated in the last half hour. */
export const LAST_START = 21 * 60 + 30;

export const MAX_PARTY = 20;
/** Days ahead that the book reaches. */
export const MAX_DAYS_AHEAD = 366;
