#!/usr/bin/env bash
# Source this file. It finds the browsers for the tests and installs missing ones. It exports PLAYWRIGHT_CHROMIUM, which is
# required, and points Vulkan at Chromium's software driver, for Dawn in Node and for Firefox. It exports FIREFOX and
# WEBKIT_DRIVER if they can be installed; otherwise their tests are skipped, unless REQUIRE_BROWSERS=1.

first_executable() { for f in "$@"; do if [ -x "$f" ]; then echo "$f"; return; fi; done; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
has_package_lists=
install_packages() {
  command -v apt-get >/dev/null || return 1
  if [ -z "$has_package_lists" ]; then as_root apt-get update -qq && has_package_lists=1 || return 1; fi
  as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
playwrights_own() { node -e 'const { chromium } = require("playwright-core"); console.log(chromium.executablePath())'; }
find_chromium() {
  first_executable "${PLAYWRIGHT_CHROMIUM:-}" "$(playwrights_own)" \
    /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome-stable /usr/bin/google-chrome
}
# Snap's /usr/bin/firefox is a script, which WebDriver cannot control.
find_firefox() { first_executable "${FIREFOX:-}" /usr/bin/firefox-esr /usr/lib/firefox/firefox /opt/firefox/firefox; }
find_webkit() {
  if [ -x /usr/bin/Xvfb ]; then first_executable "${WEBKIT_DRIVER:-}" /usr/bin/WebKitWebDriver; fi
}

PLAYWRIGHT_CHROMIUM=$(find_chromium)
if [ -z "$PLAYWRIGHT_CHROMIUM" ]; then
  echo 'No Chromium found: trying the Debian package, then the one that Playwright downloads.'
  install_packages chromium libvulkan1 || timeout 300 npx playwright install --with-deps chromium >/dev/null 2>&1 || true
  PLAYWRIGHT_CHROMIUM=$(find_chromium)
fi
if [ -z "$PLAYWRIGHT_CHROMIUM" ]; then
  echo 'No Chromium could be installed. Install one and set PLAYWRIGHT_CHROMIUM to its path.' >&2
  exit 1
fi
export PLAYWRIGHT_CHROMIUM

# Dawn in Node and Firefox need the Vulkan loader; Chromium has one beside its software driver.
for folder in "$(dirname "$(readlink -f "$PLAYWRIGHT_CHROMIUM")")" /usr/lib/chromium; do
  if [ -z "${VK_ICD_FILENAMES:-}" ] && [ -e "$folder/vk_swiftshader_icd.json" ]; then
    export VK_ICD_FILENAMES="$folder/vk_swiftshader_icd.json"
    if ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; fi
  fi
done

# another NAME, FIND, PACKAGE...: sets `found` to the path of an optional browser, or to nothing if it cannot be installed.
another() {
  local name=$1 find=$2
  shift 2
  found=$("$find")
  if [ -z "$found" ]; then
    echo "No $name found: installing $*." >&2
    install_packages "$@" >&2 || true
    found=$("$find")
  fi
  if [ -z "$found" ]; then
    printf '\n!! %s could not be installed (Debian: apt-get install %s). NOTHING IS TESTED IN IT HERE.\n\n' "$name" "$*" >&2
    if [ -n "${REQUIRE_BROWSERS:-}" ]; then return 1; fi
  fi
}
another Firefox find_firefox firefox-esr
export FIREFOX=$found
another WebKit find_webkit webkit2gtk-driver xvfb
export WEBKIT_DRIVER=$found
