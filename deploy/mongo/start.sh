#!/bin/sh
# Starts the only member of the replica set with access control. Members prove themselves to each other by a key file;
# with one member nobody else needs it, so each start makes a new one in memory.
set -eu
umask 077
head -c 756 /dev/urandom | base64 | tr -d '\n' >/tmp/replica-set.key
# What a killed process was writing stays locked as long as a transaction may live: a minute by default.
exec mongod --replSet rs0 --bind_ip_all --keyFile /tmp/replica-set.key \
  --setParameter transactionLifetimeLimitSeconds=10 \
  --wiredTigerCacheSizeGB "${MONGO_CACHE_GB:-0.5}"
