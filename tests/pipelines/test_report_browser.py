"""The report in a real browser: nothing loaded, readable on a phone, printed, in the dark and by keyboard."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mixer.manifest import read_manifest
from pipelines.report import write_report
from tests import browser
from tests.pipelines.small_lake import PADDED_RECIPE, build_lake

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.slow

PHONE, DESKTOP = 360, 1280
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
LEAST_MARK_CONTRAST = 3.0  # 1.4.11: parts of charts

# Every run of text with its colour and the colour behind it, as painted: [text, ink, ground].
TEXTS = """
const ground = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)') return colour;
  }
  return getComputedStyle(document.documentElement).colorScheme + ' canvas';
};
const found = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement;
  const text = walker.currentNode.data.trim();
  if (!text || parent.closest('title, desc, style')) continue;
  const style = getComputedStyle(parent);
  const ink = parent.namespaceURI.endsWith('svg') ? style.fill : style.color;
  const pair = ink + '/' + ground(parent);
  if (!found.has(pair)) found.set(pair, [text.slice(0, 40), ink, ground(parent)]);
}
return [...found.values()];
"""

OVERFLOW = """
const width = document.documentElement.clientWidth;
const outside = [...document.body.querySelectorAll('*')].filter(element =>
  !element.closest('.scroll, .skip, .unseen, svg') && element.getBoundingClientRect().right > width + 1);
