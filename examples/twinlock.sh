# Starts a Twinlock for an example, with an application whose people may come back to $1 and have to have a second factor: who
# has none sets one up at the first sign-in. Sourced by the examples' `start`.
# TWINLOCK is the program; without it the one of this repository is built.
if [ -z "${TWINLOCK:-}" ]; then
  cargo build --quiet --package twinlock --manifest-path ../../Cargo.toml
  TWINLOCK=$(cd ../.. && pwd)/target/debug/twinlock
fi
# What the example is told is no setting of the server, which refuses those it does not know.
unset TWINLOCK_URL TWINLOCK_API_KEY
export TWINLOCK_BIND=127.0.0.1:${EXAMPLE_TWINLOCK_PORT:-8080} DATABASE_URL=sqlite:$EXAMPLE_DATA/twinlock.db
url=http://$TWINLOCK_BIND
(cd "$EXAMPLE_DATA" && exec "$TWINLOCK" serve > "$EXAMPLE_DATA/twinlock.log" 2>&1) &
twinlock_pid=$!
trap 'kill $twinlock_pid' EXIT # until the example knows better
for _ in $(seq 100); do curl --silent --fail --output /dev/null "$url/readyz" && break; sleep 0.1; done
in_data() { (cd "$EXAMPLE_DATA" && "$TWINLOCK" "$@"); }
in_data app add shop > /dev/null 2>&1 || true
in_data app return-url add shop "$1" > /dev/null 2>&1 || true
in_data app set shop --second-factor required > /dev/null
TWINLOCK_API_KEY=$(in_data key add --app shop)
export TWINLOCK_API_KEY TWINLOCK_URL=$url
echo "twinlock url=$TWINLOCK_URL api_key=$TWINLOCK_API_KEY"
