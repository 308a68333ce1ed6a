"""A headless Chromium for tests: found on the PATH, or installed once where this is root and has apt.

`python -m tests.browser` installs it for the set-up, says what it did and never fails: tests that need a browser skip
with the reason where there is none.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PACKAGES = ("chromium", "chromium-driver", "poppler-utils")  # Debian's; the last reads the printed page
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
DRIVER_NAMES = ("chromedriver", "chromium.chromedriver")
APT_SECONDS = 600

# Nothing that a browser does by itself: no updates, no accounts, no calls home.
SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # containers run as root, where its sandbox refuses to start
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm has 64 MB in most containers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
)


@dataclass(frozen=True)
class Browser:
    """Where the two programs lie."""

    chromium: str
    driver: str

    def start(self, profile: Path) -> "Chrome":
        """A driver of a fresh browser with its profile in `profile`; to be ended by `quit`."""
        # Selenium looks for drivers in the network, and reports its use, unless told not to.
        os.environ["SE_OFFLINE"] = "true"
        os.environ["SE_AVOID_STATS"] = "true"
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = self.chromium
        for switch in (*SWITCHES, f"--user-data-dir={profile}"):
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        return webdriver.Chrome(options=options, service=Service(self.driver))


def find() -> Browser | None:
    """Chromium and its driver, where both are on the PATH."""
    chromium = next(filter(None, map(shutil.which, BROWSER_NAMES)), None)
    driver = next(filter(None, map(shutil.which, DRIVER_NAMES)), None)
    return Browser(chromium, driver) if chromium and driver else None


def missing() -> str:
    """Why browser tests cannot run; empty when they can."""
    if find() is None:
        return f"no Chromium with its driver on the PATH: apt-get install {' '.join(PACKAGES)}"
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed: make setup"
    return ""


def install() -> str:
    """Install what is missing where that can be done unasked; returns what came of it, for people."""
    if find() is not None and shutil.which("pdftotext"):
        return "Chromium is there"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"tests in a browser will be skipped; they need {', '.join(PACKAGES)}"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        try:
            done = subprocess.run(
                ["apt-get", "-qq", *command],
                env=quiet,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=APT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"tests in a browser will be skipped: apt-get {command[0]} gave up ({type(error).__name__})"
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["without a message"])[-1]
            return f"tests in a browser will be skipped: apt-get {command[0]} failed ({last})"
    return "Chromium was installed" if find() else "tests in a browser will be skipped: Debian's Chromium has no driver"


if __name__ == "__main__":
    print(install())
