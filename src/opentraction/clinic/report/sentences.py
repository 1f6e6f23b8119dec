"""Long lists made readable without a word lost: sentences that differ only by a place are said once."""

import re
from collections.abc import Iterable, Sequence

_PLACE = re.compile(r"\b(?:L\d-L\d|L5-S1|T12-L1|T\d{1,2}|L[1-6]|S1)(?: (?:left|right))?\b|\b(?:left|right)\b")
_HOLDER = "\0"


def likewise(sentences: Iterable[str]) -> list[str]:
    """Sentences in their order; those that repeat an earlier one at another place are joined to it.

    "L1-L2 is derived." and "L2-L3 is derived." become "L1-L2 is derived. Likewise L2-L3." Only sentences that
    name exactly one place are joined, so nothing is said of a place that was not said before.
    """
    order: list[tuple[str, list[str]]] = []
    by_form: dict[str, list[str]] = {}
    for sentence in sentences:
        places = _PLACE.findall(sentence)
        if len(places) != 1:
            order.append((sentence, []))
            continue
        form = _PLACE.sub(_HOLDER, sentence)
        if form in by_form:
            if places[0] not in by_form[form]:
                by_form[form].append(places[0])
        else:
            by_form[form] = [places[0]]
            order.append((sentence, by_form[form]))
    return [_joined(sentence, places) for sentence, places in order]


def _joined(sentence: str, places: Sequence[str]) -> str:
    if len(places) < 2:
        return sentence
    stop = "" if sentence.rstrip().endswith((".", "!", "?")) else "."
    return f"{sentence}{stop} Likewise {listed(places[1:])}."


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def without_common_end(sentences: Sequence[str]) -> tuple[list[str], str]:
    """Texts without the closing sentences that all of them share, and those closing sentences once."""
    parts = [re.split(r"(?<=[.!?]) ", sentence) for sentence in sentences]
    shared: list[str] = []
    while len(parts) > 1 and all(len(part) > 1 for part in parts) and len({part[-1] for part in parts}) == 1:
        shared.insert(0, parts[0][-1])
        parts = [part[:-1] for part in parts]
    return [" ".join(part) for part in parts], " ".join(shared)
