/** The Temporal CLI (with its server inside) that is built when none is found: server 1.29.1. */
export const TEMPORAL_CLI_VERSION = '1.5.1';
/** The newest version that `go install` can build; later ones need replace directives. */
export const TEMPORAL_CLI_MODULE = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;
