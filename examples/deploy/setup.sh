#!/bin/sh
# Makes a data directory on the server of SOLELY_DATABASE_HOST, and of it a folder for each compartment, with what is
# its own and nothing else. What is left in MADE is the owner's: keep it away from all that serves.
#   setup.sh MADE FOLDERS RUN OWNER-PASSWORD-FILE
set -eu
made=$1 folders=$2 run=$3 password=$4
if [ -e "$folders/ledger/policy.toml" ]; then exit 0; fi
solely init "$made" --owner-password "$password"
number=60801
for name in security service advertising measurement discovery registry ledger; do
    own="$folders/$name"
    mkdir -p "$own/keys" "$run/$name"
    cp "$made/policy.toml" "$own/"
    mv "$made/keys/$name.key" "$own/keys/"
    case $name in
    advertising) mkdir "$own/advertising" ;;
    registry) mkdir "$own/registry" "$own/answers" && mv "$made/keys/desk.key" "$own/keys/" ;;
    ledger) mv "$made/ledger" "$own/" ;;
    esac
    chown -R "$number:60800" "$own" "$run/$name"
    chmod 700 "$own" "$own/keys"
    number=$((number + 1))
done
