"""`vove check` names the mistake of receivers that were written in other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.broken import PATH, SAMPLES, SECRET, broken, run_check, running, sample

if TYPE_CHECKING:
    from pathlib import Path

GATE = {"delivery.valid-kyc", "delivery.valid-kyb"}
STALE = {"forgery.stale-24h", "forgery.stale-6min", "forgery.future-6min"}
ROTATION = {"retry.rotation", "retry.foreign-version"}
UNSIGNED = {
    "forgery.unsigned", "forgery.missing-signature", "forgery.unsigned-unknown-ref", "forgery.other-sender",
    "forgery.content-type",
}  # fmt: skip
SIGNED = {
    "forgery.tampered-body", "forgery.swapped-id", "forgery.swapped-timestamp", "forgery.wrong-secret",
    "forgery.empty-key", "forgery.published-secret", "forgery.truncated-signature",
    "forgery.unknown-version", "forgery.missing-id", "forgery.missing-timestamp",
    "forgery.altered-signature", "forgery.malformed",
}  # fmt: skip
ALL_FORGERIES = SIGNED | STALE | UNSIGNED
JS = {"body.reserialized-js", "body.whitespace"}

# receiver -> the diagnosis in order, and exactly what fails or warns
OPEN: dict[str, tuple[list[str], set[str]]] = {
    "node none": ([], set()),
    "python none": ([], set()),
    "php none": ([], set()),
    "ruby none": ([], set()),
    "go none": ([], set()),
    "python drops-forgeries": ([], set()),
    "node body-first-json-stringify": (["body-reserialized"], JS | {"body.escapes", "body.numbers"}),
    "python json-dumps-compact": (["body-reserialized"], JS | {"body.escapes", "body.utf8"}),
    "php json-encode": (["body-reserialized"], JS | {"body.utf8", "body.numbers", "body.escapes"}),
    "ruby to-json": (["body-reserialized"], JS | {"body.escapes"}),
    "go struct-marshal": (
        ["body-reserialized"],
        {
            *JS, "body.extra-field", "body.unknown-shape", "delivery.every-kyb-event",
            "delivery.unknown-reason", "delivery.valid-kyc",
        },
    ),
    "node no-timestamp-check": ([], STALE),
    "node past-only": ([], {"forgery.future-6min"}),
    "node kyc-sample-split": (["docs-kyc-node"], STALE | ROTATION | {"forgery.unknown-version"}),
    "node starts-with": (
        ["prefix-compare"],
        {"forgery.truncated-signature", "forgery.unknown-version", "forgery.malformed"},
    ),
    "node slice-compare": (["prefix-compare"], ROTATION | {"forgery.truncated-signature"}),
    "php strncmp": (["prefix-compare"], ROTATION | {"forgery.truncated-signature"}),
    "ruby eql-prefix": (
        ["prefix-compare"],
        {"forgery.truncated-signature", "forgery.unknown-version", "forgery.malformed"},
    ),
    "python whole-header": ([], ROTATION),
    "node fail-open": (["no-verification"], ALL_FORGERIES),
    "node presence-only": (["no-verification"], ALL_FORGERIES - UNSIGNED),
    "node skips-without-signature": (
        ["verifies-only-if-present"], UNSIGNED,
    ),
    "python fail-open-on-garbage": (
        ["verifies-only-if-present", "no-verification"],
        UNSIGNED | {"forgery.empty-key", "forgery.wrong-secret", "forgery.altered-signature", "forgery.malformed"},
    ),
    "node json-200": (["ok-on-failure"], ALL_FORGERIES),
    "node french-200": (["ok-on-failure"], ALL_FORGERIES),
    "php die-200": (["ok-on-failure"], ALL_FORGERIES),
    "node unique-index": (
        [], {"retry.same-id", "retry.duplicate", "retry.concurrent-duplicate"},
    ),
    "node conflict-409": ([], {"retry.same-id", "retry.duplicate"}),
    "node unknown-fields": ([], {"body.extra-field", "body.unknown-shape"}),
    "node user-id": ([], {"delivery.without-user-id"}),
    "node shows-signature": ([], {"body.leak"}),
    "python debug-page": ([], {"body.leak"}),
    "node old-scheme-besides": (["docs-kyb-node"], set()),
    "node dies-on-forgery": (["process-died"], {"forgery.wrong-secret"}),
}  # fmt: skip

# receiver -> what leads the diagnosis; the gate fails, and what is named besides
CLOSED: dict[str, tuple[str, set[str]]] = {
    "node buffer-stringified": ("body-reserialized", set()),
    "node object-object": ("body-parsed-before-verify", set()),
    "node content-timestamp-body": ("id-not-signed", set()),
    "node content-id-body": ("timestamp-not-signed", set()),
    "node content-no-separator": ("content-separator", set()),
    "node prefix-in-decoded-key": ("secret-prefix-in-key", set()),
    "node text-key": ("undecoded-secret", set()),
    "node undecoded-key": ("undecoded-secret", set()),
    "node unset-secret": ("secret-unset", {"forgery.empty-key"}),
    "node undefined-key": ("secret-unset", {"forgery.empty-key"}),
    "node hex": ("hex-instead-of-base64", set()),
    "node base64url": ("urlsafe-base64", set()),
    "node milliseconds": ("timestamp-milliseconds", set()),
    "node time-zone": ("clock-skew", set()),
    "node canonical-names": ("reads-canonical-header-names", set()),
    "node canonical-names-crash": ("crash-before-verification", set()),
    "node swagger-token": ("auth-wall", {"delivery.auth-wall"}),
    "node crash-after": ("crash-after-verification", set()),
    "node sdk-vocabulary": ("status-vocabulary", set()),
    "node only-final-statuses": ("status-vocabulary", set()),
    "node x-signature": ("invented-header-name", set()),
    "node github-style": ("invented-header-name", set()),
    "python json-dumps": ("body-reserialized", {"body.reserialized-python"}),
    "python json-dumps-sorted": ("body-reserialized", set()),
    "python str-dict": ("body-parsed-before-verify", set()),
    "python f-string-bytes": ("python-bytes-repr", set()),
    "python unpadded": ("unpadded-base64", set()),
    "python printed-secret": ("published-secret", {"forgery.published-secret"}),
    "python another-secret": ("wrong-secret", set()),
    "python half-hour-zone": ("clock-skew", set()),
    "python status-key-error": ("status-vocabulary", set()),
    "python verify-returns-none": ("crash-after-verification", set()),
    "python csrf": ("csrf", {"delivery.csrf"}),
    "python rest-framework-auth": ("auth-wall", {"delivery.auth-wall"}),
    "python no-slash": ("redirect", {"delivery.redirect"}),
    "python login": ("auth-wall", {"delivery.auth-wall"}),
    "php getallheaders": ("header-case", {"delivery.header-case"}),
    "php post-array": ("body-parsed-before-verify", set()),
    "php hex-in-base64": ("hex-instead-of-base64", set()),
    "php wrong-server-names": ("reads-canonical-header-names", set()),
    "php whole-secret-decoded": ("secret-prefix-in-key", set()),
    "php docs": ("docs-kyb-node", set()),
    "php unset": ("secret-unset", {"forgery.empty-key"}),
    "php array-to-string": ("body-parsed-before-verify", set()),
    "ruby hash-to-s": ("body-parsed-before-verify", set()),
    "ruby body-read-twice": ("body-parsed-before-verify", set()),
    "go url-encoding": ("urlsafe-base64", set()),
    "go raw-encoding": ("unpadded-base64", set()),
    "go map-marshal": ("body-reserialized", set()),
    "go map-print": ("body-parsed-before-verify", set()),
    "go decoded-first": ("body-parsed-before-verify", set()),
    "go lower-map": ("reads-canonical-header-names", set()),
    "go panic": ("crash-before-verification", set()),
    "go bytes-as-list": ("body-parsed-before-verify", set()),
}


@pytest.mark.parametrize("receiver", OPEN)
def test_a_receiver_that_accepts_genuine_deliveries(receiver: str, tmp_path: Path) -> None:
    """Exactly its mistake is flagged and named; a right one is conformant."""
    codes, flags = OPEN[receiver]
    language, mistake = receiver.split(" ")
    with broken(language, mistake, tmp_path) as url:
        checked = run_check(url + PATH)

    assert codes == checked.codes
    assert flags == checked.flagged
    assert checked.exit_code == (checked.report["verdict"] != "conformant")
    assert SECRET.removeprefix("whsec_") not in checked.output


@pytest.mark.parametrize("receiver", CLOSED)
def test_a_receiver_that_refuses_genuine_deliveries(receiver: str, tmp_path: Path) -> None:
    """The gate fails, nothing but the mistake is flagged, and the diagnosis leads with it."""
    code, flags = CLOSED[receiver]
    language, mistake = receiver.split(" ")
    with broken(language, mistake, tmp_path) as url:
        checked = run_check(url + PATH)

    assert code == checked.codes[0]
    assert GATE | flags == checked.flagged
    assert (checked.exit_code, checked.report["verdict"]) == (1, "failing")


def test_there_are_enough_of_them() -> None:
    """At least forty are wrong."""
    wrong = [name for name, (codes, flags) in OPEN.items() if codes or flags]
    assert len(wrong) + len(CLOSED) >= 40


@pytest.mark.parametrize(
    ("name", "code"),
    [("kyb_express.js", "docs-kyb-node"), ("kyb_flask.py", "docs-kyb-python")],
)
def test_the_providers_kyb_samples_as_printed(name: str, code: str, tmp_path: Path) -> None:
    """They are recognised by name, with proof, quickly."""
    with sample(name, tmp_path) as url:
        checked = run_check(f"{url}/webhooks/vove-kyb")

    assert [code] == checked.codes
    assert checked.report["diagnosis"][0]["certainty"] == "proved"
    assert GATE <= checked.flagged
    assert checked.report["elapsed_s"] < 5  # 0.2 s on a quiet machine


@pytest.mark.parametrize(
    ("repair", "codes"),
    [
        ("printed", ["crash-before-verification", "reads-canonical-header-names"]),
        ("raw", ["docs-kyc-node"]),
        ("stringified", ["docs-kyc-node", "body-reserialized"]),
    ],
)
def test_the_providers_kyc_sample(repair: str, codes: list[str], tmp_path: Path) -> None:
    """As printed it crashes on everything; repaired it is recognised by name."""
    command = ["node", str(SAMPLES / "kyc_server.js"), repair]
    with running(command, tmp_path, {"NODE_PATH": str(SAMPLES / "modules")}) as url:
        checked = run_check(f"{url}/webhook-endpoint")

    assert codes == checked.codes
    assert checked.report["verdict"] == "failing"


@pytest.mark.parametrize(
    ("mistake", "flags"),
    [
        ("counts-every-delivery", {"retry.duplicate-effect"}),
        (
            "stores-before-verifying",
            {"forgery.effect", "forgery.used-up-id", "retry.out-of-order"},
        ),
        ("late-event-wins", {"retry.out-of-order"}),
    ],
)
def test_effects_that_only_the_state_shows(mistake: str, flags: set[str], tmp_path: Path) -> None:
    """--observe proves a second effect, one of a forgery, and a decision that was undone."""
    with broken("node", mistake, tmp_path) as url:
        observer = f"node -e \"fetch('{url}/state').then(r => r.text()).then(t => console.log(t))\""
        checked = run_check(url + PATH, "--observe", observer)
        blind = run_check(url + PATH)

    assert flags == checked.flagged
    assert set() == blind.flagged
    assert blind.outcome("forgery.effect") == "skipped"


def test_a_handler_that_forgets_to_return(tmp_path: Path) -> None:
    """It answers 401 and works the forgery in all the same."""
    with broken("go", "no-return", tmp_path) as url:
        checked = run_check(url + PATH, "--observe", f"cat {tmp_path / 'state'}")

    assert {"forgery.effect"} <= checked.flagged


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_slow_receiver(tmp_path: Path) -> None:
    """Six seconds per delivery: warned about, cut short, and what was left out is said."""
    with broken("node", "slow-6s", tmp_path) as url:
        checked = run_check(url + PATH)

    assert {"delivery.fast"} == checked.flagged
    assert checked.outcome("forgery.wrong-secret") == "pass"
    assert checked.elapsed_s < 90
    left_out = [one for one in checked.report["checks"] if "left out" in one["why"]]
    assert left_out


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_receiver_that_never_answers_what_is_genuine(tmp_path: Path) -> None:
    """It is reachable, and the hang is named."""
    with broken("node", "hang-after", tmp_path) as url:
        checked = run_check(url + PATH)

    assert ["never-answers"] == checked.codes
    assert GATE == checked.flagged
