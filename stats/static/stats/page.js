"use strict";
/* Small helps that pages work without: menus that close, short addresses, copying. */
{
    const menus = document.querySelectorAll("details.menu-button");

    // One menu at a time, and none after a press elsewhere.
    document.addEventListener("click", (event) => {
        menus.forEach((menu) => {
            const inside = menu.contains(event.target) || event.target.closest(".select2-container");
            if (!inside) {
                menu.open = false;
            }
        });
    });

    // On the way down, since Select2 lets no key through; its own list closes first.
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || document.querySelector(".select2-container--open")) {
            return;
        }
        menus.forEach((menu) => {
            if (menu.open) {
                menu.open = false;
                menu.querySelector("summary").focus();
            }
        });
    }, true);

    // What is left empty does not go into the address.
    document.querySelectorAll(".bar form").forEach((form) => {
        form.addEventListener("submit", () => {
            form.querySelectorAll("input, select").forEach((field) => {
                field.disabled = field.value === "";
            });
        });
    });

    // Select2 leaves its fields without names.
    function nameFields() {
        document.querySelectorAll(".select2-container").forEach((container) => {
            // What is chosen already, which is a list in name only.
            container.querySelector("ul.select2-selection__rendered")?.setAttribute("role", "presentation");
            const name = container.closest(".field, .form-row").querySelector("label").textContent;
            container.querySelectorAll("[role='combobox'], [role='textbox'], [role='searchbox']").forEach((field) => {
                field.removeAttribute("aria-labelledby");
                field.setAttribute("aria-label", name);
            });
        });
    }

    // After the admin's own script, which makes them.
    window.django?.jQuery(nameFields);

    // What the filter's fields want is fetched when somebody is about to look at them.
    const filter = document.querySelector(".bar .filter");
    const wanted = filter?.querySelector("template");

    function fetchFields() {
        if (wanted.isConnected) {
            wanted.remove();
            const scripts = [...wanted.content.querySelectorAll("script")];
            scripts.forEach((script) => {
                script.async = false;
            });
            scripts.at(-1)?.addEventListener("load", () => window.django.jQuery(nameFields));
            document.head.append(wanted.content);
            fetchChoices();
        }
    }

    async function fetchChoices() {
        const answer = await fetch(filter.querySelector("form").dataset.choices);
        const choices = answer.ok ? await answer.json() : {};
        Object.entries(choices).forEach(([name, texts]) => {
            const field = filter.querySelector(`[name="${name}"]`);
            const list = document.createElement("datalist");
            list.id = `choices_${name}`;
            list.append(...texts.map((text) => new Option(text, text)));
            // A page may set a filter itself.
            field?.after(list);
            field?.setAttribute("list", list.id);
        });
    }

    filter?.addEventListener("pointerenter", fetchFields);
    filter?.addEventListener("toggle", fetchFields);
    // Opened before this ran, or beside fields that are looked at from the start.
    if (filter?.open || document.querySelector(".choice")) {
        fetchFields();
    }

    // Django's lists to choose from have explained symbols, which are none without a role.
    window.addEventListener("load", () => {
        document.querySelectorAll(".help-tooltip[aria-label]").forEach((symbol) => {
            symbol.setAttribute("role", "img");
        });
    });

    // What is there from the start is not read aloud; what is put there afterwards is.
    if (document.querySelector(".chips")) {
        const result = document.querySelector("#content [role='status']");
        result?.replaceChildren(...result.childNodes);
    }

    document.querySelectorAll("[data-copy]").forEach((button) => {
        button.addEventListener("click", async() => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
            button.textContent = button.dataset.copied;
        });
    });

    // Without a clipboard, or leave to use it, the link leads there.
    document.querySelectorAll("[data-copy-address]").forEach((link) => {
        link.addEventListener("click", async(event) => {
            event.preventDefault();
            try {
                await navigator.clipboard.writeText(link.href);
                link.textContent = link.dataset.copied;
            } catch {
                window.location.assign(link.href);
            }
        });
    });
}
