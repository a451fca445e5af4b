"""Numbers as people and programs read them."""

from datetime import UTC, datetime
from decimal import Decimal

LAST_S = 253_402_300_799  # 9999-12-31T23:59:59Z: a row may hold any number


def utc(unix_s: int) -> str:
    """RFC 3339 time in UTC, `2026-01-31T12:00:00Z`; from 1970 to 9999."""
    shown_s = min(max(unix_s, 0), LAST_S)
    return datetime.fromtimestamp(shown_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: int) -> str:
    """A length of time in two units at most: `45s`, `12m`, `3h 05m`, `2d 4h`."""
    seconds = max(0, seconds)
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes}m"
    if hours < 24:
        return f"{hours}h {minutes % 60:02}m"
    return f"{days}d {hours % 24}h"


def dollars(amount: Decimal) -> str:
    """Money for people: `$0.21`, `$153`; cents matter below ten dollars only."""
    return f"${amount:.2f}" if amount < 10 else f"${amount:,.0f}"


def money(amount: Decimal | None) -> dict[str, object] | None:
    """Money for programs, always marked as the estimate that it is."""
    if amount is None:
        return None
    return {"amount": f"{amount:.4f}", "currency": "USD", "estimate": True}


def size(count: int) -> str:
    """Bytes for people, in SI units: `512 B`, `1.5 MB`."""
    if count < 1000:
        return f"{count} B"
    units = ("kB", "MB", "GB", "TB", "PB")
    power = min((len(str(count)) - 1) // 3, len(units))
    return f"{count / 1000**power:.1f} {units[power - 1]}"
