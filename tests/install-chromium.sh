#!/usr/bin/env bash
# Browser tests drive Debian's chromium; install it where apt and root allow, else say that they will be skipped.
set -u
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium for the browser tests"
    (apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium) >/dev/null 2>&1 && exit 0
fi
echo "chromium is not here and cannot be installed: browser tests will be skipped"
