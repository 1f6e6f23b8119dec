"""How much of a structure is at a point: a label sampled between voxels, for surfaces finer than the grid."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from opentraction.evaluate.measuring.frames import Array, Axes
from opentraction.evaluate.study import ImagingStudy

_SMOOTHING = 0.6
"""Width of the Gaussian that softens the staircase of a label [voxels]."""
_COARSE_MM = 2.5
"""Along an axis with larger voxels a narrower one is used, so that slices stay apart."""


@dataclass(frozen=True)
class Occupancy:
    """A softened label on a crop of the grid; 0.5 is the edge of the structure."""

    values: Array
    mask: Array
    """The label itself on the same crop, which reaches four voxels beyond it."""
    affine: Array
    """Index of the crop to world RAS, shape (4, 4)."""
    inverse: Array
    """World RAS to index of the crop, shape (4, 4)."""
    centroid: Array
    volume_mm3: float
    border: tuple[tuple[Array, Array], ...] = ()
    """Each face of the grid that the structure touches: outward unit normal (3,) and the world centres (n, 3)
    of the voxels that lie on it."""
    grey: Array | None = None
    """The image on the same crop, NaN off the grid; None without an MR image."""

    @property
    def touches_border(self) -> bool:
        """True when the structure reaches the border of the image, so that some of it may be missing."""
        return bool(self.border)

    def at(self, world: Array) -> Array:
        """Occupancy 0 to 1 at world points (..., 3); 0 outside of the crop."""
        index = world @ self.inverse[:3, :3].T + self.inverse[:3, 3]
        coordinates = index.reshape(-1, 3).T
        sampled = ndimage.map_coordinates(self.values, coordinates, order=1, mode="constant", cval=0.0)
        return np.asarray(sampled.reshape(world.shape[:-1]))

    def near(self, axes: Axes, half_mm: tuple[float, float, float]) -> tuple[Array, Array, Array | None]:
        """Voxels whose centres lie about a frame's box of half sides.

        Returns:
            Their centres (n, 3) in the frame; whether each belongs to the structure (n,); their grey values
            (n,) or None.
        """
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        corners = axes.to_world(signs * np.asarray(half_mm)) @ self.inverse[:3, :3].T + self.inverse[:3, 3]
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, self.mask.shape)
        if np.any(high <= low):
            return np.empty((0, 3)), np.empty(0, dtype=bool), None
        ticks = np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij")
        index = np.stack([each.ravel() for each in ticks], axis=1)
        world = index @ self.affine[:3, :3].T + self.affine[:3, 3]
        at = tuple(index.T)
        return axes.to_local(world), self.mask[at], None if self.grey is None else self.grey[at]


def crops(study: ImagingStudy) -> dict[str, tuple[slice, ...]]:
    """Index box of each named structure that has at least one voxel."""
    if study.labels is None:
        return {}
    boxes = ndimage.find_objects(np.maximum(study.labels, 0))
    found = {}
    for name, number in study.names.items():
        if 0 < number <= len(boxes) and boxes[number - 1] is not None:
            found[name] = boxes[number - 1]
    return found


def label_mask(study: ImagingStudy, name: str, box: tuple[slice, ...]) -> Array:
    """Boolean mask of one structure on its index box."""
    assert study.labels is not None
    return np.asarray(study.labels[box] == study.names[name])


def largest_part(mask: Array) -> Array:
    """The largest connected part of a mask: stray voxels of a bone's label are no bone."""
    parts, count = ndimage.label(mask)
    if count <= 1:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])))


def occupancy(study: ImagingStudy, mask: Array, box: tuple[slice, ...]) -> Occupancy:
    """Soften a mask, given on an index box of the study's grid."""
    assert study.labels is not None
    size = np.asarray(study.voxel_mm)
    margin = 4
    padded = np.pad(mask, margin).astype(np.float32)
    sigma = np.where(size > _COARSE_MM, 0.35, _SMOOTHING)
    values = ndimage.gaussian_filter(padded, sigma, truncate=3.0)
    start = np.array([each.start for each in box]) - margin
    affine = study.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ start
    voxels = np.argwhere(mask)
    index = voxels.mean(axis=0) + margin
    return Occupancy(
        values=values,
        mask=np.pad(mask, margin),
        affine=affine,
        inverse=np.linalg.inv(affine),
        centroid=affine[:3, :3] @ index + affine[:3, 3],
        volume_mm3=float(mask.sum() * abs(np.linalg.det(study.affine[:3, :3]))),
        border=_border(study, voxels + start + margin),
        grey=_grey(study, box, margin),
    )


def _border(study: ImagingStudy, index: Array) -> tuple[tuple[Array, Array], ...]:
    """Faces of the grid that voxels (n, 3) lie on."""
    assert study.labels is not None
    found = []
    for axis, last in enumerate(np.array(study.labels.shape) - 1):
        for place, sign in ((0, -1.0), (last, 1.0)):
            on_face = index[index[:, axis] == place]
            if len(on_face):
                normal = sign * study.affine[:3, axis] / np.linalg.norm(study.affine[:3, axis])
                found.append((normal, on_face @ study.affine[:3, :3].T + study.affine[:3, 3]))
    return tuple(found)


def _grey(study: ImagingStudy, box: tuple[slice, ...], margin: int) -> Array | None:
    """The image on an index box widened by a margin; None unless it is known to be MR.

    On CT the edge of a bone is a bright shell, no step between two plateaus.
    """
    if study.image is None or study.modality != "MR":
        return None
    wide = [(each.start - margin, each.stop + margin) for each in box]
    kept = [(max(a, 0), min(b, n)) for (a, b), n in zip(wide, study.image.shape, strict=True)]
    outside = [(c - a, b - d) for (a, b), (c, d) in zip(wide, kept, strict=True)]
    crop = study.image[tuple(slice(*each) for each in kept)].astype(np.float32)
    return np.pad(crop, outside, constant_values=np.nan)
