/** The password in the URL of a database: a secret to look for in logs. */
export function passwordIn(databaseUrl: string): string {
  return decodeURIComponent(new URL(databaseUrl).password);
}
