"use strict";
/* Draws what stats/charts.py described: bars per day, the period before as dashes, today hatched. */
{
    const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

    const axisNumber = new Intl.NumberFormat(document.documentElement.lang, {
        notation: "compact", maximumSignificantDigits: 3,
    });

    function hatched(stroke) {
        const tile = document.createElement("canvas");
        tile.width = tile.height = 6;
        const pen = tile.getContext("2d");
        pen.strokeStyle = stroke;
        pen.lineWidth = 1.5;
        pen.beginPath();
        for (const offset of [-6, 0, 6]) {
            pen.moveTo(offset, 6);
            pen.lineTo(offset + 6, 0);
        }
        pen.stroke();
        return pen.createPattern(tile, "repeat");
    }

    // The period before: one dash per day across its slot, thin lines between neighbours.
    const dashes = {
        id: "dashes",
        afterDatasetsDraw(chart, _args, options) {
            const pen = chart.ctx;
            const slot = chart.chartArea.width / options.values.length;
            let last = null;
            pen.save();
            pen.strokeStyle = color("--usage-before");
            options.values.forEach((value, index) => {
                if (value === null) {
                    last = null;
                    return;
                }
                const left = chart.chartArea.left + index * slot;
                const y = chart.scales.y.getPixelForValue(value);
                if (last !== null) {
                    pen.globalAlpha = 0.25;
                    pen.lineWidth = 1;
                    pen.beginPath();
                    pen.moveTo(left, last);
                    pen.lineTo(left, y);
                    pen.stroke();
                }
                pen.globalAlpha = 1;
                pen.lineWidth = 1.5;
                pen.beginPath();
                pen.moveTo(left, y);
                pen.lineTo(left + slot, y);
                pen.stroke();
                last = y;
            });
            pen.restore();
        },
    };

    // Only the highest bar says its figure.
    const peak = {
        id: "peak",
        afterDatasetsDraw(chart, _args, options) {
            const values = chart.data.datasets[0].data;
            const highest = values.indexOf(Math.max(...values));
            const bar = chart.getDatasetMeta(0).data[highest];
            if (!bar || values[highest] <= 0) {
                return;
            }
            const pen = chart.ctx;
            pen.save();
            pen.font = `550 11px ${getComputedStyle(document.body).fontFamily}`;
            pen.fillStyle = color("--body-loud-color");
            const half = pen.measureText(options.text[highest]).width / 2;
            const x = Math.min(Math.max(bar.x, chart.chartArea.left + half), chart.chartArea.right - half);
            pen.textAlign = "center";
            pen.fillText(options.text[highest], x, bar.y - 5);
            pen.restore();
        },
    };

    function paint(chart, running) {
        const bar = color("--usage-bar");
        const [bars] = chart.data.datasets;
        bars.backgroundColor = bars.data.map((_value, index) => (index === running ? hatched(bar) : bar));
        bars.borderColor = bar;
        bars.borderWidth = bars.data.map((_value, index) => (index === running ? 1.5 : 0));
        chart.options.scales.x.ticks.color = color("--body-quiet-color");
        chart.options.scales.y.ticks.color = color("--body-quiet-color");
        chart.options.scales.y.grid.color = color("--usage-grid");
        chart.options.scales.x.border.color = color("--border-color");
        chart.update("none");
    }

    function options(description, series, isLast) {
        return {
            animation: false,
            maintainAspectRatio: false,
            layout: {padding: {top: 16}},
            onClick: (_event, bars) => {
                if (bars.length) {
                    window.location = series.links[bars[0].index];
                }
            },
            onHover: (event, bars) => {
                event.native.target.classList.toggle("clickable", bars.length > 0);
            },
            interaction: {mode: "index", intersect: false},
            plugins: {
                legend: {display: false},
                dashes: {values: series.before},
                peak: {text: series.peak},
                tooltip: {
                    displayColors: false,
                    callbacks: {
                        title: ([item]) => description.days[item.dataIndex],
                        label: (item) => series.texts[item.dataIndex],
                        afterLabel: (item) => {
                            const before = series.before_texts[item.dataIndex];
                            return before && `${description.legendBefore}: ${before}`;
                        },
                    },
                },
            },
            scales: {
                x: {
                    grid: {display: false},
                    ticks: {display: isLast, autoSkip: false, maxRotation: 0, font: {size: 11}, callback: (_value, index) => description.ticks[index]},
                },
                y: {
                    beginAtZero: true,
                    // The same for all, so that charts below one another share their days.
                    afterFit: (axis) => {
                        axis.width = Math.max(axis.width, 32);
                    },
                    border: {display: false},
                    suggestedMax: Math.max(0, ...series.before.filter((value) => value !== null)),
                    ticks: {maxTicksLimit: 5, font: {size: 11}, callback: (value) => axisNumber.format(value)},
                    grid: {drawTicks: false},
                },
            },
        };
    }

    function draw(canvas, description, series, isLast) {
        const chart = new Chart(canvas, {
            type: "bar",
            data: {
                labels: description.days,
                datasets: [{data: series.values, categoryPercentage: 1, barPercentage: 0.68, maxBarThickness: 96}],
            },
            options: options(description, series, isLast),
            plugins: [dashes, peak],
        });
        paint(chart, description.running);
        return chart;
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
                charts.set(key, description.views[key].map((series, index) => draw(canvases[index], description, series, index === last)));
            }
            panel.dataset.drawn = key;
        }

        function repaint() {
            charts.forEach((drawn) => drawn.forEach((chart) => paint(chart, description.running)));
        }

        panel.querySelectorAll("[data-view]").forEach((button) => {
            button.addEventListener("click", () => show(button.dataset.view));
        });
        new MutationObserver(repaint).observe(document.documentElement, {attributeFilter: ["data-theme"]});
        window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
        window.addEventListener("beforeprint", () => charts.forEach((drawn) => drawn.forEach((chart) => chart.resize())));
        show(Object.keys(description.views)[0]);
    });
}
