/** @returns whether `work` was done within so many milliseconds; also false when it failed. */
export async function isDoneWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  const isDone = await Promise.race([done, tooLate]);
  clearTimeout(timer);
  return isDone;
}
