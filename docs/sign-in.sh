#!/usr/bin/env bash
# Signs in with a second factor, as a client would: login, code from an authenticator, status, refresh, logout.
#
#   docs/sign-in.sh [--email E] [--password P] [--secret S] [--wrong-code] [URL…]
#
# URL defaults to http://127.0.0.1:8080. With several URLs (nodes on one database) the requests alternate between them.
# E, P and S default to $EMAIL, $PASSWORD and $TOTP_SECRET: what `twinlock serve` prints of its demo account.
# --wrong-code also tries a wrong code first; that is charged, and ten in an hour lock the account for a while.
# Needs curl and oathtool. Ends with a failure at the first answer that is not what it should be.
set -euo pipefail

email=${EMAIL:-} password=${PASSWORD:-} secret=${TOTP_SECRET:-} wrong_code='' nodes=()
while [ $# -gt 0 ]; do
  case $1 in
    --email) email=${2:?--email needs a value}; shift 2 ;;
    --password) password=${2:?--password needs a value}; shift 2 ;;
    --secret) secret=${2:?--secret needs a value}; shift 2 ;;
    --wrong-code) wrong_code=yes; shift ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "unknown option $1" >&2; exit 2 ;;
    *) nodes+=("${1%/}"); shift ;;
  esac
done
[ ${#nodes[@]} -gt 0 ] || nodes=(http://127.0.0.1:8080)
for setting in email password secret; do
  [ -n "${!setting}" ] || { echo "missing --$setting; \`twinlock serve\` prints a demo account" >&2; exit 2; }
done
for tool in curl oathtool; do
  command -v "$tool" > /dev/null || { echo "missing program: $tool" >&2; exit 2; }
done

turn=0 status='' answer=''

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# request METHOD PATH [BODY [ACCESS_TOKEN]]: asks the next node; leaves $status and $answer.
request() {
  local method=$1 path=$2 body=${3:-} token=${4:-} node=${nodes[turn % ${#nodes[@]}]}
  turn=$((turn + 1))
  local options=(--silent --show-error --max-time 15 --request "$method" --write-out '\n%{http_code}')
  [ -z "$token" ] || options+=(--header "Authorization: Bearer $token")
  # The body goes through standard input: a password does not belong among the arguments of a process.
  if [ -n "$body" ]; then options+=(--header 'Content-Type: application/json' --data-binary @-); fi
  answer=$(printf '%s' "$body" | curl "${options[@]}" "$node$path") || fail "$node does not answer"
  status=${answer##*$'\n'} answer=${answer%$'\n'*}
  printf '%s %s%s -> %s\n' "$method" "$node" "$path" "$status"
}

# expect STATUS: stops unless the last answer has it.
expect() {
  [ "$status" = "$1" ] || fail "expected $1, got $status: $answer"
}

# text NAME, number NAME: a member of the last answer.
text() {
  grep -o "\"$1\": *\"[^\"]*\"" <<< "$answer" | head -n 1 | sed 's/^[^:]*: *"//; s/"$//'
}
number() {
  grep -o "\"$1\": *[0-9]*" <<< "$answer" | head -n 1 | sed 's/^[^:]*: *//'
}

json() {
  printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# holds TEXT: stops unless the last answer contains it, spaces aside.
holds() {
  grep -qF -- "$1" <<< "$(tr -d ' ' <<< "$answer")" || fail "expected $1 in: $answer"
}

echo '1. The password opens the first lock and no more.'
request POST /auth/login/ "{\"email\":\"$(json "$email")\",\"password\":\"$(json "$password")\",\"refresh_in_body\":true}"
expect 200
holds '"requires_2fa":true'
partial=$(text partial_token)
[ -n "$partial" ] || fail "no partial token in: $answer"

if [ -n "$wrong_code" ]; then
  echo '   A wrong code is refused and costs a guess.'
  request POST /auth/2fa/verify/ "{\"partial_token\":\"$partial\",\"code\":\"not it\"}"
  expect 422
  holds '"code":"code_incorrect"'
  echo "   $(number attempts_left) guesses left"
fi

echo '2. The code of the authenticator opens the second.'
for attempt in 1 2; do
  code=$(oathtool --totp --base32 - <<< "$secret")
  request POST /auth/2fa/verify/ "{\"partial_token\":\"$partial\",\"code\":\"$code\",\"refresh_in_body\":true}"
  [ "$status" = 422 ] && [ "$(text hint)" = already_used ] && [ "$attempt" = 1 ] || break
  wait=$((30 - $(date +%s) % 30))
  echo "   this code was used before: the next one comes in $wait s"
  sleep "$wait"
done
expect 200
holds '"method":"totp"'
access=$(text access) refresh=$(text refresh)
[ -n "$access" ] && [ -n "$refresh" ] || fail "no tokens in: $answer"

echo '3. The partial token is spent, also with a right code.'
request POST /auth/2fa/verify/ "{\"partial_token\":\"$partial\",\"code\":\"$code\"}"
case $status in
  401 | 409) ;;
  *) fail "expected 401 or 409, got $status: $answer" ;;
esac

echo '4. The access token opens what is behind both.'
request GET /auth/2fa/status/ '' "$access"
expect 200
holds '"is_enabled":true'

echo '5. The refresh token is exchanged for new ones.'
request POST /auth/token/refresh/ "{\"refresh\":\"$refresh\"}"
expect 200
access=$(text access) refresh=$(text refresh)
[ -n "$access" ] && [ -n "$refresh" ] || fail "no tokens in: $answer"
request GET /auth/2fa/status/ '' "$access"
expect 200

echo '6. Logout ends both tokens at once.'
request POST /auth/logout/ "{\"refresh\":\"$refresh\"}" "$access"
expect 204
request GET /auth/2fa/status/ '' "$access"
expect 401
request POST /auth/token/refresh/ "{\"refresh\":\"$refresh\"}"
expect 401

echo "Signed in with a second factor, and out again: $turn requests over ${#nodes[@]} node(s)."
