"use strict";
/* What the charts work without: which measure is shown, what a day was, beside its bar, and the
   currency of a bar that leads to calls. */
document.querySelectorAll(".panel.chart").forEach((panel) => {
    const buttons = panel.querySelectorAll("[data-view]");
    buttons.forEach((button) => button.addEventListener("click", () => {
        buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        panel.querySelectorAll("[data-view-of]").forEach((view) => {
            view.hidden = view.dataset.viewOf !== button.dataset.view;
        });
    }));

    const tip = document.createElement("p");
    tip.className = "chart-tip";
    tip.setAttribute("aria-hidden", "true");

    function show(event) {
        const day = event.target.closest(".days a");
        tip.remove();
        if (!day) {
            return;
        }
        const views = day.closest(".views");
        tip.textContent = day.getAttribute("aria-label");
        views.append(tip);
        const [whole, slot] = [views, day].map((one) => one.getBoundingClientRect());
        const right = slot.right - whole.left + 4;
        const left = slot.left - whole.left - 4 - tip.offsetWidth;
        tip.style.left = `${right + tip.offsetWidth <= whole.width ? right : Math.max(0, left)}px`;
    }

    // The link of a day lies below the drawings of all currencies: it leads to that of the pointer.
    function narrow(event) {
        const day = event.target.closest(".days a");
        if (!day) {
            return;
        }
        const drawn = [...panel.querySelectorAll(".view:not([hidden]) figure")].find(
            (one) => event.clientY < one.getBoundingClientRect().bottom
        );
        const address = new URL(day.href);
        if (drawn?.dataset.currency) {
            address.searchParams.set("currency", drawn.dataset.currency);
        } else {
            address.searchParams.delete("currency");
        }
        day.href = address;
    }
    if (panel.querySelector("[data-currency]")) {
        ["pointermove", "pointerdown"].forEach((name) => panel.addEventListener(name, narrow));
    }

    // Instead of the browser's own hint, which comes late.
    panel.querySelectorAll(".days a").forEach((day) => {
        day.setAttribute("aria-label", day.title);
        day.removeAttribute("title");
    });
    panel.addEventListener("pointerover", show);
    panel.addEventListener("pointerleave", () => tip.remove());
});
