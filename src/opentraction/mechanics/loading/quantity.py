"""A number of the load path with its range, unit and source; and what the sources are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """Value, range (about 5 to 95 %), unit and source; "assumed" stands where there is none."""

    value: float
    low: float
    high: float
    unit: str
    source: str


SOURCES: dict[str, str] = {
    "BAE2012": "Bae JS et al. J Korean Neurosurg Soc 2012;51:20-23 (abstract)",
    "BHAGI2025": "Bhagi C et al. PMC13024320",
    "BURKHART2017": "Burkhart KA et al. J Orthop Res 2018;36:498-505, doi 10.1002/jor.23630 (abstract)",
    "CHAFFIN1999": "Chaffin DB et al. Occupational Biomechanics, 1999, as quoted in J Electromyogr Kinesiol "
    "2012;22:814-820, table 2: 89.1 mm at 20 deg, 167.5 at 40, 225.7 at 60",
    "CHOLEWICKI1997": "Stabilizing function of trunk flexor-extensor muscles around a neutral spine posture. "
    "Spine 1997;22, October (abstract)",
    "DOLAN1994": "Passive tissues help the back muscles to generate extensor moments during lifting. "
    "J Biomech 1994;27:1077-1085 (abstract)",
    "DREISCHARF2015": "Dreischarf M et al. J Biomech 2015, doi 10.1016/j.jbiomech.2015.01.007 (abstract)",
    "DRILLIS1966": "Drillis R, Contini R. Body segment parameters, 1966 (from memory)",
    "ENDO2012": "Sagittal lumbar and pelvic alignment in the standing and sitting positions. J Orthop Sci "
    "2012;17:682-686, doi 10.1007/s00776-012-0281-1 (abstract)",
    "ESTLF2024": "Mechanical evaluation of human cadaveric lumbar soft tissues. IEEE Trans Biomed Eng 2024 "
    "(abstract)",
    "GANGNET2003": "Variability of the spine and pelvis location with respect to the gravity line. "
    "Surg Radiol Anat 2003, doi 10.1007/s00276-003-0154-6 (abstract)",
    "GUNGOR2013": "Gungor C. Prediction of the erector spinae muscle lever arm distance. Auburn University "
    "2013 (abstract)",
    "KURUTZ2010": "Kurutz M, Bender T. J Multidiscip Healthc 2010;3:19-27",
    "LL627": "Lumbar alignment and range of motion in 627 volunteers, PMC6680033",
    "MARRAS1996": "Marras WS, Mirka GA. Clin Biomech 1996;11:267-274 (abstract)",
    "MATTHEWS2008": "Matthews CE et al. Am J Epidemiol 2008;167:875-881, PMC3527832: 6329 people, 54.9 % of "
    "the time worn awake (abstract, from memory)",
    "MCGILL1987": "McGill SM, Norman RW. Ergonomics 1987;30:1565-1588 (abstract)",
    "NIOSH1994": "Waters TR et al. Manual for the revised NIOSH lifting equation, 1994 (from memory)",
    "OSULLIVAN2006": "Evaluation of the flexion relaxation phenomenon of the trunk muscles in sitting. Spine "
    "2006, doi 10.1097/01.brs.0000228845.27561.e0 (abstract)",
    "PEARSALL1996": "Segmental inertial parameters of the human trunk. Ann Biomed Eng 1996, "
    "doi 10.1007/BF02667349 (abstract)",
    "PLAGENHOEF1983": "Plagenhoef S et al. 1983, as tabulated in a course page; head and neck taken as "
    "8.26 %, with which the segments sum to 100",
}
"""What each source key stands for, and how much of it was read; keys of rows (P, V) are in the two tables."""
