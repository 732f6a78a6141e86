"""How a page is looked at: light, dark, on a phone, in Traditional Chinese."""

from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.utils import translation
from playwright.sync_api import Locator, Page

# The tests' own servers answer under both names; a cookie holds for any port.
HOSTS = ("http://localhost", "http://127.0.0.1")


@dataclass(frozen=True)
class Look:
    """A width and height in pixels, a colour scheme and a language."""

    name: str
    width: int = 1280
    height: int = 800
    scheme: Literal["light", "dark"] = "light"
    language: str = "en"

    @property
    def context(self) -> dict[str, Any]:
        """For a browser's new context."""
        size = {"width": self.width, "height": self.height}
        return {"viewport": size, "color_scheme": self.scheme}

    @property
    def is_phone(self) -> bool:
        return self.width < 768

    def put_on(self, page: Page) -> None:
        """The page, and all that follow in its window, are seen so."""
        page.set_viewport_size({"width": self.width, "height": self.height})
        page.emulate_media(color_scheme=self.scheme)
        name = settings.LANGUAGE_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": self.language, "url": host} for host in HOSTS]
        )

    def said(self, text: str) -> str:
        """What a text of the pages is in the language."""
        with translation.override(self.language):
            return translation.gettext(text)

    def choose_page(self, page: Page, address: str) -> None:
        """A press on the entry of the menu that leads there, under whatever filters."""
        menu = "#nav-sidebar"
        if self.is_phone:
            menu = ".phone-menu"
            page.locator(f"{menu} summary").click()
        page.locator(f"{menu} a[href^='{address}']").first.click()
        page.wait_for_url(f"**{address}**")
        fits(page)

    def choose_period(self, page: Page, preset: str) -> None:
        if self.is_phone:
            page.locator(".period summary").click()
        page.locator(f".presets a[href*='period={preset}']:visible").click()
        page.wait_for_url(f"**period={preset}**")
        fits(page)

    def search_box(self, page: Page) -> Locator:
        if self.is_phone:
            page.locator(".phone-menu summary").click()
        return page.locator("input[type=search]:visible")


def fits(page: Page) -> None:
    """Nothing sticks out of the window."""
    over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) <= 0, page.url


LIGHT = Look("light")
PHONE = Look("phone", width=390, height=844)
LOOKS = (LIGHT, Look("dark", scheme="dark"), PHONE, Look("zh-Hant", language="zh-hant"))
