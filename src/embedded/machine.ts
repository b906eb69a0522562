/**
 * The variables of the environment that the embedded servers look at (PATH, HOME, XDG folders, and
 * what Go and a proxy need). Whoever reads the environment passes it in; nothing here reads it.
 */
export type MachineEnv = Readonly<Record<string, string | undefined>>;

const FOR_TOOLS =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|TMP|TEMP|LANG|LC_.*|TZ|GO.*|CGO_.*|CC|CXX|GIT_SSL_.*|SSL_CERT_.*|NIX_SSL_CERT_FILE|.*_proxy|SystemRoot|PATHEXT|XDG_.*)$/i;

/** The part of the environment that a build tool needs: no tokens, no database addresses. */
export function toolEnv(env: MachineEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && FOR_TOOLS.test(name)) kept[name] = value;
  }
  return kept;
}

/** What a server or a keeper gets: a search path, a home of its own, and nothing of ours. */
export function minimalEnv(env: MachineEnv, home: string): Record<string, string> {
  const kept: Record<string, string> = { HOME: home, LC_ALL: 'C', TZ: 'UTC' };
  for (const name of ['PATH', 'TMPDIR', 'SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
