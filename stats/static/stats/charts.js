"use strict";
/* Draws what stats/admin/components/chart.py described: bars per day, the period before as dashes, today hatched.
   On the canvas itself: docs/decisions/0008-charts-drawn-here.md says why. */
{
    // In pixels: the font of the axes, and the room that they and the label of the peak take.
    const FONT = 11;
    const LEFT = 32;
    const TOP = 20;
    const BOTTOM = 24;
    const GAP = 4;
    const MOST_STEPS = 4;
    // Of its slot and in pixels, the width of a bar.
    const SHARE = 0.68;
    const WIDEST = 96;

    const axisNumber = new Intl.NumberFormat(document.documentElement.lang, {
        notation: "compact", maximumSignificantDigits: 3,
    });

    function colors() {
        const style = getComputedStyle(document.documentElement);
        const of = (name) => style.getPropertyValue(name).trim();
        return {
            bar: of("--usage-bar"),
            before: of("--usage-before"),
            grid: of("--usage-grid"),
            ground: of("--border-color"),
            ticks: of("--body-quiet-color"),
            peak: of("--body-loud-color"),
        };
    }

    // The values of the grid's lines: from zero, in steps of 1, 2 or 5 times a power of ten.
    function gridValues(highest) {
        const least = (highest || 1) / MOST_STEPS;
        const power = 10 ** Math.floor(Math.log10(least));
        const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least);
        return Array.from({length: Math.ceil((highest || 1) / step) + 1}, (_value, n) => n * step);
    }

    function line(pen, x1, y1, x2, y2) {
        pen.beginPath();
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
    }

    // One series on its canvas; `description` has what all series of the panel share.
    class DailyBars {
        constructor(canvas, description, series, hasDays) {
            Object.assign(this, {canvas, description, series, hasDays});
            this.pen = canvas.getContext("2d");
            this.highest = Math.max(0, ...series.values, ...series.before);
            this.tip = canvas.parentElement.appendChild(document.createElement("p"));
            this.tip.className = "chart-tip";
            this.tip.setAttribute("aria-hidden", "true");
            this.tip.hidden = true;
            canvas.addEventListener("pointermove", (event) => this.point(this.dayAt(event)));
            canvas.addEventListener("pointerleave", () => this.point(-1));
            canvas.addEventListener("click", (event) => {
                const day = this.dayAt(event);
                if (day >= 0) {
                    window.location = series.links[day];
                }
            });
            this.paint();
            new ResizeObserver(() => this.resized()).observe(canvas);
        }

        resized() {
            if (this.canvas.clientWidth !== this.width || this.canvas.clientHeight !== this.height) {
                this.paint();
            }
        }

        paint() {
            const {canvas, pen} = this;
            this.width = canvas.clientWidth;
            this.height = canvas.clientHeight;
            // As many pixels as the screen has; a new size empties the canvas.
            canvas.width = this.width * window.devicePixelRatio;
            canvas.height = this.height * window.devicePixelRatio;
            pen.scale(window.devicePixelRatio, window.devicePixelRatio);
            this.family = getComputedStyle(canvas).fontFamily;
            pen.font = `${FONT}px ${this.family}`;
            const values = gridValues(this.highest);
            const labels = values.map((value) => axisNumber.format(value));
            const widths = labels.map((label) => pen.measureText(label).width + GAP);
            this.left = Math.ceil(Math.max(LEFT, ...widths));
            this.slot = (this.width - this.left) / this.series.values.length;
            this.ground = this.height - (this.hasDays ? BOTTOM : FONT);
            this.scale = (this.ground - TOP) / values.at(-1);
            const palette = colors();
            this.drawGrid(values, labels, palette);
            this.drawBars(palette);
            this.drawBefore(palette);
            this.drawPeak(palette);
        }

        y(value) {
            return this.ground - value * this.scale;
        }

        // Half a pixel off, a line of one pixel is sharp.
        drawGrid(values, labels, palette) {
            const {pen} = this;
            pen.fillStyle = palette.ticks;
            pen.lineWidth = 1;
            pen.textAlign = "right";
            pen.textBaseline = "middle";
            values.forEach((value, n) => {
                const y = Math.round(this.y(value)) + 0.5;
                pen.strokeStyle = n ? palette.grid : palette.ground;
                line(pen, this.left, y, this.width, y);
                pen.fillText(labels[n], this.left - GAP, y);
            });
            if (this.hasDays) {
                this.drawDays();
            }
        }

        drawDays() {
            const {pen} = this;
            pen.textAlign = "center";
            pen.textBaseline = "bottom";
            this.description.ticks.forEach((tick, day) => {
                pen.fillText(tick, this.within(this.middleOf(day), tick), this.height - 1);
            });
        }

        drawBars(palette) {
            const {pen} = this;
            const width = Math.min(this.slot * SHARE, WIDEST);
            this.series.values.forEach((value, day) => {
                const left = this.middleOf(day) - width / 2;
                const height = value * this.scale;
                if (day === this.description.running) {
                    this.drawRunning(left, width, height, palette);
                } else {
                    pen.fillStyle = palette.bar;
                    pen.fillRect(left, this.ground - height, width, height);
                }
            });
        }

        // What is not over yet: an outline, hatched.
        drawRunning(left, width, height, palette) {
            const {pen, ground} = this;
            pen.save();
            pen.strokeStyle = palette.bar;
            pen.lineWidth = 1.5;
            pen.beginPath();
            pen.rect(left, ground - height, width, height);
            pen.clip();
            for (let x = left - height; x < left + width; x += 6) {
                line(pen, x, ground, x + height, ground - height);
            }
            pen.lineWidth = 3;
            pen.strokeRect(left, ground - height, width, height);
            pen.restore();
        }

        // The period before: one dash per day across its slot, thin lines between neighbours.
        drawBefore(palette) {
            const {pen, slot} = this;
            let last = null;
            pen.strokeStyle = palette.before;
            this.series.before.forEach((value, day) => {
                const left = this.left + day * slot;
                const y = value === null ? null : this.y(value);
                if (y !== null && last !== null) {
                    pen.globalAlpha = 0.25;
                    pen.lineWidth = 1;
                    line(pen, left, last, left, y);
                }
                if (y !== null) {
                    pen.globalAlpha = 1;
                    pen.lineWidth = 1.5;
                    line(pen, left, y, left + slot, y);
                }
                last = y;
            });
            pen.globalAlpha = 1;
        }

        // Only the highest bar says its figure.
        drawPeak(palette) {
            const {pen} = this;
            const {values, peak} = this.series;
            const day = values.indexOf(Math.max(...values));
            if (values[day] > 0) {
                pen.font = `550 ${FONT}px ${this.family}`;
                pen.fillStyle = palette.peak;
                pen.textAlign = "center";
                pen.textBaseline = "bottom";
                pen.fillText(peak[day], this.within(this.middleOf(day), peak[day]), this.y(values[day]) - GAP);
            }
        }

        middleOf(day) {
            return this.left + (day + 0.5) * this.slot;
        }

        // Where a text that is to be centred at x has room.
        within(x, text) {
            const half = this.pen.measureText(text).width / 2;
            return Math.min(Math.max(x, half), this.width - half);
        }

        // The day at a pointer; −1 beside all.
        dayAt(event) {
            const day = Math.floor((event.offsetX - this.left) / this.slot);
            return day in this.series.values && event.offsetY <= this.ground ? day : -1;
        }

        // What a day was, beside it; nothing for −1.
        point(day) {
            const {tip, canvas, series, description} = this;
            canvas.classList.toggle("clickable", day >= 0);
            tip.hidden = day < 0;
            if (tip.hidden) {
                return;
            }
            const name = document.createElement("strong");
            name.textContent = description.days[day];
            const before = series.before_texts[day] && `${description.legendBefore}: ${series.before_texts[day]}`;
            tip.replaceChildren(name, ...[series.texts[day], before].filter(Boolean).map((text) => {
                const part = document.createElement("span");
                part.textContent = text;
                return part;
            }));
            const right = this.middleOf(day) + this.slot / 2 + GAP;
            const left = this.middleOf(day) - this.slot / 2 - GAP - tip.offsetWidth;
            tip.style.left = `${right + tip.offsetWidth <= this.width ? right : Math.max(0, left)}px`;
        }
    }

    document.querySelectorAll("[data-chart]").forEach((panel) => {
        const description = JSON.parse(document.getElementById(panel.dataset.chart).textContent);
        const charts = new Map();

        function show(key) {
            panel.querySelectorAll("[data-view-of]").forEach((view) => {
                view.hidden = view.dataset.viewOf !== key;
            });
            panel.querySelectorAll("[data-view]").forEach((button) => {
                button.setAttribute("aria-pressed", String(button.dataset.view === key));
            });
            if (!charts.has(key)) {
                const canvases = panel.querySelectorAll(`[data-view-of="${key}"] canvas`);
                const last = canvases.length - 1;
                // Charts below one another share the days below the last.
                charts.set(key, description.views[key].map((series, n) => new DailyBars(canvases[n], description, series, n === last)));
            }
            panel.dataset.drawn = key;
        }

        function repaint() {
            charts.forEach((drawn) => drawn.forEach((chart) => chart.paint()));
        }

        panel.querySelectorAll("[data-view]").forEach((button) => {
            button.addEventListener("click", () => show(button.dataset.view));
        });
        new MutationObserver(repaint).observe(document.documentElement, {attributeFilter: ["data-theme"]});
        window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
        window.addEventListener("beforeprint", repaint);
        show(Object.keys(description.views)[0]);
    });
}
