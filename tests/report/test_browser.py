"""The page in a real browser: no errors, no network, and everything a reader touches works."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kanalo.report import to_model, write_report

pytestmark = pytest.mark.slow

SECTION = "group-0-strategy-0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, build, build_market) -> Path:
    """Write a report on an hourly market, so that close views have bars of their own."""
    comparison = build({"xmr_1h": build_market(4_000, interval="1h", name="xmr_1h")})
    path = tmp_path_factory.mktemp("report")
    write_report(to_model(comparison), path, comparison)
    return path


@pytest.fixture
def page(browser, folder):
    set_size(browser, 1280)
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    browser.get((folder / "report.html").as_uri())
    return browser


def set_size(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def find(browser, selector):
    return browser.find_element("css selector", selector)


def wait_for(browser, condition):
    """Wait until a JavaScript expression is true, and return it."""
    for _ in range(200):
        value = browser.execute_script(f"return {condition}")
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{condition} did not come true")


def click(browser, selector):
    script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
    browser.execute_script(script, find(browser, selector))
    find(browser, selector).click()


def open_chart(browser, section=SECTION):
    click(browser, f"#{section} > summary")
    wait_for(browser, f"document.getElementById('{section}').dataset.ready === 'yes'")


def complaints(browser):
    return [each for each in browser.get_log("browser") if each["level"] in ("WARNING", "SEVERE")]


def requests(browser):
    """Return the addresses that the page asked for, files and data apart."""
    import json

    messages = (json.loads(each["message"])["message"] for each in browser.get_log("performance"))
    urls = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in urls if not url.startswith(("file:", "data:", "blob:", "about:"))]


def first_cells(browser, table):
    script = "return [...arguments[0].tBodies[0].rows].map(row => row.cells[0].textContent)"
    return browser.execute_script(script, find(browser, table))


def test_it_loads_and_draws_without_errors_or_requests(page):
    open_chart(page)
    assert page.execute_script(f"return document.querySelectorAll('#{SECTION}-chart *').length > 0")
    assert complaints(page) == []
    assert requests(page) == []


def test_every_packed_figure_finds_its_place(page):
    wait_for(page, "document.body.dataset.figures === 'yes'")
    script = """
        const shown = [...document.querySelectorAll("details.strategy .drawing > svg")];
        return [document.querySelectorAll("[data-figure]").length, shown.length];
    """
    left, shown = page.execute_script(script)
    assert left == 0
    assert shown > 10
    open_chart(page)
    box = "document.querySelector('#group-0-strategy-0 .drawing > svg').getBoundingClientRect()"
    assert page.execute_script(f"return {box}.height") > 300
    assert complaints(page) == []


def test_the_policy_blocks_requests(page):
    script = "return fetch('https://example.org').then(() => 'sent', () => 'blocked')"
    assert page.execute_script(script) == "blocked"


def test_the_policy_lets_no_other_script_run(page):
    policy = find(page, "meta[http-equiv]").get_attribute("content")
    (scripts,) = [each for each in policy.split("; ") if each.startswith("script-src")]
    assert "unsafe" not in scripts
    script = """
        const made = document.createElement("script");
        made.textContent = "window.intruded = true";
        document.head.append(made);
        return window.intruded === undefined;
    """
    assert page.execute_script(script)
    page.get_log("browser")  # the refusal itself


def test_charts_are_built_only_when_their_section_opens(page):
    assert page.execute_script("return typeof Bokeh") == "undefined"
    open_chart(page)
    assert page.execute_script("return Bokeh.documents.length") == 1


def test_the_table_sorts_both_ways_by_a_click(page):
    button = "#group-0 table[data-sortable] thead th:nth-child(2) button"
    click(page, button)
    falling = first_cells(page, "#group-0 table[data-sortable]")
    click(page, button)
    assert first_cells(page, "#group-0 table[data-sortable]") == falling[::-1]
    assert falling[0] == "hold_perpetual"
    header = find(page, "#group-0 table[data-sortable] thead th:nth-child(2)")
    assert header.get_attribute("aria-sort") == "ascending"


def test_the_table_sorts_from_the_keyboard(page):
    button = find(page, "#group-0 table[data-sortable] thead th:nth-child(4) button")
    page.execute_script("arguments[0].focus()", button)
    button.send_keys("\ue007")  # Enter
    assert first_cells(page, "#group-0 table[data-sortable]")[-1] == "hold_perpetual"


def test_the_table_filters_by_name(page):
    find(page, "#group-0 input[data-filter]").send_keys("channel")
    script = "return [...arguments[0].tBodies[0].rows].filter(row => !row.hidden).length"
    table = find(page, "#group-0 table[data-sortable]")
    assert page.execute_script(script, table) == 1
    find(page, "#group-0 input[data-filter]").clear()


def test_trades_sort_and_filter(page):
    open_chart(page)
    table = f"#{SECTION} [data-trades] table"
    everything = first_cells(page, table)
    find(page, f"#{SECTION} [data-trades] input").send_keys("stop")
    stopped = first_cells(page, table)
    assert 0 < len(stopped) < len(everything)
    click(page, f"{table} thead th:nth-child(6) button")
    script = "return [...arguments[0].tBodies[0].rows].map(row => row.cells[5].textContent)"
    texts = page.execute_script(script, find(page, table))
    returns = [float(text.replace("−", "-")) for text in texts]
    assert returns == sorted(returns, reverse=True)


def test_a_close_view_shows_the_markets_own_bars_and_fits_the_price(page):
    open_chart(page)
    chart = f"document.getElementById('{SECTION}').chart"
    count = f"{chart}.candles[0].data_source.data.mid.length"
    days = page.execute_script(f"return {count}")
    before = page.execute_script(f"return {chart}.plots[0].y_range.end")
    click(page, f"#{SECTION} [data-days='30']")
    wait_for(page, f"{chart}.range.end - {chart}.range.start === 30 * 86400000")
    hours = wait_for(page, f"{count} > 300 && {count}")
    assert days < 200 < hours
    assert page.execute_script(f"return {chart}.plots[0].y_range.end") != before
    click(page, f"#{SECTION} [data-days='0']")
    wait_for(page, f"{count} === {days}")
    assert complaints(page) == []


def test_dragging_moves_both_charts(page):
    from selenium.webdriver import ActionChains

    open_chart(page)
    chart = f"document.getElementById('{SECTION}').chart"
    start = page.execute_script(f"return {chart}.range.start")
    canvas = find(page, f"#{SECTION}-chart")
    ActionChains(page).drag_and_drop_by_offset(canvas, 120, 0).perform()
    wait_for(page, f"{chart}.range.start < {start}")
    assert page.execute_script(f"return {chart}.plots[0].x_range === {chart}.plots[1].x_range")


def test_hovering_over_a_trade_inspects_it(page):
    from selenium.webdriver import ActionChains

    open_chart(page)
    script = """
        const chart = document.getElementById(arguments[0]).chart;
        const plot = chart.plots[0];
        const renderer = chart.renderers("trades").find(each => each.glyph.type === "Scatter");
        window.inspected = () => renderer.data_source.inspected.indices.length;
        const {entry_time, entry_price} = renderer.data_source.data;
        const view = Bokeh.index.find_one(plot);
        const {x, y} = view.el.getBoundingClientRect();
        const px = view.frame.x_scale.compute(entry_time[1]);
        const py = view.frame.y_scale.compute(entry_price[1]);
        window.scrollTo({top: window.scrollY + y - 100, behavior: "instant"});
        return [Math.round(x + px), Math.round(100 + py)];
    """
    x, y = page.execute_script(script, SECTION)
    actions = ActionChains(page, duration=0)
    actions.w3c_actions.pointer_action.move_to_location(x - 3, y)
    actions.w3c_actions.pointer_action.move_to_location(x, y)
    actions.perform()
    assert wait_for(page, "inspected()") >= 1


def test_ctrl_and_wheel_zoom_and_a_plain_wheel_moves_the_page(page):
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    open_chart(page)
    span = f"(({{range}}) => range.end - range.start)(document.getElementById('{SECTION}').chart)"
    canvas = find(page, f"#{SECTION}-chart")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas
    )
    before = page.execute_script(f"return {span}")
    origin = ScrollOrigin.from_element(canvas)
    chain = ActionChains(page).key_down(Keys.CONTROL).scroll_from_origin(origin, 0, -240)
    chain.key_up(Keys.CONTROL).perform()
    zoomed = wait_for(page, f"{span} < {before} && {span}")
    top = page.execute_script("return scrollY")
    ActionChains(page).scroll_from_origin(origin, 0, 120).perform()
    wait_for(page, f"scrollY > {top}")
    assert page.execute_script(f"return {span}") == zoomed


def test_the_chart_opens_on_the_whole_span_with_a_legend(page):
    open_chart(page)
    chart = f"document.getElementById('{SECTION}').chart"
    assert page.execute_script(f"return [{chart}.range.start, {chart}.range.end]") == (
        page.execute_script(f"return [{chart}.first, {chart}.last]")
    )
    colors = page.execute_script(
        f"return [...document.querySelectorAll('#{SECTION} .swatch')].map(e => e.style.background)"
    )
    assert len(colors) > 3
    assert all(colors)


def test_years_trades_and_months_stand_under_the_first_curve(page):
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    order = (
        ".answer table",
        "#group-0-curves",
        ".leader .pair svg",
        ".leader table.heat",
        "#words",
    )
    tops = [page.execute_script(script, each) for each in order]
    assert tops == sorted(tops)


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_of_small_figures_never_run_together(page, width):
    set_size(page, width)
    script = """
        const rows = [...document.querySelectorAll(".leader .pair svg")].map((svg) =>
          [...svg.querySelectorAll("text")].filter((each) => each.getAttribute("fill") ===
            "var(--muted)").map((each) => each.getBoundingClientRect()));
        return rows.every((boxes) => boxes.every((box, i) => !i || box.left >= boxes[i - 1].right));
    """
    assert page.execute_script(script)


def test_layers_switch_off_and_on(page):
    open_chart(page)
    visible = f"document.getElementById('{SECTION}').chart.renderers('layer-0').map(r => r.visible)"
    assert set(page.execute_script(f"return {visible}")) == {True}
    click(page, f"#{SECTION} input[data-layer='layer-0']")
    assert set(page.execute_script(f"return {visible}")) == {False}


def test_the_theme_switches_page_and_charts(page):
    open_chart(page)
    paper = "getComputedStyle(document.body).backgroundColor"
    axis = f"document.getElementById('{SECTION}').chart.plots[0].left[0]"
    label = f"JSON.stringify({axis}.major_label_text_color)"
    before = page.execute_script(f"return [{paper}, {label}]")
    click(page, "#theme")
    after = page.execute_script(f"return [{paper}, {label}]")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_first_screen_holds_headline_table_and_the_first_curve(page):
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    tops = [page.execute_script(script, each) for each in (".headline", ".answer table", "svg")]
    assert tops == sorted(tops)
    assert tops[-1] < 900


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_wider_than_the_page_scrolls_under_a_visible_edge(page, width):
    set_size(page, width)
    script = """
        const wide = [...document.querySelectorAll("main svg, main table")].filter((each) => {
          const box = each.getBoundingClientRect();
          return box.width > 0 && box.right > innerWidth && !each.closest("details:not([open])");
        });
        const boxes = wide.map((each) => each.closest(".scroll"));
        return [wide.length, boxes.every((each) => each !== null
          && getComputedStyle(each).backgroundImage.includes("radial-gradient")
          && each.tabIndex === 0)];
    """
    n_wide, all_scroll = page.execute_script(script)
    assert all_scroll
    assert n_wide > 0 or width == 1280


def test_the_first_column_stays_while_a_table_scrolls(page):
    set_size(page, 390)
    script = """
        const box = document.querySelector("#group-0 .scroll");
        const cell = box.querySelector("tbody th");
        const before = cell.getBoundingClientRect().left;
        box.scrollLeft = 200;
        return [box.scrollLeft, cell.getBoundingClientRect().left - before];
    """
    scrolled, moved = page.execute_script(script)
    assert scrolled > 0
    assert abs(moved) < 1


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(page, width):
    set_size(page, width)
    open_chart(page)
    script = "return document.documentElement.scrollWidth <= window.innerWidth"
    wait_for(page, "document.readyState === 'complete'")
    assert page.execute_script(script)


def test_a_link_to_a_closed_section_opens_it(page):
    page.execute_script("location.hash = '#group-0-strategy-1'")
    is_open = "document.getElementById('group-0-strategy-1').open"
    wait_for(page, is_open)
    assert page.execute_script(f"return {is_open}")


def test_hostile_names_stay_text(browser, hostile_page, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(hostile_page, encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    open_chart(browser)
    assert "<script>alert" in find(browser, "h1").text
    assert complaints(browser) == []
    assert requests(browser) == []
