"""Known tables without a connection: what was found about each, with its source; what was not stays None."""

import json
from importlib.resources import files

from opentraction.chart import BadInput, Capability, Family, NativeUnit, Positive, Value


class TableProfile(Value):
    """What published pages say about a table.

    None is 'not found', never 'none': the rating plate is asked.
    """

    table_id: str
    maker: str
    name: str
    force_max_n: Positive | None = None
    force_step_n: Positive | None = None
    rate_max_n_per_s: Positive | None = None
    angle_range_deg: tuple[float, float] | None = None
    modes: tuple[Family, ...] = ()
    """Empty: not found."""
    native_unit: NativeUnit | None = None
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the fields that no source settles."""
        fields = ("force_max_n", "force_step_n", "rate_max_n_per_s", "angle_range_deg", "native_unit")
        missing = tuple(name for name in fields if getattr(self, name) is None)
        return missing if self.modes else (*missing, "modes")

    def capability(
        self,
        *,
        force_max_n: float | None = None,
        rate_max_n_per_s: float | None = None,
        force_step_n: float | None = None,
        angle_range_deg: tuple[float, float] | None = None,
        native_unit: NativeUnit | None = None,
    ) -> Capability:
        """This table as a capability; what the sources do not settle is read off the table and given here.

        Raises BadInput while the highest pull, the rate or the unit is neither known nor given. Of a
        published and a given highest pull the lower one stands.
        """
        force = min((value for value in (self.force_max_n, force_max_n) if value is not None), default=None)
        rate, unit = self.rate_max_n_per_s or rate_max_n_per_s, self.native_unit or native_unit
        if force is None or rate is None or unit is None:
            asked = {"force_max_n": force, "rate_max_n_per_s": rate, "native_unit": unit}
            missing = ", ".join(name for name, value in asked.items() if value is None)
            raise BadInput(
                f"No source gives {missing} of the {self.name}. "
                "Read it off its rating plate or manual and give it."
            )
        return Capability(
            table_id=self.table_id,
            maker=self.maker,
            simulated=False,
            connected=False,
            force_max_n=force,
            force_step_n=self.force_step_n or force_step_n,
            rate_max_n_per_s=rate,
            angle_range_deg=self.angle_range_deg or angle_range_deg or (0.0, 0.0),
            modes=self.modes,
            native_unit=unit,
            source="; ".join(self.sources),
        )


def list_tables() -> tuple[TableProfile, ...]:
    """The known tables, by name."""
    text = files("opentraction.deliver").joinpath("data/table_profiles.json").read_text(encoding="utf-8")
    profiles = (TableProfile(**entry) for entry in json.loads(text)["tables"])
    return tuple(sorted(profiles, key=lambda profile: profile.name))


def find_table(table_id: str) -> TableProfile:
    """The known table of this id; raises BadInput, with the ids there are, when it is not known."""
    known = {profile.table_id: profile for profile in list_tables()}
    if table_id not in known:
        raise BadInput(
            f"Expected one of {', '.join(known)}; got '{table_id}'. Choose one, or state a Capability."
        )
    return known[table_id]
