#!/usr/bin/env bash
# Sourced: finds a Chromium that runs WebGPU without a GPU, installing one if there is none. Exports PLAYWRIGHT_CHROMIUM
# (the browser) and points Vulkan at the software driver beside it, which Dawn in Node uses too.

playwrights_own() { node -e 'const { chromium } = require("playwright-core"); console.log(chromium.executablePath())'; }
first_executable() { for f in "$@"; do if [ -x "$f" ]; then echo "$f"; return; fi; done; }
find_chromium() {
  first_executable "${PLAYWRIGHT_CHROMIUM:-}" "$(playwrights_own)" \
    /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome-stable /usr/bin/google-chrome
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

PLAYWRIGHT_CHROMIUM=$(find_chromium)
if [ -z "$PLAYWRIGHT_CHROMIUM" ]; then
  echo 'No Chromium found: trying the one that Playwright downloads, then the Debian package.'
  if ! timeout 300 npx playwright install --with-deps chromium >/dev/null 2>&1; then
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends chromium libvulkan1 >/dev/null
  fi
  PLAYWRIGHT_CHROMIUM=$(find_chromium)
fi
if [ -z "$PLAYWRIGHT_CHROMIUM" ]; then
  echo 'No Chromium could be installed. Install one and set PLAYWRIGHT_CHROMIUM to its path.' >&2
  exit 1
fi
export PLAYWRIGHT_CHROMIUM

# Dawn in Node needs the Vulkan loader; Chromium brings one along beside its software driver.
for folder in "$(dirname "$(readlink -f "$PLAYWRIGHT_CHROMIUM")")" /usr/lib/chromium; do
  if [ -z "${VK_ICD_FILENAMES:-}" ] && [ -e "$folder/vk_swiftshader_icd.json" ]; then
    export VK_ICD_FILENAMES="$folder/vk_swiftshader_icd.json"
    if ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; fi
  fi
done
