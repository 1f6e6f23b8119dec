"""The phantom: what was asked for is built, its exact measures hold, and its files read back."""

from dataclasses import replace

import nibabel
import numpy as np
import pydicom
import pytest

from opentraction.chart import BadInput, BadValue, Level, ProtrusionKind, Side, VertebraName
from opentraction.evaluate import (
    PhantomProtrusion,
    PhantomSpec,
    expected,
    make_phantom,
    read_study,
    render,
    write_dicom,
    write_nifti,
)
from opentraction.evaluate.phantoms.render import LABELS, _paint
from opentraction.evaluate.phantoms.shape import Rim


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomSpec(seed=1))


@pytest.fixture(scope="module")
def study(phantom):
    return render(phantom, voxel_mm=(3.0, 1.2, 1.2))


def test_the_same_seed_gives_the_same_phantom_and_another_another(phantom):
    assert make_phantom(PhantomSpec(seed=1)).spine == phantom.spine
    assert make_phantom(PhantomSpec(seed=2)).spine != phantom.spine


def test_without_variation_it_has_the_sizes_of_the_norms():
    spec = PhantomSpec(seed=3, variation=0.0, pfirrmann=(2, 2, 2, 2, 2))
    made = make_phantom(spec)
    for disc in made.spine.discs:
        norm = expected(disc.level, made.patient)
        assert disc.height_mid_mm.value == pytest.approx(norm.height_mid_mm.value, rel=0.03)
        assert disc.depth_mm.value == pytest.approx(norm.depth_mm.value, rel=0.06)
    lumbar = made.spine.vertebra(VertebraName.L3)
    assert lumbar.height_back_mm.value == pytest.approx(
        expected(VertebraName.L3, made.patient).height_back_mm.value, rel=0.05
    )


def test_lordosis_slip_and_protrusion_are_what_was_asked():
    spec = PhantomSpec(
        seed=5, variation=0.0, lordosis_deg=42.0, slip_mm=(0, 0, 0, 0, 7.0), pfirrmann=(1, 1, 1, 1, 2),
        protrusions=(PhantomProtrusion(level=Level.L4_L5, depth_mm=5.0),),
    )  # fmt: skip
    spine = make_phantom(spec).spine
    assert spine.lordosis_deg.value == pytest.approx(42.0, abs=1.5)
    plain = make_phantom(spec.replace(slip_mm=(0, 0, 0, 0, 0))).spine
    moved = spine.disc(Level.L5_S1).listhesis.slip_mm.value - plain.disc(Level.L5_S1).listhesis.slip_mm.value
    assert moved == pytest.approx(7.0, abs=0.15)
    assert spine.disc(Level.L4_L5).protrusion.depth_mm.value == pytest.approx(5.0, abs=0.3)
    assert spine.disc(Level.L3_L4).protrusion is None


def test_exact_volume_equals_a_count_of_fine_points():
    """The quadrature against 0.4 mm points of the solid itself, protrusion and all."""
    made = make_phantom(PhantomSpec(
        seed=6, slip_mm=(0, 0, 0, 5.0, 0),
        protrusions=(PhantomProtrusion(level=Level.L4_L5, kind=ProtrusionKind.EXTRUSION, side=Side.LEFT),),
    ))  # fmt: skip
    shape = made.shape.disc("L4-L5")
    half = shape.half_box()
    step = 0.4
    ticks = [np.arange(-h + 0.17, h, step) for h in half]
    local = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    world = shape.axes.to_world(local)
    bone = made.shape.body(VertebraName.L4).inside(world) | made.shape.body(VertebraName.L5).inside(world)
    counted = step**3 * (shape.inside(local) & ~bone).sum()
    assert counted == pytest.approx(made.spine.disc(Level.L4_L5).volume_mm3.value, rel=0.01)


def test_rim_has_its_stated_depth_and_width():
    rim = Rim(34.0, 46.0, 2.0)
    points = rim.points(np.linspace(0, 2 * np.pi, 3601))
    assert points[:, 0].max() == pytest.approx(17.0, abs=1e-6)
    assert points[1800, 0] == pytest.approx(-17.0, abs=1e-6)
    assert np.ptp(points[:, 1]) == pytest.approx(46.0, abs=0.1)


def test_render_is_marked_simulated_and_brighter_discs_are_healthier(phantom):
    study = render(make_phantom(PhantomSpec(seed=1, pfirrmann=(1, 2, 3, 4, 5))), voxel_mm=1.5)
    assert study.simulated
    assert any("SIMULATED" in note for note in study.notes)
    means = [study.image[study.mask(level.value)].mean() for level in Level]
    assert means == sorted(means, reverse=True)
    assert study.image[study.mask("canal")].mean() > 2 * study.image[study.mask("L3")].mean()


