"""Background activity: what else used the machine while stacklab slept."""

from typing import Final

from stacklab.analysis.validity.rules.machine import HOST_BUSY_SUSPECT, STOLEN_SUSPECT
from stacklab.model.machine import Diagnosis, Facts, Severity

TOO_BUSY: Final = 0.5
"""Share of the processors above which other processes leave less than a server and a driver need."""

TOO_MUCH_STEAL: Final = 0.1
"""With a tenth of all time gone, medians move too, and not tails alone."""

PRESSURE: Final = 0.05
"""Share of the time in which some process waited for a processor."""


def others(facts: Facts) -> Diagnosis:
    """Other processes take cores, caches and memory bandwidth."""
    seen, used = facts.activity, facts.activity.others_cores
    if used is None:
        return Diagnosis(
            kind="others", level=Severity.NOTE, text="The processor time of other processes cannot be read."
        )
    text = f"Other processes used {used:.2f} cores in {seen.observed_s:.1f} s."
    if used <= HOST_BUSY_SUSPECT:
        return Diagnosis(kind="others", level=Severity.FINE, text=text)
    too_busy = used > TOO_BUSY * facts.cores
    return Diagnosis(
        kind="others",
        level=Severity.BAD if too_busy else Severity.WARN,
        text=text,
        follows="Nothing can be measured beside them." if too_busy else "Cells measured beside them will be suspect.",
        change="Stop other processes (`top` lists them), and run `stacklab doctor` again.",
    )


def load(facts: Facts) -> Diagnosis:
    """The load of the last minute, in case the half second was not typical."""
    text = f"Load average of the last minute: {facts.activity.load_1m:.2f}."
    if facts.activity.load_1m <= facts.cores * TOO_BUSY:
        return Diagnosis(kind="load", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="load",
        level=Severity.NOTE,
        text=text,
        follows="The machine was busy a moment ago, and may become busy again.",
        change="Wait until the load average has dropped.",
    )


def steal(facts: Facts) -> Diagnosis:
    """Steal time looks like slowness of the process that ran."""
    share = facts.activity.steal_share
    if share is None:
        return Diagnosis(kind="steal", level=Severity.NOTE, text="Steal time cannot be read.")
    text = f"The hypervisor gave {share:.1%} of the processors' time to other guests."
    if share <= STOLEN_SUSPECT:
        return Diagnosis(kind="steal", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="steal",
        level=Severity.BAD if share > TOO_MUCH_STEAL else Severity.WARN,
        text=text,
        follows="Steal time looks like a slow server: cells measured meanwhile will be suspect.",
        change="Use a machine with dedicated processors, or measure at another time.",
    )


def pressure(facts: Facts) -> Diagnosis:
    """The kernel's own record of waiting for a processor."""
    share = facts.activity.cpu_pressure
    if share is None:
        return Diagnosis(
            kind="pressure",
            level=Severity.NOTE,
            text="Pressure (PSI) cannot be read.",
            follows="Only run-queue delays show that processes waited for a processor.",
            change="Boot a kernel with PSI (psi=1).",
        )
    text = f"Some process waited for a processor for {share:.1%} of the last ten seconds."
    if share <= PRESSURE:
        return Diagnosis(kind="pressure", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="pressure",
        level=Severity.WARN,
        text=text,
        follows="There was more work than the processors could do; latencies would include the wait.",
        change="Stop other processes (`top` lists them), and run `stacklab doctor` again.",
    )
