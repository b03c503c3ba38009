"use strict";
// Interactive charts, built when their section is first opened.
// A chart's JSON holds references ("@price.close") to arrays that the page stores once.

(() => {
  const DAY = 86400000;
  const MARGIN = 0.04; // of the range in sight, in logs
  const MAX_CLOSE_BARS = 2500; // more of the market's own bars than this give way to daily ones
  const WICK = 0.7; // width of a candle as a share of its bar
  const prices = new Map();


  // ---- what the page stores ------------------------------------------------------------------

  function readPrices(id) {
    if (!prices.has(id)) prices.set(id, decodePrices(id));
    return prices.get(id);
  }

  async function decodePrices(id) {
      const stored = await unpack.json(document.getElementById(id));
      const time = await unpack.array(stored.time, Float64Array);
      // A layer's value is that of a day's last bar: with daily bars it belongs under their candle,
      // with finer ones it was not known before the day had ended.
      const known = stored.step < DAY ? time.map((each) => each + DAY) : time;
      const daily = {
        time,
        mid: time.map((each) => each + DAY / 2),
        closes: time.map((each) => each + DAY),
        known,
        middle: known.map((each) => each + DAY / 2),
        color: Array.from(await unpack.array(stored.rising, Uint8Array), (each) => stored.colors[each]),
      };
      for (const name of ["open", "high", "low", "close"]) {
        daily[name] = await unpack.array(stored[name], Float32Array);
      }
      const own = await unpack.json(document.getElementById(`${id}-bars`));
      return { daily, bars: await readBars(own, stored.colors) };
  }

  /** Read the market's own bars: minutes and prices on a 15-bit log scale; null if there are none. */
  async function readBars(stored, colors) {
    if (stored === null) return null;
    const { low, high, levels: most, step } = stored;
    const [since, ...steps] = await Promise.all([
      unpack.array(stored.minutes, Uint32Array),
      ...stored.prices.map((each) => unpack.array(each, Uint16Array)),
    ]);
    let minute = 0;
    const mid = Float64Array.from(since, (each) => (minute += each) * 60000 + step / 2);
    const levels = toLevels(steps);
    const toPrice = (each) => Math.exp(low + ((high - low) * each) / most);
    const bars = { mid };
    for (const name of Object.keys(levels)) bars[name] = Float32Array.from(levels[name], toPrice);
    bars.color = Array.from(mid, (_, i) => colors[Number(bars.close[i] >= bars.open[i])]);
    return { ...bars, step };
  }

  /** Undo what the page's writer did: prices from the steps between them, modulo 65,536. */
  function toLevels([gap, above, below, body]) {
    const levels = {};
    for (const name of ["open", "high", "low", "close"]) levels[name] = new Uint16Array(gap.length);
    let before = 0;
    for (let i = 0; i < gap.length; i += 1) {
      const open = (before + gap[i]) & 0xffff;
      const close = (open + body[i]) & 0xffff;
      levels.open[i] = open;
      levels.close[i] = close;
      levels.high[i] = Math.max(open, close) + above[i];
      levels.low[i] = Math.min(open, close) - below[i];
      before = close;
    }
    return levels;
  }

  async function readOwn(section) {
    const stored = await unpack.json(section.querySelector(".data-own"));
    const find = async (text) => {
      if (!text.startsWith("=")) return text;
      const [slug, name] = text.slice(1).split(" "); // what an earlier section holds
      return (await unpack.json(document.querySelector(`#${slug} .data-own`)))[name];
    };
    const decode = async ([name, text]) => [name, await unpack.array(await find(text), Float32Array)];
    return Object.fromEntries(await Promise.all(Object.entries(stored).map(decode)));
  }

  /** Run Bokeh's script once, when the first chart is opened. */
  let library = null;
  function loadBokeh() {
    library ??= unpack.text(document.getElementById("bokeh")).then((text) => {
      const script = document.createElement("script");
      script.textContent = text;
      document.head.append(script);
    });
    return library;
  }

  /** Read the chart of a shape; its models get ids of their own, for charts share a page. */
  async function readChart(section) {
    const text = await unpack.text(document.getElementById(section.dataset.shape));
    return JSON.parse(text.replace(/"(p\d+)"/g, `"${section.id}-$1"`));
  }

  async function readTrades(section, daily) {
    const { columns, last, colors } = await unpack.json(section.querySelector(".data-trades"));
    const lastClose = daily.close.at(-1);
    const won = columns.pnl.map((pnl) => (pnl > 0 ? "won" : pnl < 0 ? "lost" : "broke even"));
    const colorOf = { won: colors.win, lost: colors.loss, "broke even": colors.even };
    const missing = (values) => values.map((value) => value ?? NaN);
    return {
      ...columns,
      exit_time: missing(columns.exit_time),
      exit_price: missing(columns.exit_price),
      stop: missing(columns.stop),
      target: missing(columns.target),
      end_time: columns.exit_time.map((time) => time ?? last + DAY),
      end_price: columns.exit_price.map((each) => each ?? lastClose),
      color: won.map((each) => colorOf[each]),
      marker: columns.side.map((side) => (side > 0 ? "triangle" : "inverted_triangle")),
      what: columns.side.map((side, i) => {
        const state = columns.exit_time[i] === null ? "open" : won[i];
        return `${side > 0 ? "long" : "short"}, ${state}`;
      }),
    };
  }

  // ---- references ----------------------------------------------------------------------------

  const toTyped = (values) => ({
    type: "typed_array",
    array: { type: "bytes", data: new Uint8Array(values.buffer) },
    order: "little",
    dtype: values instanceof Float64Array ? "float64" : "float32",
  });

  /** Replace every reference in a document's JSON by the array it names. */
  function resolve(node, arrays) {
    if (Array.isArray(node)) {
      if (node.length === 1 && typeof node[0] === "string" && node[0].startsWith("@")) {
        const [, where, name] = /^@(\w+)\.(.+)$/.exec(node[0]) ?? [];
        const values = arrays[where]?.[name];
        if (values !== undefined) return ArrayBuffer.isView(values) ? toTyped(values) : values;
      }
      return node.map((each) => resolve(each, arrays));
    }
    if (node !== null && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, resolve(v, arrays)]));
    }
    return node;
  }

  // ---- ranges and ticks ----------------------------------------------------------------------

  /** What must stay in sight on each day: the bar, and layers that are not far from it. */
  function toExtent(daily, own) {
    const lows = daily.low.slice();
    const highs = daily.high.slice();
    for (const [name, values] of Object.entries(own)) {
      if (!name.startsWith("layer-")) continue;
      values.forEach((value, i) => {
        if (value < lows[i]) lows[i] = Math.max(value, daily.low[i] * 0.8);
        if (value > highs[i]) highs[i] = Math.min(value, daily.high[i] * 1.25);
      });
    }
    return [lows, highs];
  }

  /** Choose three to eight round ticks on a log axis. */
  function toTicks(low, high) {
    const steps = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]];
    let ticks = [];
    for (const step of steps) {
      const found = [];
      for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d += 1) {
        for (const each of step) found.push(Number((each * 10 ** d).toPrecision(6)));
      }
      const inside = found.filter((each) => each >= low && each <= high);
      if (inside.length > 8) break;
      ticks = inside;
    }
    return ticks.length >= 3 ? ticks : toEvenTicks(low, high);
  }

  function toEvenTicks(low, high) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((each) => each * power >= rough) * power;
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(8)));
  }

  /** Keep the rows of which a part lies between two times: Bokeh draws bars beyond at the edge. */
  function cut(columns, middle, width, start, end) {
    let from = middle.findIndex((each) => each + width / 2 > start);
    let stop = middle.findIndex((each) => each - width / 2 >= end);
    if (from < 0) from = middle.length;
    if (stop < 0) stop = middle.length;
    return Object.fromEntries(Object.entries(columns).map(([k, v]) => [k, v.slice(from, stop)]));
  }

  function fit(plot, lows, highs, daily, start, end) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < lows.length; i += 1) {
      if (daily.closes[i] < start || daily.time[i] > end) continue;
      if (lows[i] < low) low = lows[i];
      if (highs[i] > high) high = highs[i];
    }
    if (!(low > 0) || !(high > 0)) return;
    const margin = Math.max((high / low) ** MARGIN, 1.005);
    plot.y_range.setv({ start: low / margin, end: high * margin });
    plot.left[0].ticker.setv({ ticks: toTicks(low / margin, high * margin) });
  }

  // ---- one chart -----------------------------------------------------------------------------

  class Chart {
    constructor(doc, { daily, bars }, own) {
      Object.assign(this, { doc, daily, bars, own });
      [this.lows, this.highs] = toExtent(daily, own);
      this.plots = ["price-plot", "equity-plot"].map((name) => doc.get_model_by_name(name));
      this.range = this.plots[0].x_range;
      this.candles = this.renderers("candles");
      this.bands = this.findBands();
      this.first = daily.time[0];
      this.last = daily.closes.at(-1);
      this.range.setv({ start: this.first, end: this.last });
      const schedule = () => this.schedule();
      this.range.properties.start.change.connect(schedule);
      this.range.properties.end.change.connect(schedule);
      this.update();
      this.restyle();
    }

    findBands() {
      const bars = [...this.doc._all_models.values()].filter(
        (each) => each.type === "GlyphRenderer" && each.glyph.type === "VBar" && each.name !== "candles",
      );
      return bars.map(({ data_source: source }) => ({ source, columns: { ...source.data } }));
    }

    renderers(name) {
      const all = [...this.doc._all_models.values()];
      return all.filter((model) => model.type === "GlyphRenderer" && model.name === name);
    }

    /** Update once a frame, however many events a movement sends. */
    schedule() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = undefined;
        this.update();
      });
    }

    update() {
      const { start, end } = this.range;
      const [price, equity] = this.plots;
      fit(price, this.lows, this.highs, this.daily, start, end);
      fit(equity, this.own.equity, this.own.equity, this.daily, start, end);
      this.cutCandles(start, end);
      for (const { source, columns } of this.bands) {
        source.data = cut(columns, columns.middle, DAY, start, end);
      }
      for (const plot of this.plots) {
        plot.below[0].ticker.desired_num_ticks = Math.max(3, Math.floor(plot.inner_width / 100));
      }
    }

    /** Show the market's own bars where few enough are in sight, daily ones otherwise. */
    cutCandles(start, end) {
      const { bars, daily } = this;
      const isClose = bars !== null && (end - start) / bars.step <= MAX_CLOSE_BARS;
      const { step, ...columns } = isClose ? bars : { ...daily, step: DAY };
      const body = this.candles.find((each) => each.glyph.type === "VBar");
      body.glyph.width = { value: step * WICK };
      const { mid, open, high, low, close, color } = columns;
      body.data_source.data = cut({ mid, open, high, low, close, color }, mid, step, start, end);
    }

    restyle() {
      const style = getComputedStyle(document.documentElement);
      const color = (name) => style.getPropertyValue(`--${name}`).trim();
      for (const model of this.doc._all_models.values()) {
        if (model.type.endsWith("Axis")) {
          model.setv({
            axis_label_text_color: color("ink"),
            major_label_text_color: color("ink"),
            axis_line_color: color("muted"),
            major_tick_line_color: color("muted"),
            minor_tick_line_color: null,
            axis_label_text_font_style: "normal",
          });
        } else if (model.type === "Grid") {
          model.setv({ grid_line_color: color("grid") });
        }
      }
    }

    show(days) {
      const end = days === 0 ? this.last : Math.min(this.range.end, this.last);
      this.range.setv({ start: days === 0 ? this.first : end - days * DAY, end });
    }

    shift(direction) {
      const { start, end } = this.range;
      const step = ((end - start) / 2) * direction;
      this.range.setv({ start: start + step, end: end + step });
    }

    toggle(layer, visible) {
      for (const each of this.renderers(layer)) each.visible = visible;
    }
  }

  function wire(section, chart) {
    const controls = section.querySelector(".controls");
    const copy = (id) => document.getElementById(id).content.cloneNode(true);
    controls.prepend(copy("spans"));
    section.querySelector("[data-chart]").append(copy("hint"));
    controls.hidden = false;
    controls.addEventListener("click", ({ target }) => {
      if (target.dataset.days !== undefined) chart.show(Number(target.dataset.days));
      if (target.dataset.shift !== undefined) chart.shift(Number(target.dataset.shift));
    });
    controls.addEventListener("change", ({ target }) => {
      if (target.dataset.layer !== undefined) chart.toggle(target.dataset.layer, target.checked);
    });
    document.addEventListener("kanalo:theme", () => chart.restyle());
  }

  async function open(section) {
    const stored = await readPrices(section.dataset.prices);
    const own = await readOwn(section);
    const trades = await readTrades(section, stored.daily);
    const item = await readChart(section);
    await loadBokeh();
    item.doc = resolve(item.doc, { price: stored.daily, own, trades });
    await Bokeh.embed.embed_item(item, `${section.id}-chart`);
    const isOurs = (doc) => doc.roots().some((root) => root.id === item.root_id);
    const doc = Bokeh.documents.find(isOurs);
    section.chart = new Chart(doc, stored, own);
    wire(section, section.chart);
    section.dataset.ready = "yes";
  }

  for (const section of document.querySelectorAll("details.strategy[data-prices]")) {
    section.addEventListener("toggle", () => {
      if (!section.open || section.dataset.opened || document.body.dataset.printing) return;
      section.dataset.opened = "yes";
      open(section).catch((error) => {
        section.querySelector(".canvas").textContent = `The chart failed: ${error.message}`;
        console.error(error);
      });
    });
  }
})();