def test_label_is_the_structure_at_the_voxel_centre(phantom, study):
    index = np.argwhere(study.mask("L3"))[::50]
    world = index @ study.affine[:3, :3].T + study.affine[:3, 3]
    assert phantom.shape.body(VertebraName.L3).inside(world).all()


def test_signal_is_the_mean_over_the_voxel(phantom):
    """A crop through the endplates of L3-L4: each voxel against the mean of 27 voxels a third as large."""
    origin = np.array(phantom.spine.disc(Level.L3_L4).frame.origin_mm) - 12.0

    def painted(voxel_mm: float, count: int) -> np.ndarray:
        affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
        affine[:3, 3] = origin + 0.5 * voxel_mm
        signal = np.full((count,) * 3, 0.12)
        _paint(phantom.shape, affine, np.zeros(signal.shape, dtype=np.int16), signal)
        return signal

    coarse = painted(1.0, 24)
    fine = painted(1.0 / 3.0, 72).reshape(24, 3, 24, 3, 24, 3).mean(axis=(1, 3, 5))
    mixed = np.abs(coarse - fine)
    assert np.ptp(fine) > 0.2
    assert np.sqrt((mixed**2).mean()) < 0.01
    assert mixed.max() < 0.12


def test_nifti_reads_back_with_names_and_values(phantom, study, tmp_path):
    image_path, labels_path = write_nifti(study, tmp_path / "n")
    stored = nibabel.load(labels_path)
    assert set(np.unique(np.asarray(stored.dataobj))) <= {0, *LABELS.values()}
    again = read_study(image_path, labels=labels_path)
    np.testing.assert_array_equal(again.labels, study.labels)
    np.testing.assert_allclose(again.affine, study.affine, atol=1e-4)
    assert np.abs(again.image - study.image).max() <= 0.5
    assert again.convention == "TotalSpineSeg"
    assert again.simulated


def test_dicom_reads_back_on_the_same_grid_and_says_simulated(study, tmp_path):
    paths = write_dicom(study, tmp_path / "d")
    assert len(paths) == study.image.shape[0]
    data = pydicom.dcmread(paths[0])
    assert "SIMULATED" in str(data.PatientName)
    assert "SIMULATED" in data.ImageComments
    assert list(data.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert len({str(pydicom.dcmread(path).SOPInstanceUID) for path in paths}) == len(paths)
    assert data.Modality == "MR"
    again = read_study(tmp_path / "d")
    np.testing.assert_allclose(again.affine, study.affine, atol=1e-3)
    assert np.abs(again.image - study.image).max() <= 0.5
    assert again.simulated


def test_dicom_folder_alone_holds_the_labels_on_the_grid_of_the_slices(study, tmp_path):
    write_dicom(study, tmp_path / "d")
    again = read_study(tmp_path / "d")
    np.testing.assert_array_equal(again.labels, study.labels)
    assert again.convention == "TotalSpineSeg"
    assert not any("brought onto the grid" in note for note in again.notes)
    plain = replace(study, labels=None, names={})
    write_dicom(plain, tmp_path / "plain")
    assert read_study(tmp_path / "plain").labels is None


def test_nothing_is_written_for_a_name_without_a_number(study, tmp_path):
    odd = replace(study, names={**study.names, "C7": 99})
    for number, write in enumerate((write_dicom, write_nifti)):
        with pytest.raises(BadInput, match="C7"):
            write(odd, tmp_path / str(number))
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_refused_in_a_sentence(phantom):
    with pytest.raises(BadValue, match=r"0\.3 to 15 mm"):
        render(phantom, voxel_mm=0.0)
    with pytest.raises(BadValue, match=r"0\.3 to 15 mm"):
        render(phantom, voxel_mm=float("nan"))
    with pytest.raises(BadValue, match="45 degrees"):
        render(phantom, rotation_deg=90.0)
    with pytest.raises(BadValue, match="45 degrees"):
        render(phantom, rotation_deg=float("nan"))
    with pytest.raises(BadValue, match="at most one protrusion"):
        make_phantom(PhantomSpec(protrusions=(PhantomProtrusion(level=Level.L4_L5),) * 2))
    with pytest.raises(BadValue, match="up to 20 mm"):
        make_phantom(PhantomSpec(slip_mm=(0, 0, 0, 40.0, 0)))
    with pytest.raises(BadValue):
        PhantomSpec(age_years=5)


def test_a_phantom_never_enters_a_cohort(phantom):
    assert phantom.patient.simulated
    assert phantom.spine.simulated
