"""Texts that people give for a signing secret and that are something else: what, and what to type.

Each was seen in a public report or is what a platform shows beside the secret.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from vovecli.core.masking import PREFIX
from vovecli.core.secrets import DASHBOARD

_INVISIBLE = "[\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]"
_MAX_NAMES = 3


class NotASecret(NamedTuple):
    """What a text is, a clause that begins with `it`, and what to do with it."""

    what: str
    hint: str = DASHBOARD


# The first pattern that is found in the text says what it is.
_KINDS: tuple[tuple[str, NotASecret], ...] = (
    (
        r"^[ \t]*(?:apiVersion|kind|metadata|stringData|data)[ \t]*:",
        NotASecret(
            "it is a Kubernetes manifest",
            "give only its value: kubectl get secret NAME -o jsonpath='{.data.KEY}' | base64 -d",
        ),
    ),
    (
        r"^v1a?,whsec_",
        NotASecret(
            "v1, comes before whsec_", "leave out the `v1,` and give what begins with whsec_"
        ),
    ),
    (
        r"^(?:export\s+)?[A-Za-z_][\w.]*\s*=\s*[\"']?(?:v1,)?whsec_",
        NotASecret(
            "it is a line of an .env file",
            "give what comes after =, or the file: --secret-file .env",
        ),
    ),
    (
        r"^[\w.-]+:[ \t]*[\"']?whsec_",
        NotASecret("it is a line of a YAML file", "give what comes after the colon"),
    ),
    (
        r"^(?:op|vault|awssm|gcpsm|azurekv|bw|doppler|infisical|ref\+\w+)://",
        NotASecret(
            "it is a reference to a vault that nothing has resolved",
            "start through the vault's own command, for example: op run -- vove verify FILE",
        ),
    ),
    (
        r"^arn:aws[\w-]*:",
        NotASecret(
            "it is the name (ARN) of an AWS secret, not its value",
            "read the value: aws secretsmanager get-secret-value --secret-id ARN "
            "--query SecretString --output text",
        ),
    ),
    (
        r"^@Microsoft\.KeyVault\(|^https://[\w-]+\.vault\.azure\.net/",
        NotASecret(
            "it is a reference to Azure Key Vault that nothing has resolved",
            "read the value: az keyvault secret show --id URI --query value --output tsv",
        ),
    ),
    (
        r"^projects/[^/]+/secrets/",
        NotASecret(
            "it is the name of a Google Cloud secret, not its value",
            "read the value: gcloud secrets versions access latest --secret NAME",
        ),
    ),
    (
        r"^\{\{resolve:|^ssm:|^\$\{\{|^secretKeyRef|^sm://|^keyvault:",
        NotASecret("it is a reference to a secret that the platform has not filled in"),
    ),
    (
        r"^ENC\[|^encrypted:|^\$ANSIBLE_VAULT|^-----BEGIN |^vault:v\d+:|^!vault|^sops",
        NotASecret(
            "it is encrypted",
            "decrypt it first: sops -d, dotenvx get, ansible-vault view, vault kv get",
        ),
    ),
    (
        r"\*{3,}|•{2,}|…|\.{3,}$|(?i:\[filtered\]|<?redacted>?|x{6,})",
        NotASecret(
            "it is a placeholder: a masked or shortened text, not the secret itself",
            "show the secret in the dashboard (Settings -> Webhooks) and copy the whole of it",
        ),
    ),
    (
        r"^auto_v1_",
        NotASecret(
            "it is a Svix AutoConfig token, which holds an API token as well as the secret",
            "copy only the signing secret; it begins with whsec_",
        ),
    ),
    (
        r"^(?:ep|app|msg|atmpt|org)_[A-Za-z0-9]+$",
        NotASecret("it is an id, of an endpoint or a message", "copy the signing secret itself"),
    ),
    (
        r"^WHSEC_|^Whsec_",
        NotASecret(
            "its prefix is not in lower case: perhaps the whole text was changed to upper case",
            "copy it again as it is: base64 is case-sensitive",
        ),
    ),
    (
        r"%(?:2[BbFf]|3[Dd])",
        NotASecret(
            "it is percent-encoded, with %2B for + and %3D for =",
            "write +, / and = themselves",
        ),
    ),
    (
        r"\\u00[23][BbDdFf]|\\/",
        NotASecret(
            "it holds escapes of JSON or JavaScript, such as \\u003D for =",
            "write +, / and = themselves",
        ),
    ),
    (r"whsec_\S+[|;]+\S*whsec_", NotASecret("it is a list", "give each one with its own --secret")),
)


def what_it_is(text: str) -> NotASecret | None:
    """What a text is that cannot be used as a secret; None where nothing more can be said."""
    if invisible := re.search(_INVISIBLE, text):
        code = f"U+{ord(invisible[0]):04X}"
        return NotASecret(
            f"a character that is not seen ({code}) is in it",
            "copy it as plain text, or type its first and last characters again",
        )
    if text.startswith("{") and (found := _json_object(text)):
        return found
    return next((kind for pattern, kind in _KINDS if re.search(pattern, text, re.MULTILINE)), None)


def _json_object(text: str) -> NotASecret | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    names = [
        ascii(name)
        for name, value in document.items()
        if isinstance(value, str) and PREFIX in value
    ]
    which = f" of its member {', '.join(names[:_MAX_NAMES])}" if names else " of one of its members"
    return NotASecret(
        f"it is a JSON object; the secret is the value{which}",
        "give only that value, for example with jq -r .NAME",
    )
