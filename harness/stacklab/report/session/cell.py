"""A cell of the view: the rounds' summaries become estimates, with their caveats."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.run.latency import Quantile, Quantiles
from stacklab.analysis.run.quantiles import QUANTILES
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.caveats import caveats, validity
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules.instrument import driver_core_share
from stacklab.analysis.validity.rules.machine import steal_share
from stacklab.model.record import Failed
from stacklab.model.traffic.load import Open
from stacklab.model.verdict import Estimate
from stacklab.report.session.view import BackendView, CellView, FailedView, RoundView
from stacklab.units import BYTES_PER_MIB


def cell_view(evidence: Evidence) -> CellView:
    """Everything a page shows of one stack under one scenario."""
    rounds = evidence.summaries
    found = caveats(evidence) if rounds or evidence.failed else ()
    typical = _typical(rounds)

    def across(measure: Callable[[Summary], float | None]) -> Estimate | None:
        return estimate([value for one in rounds if (value := measure(one)) is not None])

    return CellView(
        stack=evidence.stack.name,
        scenario=evidence.scenario.name,
        rounds=tuple(_round_view(one) for one in rounds),
        validity=validity(found),
        caveats=found,
        requests=evidence.requests,
        errors=_added(one.errors for one in rounds),
        throughput_rps=across(lambda one: one.throughput_rps),
        offered_rps=_offered(evidence),
        latency_ms=_across_quantiles([one.latency for one in rounds]),
        latency_at_least=_at_least([one.latency for one in rounds]),
        service_ms=_known([one.service for one in rounds]),
        queue_ms=_across_quantiles([one.queue for one in rounds]),
        read_lag_ms=_across_quantiles([one.read_lag for one in rounds if one.read_lag is not None]),
        first_byte_ms=_known([one.first_byte for one in rounds if one.first_byte is not None]),
        gap_ms=_known([one.gaps for one in rounds if one.gaps is not None]),
        cpu_us_per_request=across(lambda one: one.cpu_us_per_request),
        cpu_user_us_per_request=across(lambda one: one.cpu_user_us_per_request),
        cpu_system_us_per_request=across(lambda one: one.cpu_system_us_per_request),
        switches_voluntary_per_request=across(lambda one: one.switches_voluntary_per_request),
        switches_involuntary_per_request=across(lambda one: one.switches_involuntary_per_request),
        instructions_per_request=across(lambda one: one.instructions_per_request),
        run_queue_delay_share=across(lambda one: one.share_of_window(one.server.delay_ns)),
        rss_mib=across(lambda one: _mib(one.server.rss_bytes)),
        pss_mib=across(lambda one: _mib(one.server.pss_bytes)),
        threads=across(lambda one: one.server.threads),
        open_files=across(lambda one: one.server.files),
        driver_cpu_share=across(driver_core_share),
        steal_share=across(lambda one: steal_share(one.host, one.window_s, evidence.cores)),
        requests_per_connection=across(lambda one: one.flow.requests_per_connection),
        warmup_s=across(lambda one: one.warmup_s),
        worker_shares=rounds[0].flow.worker_shares if rounds else (),
        distribution=typical.distribution if typical else (),
        timeline=typical.timeline if typical else (),
        failed=tuple(_failed_view(run) for run in evidence.failed),
        backends=tuple(_backends(rounds)),
        backends_cpu_share=across(lambda one: one.share_of_window(one.backends.cpu_ns)),
        twin=evidence.twin,
    )


def _backends(rounds: Sequence[Summary]) -> Iterator[BackendView]:
    for program in dict.fromkeys(use.program for one in rounds for use in one.run.backends):
        counts = [
            (one, use.seen, use.verifying)
            for one in rounds
            for use in one.run.backends
            if use.program == program and use.seen is not None
        ]
        yield BackendView(
            program=program,
            queries_per_request=estimate(
                [(seen.queries - verifying) / one.sent_ever for one, seen, verifying in counts if one.sent_ever]
            ),
            connections=estimate([seen.connections for _, seen, _ in counts if seen.connections is not None]),
            most_at_once=estimate([seen.most_at_once for _, seen, _ in counts if seen.most_at_once is not None]),
        )


def _round_view(one: Summary) -> RoundView:
    return RoundView(
        round=one.run.cell.round,
        throughput_rps=one.throughput_rps,
        latency_ms=_quoted(one.latency),
        cpu_us_per_request=one.cpu_us_per_request,
        rss_mib=_mib(one.server.rss_bytes),
        requests=one.intended,
        errors=sum(one.errors.values()),
        first_byte_ms=_quoted(one.first_byte or {}),
        gap_ms=_quoted(one.gaps or {}),
    )


def _quoted(quantiles: Quantiles) -> Mapping[str, float]:
    return {name: quantile.ms for name, quantile in quantiles.items() if quantile is not None}


def _failed_view(run: Failed) -> FailedView:
    return FailedView(round=run.cell.round, stage=run.stage, reason=run.reason, log_tail=run.log_tail)


def _typical(rounds: Sequence[Summary]) -> Summary | None:
    """The round with the median P50 (the lower one of two): one real run sooner than a mixture of all."""
    quoted = [(median.ms, number) for number, one in enumerate(rounds) if (median := one.latency["p50"]) is not None]
    if not quoted:
        return rounds[0] if rounds else None
    _, number = sorted(quoted)[(len(quoted) - 1) // 2]
    return rounds[number]


def _across_quantiles(rounds: Sequence[Quantiles]) -> Mapping[str, Estimate | None]:
    """Each only where every round quotes it: which rounds have enough requests is not left to chance."""
    return {name: _across_quantile([one[name] for one in rounds]) for name in QUANTILES}


def _across_quantile(rounds: Sequence[Quantile | None]) -> Estimate | None:
    quoted = [quantile.ms for quantile in rounds if quantile is not None]
    return estimate(quoted) if len(quoted) == len(rounds) else None


def _known(rounds: Sequence[Quantiles]) -> Mapping[str, Estimate | None]:
    """The same of a time that has no bound to quote it by: what falls among the losses is left out."""
    bounds = _at_least(rounds)
    return {name: None if name in bounds else value for name, value in _across_quantiles(rounds).items()}


def _at_least(rounds: Sequence[Quantiles]) -> tuple[str, ...]:
    """The quantiles that fall among the losses in any round."""
    return tuple(
        name for name in QUANTILES if any((quantile := one[name]) is not None and quantile.at_least for one in rounds)
    )


def _offered(evidence: Evidence) -> float | None:
    """The rate the schedules called for; None for a closed loop, which has no schedule."""
    window_s = sum(one.window_s for one in evidence.summaries)
    if not isinstance(evidence.scenario.load, Open) or not window_s:
        return None
    return evidence.requests / window_s


def _added(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _mib(size: int | None) -> float | None:
    return None if size is None else size / BYTES_PER_MIB
