import { translated } from './errors.ts';
import type { Database } from './pool.ts';

/** A number of ours, and who answers it. */
export interface PhoneNumber {
  id: string;
  /** E.164. */
  number: string;
  /** Left out: nobody answers. */
  assistantId?: string;
}

export interface PhoneNumberRepository {
  findByNumber(number: string): Promise<PhoneNumber | undefined>;
  /** All of them, the oldest first. */
  list(): Promise<PhoneNumber[]>;
  /**
   * Says who answers a number; `id` is taken only when the number is new.
   * @throws {DatabaseError} also when there is no such assistant.
   */
  route(number: PhoneNumber): Promise<PhoneNumber>;
}

interface Row {
  id: string;
  number: string;
  assistant_id: string | null;
}

const COLUMNS = ['id', 'number', 'assistant_id'] as const;

export function createPhoneNumbers(db: Database): PhoneNumberRepository {
  const all = db.selectFrom('phone_numbers').select(COLUMNS);
  return {
    findByNumber: (number) =>
      translated('Finding a phone number', async () => {
        const row = await all.where('number', '=', number).executeTakeFirst();
        return row && present(row);
      }),

    list: () =>
      translated('Listing phone numbers', async () =>
        (await all.orderBy('created_at').orderBy('id').execute()).map(present),
      ),

    route: ({ id, number, assistantId }) =>
      translated('Routing a phone number', async () => {
        const assistant_id = assistantId ?? null;
        const row = await db
          .insertInto('phone_numbers')
          .values({ id, number, assistant_id })
          .onConflict((conflict) =>
            conflict.column('number').doUpdateSet({ assistant_id, updated_at: new Date() }),
          )
          .returning(COLUMNS)
          .executeTakeFirstOrThrow();
        return present(row);
      }),
  };
}

function present({ id, number, assistant_id }: Row): PhoneNumber {
  return { id, number, ...(assistant_id !== null && { assistantId: assistant_id }) };
}
