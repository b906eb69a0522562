/** A promise that is settled from outside. (Node 20 has no Promise.withResolvers.) */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve(this: void, value: T): void;
  reject(this: void, error: Error): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
