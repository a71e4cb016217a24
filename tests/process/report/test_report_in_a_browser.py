"""The page in a real browser: nothing runs that should not, nothing is fetched, and its controls do what they say."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from made.view import NASTY, made_view
from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.profiles.result import ProfileResult, by_layer
from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import reference
from stacklab.effects.processes import supervisor
from stacklab.model.measured.profile import Profile
from stacklab.report.comparison import page as comparison_page
from stacklab.report.profile.block import profile_block
from stacklab.report.profile.flamegraph import standalone
from stacklab.report.session.html import render
from stacklab.report.session.view import View

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
TIMEOUT_S = 60.0
LAYERS = read_layers()
PROFILE = Profile(stack="two", scenario="json", started_at="now", seconds=3, rate_hz=100)
TEMPLATES = reference() / "reports" / "templates"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (`apt-get install chromium`)")

Ask = Callable[..., Any]

WATCH = """<script>
window.seen = [];
addEventListener("error", (event) => seen.push(event.message));
document.addEventListener("securitypolicyviolation", (event) => seen.push(event.violatedDirective));
window.alert = () => seen.push("alert");
</script>"""


TELL = """<script>
addEventListener("load", () => {
    const answer = (() => { SCRIPT })();
    const told = document.createElement("pre");
    told.id = "told";
    told.textContent = JSON.stringify(answer);
    document.body.append(told);
});
</script>"""


def script_of(element: str) -> str:
    return element.removeprefix("<script>").removesuffix("</script>")


@pytest.fixture(scope="module")
def view() -> View:
    return made_view()


@pytest.fixture(scope="module")
def page(view: View) -> str:
    return render(view, templates=TEMPLATES)


@pytest.fixture(scope="module")
def pages(view: View, page: str) -> Mapping[str, str]:
    """The page of a session, and that of two of its stacks."""
    a, b = (one.stack.name for one in view.result.stacks[:2])
    compared = comparison_page.render(compare_stacks(view.result, a, b), [NASTY], templates=TEMPLATES)
    return {"session": page, "comparison": compared}


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """``ask(page, script)`` opens the page, runs the script in it, and gives what the script returns."""

    def run(page: str, script: str, *, width: int = 1280) -> Any:
        asking = TELL.replace("SCRIPT", script)
        file = tmp_path / "page.html"
        allowed = base64.b64encode(hashlib.sha256(script_of(asking).encode()).digest()).decode()
        page = page.replace("; script-src ", f"; script-src 'sha256-{allowed}' ", 1)
        file.write_text(page.replace("<head>", f"<head>{WATCH}").replace("</body>", f"{asking}</body>"))
        assert BROWSER is not None
        finished = supervisor.run(
            [
                BROWSER,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--window-size={width},900",
                "--dump-dom",
                file.as_uri(),
            ],
            timeout_s=TIMEOUT_S,
        )
        told = re.search(r'<pre id="told">(.*?)</pre>', finished.output)
        assert told is not None, finished.output[-2000:]
        return json.loads(told[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    return run


def test_markup_in_a_log_is_inert(ask: Ask, page: str) -> None:
    title, images, seen = ask(page, "return [document.title, document.images.length, seen]")

    assert (title, images, seen) == ("stacklab 20261120T101500Z-7f3a", 0, [])


def test_markup_in_a_comparison_is_inert(ask: Ask, pages: Mapping[str, str]) -> None:
    assert ask(pages["comparison"], "return [document.images.length, seen]") == [0, []]


def test_the_page_fetches_nothing(ask: Ask, page: str) -> None:
    assert ask(page, "return performance.getEntriesByType('resource').map((entry) => entry.name)") == []


def test_the_policy_stops_what_would_be_fetched(ask: Ask, page: str) -> None:
    tried = page.replace("</main>", '<img src="https://127.0.0.1:9/x.png"></main>')

    assert ask(tried, "return seen") == ["img-src"]


@pytest.mark.parametrize("of", ["session", "comparison"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_only_tables_and_charts_are_wider_than_the_screen(
    ask: Ask, pages: Mapping[str, str], of: str, width: int
) -> None:
    # Headless Chromium has no window narrower than 500 pixels; the body can be.
    script = f"""
        Object.assign(document.body.style, {{ width: "{width}px", margin: 0, padding: 0 }});
        return [...document.querySelectorAll("body *")]
            .filter((one) => !one.closest(".scroll, .flame-graph, .skip"))
            .filter((one) => one.getBoundingClientRect().right > {width})
            .map((one) => `${{one.tagName}} ${{one.className}}`);
    """

    assert ask(pages[of], script, width=max(500, width)) == []


def test_a_click_on_a_head_sorts_the_best_first(ask: Ask, page: str) -> None:
    script = """
        const table = document.querySelectorAll("table.numbers")[2];
        const head = [...table.tHead.querySelectorAll("th")].find((one) => one.textContent.startsWith("P50"));
        const order = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
        head.querySelector("button").click();
        const up = [head.getAttribute("aria-sort"), order()];
        head.querySelector("button").click();
        return [up, [head.getAttribute("aria-sort"), order()]];
    """
    (first, rising), (second, falling) = ask(page, script)

    assert (first, second) == ("ascending", "descending")
    assert rising == falling[::-1]


def test_the_matrix_shows_another_metric_sorts_and_sifts(ask: Ask, page: str) -> None:
    script = """
        const [metric, filter] = ["metric", "filter"].map((name) => document.querySelector(`[name=${name}]`));
        const rows = () => [...document.querySelectorAll(".matrix tbody tr")].filter((row) => !row.hidden);
        const head = () => document.querySelector(".matrix thead small").textContent;
        const before = head();
        metric.value = "cpu_us_per_request";
        metric.dispatchEvent(new Event("change"));
        document.querySelectorAll(".matrix thead button")[1].click();
        const cheapest = rows()[0].dataset.stack;
        filter.value = "flask, !gevent";
        filter.dispatchEvent(new Event("input"));
        return [before, head(), cheapest, rows().length, location.hash];
    """

    assert ask(page, script) == [
        "Throughput, req/s · closed",
        "CPU, µs/req",
        "uvicorn-uvloop-starlette",
        3,
        "#?m=cpu_us_per_request&q=flask%2C+%21gevent",
    ]


def test_a_row_lights_up_in_every_table_and_chart(ask: Ask, page: str) -> None:
    script = """
        const row = document.querySelector('.rows tr[data-stack="gunicorn-gevent-flask"]');
        row.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
        const lit = [...document.querySelectorAll(".on")];
        const kinds = [(one) => one.dataset.stack, (one) => one.tagName].map((of) => new Set(lit.map(of)).size);
        return [...kinds, lit.length];
    """

    assert ask(page, script) == [1, 2, 7]


def test_rows_of_a_chart_lie_on_the_rows_of_its_table(ask: Ask, page: str) -> None:
    script = """
        return [...document.querySelectorAll("table.rows")].flatMap((table) =>
            [...table.tBodies[0].rows].map((row, i) => {
                const hit = table.querySelectorAll(".hit")[i].getBoundingClientRect();
                return Math.abs(hit.top - row.getBoundingClientRect().top);
            })).filter((apart) => apart > 2);
    """

    assert ask(page, script) == []


def test_what_got_into_the_page_by_a_fault_is_neither_run_nor_obeyed(ask: Ask, page: str) -> None:
    fault = '<base href="https://evil.test/"><img src="data:," onerror="alert(1)"><script>alert(2)</script>'
    seen, base = ask(page.replace("<main", f"{fault}<main", 1), "return [seen, document.baseURI]")

    assert "alert" not in seen
    assert base.startswith("file://")


def test_the_theme_goes_round(ask: Ask, page: str) -> None:
    script = """
        const button = document.querySelector("[data-theme-switch]");
        const themes = [];
        for (let i = 0; i < 3; i++) {
            button.click();
            themes.push([document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
        }
        return themes;
    """
    (light, white), (dark, black), (auto, _) = ask(page, script)

    assert [light, dark, auto] == ["light", "dark", "auto"]
    assert white != black


def test_charts_follow_the_theme(ask: Ask, page: str) -> None:
    script = """
        const text = document.querySelector("svg.chart text");
        return ["light", "dark"].map((name) => {
            document.documentElement.dataset.theme = name;
            return getComputedStyle(text).fill;
        });
    """
    light, dark = ask(page, script)

    assert light != dark


def test_a_click_on_a_frame_zooms_and_escape_zooms_out(ask: Ask, page: str) -> None:
    script = """
        const graph = document.querySelector(".flame-graph");
        const frame = (name) => [...graph.children].find((one) => one.textContent.startsWith(name));
        const width = () => frame("json_").style.width;
        const before = width();
        frame("json_").click();
        const zoomed = width();
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
        return [zoomed, before === width(), before === zoomed];
    """

    assert ask(page, script) == ["100%", True, False]


def test_arrow_keys_walk_the_flamegraph(ask: Ask, page: str) -> None:
    script = """
        const graph = document.querySelector(".flame-graph");
        const press = (key) =>
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        graph.querySelector('[tabindex="0"]').focus();
        const walked = [document.activeElement.textContent];
        for (const key of ["ArrowDown", "ArrowDown", "ArrowUp"]) {
            press(key);
            walked.push(document.activeElement.textContent);
        }
        return [walked, graph.querySelectorAll('[tabindex="0"]').length];
    """
    walked, reachable = ask(page, script)
    start = "serve (uvicorn/server.py:71), below 5 more"
    following = "RequestResponseCycle.run_asgi (uvicorn/protocols/http/httptools_impl.py:416)"

    assert walked == ["all", start, following, start]
    assert reachable == 1


def test_a_search_tells_the_share_of_the_samples_and_counts_none_twice(ask: Ask, view: View) -> None:
    stacks = {("find (./a.py)", "find (./b.py)"): 3.0, ("other (./c.py)",): 1.0}
    result = ProfileResult(profile=PROFILE, stacks=stacks, lines={}, layers=by_layer(stacks, LAYERS))
    script = """
        const search = document.querySelector('input[type="search"]');
        search.value = "FIND";
        search.dispatchEvent(new Event("input"));
        return [document.querySelector("output").textContent, document.querySelectorAll(".frame.hit").length];
    """

    assert ask(standalone(profile_block(result, LAYERS), templates=TEMPLATES), script) == [
        "75.0 % has it",
        2,
    ]


def test_the_numbers_can_be_taken_away_as_csv(ask: Ask, page: str) -> None:
    script = """
        let kept;
        URL.createObjectURL = (blob) => { kept = blob; return "data:,"; };
        HTMLAnchorElement.prototype.click = function () { kept = [this.download, kept.type]; };
        document.querySelector('[data-download="csv"]').click();
        return kept;
    """

    assert ask(page, script) == ["stacklab-20261120T101500Z-7f3a.csv", "text/csv"]


def test_every_control_can_be_reached_and_has_a_name(ask: Ask, page: str) -> None:
    script = """
        return [...document.querySelectorAll("button, select, input, a[href], [tabindex='0'], summary")]
            .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
            .map((one) => one.outerHTML.slice(0, 120));
    """

    assert ask(page, script) == []


@pytest.mark.parametrize("of", ["session", "comparison"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(ask: Ask, pages: Mapping[str, str], of: str, theme: str) -> None:
    """4.5:1 for every text that is shown (WCAG 2.2, success criterion 1.4.3)."""
    script = f"""
        document.documentElement.dataset.theme = "{theme}";
        const context = document.createElement("canvas").getContext("2d", {{ willReadFrequently: true }});
        const channels = (color) => {{
            context.clearRect(0, 0, 1, 1);
            context.fillStyle = color;
            context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data];
        }};
        const luminance = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = (one) => {{
            for (let at = one; at; at = at.parentElement) {{
                const rgba = channels(getComputedStyle(at).backgroundColor);
                if (rgba[3] === 255) return rgba;
            }}
            return [255, 255, 255, 255];
        }};
        const weak = new Set();
        for (const one of document.querySelectorAll("body *")) {{
            const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || !one.checkVisibility({{ opacityProperty: true }}) || one.closest("script, style")) continue;
            const style = getComputedStyle(one);
            const color = one.closest("svg") ? style.fill : style.color;
            const [a, b] = [luminance(channels(color)), luminance(behind(one))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) weak.add(`${{one.tagName}}.${{one.className}} ${{color}}`);
        }}
        return [...weak];
    """

    assert ask(pages[of], script) == []
