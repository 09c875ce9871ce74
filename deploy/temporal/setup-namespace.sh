#!/bin/sh
# Creates the namespace with its retention and search attributes; running it again changes nothing. Needs the Temporal
# CLI (for example the image temporalio/admin-tools) and reads the server's address from TEMPORAL_ADDRESS.
set -eu

namespace="${TEMPORAL_NAMESPACE:-whatsapp-crm}"
retention="${TEMPORAL_RETENTION:-168h}"
tries=60

until temporal operator cluster health >/dev/null 2>&1; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "No Temporal server answers at ${TEMPORAL_ADDRESS:-its default address}." >&2
    exit 1
  fi
  sleep 2
done

if temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$namespace" --retention "$retention" >/dev/null
else
  temporal operator namespace create --namespace "$namespace" --retention "$retention"
fi

# The server's caches see a new namespace only after some seconds.
tries=30
until existing="$(temporal operator search-attribute list --namespace "$namespace" 2>/dev/null)"; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "The namespace $namespace does not answer." >&2
    exit 1
  fi
  sleep 1
done

for name in ClientId ChannelId TemplateName ConversationId Kind CampaignId FailureCode; do
  if printf '%s\n' "$existing" | grep -qw "$name"; then continue; fi
  temporal operator search-attribute create --namespace "$namespace" --name "$name" --type Keyword
done
echo "The namespace $namespace is ready: retention $retention, 7 search attributes."
