"""What the room must never do: call a change within one arm an effect, mix blinding, or say more than is
known."""

from __future__ import annotations

import ast
import inspect
import typing
from pathlib import Path

import pytest

import opentraction.evidence as evidence
import opentraction.follow as follow
from opentraction.chart import BadInput, Change, Effect, Outcome, Score, StudyEffect
from opentraction.evidence import evidence_statement, forest_rows, pool, pool_by_blinding, traction_effects

WITHIN_ARM = ("ttest_rel", "ttest_1samp", "wilcoxon", "ttest_ind", "mannwhitneyu", "friedmanchisquare")


def studies(*sham: bool | None) -> list[StudyEffect]:
    return [
        StudyEffect(study=f"s{number}", effect=0.1 * number, variance=0.04, sham_controlled=blinding)
        for number, blinding in enumerate(sham)
    ]


@pytest.mark.parametrize("room", [evidence, follow], ids=["evidence", "follow"])
def test_nothing_exported_takes_a_pre_and_a_post_and_gives_a_p_value(room: object) -> None:
    exported = {name: getattr(room, name) for name in room.__all__}  # type: ignore[attr-defined]
    for name, item in exported.items():
        words = name.lower()
        assert not any(part in words for part in ("pre_post", "prepost", "paired", "within", "one_sample")), (
            name
        )
        if inspect.isclass(item) and item is not evidence.MetaAnalysis:
            fields = getattr(item, "model_fields", None) or getattr(item, "__dataclass_fields__", {})
            assert not any("p_value" in field for field in fields), name
        if inspect.isfunction(item):
            asked = set(inspect.signature(item).parameters)
            given = typing.get_type_hints(item).get("return")
            if given in (evidence.MetaAnalysis, Effect):
                assert name in ("random_effects", "pool"), name
                assert not asked & {"baseline", "latest", "pre", "post", "before", "after", "scores"}, name


@pytest.mark.parametrize("room", [evidence, follow], ids=["evidence", "follow"])
def test_no_test_of_one_arm_against_itself_is_used(room: object) -> None:
    folder = Path(str(room.__file__)).parent  # type: ignore[attr-defined]
    files = sorted(folder.glob("*.py"))
    assert len(files) >= 6
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not used & set(WITHIN_ARM), file.name


def test_a_p_value_lives_only_beside_a_comparator() -> None:
    for value in (Change, Score, Outcome):
        assert not any("p_value" in name or "effect" in name for name in value.model_fields)
    assert {"p_value", "comparator"} <= set(Effect.model_fields)
    assert Effect.model_fields["comparator"].is_required()


@pytest.mark.parametrize("comparator", ["", "  ", "baseline", "their own baseline", "before treatment"])
def test_a_change_from_baseline_is_not_pooled(comparator: str) -> None:
    with pytest.raises(BadInput, match="not an effect"):
        pool(studies(True, True), name="pain", unit="points", comparator=comparator)


def test_sham_and_unblinded_are_not_mixed() -> None:
    mixed = studies(True, True, False, False)
    with pytest.raises(BadInput, match="pool_by_blinding"):
        pool(mixed, name="pain", unit="points", comparator="control")
    for known in (True, False):  # not stated is neither
        with pytest.raises(BadInput, match="pool_by_blinding"):
            pool(studies(known, None), name="pain", unit="points", comparator="control")
    apart = pool_by_blinding(mixed, name="pain", unit="points", comparator="control")
    assert [effect.k for effect in apart] == [2, 2]
    assert "sham" in apart[0].name
    assert any("No sham" in note for note in apart[1].bias_notes)
    assert pool_by_blinding(studies(True, False), name="pain", unit="points", comparator="control") == ()


def test_one_study_is_quoted_not_pooled() -> None:
    with pytest.raises(BadInput, match="at least 2 studies"):
        pool(studies(True), name="pain", unit="points", comparator="sham")


def test_one_study_does_not_count_twice() -> None:
    with pytest.raises(BadInput, match="more than once"):
        pool([*studies(True), *studies(True)], name="pain", unit="points", comparator="sham")


def test_a_unit_is_needed() -> None:
    with pytest.raises(BadInput, match="unit"):
        pool(studies(True, True), name="pain", unit=" ", comparator="sham")


def test_every_pooled_number_comes_with_its_doubts() -> None:
    for effect in traction_effects():
        assert "Q " in effect.method
        assert "tau2 95 %" in effect.method
        assert len(effect.method) < 100
        assert any("very unsure" in note for note in effect.bias_notes)
        assert [row.label for row in forest_rows(effect)] == [study.study for study in effect.studies]
        assert all(row.low < row.estimate < row.high for row in forest_rows(effect))


def test_the_statement_is_short_and_takes_no_side() -> None:
    text = evidence_statement()
    assert len(text.split()) < 220
    for needed in (
        "32 RCTs",
        "2762",
        "0.44, 0.11 to 0.77",
        "Schimmel 2009",
        "not shown",
        "no sham",
        "adverse events",
    ):
        assert needed in text, needed
    for hype in ("proven", "breakthrough", "effective treatment", "cure"):
        assert hype not in text.lower()
