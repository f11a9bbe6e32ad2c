#!/usr/bin/env bash
# Chromium and Chinese fonts for the tests of the page, from Debian's packages, where they are not there yet.
set -euo pipefail

missing=()
if [ -z "${LORELENS_TEST_CHROMIUM:-}" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
  missing+=(chromium)
fi
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh-cn)" ]; then
  missing+=(fontconfig fonts-noto-cjk)
fi
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo --non-interactive)
fi
if command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} for the tests of the page ..."
  if "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null; then
    exit 0
  fi
fi
# Not an error here: the other tests run, and those of the page fail and say what is missing.
echo "${missing[*]} could not be installed. Install them with your system's packages, as root on Debian:" >&2
echo "    apt-get install ${missing[*]}" >&2
echo "or name a Chromium with LORELENS_TEST_CHROMIUM=/path/to/chromium." >&2
