"""Rest lengths found earlier: they save the search and change no bit, whatever the file holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import Patient
from opentraction.mechanics.patient import build as building
from opentraction.mechanics.patient import earlier, settle
from opentraction.mechanics.patient.earlier import Earlier, Found
from opentraction.mechanics.validating.subject import norm_spine

SAMPLES = 4
READ = Earlier.read
AGAIN = f"""
import sys
from pathlib import Path
from tests.mechanics.patient import test_earlier as here

here.earlier.version_folder = lambda: Path(sys.argv[1])
print(here.built({SAMPLES}))
"""


def built(samples: int) -> str:
    """All numbers of a model as one word, and how many histories were run to find its rest shape."""
    runs = []
    through = settle.through
    settle.through = lambda *args: runs.append(0) or through(*args)
    try:
        patient = Patient(patient_id="earlier", mass_kg=71.0, simulated=True)
        model = mechanics.build(norm_spine(), patient, samples=samples)
    finally:
        settle.through = through
    held = (model.chain, model.rest, model.scanned, model.top)
    word = hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(held)))
    return f"{word.hexdigest()} {len(runs)}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of this test's own, in which what was found is read again."""
    folder = tmp_path_factory.mktemp("earlier")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "version_folder", lambda: folder)
        patch.setattr(building.Earlier, "read", READ)
        yield folder


@pytest.fixture(scope="module")
def first(place: Path) -> tuple[str, bytes]:
    """Word of the model found with nothing kept, and what was kept then."""
    assert not list(place.glob("*.rest"))
    word, runs = built(SAMPLES).split()
    assert int(runs) > 5
    (file,) = place.glob("*.rest")
    return word, file.read_bytes()


def test_a_second_process_runs_one_history_and_finds_the_same_bits(
    place: Path, first: tuple[str, bytes], root: Path
) -> None:
    where = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    command = [sys.executable, "-c", AGAIN, str(place)]
    said = subprocess.run(command, env=where, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert said.split() == [first[0], "1"]


def test_lengths_that_do_not_stand_are_searched_for_anew(place: Path, first: tuple[str, bytes]) -> None:
    """One sample's are another spine's, one's never arrived, one's arrive elsewhere, one's are right."""
    word, content = first
    (file,) = place.glob("*.rest")
    here = Earlier((), (3, 5, SAMPLES))
    here._file = file
    known = here.read()
    assert known is not None
    lengths, off = known.lengths_mm.copy(), known.off_mm.copy()
    lengths[0, :, 0] += 0.3
    lengths[:, :, 1], off[1] = np.nan, np.inf
    lengths[0, :, 2] += 1e-8
    here.write(Found(lengths, off))
    again, runs = built(SAMPLES).split()
    assert again == word
    assert int(runs) > 5
    assert file.read_bytes() == content


@pytest.mark.parametrize("damage", ["cut", "longer", "a bit", "empty", "another's", "gone"])
def test_a_damaged_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    monkeypatch.setattr(earlier, "version_folder", lambda: tmp_path)
    monkeypatch.setattr(Earlier, "read", READ)
    shape = (3, 5, 4)
    found = Found(np.arange(60.0).reshape(shape), np.arange(4.0))
    here = Earlier({"a": np.ones(4)}, shape)
    here.write(found)
    (file,) = tmp_path.glob("*.rest")
    whole = here.read()
    assert whole is not None
    np.testing.assert_array_equal(whole.lengths_mm, found.lengths_mm)
    np.testing.assert_array_equal(whole.off_mm, found.off_mm)
    content = bytearray(file.read_bytes())
    if damage == "a bit":
        content[len(content) // 2] ^= 1
    elif damage == "another's":
        file.unlink()
        Earlier({"a": np.zeros(4)}, shape).write(found)
        content = bytearray(next(tmp_path.glob("*.rest")).read_bytes())
    else:
        content = {"cut": content[:-8], "longer": content + b"8 bytes.", "empty": bytearray()}.get(
            damage, content
        )
    file.write_bytes(content)
    if damage == "gone":
        file.unlink()
    assert here.read() is None


def test_inputs_that_differ_in_one_bit_have_files_of_their_own(tmp_path: Path) -> None:
    names = {earlier._ticket(inputs) for inputs in (
        {"a": np.ones(3)}, {"a": np.nextafter(np.ones(3), 2.0)}, {"b": np.ones(3)}, {"a": np.ones((3, 1))},
        {"a": np.ones(3, dtype=np.float32)}, (np.ones(3),),
    )}  # fmt: skip
    assert len(names) == 6


def test_only_the_last_used_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "version_folder", lambda: tmp_path)
    monkeypatch.setattr(Earlier, "read", READ)
    monkeypatch.setattr(earlier, "_MOST", 3)
    found = Found(np.zeros((3, 1, 1)), np.zeros(1))
    places = [Earlier(np.array([float(k)]), (3, 1, 1)) for k in range(5)]
    for k, one in enumerate(places[:4]):
        one.write(found)
        file = one._file
        assert file is not None
        os.utime(file, (k, k))
    assert [one.read() is not None for one in places] == [False, True, True, True, False]
    for k, one in enumerate([places[2], places[3], places[1]]):
        assert one._file is not None
        os.utime(one._file, (k, k))
    places[4].write(found)
    assert [one.read() is not None for one in places] == [False, True, False, True, True]
