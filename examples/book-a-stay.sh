#!/usr/bin/env bash
# A guest books a stay: the whole road against a running sandbox, with curl, from signing up to the refund.
#
#   examples/book-a-stay.sh [URL]        URL is http://127.0.0.1:8080 when none is given
#
# It makes people and a listing of its own, so it may run as often as you like, several at a time too.
# It exits 0 when everything happened as it should, and 1 at the first surprise, saying what it was.
# shellcheck disable=SC2016  # GraphQL marks its own variables with a dollar.
set -euo pipefail

url=${1:-${SOJOURN_URL:-http://127.0.0.1:8080}}
url=${url%/}
folder=$(mktemp -d)
listener=
finish() {
  if [ -n "$listener" ]; then kill "$listener" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT

say() { printf '\n%s\n' "$*"; }
show() { printf '  %s\n' "$*"; }
fail() {
  printf '\nSURPRISE: %s\n' "$*" >&2
  if [ -s "$folder/answer" ]; then printf 'The last answer was:\n%s\n' "$(cat "$folder/answer")" >&2; fi
  exit 1
}

command -v curl >/dev/null || fail "this needs curl"

# pick <path>: what stands at a path such as `data.viewer.0.name` of the JSON on standard input: a text or a number as
# it is, nothing for null and for what is missing, anything else as JSON.
if command -v jq >/dev/null; then
  pick() {
    jq --raw-output --arg path "$1" \
      'getpath($path | split(".") | map(tonumber? // .)) | if . == null then "" else . end'
  }
elif command -v python3 >/dev/null; then
  pick() {
    python3 -c '
import json, sys
value = json.load(sys.stdin)
for step in sys.argv[1].split("."):
    if isinstance(value, list):
        value = value[int(step)] if int(step) < len(value) else None
    else:
        value = value.get(step) if isinstance(value, dict) else None
if value is not None:
    print(value if isinstance(value, str) else json.dumps(value))' "$1"
  }
else
  fail "this needs jq or python3, to read JSON"
fi

# The last answer's value at a path.
answer() { pick "$1" <"$folder/answer"; }

# is <what> <actual> <expected>
is() { [ "$2" = "$3" ] || fail "$1 should be '$3', but is '$2'"; }

# ask <token or ''> <operation> <variables>: sends an operation, which must succeed as a whole; the answer is kept in a
# file. Operations have no double quotes and no backslashes in them, so they go into JSON as they are.
ask() {
  local token=$1 query=${2//$'\n'/ } variables=$3 status
  local headers=(-H "content-type: application/json" -H "accept: application/graphql-response+json")
  if [ -n "$token" ]; then headers+=(-H "authorization: Bearer $token"); fi
  status=$(curl --silent --show-error --max-time 30 --output "$folder/answer" --write-out '%{http_code}' \
    "${headers[@]}" --data "{\"query\":\"$query\",\"variables\":$variables}" "$url/graphql") \
    || fail "$url/graphql does not answer"
  [ "$status" = 200 ] || fail "the server answered with HTTP $status"
  is "the answer's list of errors" "$(answer errors)" ""
}

# change <token or ''> <mutation's name> <type of its input> <input> <what to ask of the payload>: a mutation, whose
# payload must have no errors.
change() {
  ask "$1" "mutation(\$input: $3!) { $2(input: \$input) { $5 errors { code message path } } }" "{\"input\":$4}"
  local errors
  errors=$(answer "data.$2.errors" | tr -d ' \n')
  [ "$errors" = "[]" ] || fail "$2 was refused"
}

# until_is <what> <expected> <command that prints it>: asks again for up to half a minute.
until_is() {
  local what=$1 expected=$2 actual='' tries
  shift 2
  for tries in $(seq 150); do
    actual=$("$@")
    if [ "$actual" = "$expected" ]; then return; fi
    sleep 0.2
  done
  fail "$what should have become '$expected', but after $tries tries it is still '$actual'"
}

# day <date> <days later>: with the date program of Linux or of macOS and the BSDs.
day() { date -u -d "$1 +$2 days" +%F 2>/dev/null || date -j -u -v "+$2d" -f %F "$1" +%F; }

# mailed_token <email>: the token in the link that was mailed, once it is there.
mailed_token() {
  local tries link
  for tries in $(seq 150); do
    curl --silent --show-error --fail --max-time 30 --get --data-urlencode "to=$1" "$url/dev/mail.json" \
      >"$folder/answer" || return 1
    link=$(answer letters.0.links.0)
    case $link in *token=*) echo "${link##*token=}" && return ;; esac
    sleep 0.2
  done
  return 1
}

password='seven quiet otters drift'
run=$(date +%s)-$$

# sign_up <name> <as a host?>: leaves `token`, `person` and `email`.
sign_up() {
  email="$(echo "$1" | tr '[:upper:]' '[:lower:]')-$run@example.org"
  change '' signUp SignUpInput \
    "{\"email\":\"$email\",\"password\":\"$password\",\"displayName\":\"$1\",\"asHost\":$2}" mailSent
  local code
  code=$(mailed_token "$email") \
    || fail "no mail for $email at $url/dev/mail.json: is this a sandbox that keeps its mail?"
  change '' verifyEmail VerifyEmailInput "{\"token\":\"$code\",\"password\":\"$password\"}" \
    'user { id memberSince } tokens { accessToken }'
  token=$(answer data.verifyEmail.tokens.accessToken)
  person=$(answer data.verifyEmail.user.id)
  since=$(answer data.verifyEmail.user.memberSince)
  show "$1 has signed up as $email and proven the address with the mailed link."
}

say "Sojourn at $url: a guest books a stay."
# A server that has just started may not be ready yet.
ready() { curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' "$url/readyz" || true; }
[ "$(ready)" != 000 ] || fail "there is no server at $url: 'make run' starts one"
until_is "the HTTP status of $url/readyz" 200 ready

say "1. Two people sign up: a host and a guest."
sign_up Hanna true
host=$token host_id=$person
# The server's own date: a sandbox's clock may have been moved.
today=${since%%T*}
sign_up Gustavo false
guest=$token

say "2. Hanna offers a home in Lisbon."
change "$host" createListing CreateListingInput '{
  "currencyCode": "EUR",
  "fields": {
    "title": "The house with the red roof", "propertyType": "HOUSE", "roomType": "ENTIRE_PLACE",
    "description": "Two rooms with morning light, a long table, and a view of the river from the kitchen.",
    "street": "Rua das Flores 7", "postalCode": "1200-192", "city": "Lisbon", "region": "Lisboa", "country": "PT",
    "latitudeE6": 38710000, "longitudeE6": -9140000, "timeZone": "Europe/Lisbon",
    "bedrooms": 2, "beds": 3, "halfBathrooms": 3, "maxGuests": 4, "amenities": ["WIFI", "KITCHEN"],
    "cancellationPolicy": "FLEXIBLE", "checkInInstructions": "The key is with the baker."
  }
}' 'listing { id status }'
listing=$(answer data.createListing.listing.id)
is "a new listing" "$(answer data.createListing.listing.status)" DRAFT
show "It is a draft: $listing"

base64 --decode >"$folder/house.png" <<'PICTURE'
iVBORw0KGgoAAAANSUhEUgAAAeAAAAFABAMAAACW5rJIAAAAGFBMVEX31qr66MhWjJ5AcIT17uG0
Uyo8RlD/zW5dFregAAAEB0lEQVR42u3cO24iQRSF4VapENJk7GA0K+ngLoAJ2AcZ23DsqBfiwBuY
LVjegeMhGE3AjATNo6ubuvW49VcEDW34dM4tsCW36xpbDjBgwIABAwYMGDBgwIABAwYMGDBgwIAB
AwYMGDBgwIABAwYMGDBgwIABAwYMGDBgG+DDae0bAa8P4xu2wefBhodcL3j94J5F8HqU6cE6eD95
wBb4MBm5LfA68JgZ8D74oA3wesZRE+D9rMN8lzbS6LBOO0ONDuo0la640UGddpYaHdJpKg24ohEO
GWISBlzTJh2wTZMwYMCAAQMGDBgwYMCAc4FXrYG3W923/LL4QR3wrlttW0p4VXipY4NP6e403/Lv
hY+pgP+3eddKwturG7bBu6uoE2/TL9PgTcR1XuTVz43W+nZXc5w+OWbC/sE9i5X2/eV9UXvTw+wH
NMBjr6L4OPO4DrgPOmSn0hIUum6nh4RgCay5ZqePCRP2M4+rRDykA99PUtJFfEw3w4+aqyR+vfYO
6cD94gcjljrMGwUsi+N/ptTDVORqYHmi8NHG+NglA/sIz1g2xsPt28rgkPy0turX8Y0U4D7ak5aE
fFpDlw4s0WpQx3dpiVj8GsBe4Zklg+fkJgbA83oq9YN71aeXBxbVQpQHFuURKA3sE51TCnhZWlIt
eGk7pVbw4mns6wQvDyr7xuVSFzO3eAn4uc3WVwd+NiOpDPx8J6UucIQZ7GsCx4gn58Y1Fxxny/HV
gGNlI5WA43VR6gBHnL2+BnDMWHJtXC5bDTOJZ4Bjb62+cHD8RKRosEYDpWSwysT15YJ1wsiwcbm8
5UsvDgPrbai+SLBmDlIgWLd3Uh5Yec760sDaEaTduALAb6f1FX/9+8nvJf/Fo/oFGDBgwIABAwYM
GDBgwIABAwZ885QfF+t7/BNIGDBgwIABAwYMGDBgwIABAwYMOBd4dI1QEgYMGDBgwICnwMHX7VZ4
8U2GRaUBX60/HxfrM/4JRYClsYSlrUp7aWuGC7oOZxKwGPKW8H9LhYG9Le8k2NL4hoDFmncCLF3X
Etgb9D4CmxvfCbCY9N4HS9e1BPZWvXfANsf3Pljsem+CpetaAnvT3muw4fG9CRbj3jFYuq4lsLfv
vQBbH98xOP345tgwXNbxzXjFtEzjm/5lXe7xzXMBsZyfvolf2+X/9E1+Pa3sn75J34Ar4tM3odiV
8eU53btwb6FL4cXPfvp7zj8AtPX7MGDAgAHbAH9Mrl+Xa/oEEgYMGDBgwIABAwYMGDBgwIAB64A3
jS0qDRgwYMCAAQMGDBgwYMCAAQMGDBgwYMCAAQMGDBgwYMCAAQMGDBgwYMCAAQMGDBgwYMCAAQMG
DBgwYMCAAQMGDBgwYMCAAQPOsv4CZWNpYLCSnRgAAAAASUVORK5CYII=
PICTURE
status=$(curl --silent --show-error --max-time 30 --output "$folder/answer" --write-out '%{http_code}' \
  -H "authorization: Bearer $host" -H "content-type: image/png" --data-binary "@$folder/house.png" "$url/uploads")
is "the upload's HTTP status" "$status" 201
change "$host" addListingPhotos AddListingPhotosInput \
  "{\"listingId\":\"$listing\",\"photos\":[{\"uploadId\":\"$(answer id)\",\"caption\":\"From the river\"}]}" \
  'photos { url(width: 320) }'
photo=$(answer data.addListingPhotos.photos.0.url)
show "It has a photo: $photo"

change "$host" updatePricing UpdatePricingInput "{\"listingId\":\"$listing\",
  \"nightly\":{\"amount\":\"96.00\",\"currencyCode\":\"EUR\"},
  \"cleaningFee\":{\"amount\":\"40.00\",\"currencyCode\":\"EUR\"}}" 'pricing { nightly { formatted } }'
show "It has a price: $(answer data.updatePricing.pricing.nightly.formatted) a night."

change "$host" updateCalendar UpdateCalendarInput "{\"listingId\":\"$listing\",\"minNights\":2,
  \"block\":[{\"first\":\"$(day "$today" 20)\",\"last\":\"$(day "$today" 25)\"}]}" 'rules { minNights }'
show "It has a calendar: at least $(answer data.updateCalendar.rules.minNights) nights, and a week of its own."

change "$host" publishListing ListingIdInput "{\"listingId\":\"$listing\"}" 'listing { status }'
is "the published listing" "$(answer data.publishListing.listing.status)" PUBLISHED
show "It is on sale."

say "3. Gustavo looks for a place in Lisbon, for two, with WiFi, under 120 euros a night."
check_in=$(day "$today" 40)
check_out=$(day "$today" 43)
stay="{\"checkIn\":\"$check_in\",\"checkOut\":\"$check_out\"}"
ask '' 'query($stay: StayInput!, $filter: SearchFilterInput!) {
  searchListings(filter: $filter, stay: $stay, sort: NEWEST, first: 10) {
    totalCount nodes { id title nightlyPrice { formatted } }
  }
}' "{\"stay\":$stay,\"filter\":{\"place\":\"Lisbon, Portugal\",\"hostId\":\"$host_id\",\"guests\":2,
  \"amenities\":[\"WIFI\"],\"priceMax\":{\"amount\":\"120.00\",\"currencyCode\":\"EUR\"}}}"
is "what the search finds of Hanna's" "$(answer data.searchListings.nodes.0.id)" "$listing"
show "Found: $(answer data.searchListings.nodes.0.title), $(answer data.searchListings.nodes.0.nightlyPrice.formatted)."

ask '' 'query($id: ID!, $stay: StayInput!) {
  listing(by: { id: $id }) {
    host { displayName } address { street }
    availability(stay: $stay, party: { adults: 2 }) { isAvailable }
    quote(stay: $stay, party: { adults: 2 }) { total { formatted } }
  }
}' "{\"id\":\"$listing\",\"stay\":$stay}"
is "whether it is free" "$(answer data.listing.availability.isAvailable)" true
is "the exact address, for strangers," "$(answer data.listing.address)" ""
show "It is free from $check_in to $check_out, for $(answer data.listing.quote.total.formatted) in all."

say "4. Gustavo books it."
# He listens first: server-sent events, one connection per subscription.
curl --silent --no-buffer --max-time 300 -H "authorization: Bearer $guest" -H "content-type: application/json" \
  -H "accept: text/event-stream" "$url/graphql" --dump-header "$folder/opened" \
  --data '{"query":"subscription { notificationReceived { kind title } }"}' >"$folder/heard" 2>&1 &
listener=$!
# What is told before the connection is open is not heard.
opened() { if [ -s "$folder/opened" ]; then head -n 1 "$folder/opened" | cut -d ' ' -f 2; fi; }
until_is "the HTTP status of the open connection" 200 opened

change "$guest" createQuote CreateQuoteInput \
  "{\"listingId\":\"$listing\",\"stay\":$stay,\"party\":{\"adults\":2}}" 'quote { id total { amount formatted } }'
quote=$(answer data.createQuote.quote.id)
total=$(answer data.createQuote.quote.total.amount)
show "The price is kept for fifteen minutes: $(answer data.createQuote.quote.total.formatted)."

change "$guest" createBooking CreateBookingInput "{\"quoteId\":\"$quote\",\"idempotencyKey\":\"book-$run\"}" \
  'booking { id code status } payment { id status }'
booking=$(answer data.createBooking.booking.id)
payment=$(answer data.createBooking.payment.id)
is "a new booking" "$(answer data.createBooking.booking.status)" PENDING_PAYMENT
show "The nights are held: booking $(answer data.createBooking.booking.code)."

change "$guest" createBooking CreateBookingInput "{\"quoteId\":\"$quote\",\"idempotencyKey\":\"book-$run\"}" \
  'booking { id }'
is "a second click with the same key" "$(answer data.createBooking.booking.id)" "$booking"
show "A second click gives the same booking."

say "5. He pays."
# pay <card>
pay() {
  ask "$guest" 'mutation($input: SandboxPayInput!) {
    sandboxPay(input: $input) { status declineCode errors { code message } }
  }' "{\"input\":{\"paymentId\":\"$payment\",\"card\":\"$1\",\"idempotencyKey\":\"pay-$1-$run\"}}"
}
pay 4000000000000002
is "the error of a bad card" "$(answer data.sandboxPay.errors.0.code)" DECLINED
show "The first card is declined: $(answer data.sandboxPay.declineCode)."
pay 4242424242424242
is "the errors of a good card" "$(answer data.sandboxPay.errors | tr -d ' \n')" "[]"
show "The second card is good."

