#!/bin/sh
# ccboost @VERSION@ for @SYSTEM@. This is a shell script, and behind its last line an archive: Deno and the
# program. The first start unpacks it into a cache folder, later ones use what is there.
# Licence: MIT; Deno's own: https://github.com/denoland/deno/blob/main/LICENSE.md
set -u
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH
system='@SYSTEM@'
hash='@HASH@'
id='@ID@'
files='@FILES@'
archive=@OFFSET@

fail() {
  printf 'ccboost: %s\n' "$1" >&2
  exit 1
}

# Whether a folder holds all that was unpacked. A disk that lost power may leave empty files.
is_whole() {
  [ -x "$1/deno" ] || return 1
  for file in $files; do
    [ -s "$1/$file" ] || return 1
  done
}

check_archive() {
  [ "$(uname -s) $(uname -m)" = "$system" ] ||
    fail "this file is for $system, this machine is $(uname -s) $(uname -m)"
  if command -v sha256sum >/dev/null; then
    found=$(tail -c "+$archive" "$0" | sha256sum)
  elif command -v shasum >/dev/null; then
    found=$(tail -c "+$archive" "$0" | shasum -a 256)
  else
    return 0 # gzip's own checksum must do
  fi
  [ "${found%% *}" = "$hash" ] || fail "$0 is damaged; copy it again"
}

# Unpacks beside the folder and renames, so that others see all or nothing.
unpack() {
  fresh=$(mktemp -d "${1%/*}/new.XXXXXX" 2>/dev/null) || return 1
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  [ ! -t 2 ] || printf 'ccboost: unpacking into %s, once\n' "$1" >&2
  if tail -c "+$archive" "$0" | gzip -dc | tar -xmf - -C "$fresh" 2>/dev/null &&
    "$fresh/deno" --version >/dev/null 2>&1 && is_whole "$fresh"; then
    if is_whole "$1"; then
      : # another start was first
    else
      [ ! -e "$1" ] || mv "$1" "$fresh/damaged"
      # Where another start renames at the same moment, ours would become a folder in its folder.
      mv "$fresh" "$1" && rm -rf "$1/damaged" "$1/${fresh##*/}"
    fi
  fi
  rm -rf "$fresh"
  trap - EXIT INT TERM HUP
  is_whole "$1"
}

# The first of some folders that can be used. What others could have written is not run.
find_folder() {
  checked=
  for cache in "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}" "${TMPDIR:-/tmp}/ccboost-$(id -u)" "/var/tmp/ccboost-$(id -u)"; do
    case $cache in
      /*) ;;
      *) continue ;;
    esac
    [ -d "$cache" ] || (umask 077 && mkdir -p "$cache") 2>/dev/null || continue
    [ -O "$cache" ] || continue
    mkdir -p "$cache/ccboost" 2>/dev/null
    [ -O "$cache/ccboost" ] || continue
    folder=$cache/ccboost/$id
    ! is_whole "$folder" || return 0
    if [ -z "$checked" ]; then
      check_archive
      checked=yes
    fi
    ! unpack "$folder" || return 0
  done
  fail "no folder where it can be unpacked and run: 200 MB are needed in \$XDG_CACHE_HOME, ~/.cache, \$TMPDIR or /var/tmp, \
and $system with what Deno needs (glibc 2.27)"
}

find_folder

@GRANTS@

set -f # the permissions below are words, not patterns
export DENO_DIR="$folder/deno-dir" DENO_NO_UPDATE_CHECK=1
exec "$folder/deno" run --no-prompt --no-config --no-lock --no-remote --no-npm @PERMISSIONS@ $others \
  ${net:+"--allow-net=$net"} "$folder/cli.js" "$@"
exit 126
