#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml mounts, in deploy/secrets; what is there already stays as it is.
# Usage: deploy/make-secrets.sh <Stripe's secret key> <its webhook's signing secret>
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: $0 sk_test_… whsec_…    (from https://dashboard.stripe.com/test/apikeys and …/webhooks)" >&2
  exit 2
fi

folder=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$folder"
chmod 700 "$folder"

# The containers' own users read these through a mount, past the folder's lock: hence 444.
keep() {
  if [ ! -e "$folder/$1" ]; then
    printf '%s' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
    echo "made $1"
  fi
}
password() { openssl rand -hex 24; }
# An identifier and 32 random bytes: `kid:base64`. Put a new one before the old, with a comma, to replace it.
key() { printf '%s:%s' "$(date +%Y%m%d)" "$(openssl rand -base64 32)"; }

keep database_password "$(password)"
keep database_url "postgres://sojourn:$(cat "$folder/database_password")@database:5432/sojourn"
keep redis_password "$(password)"
keep redis_url "redis://:$(cat "$folder/redis_password")@cache:6379"
keep files_password "$(password)"
keep smtp_url "smtp://mail:1025"
keep jwt_keys "$(key)"
keep data_keys "$(key)"
keep stripe_secret_key "$1"
keep stripe_webhook_secret "$2"
