"""Every page of the site in a real browser: `make docs-test`.

The site is served from this machine to Debian's chromium, without a window. Each page must come up
in light and dark, wide and narrow, log no error, have its pictures, not be wider than the screen;
its links within the site must lead somewhere, and the search must find something. With a folder as
second argument it leaves pictures of the pages there.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait
from typing_extensions import override

SEARCHES: Final = {"en": "creator", "ko": "창조자"}
PHONE, DESK = 390, 1280
PAGE: Final = """
const pictures = [...document.images].filter(i => i.complete && !i.naturalWidth);
return {
  pictures: pictures.map(i => i.src),
  silent: [...document.images].filter(i => !i.hasAttribute("alt")).map(i => i.src),
  links: [...document.querySelectorAll("a[href]")].map(a => a.href),
  names: [...document.querySelectorAll("[id]")].map(e => e.id),
  title: document.title,
};
"""
WIDE: Final = "return document.documentElement.scrollWidth"
FOUND: Final = "return document.querySelectorAll('#search-results li').length"
NO_BROWSER: Final = """chromium and its driver are not here; on Debian and Ubuntu:
    apt-get install chromium chromium-driver fonts-noto-cjk"""


class Quiet(SimpleHTTPRequestHandler):
    """Files of the site; the terminal is for what is wrong."""

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of the site while it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


@contextmanager
def browsing(chromium: str, driver: str) -> Iterator[webdriver.Chrome]:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--lang=en"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield browser
    finally:
        browser.quit()


def screen(browser: webdriver.Chrome, width: int, scheme: str) -> None:
    """As wide as a desk's or a phone's, light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    colours = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", colours)


class Visit:
    """All pages, one after the other, and what is wrong with them."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser, self.address = browser, address
        self.wrong: list[str] = []
        self.names: dict[str, set[str]] = {}
        self.links: dict[str, set[str]] = {}

    def open(self, page: str, shots: Path | None = None) -> None:
        """One page, wide and light, then narrow and dark."""
        for width, scheme in (DESK, "light"), (PHONE, "dark"):
            screen(self.browser, width, scheme)
            self.browser.get(self.address + page)
            if self.browser.execute_script(WIDE) > width:
                self.complain(page, f"is wider than a screen of {width}")
            self.look(page)
            if shots is not None:
                self.browser.save_screenshot(str(shots / f"{page.replace('/', '.')}.{scheme}.png"))

    def look(self, page: str) -> None:
        """What the browser says of the page that is open."""
        seen = self.browser.execute_script(PAGE)
        if not seen["title"].strip():
            self.complain(page, "has no title")
        for kind, what in ("pictures", "does not load"), ("silent", "has no alternative text"):
            for source in seen[kind]:
                self.complain(page, f"{source} {what}")
        for entry in self.browser.get_log("browser"):  # type: ignore[no-untyped-call]  # Selenium's
            if entry["level"] in ("SEVERE", "WARNING"):
                self.complain(page, entry["message"])
        self.names[self.address + page] = set(seen["names"])
        self.links[page] = {link for link in seen["links"] if link.startswith(self.address)}

    def follow(self, site: Path) -> None:
        """Whether each link leads to a file, and to a place in it."""
        for page, links in self.links.items():
            for link in links:
                target, place = urldefrag(urljoin(self.address, link))
                known = self.names.get(target)
                if known is None and not (site / unquote(target[len(self.address) :])).is_file():
                    self.complain(page, f"leads to {link}, which is not there")
                elif known is not None and place and unquote(place) not in known:
                    self.complain(page, f"leads to {link}, a page without that place")

    def search(self, language: str, word: str) -> None:
        """Whether the search finds a word of the notes."""
        self.browser.get(f"{self.address}{language}/search.html?q={word}")
        try:
            WebDriverWait(self.browser, 10).until(lambda b: b.execute_script(FOUND) > 0)
        except Exception:  # whatever it is, nothing was found
            self.complain(f"{language}/search.html", f"finds nothing for {word}")

    def complain(self, page: str, what: str) -> None:
        """Remember what is wrong, once."""
        if (line := f"{page}: {what}") not in self.wrong:
            self.wrong.append(line)


def main(site: Path, shots: Path | None = None) -> int:
    """Open all pages; 1 if something is wrong, 2 if there is no browser."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        print(NO_BROWSER)
        return 2
    pages = sorted(str(p.relative_to(site)) for p in site.glob("*/**/*.html"))
    with served(site) as address, browsing(chromium, driver) as browser:
        visit = Visit(browser, address)
        for page in pages:
            visit.open(page, shots)
        visit.follow(site)
        for language, word in SEARCHES.items():
            visit.search(language, word)
    print(*visit.wrong, sep="\n")
    print(f"{len(pages)} pages, {len(visit.wrong)} complaints")
    return int(bool(visit.wrong))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
