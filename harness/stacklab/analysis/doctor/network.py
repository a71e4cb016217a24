"""Network: how the kernel handles many connections, and when it runs out of ports."""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity

TIME_WAIT_S: Final = 60
"""TCP_TIMEWAIT_LEN of the kernel, which no setting changes."""

REUSE_S: Final = 1
"""With tcp_tw_reuse and timestamps, a port in TIME_WAIT may be used again after this time (tcp(7))."""

ENOUGH_RATE: Final = 2000
"""Connections per second that a fast stack may need if its server closes each after one response."""

BACKLOG: Final = 2048
"""The backlog that gunicorn and uvicorn pass to ``listen``."""

MOST_CONNECTIONS: Final = 1024
"""More than the largest load of the bundled scenarios opens at the same moment."""

WAITING: Final = 0.5
"""Share of the ports in TIME_WAIT above which it is reported."""


def ports(facts: Facts) -> Diagnosis:
    """A load with one connection per request occupies one port each for the length of TIME_WAIT."""
    count = _ports(facts)
    if count is None:
        return Diagnosis(kind="ports", level=Severity.NOTE, text="The range of local ports cannot be read.")
    reused = _reuses(facts)
    held_s = REUSE_S if reused else TIME_WAIT_S
    rate = count // held_s
    kept = "after 1 s (tcp_tw_reuse)" if reused else f"after {TIME_WAIT_S} s in TIME_WAIT"
    text = (
        f"{count:,} local ports, free again {kept}: "
        f"enough for a sustained {rate:,} connections per second to one server."
    )
    if rate >= ENOUGH_RATE:
        return Diagnosis(kind="ports", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="ports",
        level=Severity.WARN,
        text=text,
        follows=f"Loads that open a connection for every request run out of ports after {count / ENOUGH_RATE:.0f} s "
        f"at {ENOUGH_RATE:,} per second; connections then fail through no fault of the server.",
        change="sudo sysctl net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_timestamps=1 "
        "net.ipv4.ip_local_port_range='1024 65535'",
    )


def time_wait(facts: Facts) -> Diagnosis:
    """Connections that earlier loads left behind."""
    count, waiting = _ports(facts), facts.time_wait
    if waiting is None or count is None:
        return Diagnosis(kind="time-wait", level=Severity.NOTE, text="Connections in TIME_WAIT cannot be counted.")
    text = f"{waiting:,} of {count:,} local ports are in TIME_WAIT."
    if waiting <= WAITING * count:
        return Diagnosis(kind="time-wait", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="time-wait",
        level=Severity.NOTE if _reuses(facts) else Severity.WARN,
        text=text,
        follows="An earlier load left them; finding a free port takes longer.",
        change="Wait a minute.",
    )


def accept_queue(facts: Facts) -> Diagnosis:
    """The kernel cuts the backlog that a server requests down to this."""
    return _queue(facts, "accept-queue", "net.core.somaxconn", BACKLOG, "A server's accept queue is cut to that length")


def syn_queue(facts: Facts) -> Diagnosis:
    """Half-open connections; with SYN cookies, the kernel continues without a queue."""
    text, name = "", "net.ipv4.tcp_max_syn_backlog"
    if facts.settings.get("net.ipv4.tcp_syncookies", "0") != "0":
        text = f"{name} is {facts.settings.get(name, 'unknown')}; SYN cookies take over when the queue is full."
        return Diagnosis(kind="syn-queue", level=Severity.FINE, text=text)
    return _queue(facts, "syn-queue", name, MOST_CONNECTIONS, "Half-open connections beyond that are dropped")


def overflow(facts: Facts) -> Diagnosis:
    """What a client sees when the accept queue is full."""
    setting = facts.settings.get("net.ipv4.tcp_abort_on_overflow")
    if setting is None:
        text = "The setting for a full accept queue cannot be read."
        return Diagnosis(kind="overflow", level=Severity.NOTE, text=text)
    if setting == "0":
        text = "A full accept queue drops connections, and the client retries after 1, 3 and 7 s."
        return Diagnosis(kind="overflow", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="overflow",
        level=Severity.WARN,
        text="A full accept queue resets connections (tcp_abort_on_overflow).",
        follows="Overload shows as errors here, but as latencies of 1, 3 and 7 s on other machines.",
        change="sudo sysctl net.ipv4.tcp_abort_on_overflow=0",
    )


def _queue(facts: Facts, kind: str, name: str, wanted: int, follows: str) -> Diagnosis:
    setting = facts.settings.get(name)
    if setting is None:
        return Diagnosis(kind=kind, level=Severity.NOTE, text=f"{name} cannot be read.")
    if int(setting) >= wanted:
        return Diagnosis(kind=kind, level=Severity.FINE, text=f"{name} is {setting}.")
    return Diagnosis(
        kind=kind,
        level=Severity.WARN if int(setting) < MOST_CONNECTIONS else Severity.NOTE,
        text=f"{name} is {setting}.",
        follows=f"{follows}: bursts of new connections wait a second or more for a retransmission.",
        change=f"sudo sysctl {name}={wanted}",
    )


def _ports(facts: Facts) -> int | None:
    setting = facts.settings.get("net.ipv4.ip_local_port_range")
    if setting is None:
        return None
    low, high = map(int, setting.split())
    return high - low + 1


def _reuses(facts: Facts) -> bool:
    """1 means everywhere and 2 on the loopback interface, where all loads of stacklab run; both need timestamps."""
    return facts.settings.get("net.ipv4.tcp_tw_reuse") in {"1", "2"} and (
        facts.settings.get("net.ipv4.tcp_timestamps", "1") != "0"
    )
