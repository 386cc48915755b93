"""Settings of the audit policy that kube-apiserver is meant to run, and of the watch over it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from lanner.config.typed import PathText, Settings

Seconds = Annotated[float, Meta(ge=0, le=366 * 86_400)]


class PolicySettings(Settings):
    """The audit policy that the API server is meant to run; what arrives is compared with it."""

    file: Annotated[
        PathText,
        Meta(
            description="The policy's file, best a copy that the API server's machine cannot change; empty: no watch."
        ),
    ] = ""
    watch: Annotated[
        bool, Meta(description="Alert when events say that the API server runs another policy, or the file changes.")
    ] = True
    grace: Annotated[
        Seconds, Meta(description="Seconds in which, after the file has changed, its former policy is right, too.")
    ] = 600.0
    rearm: Annotated[
        Seconds, Meta(description="Seconds until a deviation that goes on is told again, with its count.")
    ] = 3600.0
    learn: Annotated[
        Seconds, Meta(description="Seconds for which a resource must have been seen before its silence is remarkable.")
    ] = 86_400.0
    quiet: Annotated[
        Seconds,
        Meta(description="Seconds for which it must be silent at least, and five times as long as ever before."),
    ] = 3600.0
