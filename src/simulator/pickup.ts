/** What a called phone does with a ringing call. */
export type Pickup =
  | { kind: 'answer'; as: 'human' | 'machine' | 'fax' | 'unknown' }
  | { kind: 'busy' }
  | { kind: 'no-answer' }
  | { kind: 'fail'; sipResponseCode: string };
