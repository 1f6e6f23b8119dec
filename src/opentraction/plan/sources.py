"""The sources that planning rests on, by class: A guideline or trial, B manual or cohort, C vendor claim."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A published or vendor source; `grade` is A, B or C as in the reference notes."""

    key: str
    grade: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} [{self.key}, class {self.grade}]"


_ALL = (
    Source("AMJAD", "A", "Amjad 2022, randomised trial, BMC Musculoskelet Disord 23:255"),
    Source("BEATTIE", "B", "Beattie 2008, cohort of 296, Arch Phys Med Rehabil 89:269"),
    Source("BRAINSC", "C", "traction flashcards of a teaching page"),
    Source("BRIDGER1990", "B", "Bridger 1990, stature during traction at a third of body weight"),
    Source("CAVAG", "B", "Cavagnaro, review of 14 studies: sessions of 3 to 30 min"),
    Source("CHENG", "A", "Cheng 2020, meta-analysis of 7 trials, Clin Rehabil 34:13"),
    Source("CHOI", "A", "Choi E 2022, randomised sham-controlled trial, doi 10.1155/2022/6343837"),
    Source("CHOLEWICKI2009", "B", "Cholewicki 2009, muscle activity during traction"),
    Source("CLINIT", "C", "Clinit physiotherapy software: reassessment at half and at the end of the course"),
    Source("COXPROT", "B", "Protocol for Cox Technic hands-on courses, 2014"),
    Source("DEEN03", "B", "Deen 2003, case report, Mayo Clin Proc 78:1554"),
    Source("EPALMER", "C", "Basics of mechanical traction, student guide"),
    Source("GUD13", "B", "Gudavalli 2013, cervical specimens under manual distraction"),
    Source("GUD15", "A", "Gudavalli, trial of manual cervical distraction in three bands of force"),
    Source("HARTE05", "B", "Harte 2005, UK survey of lumbar traction, Arch Phys Med Rehabil 86:1164"),
    Source("HOLLADAY", "C", "Holladay, clinic page on indications"),
    Source("IDDLEOM", "C", "IDD therapy, clinic page: 60 s cycles, 25 min"),
    Source("ITRAC", "B", "iTrac quick start guide, contraindications"),
    Source("K023160", "A", "US clearance K023160, table angle 0 to 30 degrees"),
    Source("KDT1", "C", "KDT, adding force during decompression, part 1 (a vendor's rule)"),
    Source("KDT2", "C", "KDT, adding force during decompression, part 2 (a vendor's rule)"),
    Source("KDTCALC", "C", "KDT, decompression force calculus (a vendor's rule)"),
    Source("KDTIDP", "C", "KDT, reading of intradiscal pressure research (a vendor's rule)"),
    Source("LANECC", "C", "Lane Community College, traction teaching page"),
    Source("LAUREL", "C", "Laurel Mountain, clinic page: up to five sessions a week"),
    Source("NAMCOBS", "C", "IDD observational study: 2 of 17 stopped at 10 sessions without gain"),
    Source("NG59", "A", "NICE guideline NG59 (read second hand)"),
    Source(
        "RODACKI2007",
        "B",
        "Rodacki 2007, 42 min of traction at 0, 30 and 60 % of body weight, 15 healthy men",
    ),
    Source("SCHIMMEL", "A", "Schimmel 2009, randomised sham-controlled trial, Eur Spine J 18:1843"),
    Source("TRITON", "B", "Triton / DTS user manual"),
    Source("US6039737", "B", "US patent 6,039,737, operation of a vertebral axial decompression table"),
    Source("VANTI", "A", "Vanti, review of 16 trials comparing types and doses of lumbar traction"),
    Source("VAXSPORT", "C", "VAX-D, clinic page: 15 cycles of 60 s pull and 30 s rest"),
    Source("WEGNER", "A", "Wegner 2013, Cochrane review of 32 trials, CD003010.pub5"),
)

SOURCES: dict[str, Source] = {source.key: source for source in _ALL}
"""Every source by its key."""


def cite(*keys: str) -> str:
    """The sources of `keys` in one line, each with its class; raises KeyError for an unknown key."""
    return "; ".join(str(SOURCES[key]) for key in keys)