return [document.documentElement.scrollWidth, width, outside.map(element => element.outerHTML.slice(0, 80))];
"""


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """With padding, hostile texts, a source past its cap and two phases."""
    folder = build_lake(tmp_path_factory.mktemp("browser") / "lake", PADDED_RECIPE)
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Chrome]":
    found = browser.find()
    if found is None or browser.missing():
        pytest.skip(browser.missing())
    driver = found.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(chrome: "Chrome", mixture: str) -> "Chrome":
    """The report, freshly loaded on a desktop in the light."""
    show(chrome, DESKTOP, "light")
    for log in ("browser", "performance"):
        chrome.get_log(log)  # reading it empties it
    chrome.get(f"file://{mixture}/report.html")
    return chrome


def show(chrome: "Chrome", width: int, scheme: str, media: str = "screen") -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < DESKTOP}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def open_all(page: "Chrome") -> None:
    page.execute_script("document.querySelectorAll('details').forEach(element => { element.open = true; })")


def rgb(colour: str) -> tuple[float, ...]:
    assert colour.startswith("rgb("), colour  # neither transparent nor unknown
    return tuple(float(part) for part in re.findall(r"[\d.]+", colour))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (p / 255 for p in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01)


def test_the_page_loads_nothing_and_complains_of_nothing(page: "Chrome") -> None:
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    requests = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert requests == [page.current_url]
    assert page.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)") == []
    assert page.get_log("browser") == []


def test_the_policy_stops_what_a_hostile_page_would_load(page: "Chrome") -> None:
    """So that the test before this one can fail: the policy, not luck, keeps the network out."""
    page.execute_script(
        "const image = new Image(); image.src = 'https://one.example/x.png'; document.body.append(image)"
    )
    messages = [entry["message"] for entry in page.get_log("browser")]
    assert any("Content Security Policy" in message for message in messages)


def test_the_browser_repairs_nothing_and_shows_the_numbers(page: "Chrome", mixture: str) -> None:
    manifest = read_manifest(mixture)
    text = page.execute_script("return document.body.innerText")
    assert f"{sum(source.actual_tokens for source in manifest.sources):,}" in text
    assert "<script>alert('page')</script>" in text
    assert page.execute_script("return document.querySelectorAll('main script, img, iframe').length") == 0
    assert page.execute_script("return document.compatMode") == "CSS1Compat"
    source = Path(f"{mixture}/report.html").read_text(encoding="utf-8")
    for tag in ("table", "tr", "td", "th", "figure", "details", "svg", "section", "pre"):
        found = page.execute_script("return document.getElementsByTagName(arguments[0]).length", tag)
        assert found == len(re.findall(rf"<{tag}[ >]", source)), tag


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("opened", [False, True])
def test_the_page_never_scrolls_sideways(page: "Chrome", width: int, opened: bool) -> None:
    show(page, width, "light")
    if opened:
        open_all(page)
    scroll_width, client_width, outside = page.execute_script(OVERFLOW)
    assert client_width == width
    assert (scroll_width, outside) == (width, [])


def test_wide_tables_scroll_in_their_own_box_on_a_phone(page: "Chrome") -> None:
    show(page, PHONE, "light")
    box = page.find_element("css selector", ".scroll.wide")
    assert page.execute_script("return arguments[0].scrollWidth > arguments[0].clientWidth", box)
    page.execute_script("arguments[0].focus()", box)
    page.execute_cdp_cmd(
        "Input.dispatchKeyEvent", {"type": "keyDown", "key": "ArrowRight", "windowsVirtualKeyCode": 39}
    )
    page.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", "key": "ArrowRight", "windowsVirtualKeyCode": 39})
    moved = "const done = arguments[1]; const box = arguments[0]; const look = tries => box.scrollLeft || !tries ? done(box.scrollLeft) : setTimeout(look, 20, tries - 1); look(100)"
    assert page.execute_async_script(moved, box) > 0


def press_tab(page: "Chrome") -> None:
    for kind in ("keyDown", "keyUp"):
        page.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": "Tab", "windowsVirtualKeyCode": 9})


def test_tab_reaches_every_link_summary_and_table_with_a_visible_ring(page: "Chrome") -> None:
    selector = "a[href], summary, .scroll"
    page.execute_script(
        "window.wanted = [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())", selector
    )
    expected = page.execute_script("return window.wanted.length")
    reached = []
    for _ in range(expected):
        press_tab(page)
        reached.append(
            page.execute_script(
                "const style = getComputedStyle(document.activeElement);"
                "return [window.wanted.indexOf(document.activeElement), style.outlineStyle, style.outlineWidth]"
            )
        )
    assert reached == [[index, "solid", "3px"] for index in range(expected)]
    assert expected > 30


def test_the_skip_link_comes_first_and_shows_itself(page: "Chrome") -> None:
    press_tab(page)
    place = page.execute_script(
        "const box = document.activeElement.getBoundingClientRect(); return [box.left, box.top]"
    )
    assert page.execute_script("return document.activeElement.textContent") == "Skip to the mixture"
    assert min(place) >= 0


def test_a_summary_opens_by_keyboard(page: "Chrome") -> None:
    summary = page.find_element("css selector", "summary")
    summary.send_keys(" ")
    assert page.execute_script("return arguments[0].parentElement.open", summary)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(page: "Chrome", scheme: str) -> None:
    show(page, DESKTOP, scheme)
    open_all(page)
    texts: list[list[str]] = page.execute_script(TEXTS)
    assert len(texts) >= 6
    poor = {text: (ink, ground) for text, ink, ground in texts if contrast(ink, ground) < LEAST_CONTRAST}
    assert poor == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_stand_out_from_the_page(page: "Chrome", scheme: str) -> None:
    show(page, DESKTOP, scheme)
    colours = page.execute_script(
        "return [...document.querySelectorAll('.fill, .cap, .above, [class^=f]:is(rect, path)')]"
        ".filter(e => !e.classList.contains('fails')).map(e => getComputedStyle(e).fill)"
    )
    ground = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert len(set(colours)) >= 4
    assert {
        colour: contrast(colour, ground) for colour in colours if contrast(colour, ground) < LEAST_MARK_CONTRAST
    } == {}


def test_light_is_light_and_dark_is_dark_and_print_is_light(page: "Chrome") -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    show(page, DESKTOP, "light")
    assert luminance(page.execute_script(ground)) > 0.9
    show(page, DESKTOP, "dark")
    assert luminance(page.execute_script(ground)) < 0.05
    show(page, DESKTOP, "dark", media="print")
    assert luminance(page.execute_script(ground)) > 0.9


def test_motion_is_left_out_for_those_who_ask(page: "Chrome") -> None:
    behaviour = "return getComputedStyle(document.documentElement).scrollBehavior"
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
    assert page.execute_script(behaviour) == "auto"


def test_the_document_is_marked_up_for_assistive_technology(page: "Chrome") -> None:
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert page.title.startswith("Mixture small: ")
    count = "return document.querySelectorAll(arguments[0]).length"
    for landmark in ("body > header", "nav", "main", "body > footer", "h1"):
        assert page.execute_script(count, landmark) == 1, landmark
    levels = page.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(e => +e.tagName[1])")
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def accessible(page: "Chrome") -> list[dict[str, Any]]:
    """What the browser tells screen readers, ignored nodes left out."""
    page.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    page.execute_cdp_cmd("Accessibility.disable", {})
    return [node for node in nodes if not node["ignored"]]


def value(node: dict[str, Any], name: str) -> str:
    return str(node.get(name, {}).get("value", ""))


def test_charts_and_tables_have_names_that_a_screen_reader_says(page: "Chrome") -> None:
    open_all(page)
    nodes = accessible(page)
    charts = [node for node in nodes if value(node, "role") in ("image", "img")]
    assert len(charts) == page.execute_script("return document.querySelectorAll('[role=img]').length") > 10
    assert all(value(node, "name") for node in charts)
    tables = [value(node, "name") for node in nodes if value(node, "role") == "table"]
    assert len(tables) == page.execute_script("return document.querySelectorAll('table').length")
    assert all(tables)
    regions = [value(node, "name") for node in nodes if value(node, "role") == "region"]
    assert all(regions)
    assert len(regions) > 10


def test_it_prints_its_numbers_on_white_with_the_recipe_open(page: "Chrome", mixture: str, tmp_path: Path) -> None:
    show(page, DESKTOP, "dark")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    assert printed.startswith(b"%PDF-")
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext to read the printed page with: apt-get install poppler-utils")
    (tmp_path / "report.pdf").write_bytes(printed)
    command = ["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    manifest = read_manifest(mixture)
    for source in manifest.sources:
        assert re.search(rf"{source.name}\s+{source.actual_tokens:,}\s+{source.share:.2%}", text)
    assert manifest.fingerprint in text
    assert "past the cap" in text
    assert "rows_per_shard: 25" in text  # the recipe, which is closed on the screen
    assert manifest.files[0].sha256[:16] in text
    assert "Code share of each window of rows" not in text  # the chart above says it


def test_where_nothing_can_be_installed_the_set_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "apt-get install chromium" in browser.missing()
    assert browser.install().startswith("tests in a browser will be skipped")
