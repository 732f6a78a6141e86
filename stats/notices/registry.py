"""All occasions: the `OCCASION` of each module in `stats.notices.occasions`."""

from importlib import import_module
from pkgutil import iter_modules

from stats.notices import occasions
from stats.notices.occasion import Occasion

OCCASIONS: dict[str, Occasion] = {
    occasion.name: occasion
    for module in iter_modules(occasions.__path__)
    for occasion in [import_module(f"{occasions.__name__}.{module.name}").OCCASION]
}
