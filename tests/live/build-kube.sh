#!/usr/bin/env bash
# Builds kube-apiserver and what it needs into the cache, where the scripts for that are beside the checkout. The tests skip without.
set -euo pipefail
tools=${LANNER_KUBE_TOOLS:-$(dirname "$0")/../../../shared/tools/kube}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lanner/kube
needed=(kube-apiserver kube-controller-manager kube-scheduler kubectl etcd kwok)
for name in "${needed[@]}"; do
    [ -x "$cache/bin/$name" ] || missing=1
done
if [ -z "${missing:-}" ]; then exit 0; fi
if [ ! -f "$tools/build.sh" ]; then
    echo "no $tools/build.sh; LANNER_KUBE_TOOLS names its folder" >&2
elif ! command -v go >/dev/null; then
    echo "no go to build kube-apiserver with" >&2
else
    echo "building kube-apiserver into $cache: about five minutes" >&2
    nice -n 15 bash "$tools/build.sh" "$cache"
fi
