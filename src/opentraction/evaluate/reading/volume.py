"""A volume with its affine: brought to near-RAS order, checked, and resampled onto another grid."""

from dataclasses import dataclass, replace

import numpy as np
from nibabel.orientations import apply_orientation, inv_ornt_aff, io_orientation
from scipy import ndimage

from opentraction.chart import BadInput, Posture

MAX_VOXELS = 300_000_000
"""A larger volume would not fit into the memory promised (3 GB) as float32 with its label map."""
MIN_SLICES = 3
SAME_GRID_MM = 0.01
OVERLAP_NEEDED = 0.5
"""Share of the labelled voxels that must lie inside the image, below which the two are not of one patient."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Voxels and where they lie: array (nx, ny, nz), affine (4, 4) from voxel index to world RAS [mm]."""

    data: np.ndarray
    affine: np.ndarray
    name: str
    """File or folder name, for sentences."""
    modality: str = "unknown"
    weighting: str = ""
    """T1, T2, or "T1 or proton density"; empty where nothing tells."""
    posture: Posture = Posture.UNKNOWN
    laterality_known: bool = True
    label_names: tuple[tuple[int, str], ...] = ()
    """Number and name pairs that the file itself carries."""
    notes: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        """Voxel size along the three array axes [mm]."""
        size = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(size[0]), float(size[1]), float(size[2]))


def check_affine(affine: np.ndarray, name: str) -> None:
    """Refuse an affine that gives no volume: not finite, a voxel size of 0, or two axes in one direction.

    Raises:
        BadInput: with one sentence naming the file.
    """
    matrix = np.asarray(affine, dtype=float)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise BadInput(
            f"{name}: the position matrix holds numbers that are not finite. Export the image again."
        )
    size = np.linalg.norm(matrix[:3, :3], axis=0)
    if (size < 1e-3).any():
        shown = " x ".join(f"{value:g}" for value in size)
        raise BadInput(
            f"{name}: the voxel size is {shown} mm, so nothing can be measured in millimetres. "
            "Export the image again with its true voxel size."
        )
    if abs(np.linalg.det(matrix[:3, :3] / size)) < 0.05:
        raise BadInput(
            f"{name}: the position matrix is singular (two image axes point the same way). "
            "Export the image again with its orientation."
        )
    if (size > 50.0).any():
        raise BadInput(
            f"{name}: a voxel edge of {size.max():g} mm is no image of a spine; expected sizes in "
            "millimetres. "
            "Check the unit of the voxel size."
        )


def check_shape(shape: tuple[int, ...], name: str) -> None:
    """Refuse what is no three-dimensional volume, one too flat, or one too large for the memory promised.

    Raises:
        BadInput: with one sentence naming the file.
    """
    if len(shape) != 3:
        shown = " x ".join(str(value) for value in shape)
        raise BadInput(
            f"{name}: expected a volume of three dimensions, got {len(shape)} ({shown}). "
            "Give one image, not a picture or a series over time."
        )
    if min(shape) < MIN_SLICES:
        raise BadInput(
            f"{name}: expected at least {MIN_SLICES} slices along each axis, got {min(shape)}. "
            "Give the whole series."
        )
    if int(np.prod([int(value) for value in shape], dtype=object)) > MAX_VOXELS:
        raise BadInput(
            f"{name}: {' x '.join(str(value) for value in shape)} voxels are more than can be read "
            f"({MAX_VOXELS:,}). Crop the image to the lumbar spine."
        )


def to_canonical(volume: Volume) -> Volume:
    """Reorder and flip the array axes to be closest to right, anterior, superior; the world does not move."""
    turn = io_orientation(volume.affine)
    if np.isnan(turn).any():
        raise BadInput(f"{volume.name}: the position matrix leaves an image axis without a direction.")
    data = np.ascontiguousarray(apply_orientation(volume.data, turn))
    affine = volume.affine @ inv_ornt_aff(turn, volume.data.shape)
    return replace(volume, data=data, affine=affine)


def same_grid(first: Volume, second: Volume) -> bool:
    """True when two volumes share their shape and, to a hundredth of a millimetre, their corners."""
    if first.data.shape != second.data.shape:
        return False
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in first.data.shape], indexing="ij")).reshape(
        3, -1
    )
    moved = (first.affine - second.affine)[:3, :3] @ corners + (first.affine - second.affine)[:3, 3:]
    return bool(np.abs(moved).max() < SAME_GRID_MM)


def onto_labels(image: Volume, labels: Volume) -> Volume:
    """The image on the grid of the label map (linear between voxels).

    The labels stay as they are: interpolating numbers of labels makes up structures, and moving them by
    nearest voxel costs up to half a voxel at each edge.

    Raises:
        BadInput: when less than half of the labelled voxels lie inside the image.
    """
    if same_grid(image, labels):
        return image
    to_image = np.linalg.inv(image.affine) @ labels.affine
    inside = _share_inside(labels.data, to_image, image.data.shape)
    if inside < OVERLAP_NEEDED:
        raise BadInput(
            f"{labels.name} and {image.name} do not lie on each other: {100 * inside:.0f} % of the labelled "
            "voxels are inside the image. Give the label map made from this image."
        )
    data = ndimage.affine_transform(
        image.data, to_image[:3, :3], to_image[:3, 3], output_shape=labels.data.shape, order=1,
        mode="constant", cval=float(image.data.min()),
    )  # fmt: skip
    note = "The image was brought onto the grid of the label map by linear interpolation."
    if inside < 0.995:
        note += f" {100 * (1 - inside):.0f} % of the labelled voxels lie outside the image."
    return replace(
        image, data=data.astype(np.float32), affine=labels.affine, notes=(*image.notes, note),
        laterality_known=image.laterality_known and labels.laterality_known,
    )  # fmt: skip


def _share_inside(labels: np.ndarray, to_image: np.ndarray, shape: tuple[int, ...]) -> float:
    flat = np.flatnonzero(labels)
    if len(flat) == 0:
        return 0.0
    index = np.stack(np.unravel_index(flat[:: max(1, len(flat) // 50_000)], labels.shape), axis=1)
    place = index @ to_image[:3, :3].T + to_image[:3, 3]
    within = (place > -0.5) & (place < np.array(shape) - 0.5)
    return float(within.all(axis=1).mean())