booking_is() {
  ask "$guest" "query(\$id: ID!) {
    booking(by: { id: \$id }) {
      status address { street } payment { refunded { amount } } refundPreview { rule total { amount formatted } }
    }
  }" "{\"id\":\"$booking\"}"
  answer "data.booking.$1"
}
until_is "the booking" CONFIRMED booking_is status
show "The booking is confirmed. He now sees the street: $(answer data.booking.address.street)."

# heard <kind>: whether the listener has heard of it.
heard() { if grep --quiet "$1" "$folder/heard"; then echo heard; else echo silence; fi; }
until_is "the live notice of the confirmation" heard heard BOOKING_CONFIRMED
show "He was told at once, over the open connection."

ask "$guest" '{ viewer { bookings(first: 5) { totalCount nodes { id listing { title } } }
  notifications(first: 10) { nodes { kind title } } } }' '{}'
is "the first of his trips" "$(answer data.viewer.bookings.nodes.0.id)" "$booking"
show "It is among his trips: $(answer data.viewer.bookings.nodes.0.listing.title)."
show "His latest notice: $(answer data.viewer.notifications.nodes.0.title)."
ask "$host" '{ viewer { hosting { reservations(first: 5) { nodes { id guest { displayName } } } }
  notifications(first: 1) { nodes { kind title } } } }' '{}'
is "Hanna's reservation" "$(answer data.viewer.hosting.reservations.nodes.0.id)" "$booking"
is "Hanna's notice" "$(answer data.viewer.notifications.nodes.0.kind)" BOOKING_CONFIRMED
show "Hanna knows too: $(answer data.viewer.notifications.nodes.0.title)."

say "6. He cancels, early enough to get everything back."
preview=$(booking_is refundPreview.total.amount)
is "what he would get back" "$preview" "$total"
change "$guest" cancelBooking CancelBookingInput \
  "{\"bookingId\":\"$booking\",\"reason\":\"A wedding at home\",\"idempotencyKey\":\"cancel-$run\"}" \
  'booking { status }'
is "the booking" "$(answer data.cancelBooking.booking.status)" CANCELLED
until_is "the refund" "$total" booking_is payment.refunded.amount
show "All of it came back: $total EUR."
ask '' 'query($id: ID!, $stay: StayInput!) {
  listing(by: { id: $id }) { availability(stay: $stay, party: { adults: 2 }) { isAvailable } }
}' "{\"id\":\"$listing\",\"stay\":$stay}"
is "whether the nights are free again" "$(answer data.listing.availability.isAvailable)" true
show "The nights are free for the next guest."

say "Everything happened as it should."
