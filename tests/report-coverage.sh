#!/usr/bin/env bash
# Joins the coverage of all processes and holds it to its floor. Its report goes to a file: pytest's lines stay last.
set -u
bin=.venv/bin
mkdir -p build
$bin/coverage combine --quiet || exit 1
$bin/coverage report --fail-under="${COVERAGE_FLOOR:-90}" > build/coverage.txt
status=$?
[ $status = 0 ] || { echo "coverage is below its floor of ${COVERAGE_FLOOR:-90} %:"; cat build/coverage.txt; }
exit $status
