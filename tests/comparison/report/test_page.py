"""The page in a real Chromium: offline, at desktop and phone width, light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from comparison.report.page import HEADLINES
from comparison.report.write import ReportFiles
from tests.comparison.report.inputs import HOSTILE

pytestmark = pytest.mark.page

KINDS = ("identical", "different", "failed", "hostile", "one round")

# The contrast of each piece of text with what is behind it, by WCAG 2.1; gives those below 4.5.
CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = numbers(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest(".hidden")) continue;
    const a = light(numbers(getComputedStyle(element).color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([element.textContent.trim().slice(0, 40), ratio]);
  }
  return found;
}"""

# Elements that stick out of the window, and cells whose content sticks out of them.
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".hidden") && !(e.closest("thead") && e.closest(".stack")))
  .filter((e) => { const box = e.getBoundingClientRect(); return box.width && (box.right > innerWidth + 1
    || (/T[DH]/.test(e.tagName) && !e.matches(".line") && e.scrollWidth > e.clientWidth + 1)); })
  .map((e) => e.tagName + " " + e.className + " " + e.textContent.trim().slice(0, 40))"""


def opened(
    browser: Browser, files: ReportFiles, width: int = 1280, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """Open the report; gives the page and the addresses that it asked for."""
    height = 800 if width > 600 else 844
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(files.html.as_uri())
    return page, asked


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sticks_out_and_nothing_is_fetched(
    browser: Browser, reports: dict[str, ReportFiles], kind: str
) -> None:
    page, asked = opened(browser, reports[kind])
    for width in (1280, 861, 781, 660, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(OVERFLOWING) == [], width
    assert asked == [reports[kind].html.as_uri()]
    page.close()


@pytest.mark.parametrize("kind", ["identical", "different", "failed"])
def test_the_first_screen_says_it_all(browser: Browser, reports: dict[str, ReportFiles], kind: str) -> None:
    page, _ = opened(browser, reports[kind])
    word = {"identical": "identical", "different": "different", "failed": "not comparable"}[kind]
    headline = page.get_by_role("heading", level=1)
    assert headline.inner_text() == HEADLINES[word]
    assert headline.evaluate("e => e.getBoundingClientRect().bottom") < 800
    if kind != "failed":
        assert page.locator(".first").evaluate("e => e.getBoundingClientRect().bottom") < 800
        ratio = page.locator(".ratio")
        assert re.search(r"Prefect was 1\.\d+ times as fast as Airflow", ratio.inner_text())
    page.close()


@pytest.mark.parametrize("kind", ["different", "failed"])
def test_every_text_has_contrast(browser: Browser, reports: dict[str, ReportFiles], kind: str) -> None:
    page, _ = opened(browser, reports[kind])
    for scheme, paper in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(23, 25, 27)")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        assert page.evaluate(CONTRAST) == [], scheme
    page.close()


def test_values_are_text_and_never_markup(browser: Browser, reports: dict[str, ReportFiles]) -> None:
    page, _ = opened(browser, reports["hostile"])
    assert "different" in page.title()
    assert page.locator("script, img").count() == 0
    assert HOSTILE in page.locator("body").inner_text()
    page.close()


def test_what_was_not_compared_is_on_the_first_screen(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["hostile"])
    assert f"trees: {HOSTILE} was not compared." in page.locator(".first").inner_text()
    page.close()


def test_null_and_the_empty_text_look_different(browser: Browser, reports: dict[str, ReportFiles]) -> None:
    page, _ = opened(browser, reports["hostile"])
    row = page.locator("#differences ~ table tbody tr", has_text="id = 2").inner_text()
    assert "'' (empty text)" in row and "NULL" in row
    page.close()


def test_a_small_change_in_a_long_value_is_in_sight(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["hostile"])
    marks = page.locator("tr", has_text="id = 3").locator("mark").all_inner_texts()
    assert marks == ["a", "b"]
    page.close()


def test_each_difference_is_on_the_page_with_old_and_new(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["different"])
    row = page.locator("tr", has_text="tree_id = 4711").first
    told = "tree_id = 4711, zoom_level = 3\nand 1 more"
    assert row.locator("td").all_inner_texts() == [told, "region_id", "1201", "1202"]
    assert page.get_by_text("SRID=4326;POINT(36.81 -1.2901)").count() > 0
    assert page.get_by_text("A difference was planted on purpose").count() == 1
    page.close()


def test_a_failed_run_shows_its_error_and_the_tasks_that_did_not_run(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["failed"])
    section = page.locator("section", has=page.get_by_role("heading", name="What went wrong"))
    said = section.inner_text()
    assert "Task refresh_view failed. Not run: rebuild_clusters and notify." in said
    assert "This probably means the server terminated abnormally" in said
    assert page.locator(".ratio").count() == 0, "no ratio stands in for one that could not be measured"
    page.close()


def test_bars_share_one_scale_and_lie_in_their_tracks(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["identical"])
    boxes = page.locator(".track").evaluate_all(
        """tracks => tracks.map(t => {
          const box = t.getBoundingClientRect();
          return [box.left, box.right, ...[...t.children].flatMap(b => {
            const bar = b.getBoundingClientRect(); return [bar.left, bar.right]; })];
        })"""
    )
    assert len({(box[0], box[1]) for box in boxes}) == 1
    for left, right, *bars in boxes:
        assert all(left - 0.5 <= edge <= right + 2 for edge in bars)
    page.close()


def test_tables_have_headers_and_sections_have_names(
    browser: Browser, reports: dict[str, ReportFiles]
) -> None:
    page, _ = opened(browser, reports["different"])
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("thead th[scope=col]").count() > 1
        assert table.locator("tbody th[scope=row]").count() == table.locator("tbody tr").count()
    assert page.locator("section:not([aria-labelledby])").count() == 0
    levels = [int(tag[1]) for tag in page.locator("h1, h2, h3").evaluate_all("e => e.map(x => x.tagName)")]
    assert levels[0] == 1 and levels.count(1) == 1
    page.close()


def test_a_command_breaks_between_its_words(browser: Browser, reports: dict[str, ReportFiles]) -> None:
    page, _ = opened(browser, reports["one round"], 390)
    command = page.locator("pre").last
    assert command.inner_text() == "replant compare tree_clusters --trees 10000 --repeat 1"
    lines = {span.evaluate("e => e.getClientRects().length") for span in command.locator("span").all()}
    assert lines == {1}
    page.close()


def test_it_prints_dark_on_white(browser: Browser, reports: dict[str, ReportFiles]) -> None:
    page, _ = opened(browser, reports["identical"], scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate(CONTRAST) == []
    page.close()
