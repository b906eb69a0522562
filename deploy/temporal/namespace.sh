#!/bin/sh
# Makes the namespace of the calls and registers VOCA's search attributes; does nothing when all is
# there. The client takes the server and the namespace from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
set -eu

: "${TEMPORAL_ADDRESS:?is missing}" "${TEMPORAL_NAMESPACE:?is missing}"
# How long ended calls can be looked at, and how long a repeated webhook finds its ended call.
RETENTION="${TEMPORAL_NAMESPACE_RETENTION:-30d}"
# Those of workflows/contract.ts; a test compares them.
SEARCH_ATTRIBUTES='VocaStatus VocaDirection VocaAssistant VocaEndReason VocaWorkspace'
TRIES=60

# Repeats a command until it succeeds; on the last try it says why not.
until_done() {
  try=1
  while [ "$try" -lt "$TRIES" ]; do
    if "$@" >/dev/null 2>&1; then return; fi
    try=$((try + 1))
    sleep 2
  done
  "$@"
}

until_done temporal operator cluster health

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  until_done temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# The server takes some seconds to notice a new namespace and a new attribute.
until_done temporal operator search-attribute list
known="$(temporal operator search-attribute list)"
for name in $SEARCH_ATTRIBUTES; do
  case "$known" in
    *"$name"*) ;;
    *) until_done temporal operator search-attribute create --name "$name" --type Keyword ;;
  esac
done
for name in $SEARCH_ATTRIBUTES; do
  until_done temporal workflow count --query "$name = 'none'"
done
echo "The namespace $TEMPORAL_NAMESPACE is ready."
